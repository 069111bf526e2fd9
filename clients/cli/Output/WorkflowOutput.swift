internal import MartletClient

extension JSON {
  init(_ workflow: API.Workflow) {
    var fields: [Field] = []
    fields.add("id", workflow.id)
    fields.add("name", workflow.name)
    fields.add("state", workflow.state.name)
    fields.append(Field("progress", .number(workflow.progress)))
    fields.append(
      Field(
        "levels",
        .array(
          workflow.levels.map { level in
            .object([
              Field("name", .string(level.name)), Field("weight", .integer(Int64(level.weight))),
              Field("progress", .number(level.progress)),
              Field("tasks", .integer(Int64(level.tasks))),
              Field("ended_tasks", .integer(Int64(level.endedTasks))),
            ])
          })))
    fields.append(
      Field(
        "counts",
        .object(workflow.counts.map { Field($0.state.name, .integer($0.count)) })))
    fields.append(Field("tasks", .integer(Int64(workflow.tasks))))
    if workflow.tolerateFailures { fields.append(Field("tolerate_failures", .bool(true))) }
    fields.add("create_time", workflow.createTime.map { JSON($0) })
    fields.add("finish_time", workflow.finishTime.map { JSON($0) })
    fields.add("elapsed", workflow.elapsed.map { JSON($0) })
    fields.add("estimated_remaining", workflow.estimatedRemaining.map { JSON($0) })
    fields.add("actor", workflow.actor)
    fields.add("request_id", workflow.requestId)
    fields.add("cancel_actor", workflow.cancelActor)
    fields.add("cancel_reason", workflow.cancelReason)
    self = .object(fields)
  }
}

extension Table {
  /// Many workflows, a row each.
  static func workflows(_ workflows: [API.Workflow]) -> Table {
    var table = Table([
      .fixed("ID"), .flexible("NAME", minimum: 8), .fixed("STATE"), .number("DONE"),
      .number("TASKS"), .number("FAILED"), .fixed("ELAPSED"), .fixed("CREATED"),
    ])
    table.rows = workflows.map { workflow in
      [
        Cell(workflow.id), Cell(workflow.name),
        Cell(workflow.state.name, workflow.state.colour),
        "\(Int((workflow.progress * 100).rounded(.down))) %", "\(workflow.tasks)",
        "\(workflow.counts.first { $0.state == .failed }?.count ?? 0)",
        Cell(workflow.elapsed?.rough ?? "-"), Cell(workflow.createTime?.rfc3339() ?? "-"),
      ]
    }
    return table
  }
}
