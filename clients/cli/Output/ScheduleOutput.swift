internal import MartletClient

extension JSON {
  init(_ schedule: API.Schedule) {
    var fields: [Field] = []
    fields.add("name", schedule.name)
    fields.add("state", schedule.state.name)
    fields.add("spec", schedule.spec.map { JSON($0) })
    fields.add("etag", schedule.etag)
    fields.append(Field("revision", .unsigned(schedule.revision)))
    fields.add("create_time", schedule.createTime.map { JSON($0) })
    fields.add("update_time", schedule.updateTime.map { JSON($0) })
    fields.add("next_time", schedule.nextTime.map { JSON($0) })
    fields.add("next_fire_time", schedule.nextFireTime.map { JSON($0) })
    fields.add("remaining_runs", schedule.remainingRuns.map { .integer($0) })
    fields.add("pause_actor", schedule.pauseActor)
    fields.add("pause_reason", schedule.pauseReason)
    fields.append(
      Field("live_task_ids", .array(schedule.liveTaskIds.map { .string($0) })))
    fields.add("last_run", schedule.lastRun.map { JSON($0) })
    self = .object(fields)
  }

  init(_ spec: API.ScheduleSpec) {
    var fields: [Field] = []
    switch spec.timing {
    case .cron(let text): fields.add("cron", text)
    case .interval(let span): fields.append(Field("interval", JSON(span)))
    case nil: break
    }
    fields.add("time_zone", spec.timeZone)
    fields.add("jitter", spec.jitter.map { JSON($0) })
    fields.add("start_time", spec.startTime.map { JSON($0) })
    fields.add("end_time", spec.endTime.map { JSON($0) })
    fields.add("max_runs", spec.maxRuns.map { .integer($0) })
    fields.add("overlap_policy", spec.overlapPolicy.name)
    fields.add("catch_up_window", spec.catchUpWindow.map { JSON($0) })
    fields.add("pool", spec.pool)
    fields.add("task", spec.task.map { JSON($0) })
    self = .object(fields)
  }

  init(_ run: API.ScheduleRun) {
    var fields: [Field] = []
    fields.append(Field("number", .unsigned(run.number)))
    fields.add("time", run.time.map { JSON($0) })
    fields.add("fire_time", run.fireTime.map { JSON($0) })
    fields.append(Field("by_hand", .bool(run.byHand)))
    fields.add("outcome", run.outcome.name)
    if run.reason != .unspecified { fields.add("reason", run.reason.name) }
    fields.add("message", run.message)
    fields.add("task_id", run.taskId)
    fields.add("count", run.count)
    fields.add("finish_time", run.finishTime.map { JSON($0) })
    self = .object(fields)
  }

  init(_ time: API.ScheduledTime) {
    var fields: [Field] = []
    fields.add("time", time.time.map { JSON($0) })
    fields.add("fire_time", time.fireTime.map { JSON($0) })
    fields.add("local_time", time.localTime)
    self = .object(fields)
  }

  init(_ change: API.ScheduleChange) {
    var fields: [Field] = []
    fields.add("state", change.state.name)
    fields.add("next_time", change.nextTime.map { JSON($0) })
    fields.add("next_fire_time", change.nextFireTime.map { JSON($0) })
    fields.add("time_zone_version", change.timeZoneVersion)
    self = .object(fields)
  }
}

extension Table {
  /// Many schedules, a row each.
  static func schedules(_ schedules: [API.Schedule]) -> Table {
    var table = Table([
      .flexible("NAME", minimum: 8), .fixed("STATE"), .flexible("WHEN", minimum: 9),
      .fixed("POOL"), .fixed("KIND"), .fixed("NEXT"), .fixed("LAST RUN"),
    ])
    table.rows = schedules.map { schedule in
      [
        Cell(schedule.name), Cell(schedule.state.name, schedule.state.colour),
        Cell(schedule.spec?.when ?? "-"), Cell(schedule.spec?.pool ?? "-"),
        Cell(schedule.spec?.task?.kind ?? "-"), Cell(schedule.nextFireTime?.rfc3339() ?? "-"),
        schedule.lastRun.map { Cell($0.outcome.name, $0.outcome.colour) } ?? "-",
      ]
    }
    return table
  }

  /// One schedule, a line for each thing to know.
  static func schedule(_ schedule: API.Schedule) -> Table {
    let spec = schedule.spec ?? .init()
    var fields: [(name: String, value: Cell)] = [
      ("name", Cell(schedule.name)),
      ("state", Cell(schedule.state.name, schedule.state.colour)),
      ("when", Cell(spec.when)),
    ]
    if let jitter = spec.jitter { fields.append(("jitter", "less than \(jitter.duration.text)")) }
    if let start = spec.startTime { fields.append(("from", Cell(start.rfc3339()))) }
    if let end = spec.endTime { fields.append(("until", Cell(end.rfc3339()))) }
    if let left = schedule.remainingRuns {
      fields.append(("runs left", "\(left) of \(spec.maxRuns ?? left)"))
    }
    fields.append(("overlap", Cell(spec.overlapPolicy.name)))
    if let window = spec.catchUpWindow { fields.append(("catch up", Cell(window.duration.text))) }
    fields.append(("pool", Cell(spec.pool)))
    fields.append(("kind", Cell(spec.task?.kind ?? "-")))
    if let next = schedule.nextFireTime { fields.append(("next", Cell(next.rfc3339()))) }
    if let run = schedule.lastRun {
      fields.append(("last run", Cell("\(run.outcome.name) \(run.taskId)", run.outcome.colour)))
    }
    if !schedule.liveTaskIds.isEmpty {
      fields.append(("live", Cell(schedule.liveTaskIds.joined(separator: " "))))
    }
    if schedule.state == .paused {
      let who = schedule.pauseActor.isEmpty ? "the server" : schedule.pauseActor
      let why = schedule.pauseReason.isEmpty ? "" : ": \(schedule.pauseReason)"
      fields.append(("paused by", Cell(who + why)))
    }
    if let time = schedule.createTime { fields.append(("created", Cell(time.rfc3339()))) }
    if !schedule.etag.isEmpty { fields.append(("etag", Cell(schedule.etag))) }
    return .details(fields)
  }

  static func scheduleRuns(_ runs: [API.ScheduleRun]) -> Table {
    var table = Table([
      .number("RUN"), .fixed("TIME"), .fixed("OUTCOME"), .fixed("TASK"), .fixed("ENDED"),
      .flexible("WHY", minimum: 10),
    ])
    table.rows = runs.map { run in
      let count = run.count > 1 ? "\(run.count) times: " : ""
      let why = run.byHand && run.message.isEmpty ? "by hand" : count + run.message
      return [
        "\(run.number)", Cell(run.time?.rfc3339() ?? "-"),
        Cell(run.outcome.name, run.outcome.colour), Cell(run.taskId.isEmpty ? "-" : run.taskId),
        Cell(run.finishTime?.rfc3339() ?? "-"), Cell(why),
      ]
    }
    return table
  }

  /// Times to come.
  static func times(_ times: [API.ScheduledTime], now: Double) -> Table {
    let hasJitter = times.contains { $0.time != $0.fireTime }
    var table = Table(
      [.fixed("LOCAL TIME"), .fixed("UTC")] + (hasJitter ? [.fixed("FIRES")] : [])
        + [.fixed("IN")])
    table.rows = times.map { time in
      let seconds = (time.fireTime?.secondsSinceEpoch ?? now) - now
      let wait = Duration.seconds(max(0, seconds.rounded()))
      return [Cell(time.localTime), Cell(time.time?.rfc3339(digits: 0) ?? "-")]
        + (hasJitter ? [Cell(time.fireTime?.rfc3339(digits: 3) ?? "-")] : [])
        + [Cell(wait.text)]
    }
    return table
  }
}

extension API.ScheduleSpec {
  /// `0 6 * * * Europe/Vienna` or `every 30 s`.
  fileprivate var when: String {
    switch timing {
    case .cron(let text): timeZone.isEmpty ? text : "\(text) \(timeZone)"
    case .interval(let span): "every \(span.duration.text)"
    case nil: "-"
    }
  }
}

extension API.ScheduleState {
  var colour: Style.Colour? {
    switch self {
    case .active: .green
    case .paused: .yellow
    default: nil
    }
  }
}

extension API.ScheduleRunOutcome {
  var colour: Style.Colour? {
    switch self {
    case .succeeded: .green
    case .failed, .rejected: .red
    case .cancelled, .skipped, .missed, .buffered: .yellow
    case .running: .cyan
    default: nil
    }
  }
}
