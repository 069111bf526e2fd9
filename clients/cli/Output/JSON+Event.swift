internal import MartletClient

extension JSON {
  /// One event.
  ///
  /// - Parameter cursor: The place behind it, if it is known: of the last event of a batch.
  init(_ event: API.Event, cursor: String? = nil) {
    var fields: [Field] = []
    fields.append(Field("revision", .unsigned(event.revision)))
    fields.add("time", event.time.map { JSON($0) })
    fields.add("type", event.type.name)
    fields.add("pool", event.pool)
    if !event.taskId.isEmpty {
      fields.add("task_id", event.taskId)
      fields.add("kind", event.kind)
      fields.append(Field("labels", JSON(event.labels)))
      fields.add("state", event.state.name)
      fields.add("attempt", event.attempt)
    }
    fields.add("failure", event.failure.map { JSON($0) })
    fields.add("due_time", event.dueTime.map { JSON($0) })
    fields.add("priority", event.priority.map { .integer(Int64($0)) })
    fields.add("progress", event.progress.map { JSON($0) })
    fields.add("actor", event.actor)
    fields.add("reason", event.reason)
    if !event.fromPool.isEmpty { fields.add("from_pool", event.fromPool) }
    fields.add("bulk", event.bulk.map { JSON($0) })
    if !event.workflowId.isEmpty { fields.add("workflow_id", event.workflowId) }
    fields.add("workflow", event.workflow.map { JSON($0) })
    if !event.schedule.isEmpty { fields.add("schedule", event.schedule) }
    fields.add("schedule_run", event.scheduleRun.map { JSON($0) })
    fields.add("schedule_change", event.scheduleChange.map { JSON($0) })
    if event.dependencies > 0 { fields.add("dependencies", Int64(event.dependencies)) }
    fields.add("group", event.group.map { JSON($0) })
    fields.add("lock", event.lock.map { JSON($0) })
    fields.add("limit", event.limit.map { JSON($0) })
    fields.add("permits", event.permits.map { JSON($0) })
    fields.add("pool_change", event.poolChange.map { JSON($0) })
    if event.checkpointSequence > 0 {
      fields.append(Field("checkpoint_sequence", .unsigned(event.checkpointSequence)))
    }
    if !event.logLines.isEmpty {
      fields.append(Field("log_lines", .array(event.logLines.map { JSON($0) })))
    }
    fields.add(
      "log_lines_dropped",
      event.logLinesDropped == 0 ? nil : .integer(event.logLinesDropped))
    fields.add("count", event.count == 0 ? nil : .integer(event.count))
    if !event.payload.isEmpty { fields.add("payload", bytes: event.payload) }
    fields.add("result", event.result.map { JSON($0) })
    fields.add("cursor", cursor.map { .string($0) })
    self = .object(fields)
  }

  init(_ line: API.LogLine) {
    var fields: [Field] = []
    fields.add("time", line.time.map { JSON($0) })
    fields.add("level", line.level.name)
    fields.add("text", line.text)
    self = .object(fields)
  }

  init(_ change: API.PoolChange) {
    var fields: [Field] = []
    fields.add("spec", change.spec.map { JSON($0) })
    fields.add("state", change.state.name)
    fields.add("etag", change.etag)
    if change.slotsLimit > 0 { fields.add("slots_limit", change.slotsLimit) }
    fields.add("scaling", change.scaling.map { JSON($0) })
    if change.restoredRevision > 0 {
      fields.append(Field("restored_revision", .unsigned(change.restoredRevision)))
    }
    self = .object(fields)
  }
}
