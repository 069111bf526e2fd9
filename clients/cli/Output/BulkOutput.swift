internal import MartletClient

extension JSON {
  init(_ operation: API.BulkOperation) {
    var fields: [Field] = []
    fields.add("id", operation.id)
    fields.add("action", operation.action?.text ?? "")
    fields.add("filter", operation.filter)
    fields.add("state", operation.state.name)
    fields.add("total", operation.total)
    fields.add("done", operation.done)
    fields.add("failed", operation.failed)
    fields.append(
      Field(
        "failures",
        .object(
          operation.failures.sorted { $0.key < $1.key }.map { Field($0.key, .integer($0.value)) })
      ))
    fields.add("create_time", operation.createTime.map { JSON($0) })
    fields.add("finish_time", operation.finishTime.map { JSON($0) })
    fields.add("actor", operation.actor)
    fields.add("reason", operation.reason)
    if operation.ratePerSecond > 0 { fields.add("rate_per_second", operation.ratePerSecond) }
    self = .object(fields)
  }
}

extension Table {
  /// Many operations, a row each.
  static func bulks(_ operations: [API.BulkOperation]) -> Table {
    var table = Table([
      .fixed("ID"), .fixed("STATE"), .flexible("ACTION", minimum: 6), .number("DONE"),
      .number("FAILED"), .number("TOTAL"), .flexible("FILTER", minimum: 12),
    ])
    table.rows = operations.map { operation in
      [
        Cell(operation.id), operation.stateCell, Cell(operation.action?.text ?? ""),
        "\(operation.done)", "\(operation.failed)", "\(operation.total)",
        Cell(operation.filter.isEmpty ? "all" : operation.filter),
      ]
    }
    return table
  }

  /// One operation, all of it.
  static func bulk(_ operation: API.BulkOperation) -> Table {
    var fields: [(name: String, value: Cell)] = [
      ("id", Cell(operation.id)), ("state", operation.stateCell),
      ("action", Cell(operation.action?.text ?? "")),
      ("filter", Cell(operation.filter.isEmpty ? "all" : operation.filter)),
      ("total", "\(operation.total)"), ("done", "\(operation.done)"),
      ("failed", "\(operation.failed)"),
    ]
    for (reason, count) in operation.failures.sorted(by: { $0.key < $1.key }) {
      fields.append(("", Cell("\(reason) \(count)", .red)))
    }
    if operation.ratePerSecond > 0 { fields.append(("rate", "\(operation.ratePerSecond)/s")) }
    fields.append(("created", Cell(operation.createTime?.rfc3339() ?? "-")))
    if let end = operation.finishTime { fields.append(("finished", Cell(end.rfc3339()))) }
    fields.append(("actor", Cell(operation.actor)))
    if !operation.reason.isEmpty { fields.append(("reason", Cell(operation.reason))) }
    return .details(fields)
  }
}

extension API.BulkAction {
  /// In a few words: `cancel`, `move to urgent`.
  var text: String {
    switch action {
    case .cancel: "cancel"
    case .retry: "retry"
    case .delete: "delete"
    case .update(let update):
      "update"
        + (update.priority.map { " priority=\($0)" } ?? "")
        + (update.dueTime.map { " due=\($0.rfc3339())" } ?? "")
    case .move(let move): "move to \(move.pool)"
    case nil: "-"
    }
  }
}

extension API.BulkOperation {
  fileprivate var stateCell: Table.Cell {
    switch state {
    case .running: Table.Cell(state.name, .cyan)
    case .succeeded: Table.Cell(state.name, failed == 0 ? .green : .red)
    default: Table.Cell(state.name, .yellow)
    }
  }
}
