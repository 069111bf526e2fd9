internal import MartletClient

extension JSON {
  init(_ trace: API.TaskTrace) {
    var fields: [Field] = []
    fields.add("task_id", trace.taskId)
    fields.add("state", trace.state.name)
    fields.append(Field("revision", .unsigned(trace.revision)))
    fields.append(Field("nodes", .array(trace.nodes.map { JSON($0) })))
    fields.add("totals", trace.totals.map { JSON($0) })
    self = .object(fields)
  }

  init(_ node: API.TraceNode) {
    var fields: [Field] = []
    fields.add("type", node.type.name)
    fields.add("start_time", node.startTime.map { JSON($0) })
    fields.add("end_time", node.endTime.map { JSON($0) })
    fields.add("duration", node.duration.map { JSON($0) })
    fields.add("attempt", node.attempt)
    if node.type == .running { fields.add("worker", node.worker) }
    if node.outcome != .unspecified { fields.add("outcome", node.outcome.name) }
    if node.type == .scheduled { fields.add("schedule_reason", node.scheduleReason.name) }
    fields.add("failure", node.failure.map { JSON($0) })
    if node.type == .ended { fields.add("state", node.state.name) }
    if !node.actor.isEmpty { fields.add("actor", node.actor) }
    if !node.reason.isEmpty { fields.add("reason", node.reason) }
    if node.type == .omitted {
      fields.append(Field("omitted_turns", .integer(node.omittedTurns)))
    }
    self = .object(fields)
  }

  init(_ totals: API.TraceTotals) {
    var fields: [Field] = []
    fields.add("lifetime", totals.lifetime.map { JSON($0) })
    fields.add("queue_wait", totals.queueWait.map { JSON($0) })
    fields.add("run_time", totals.runTime.map { JSON($0) })
    fields.add("delay", totals.delay.map { JSON($0) })
    fields.add("back_off", totals.backOff.map { JSON($0) })
    fields.add("paused", totals.paused.map { JSON($0) })
    fields.add("ended", totals.ended.map { JSON($0) })
    fields.add("omitted", totals.omitted.map { JSON($0) })
    fields.add("blocked", totals.blocked.map { JSON($0) })
    fields.add("attempts", totals.attempts)
    self = .object(fields)
  }

  init(_ explanation: API.ExplainTaskResponse) {
    var fields: [Field] = []
    fields.add("task_id", explanation.taskId)
    fields.add("state", explanation.state.name)
    fields.append(Field("causes", .array(explanation.causes.map { JSON($0) })))
    fields.add("cursor", explanation.cursor)
    self = .object(fields)
  }

  init(_ explanation: API.ExplainPoolResponse) {
    var fields: [Field] = []
    fields.add("pool", explanation.pool)
    fields.add("state", explanation.state.name)
    fields.append(Field("causes", .array(explanation.causes.map { JSON($0) })))
    fields.add("omitted_causes", explanation.omittedCauses)
    fields.add("slots", explanation.slots)
    fields.add("slots_in_use", explanation.slotsInUse)
    fields.add("slots_offered", explanation.slotsOffered)
    fields.add("pending", explanation.pending)
    fields.add("scheduled", explanation.scheduled)
    fields.add("paused", explanation.paused)
    fields.add("blocked", explanation.blocked)
    fields.add("scaling", explanation.scaling.map { JSON($0) })
    if !explanation.shares.isEmpty {
      fields.append(Field("shares", .array(explanation.shares.map { JSON($0) })))
      fields.add("omitted_shares", explanation.omittedShares)
    }
    fields.add("cursor", explanation.cursor)
    self = .object(fields)
  }

  init(_ cause: API.WaitingCause) {
    var fields: [Field] = []
    fields.add("type", cause.type.name)
    fields.add("text", cause.text)
    fields.add("remedy", cause.remedy)
    fields.add("since", cause.since.map { JSON($0) })
    fields.add("until", cause.until.map { JSON($0) })
    for (name, value) in [
      ("pool", cause.pool), ("kind", cause.kind), ("worker", cause.worker),
      ("actor", cause.actor), ("reason", cause.reason), ("group", cause.group),
    ] where !value.isEmpty {
      fields.add(name, value)
    }
    for (name, value) in [
      ("workers", Int64(cause.workers)), ("slots", Int64(cause.slots)),
      ("slots_in_use", Int64(cause.slotsInUse)), ("attempt", Int64(cause.attempt)),
      ("tasks", cause.tasks), ("budget", Int64(cause.budget)),
      ("budget_in_use", Int64(cause.budgetInUse)), ("budget_owed", Int64(cause.budgetOwed)),
    ] where value != 0 {
      fields.add(name, value)
    }
    fields.add("tasks_ahead", cause.tasksAhead.map { .integer($0) })
    if cause.tasksAheadAtLeast { fields.append(Field("tasks_ahead_at_least", .bool(true))) }
    fields.add("fairness", cause.fairness.map { JSON($0) })
    if !cause.missingLabels.isEmpty {
      fields.append(Field("missing_labels", JSON(cause.missingLabels)))
    }
    if cause.servedByServer { fields.append(Field("served_by_server", .bool(true))) }
    fields.add("failure", cause.failure.map { JSON($0) })
    if cause.type == .ended { fields.add("state", cause.state.name) }
    if !cause.timers.isEmpty {
      fields.append(
        Field(
          "timers",
          .array(
            cause.timers.map { timer in
              var fields: [Field] = []
              fields.add("type", timer.type.name)
              fields.add("time", timer.time.map { JSON($0) })
              return .object(fields)
            })))
    }
    self = .object(fields)
  }
}
