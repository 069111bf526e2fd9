@testable import MartletCore

/// A schedule as the events so far tell it; every run that it ever had.
struct ModelSchedule {
  var id: ScheduleID
  var name: String
  var spec: ScheduleSpec
  var state: ScheduleState
  var next: ScheduledTime?
  var specRevision: Revision
  var runs: [ScheduleRun] = []
  /// Tasks of runs that have not ended.
  var live: [TaskID] = []
  var buffered: UInt64?
  var keptFrom: UInt64 = 1
  /// Runs by its rule that were submitted or waited when it was time for them.
  var made: UInt64 = 0

  /// Of the runs that its rule made.
  var lastNominal: WallTime? { runs.lazy.filter { !$0.isByHand }.map(\.nominal).max() }
}

/// What schedules may do, and when.
extension Model {
  /// Where the world's schedules with cron expressions are.
  static let zone = TimeZoneRules(
    name: "Sim/Zone", version: "1", changes: [], offsets: [3_600],
    rule: PosixZoneRule(parsing: "CET-1CEST,M3.5.0,M10.5.0/3"))

  private func times(of spec: ScheduleSpec, _ name: String) -> ScheduleTimes? {
    ScheduleTimes(name: name, spec: spec, zones: [Self.zone.name: Self.zone])
  }

  func schedule(named name: String) -> ModelSchedule? {
    schedules.values.first { $0.name == name }
  }

  mutating func apply(_ event: ScheduleEvent) throws(Violation) {
    switch event.change {
    case .created(let spec): return try created(event, spec)
    case .run(let run, let keptFrom): return try ran(event, run, keptFrom: keptFrom)
    default: break
    }
    guard var schedule = schedules[event.schedule], schedule.name == event.name else {
      throw Violation(description: "\(event) is about a schedule that is not there")
    }
    switch event.change {
    case .created, .run: break
    case .updated(let spec):
      try require(asked.schedules.contains(event.name), "nobody changed \(event.name)")
      schedule.spec = spec
      schedule.specRevision = revision
    case .paused:
      let isLost = event.origin.reason.contains("time zone") && schedule.next == nil
      try require(
        (asked.schedules.contains(event.name) || isLost) && schedule.state != .paused,
        "nobody paused \(event.name)")
    case .resumed:
      try require(
        asked.schedules.contains(event.name) && schedule.state == .paused,
        "nobody resumed \(event.name)")
    case .finished: try require(schedule.next == nil, "\(event.name) ends before its time")
    case .deleted:
      try require(asked.schedules.contains(event.name), "nobody deleted \(event.name)")
      schedules[event.schedule] = nil
      return
    }
    schedule.state = event.state
    try checkNext(event.next, of: schedule, was: schedule.next)
    schedule.next = event.next
    schedules[event.schedule] = schedule
  }

  private mutating func created(_ event: ScheduleEvent, _ spec: ScheduleSpec) throws(Violation) {
    try require(
      asked.schedules.contains(event.name) && self.schedule(named: event.name) == nil
        && event.schedule.rawValue == revision.rawValue && event.state == .active,
      "\(event.name) is created like that")
    let schedule = ModelSchedule(
      id: event.schedule, name: event.name, spec: spec, state: .active, next: event.next,
      specRevision: revision)
    try checkNext(event.next, of: schedule, was: nil)
    schedules[event.schedule] = schedule
  }

  /// A time that was decided is one of the rule, and behind all that were.
  private func checkNext(
    _ next: ScheduledTime?, of schedule: ModelSchedule, was before: ScheduledTime?
  ) throws(Violation) {
    try require(
      schedule.state == .active || next == nil, "\(schedule.name) is not active and has a time")
    guard let next, next != before else { return }
    let told = times(of: schedule.spec, schedule.name)?
      .next(after: next.nominal + Span(nanoseconds: -1))
    try require(told == next, "\(schedule.name) is to fire at \(next), its rule says otherwise")
    try require(
      schedule.lastNominal.map { $0 < next.nominal } ?? true, "\(schedule.name) goes back")
  }

  // MARK: - Runs

  private mutating func ran(
    _ event: ScheduleEvent, _ run: ScheduleRun, keptFrom: UInt64
  ) throws(Violation) {
    guard var schedule = schedules[event.schedule] else {
      throw Violation(description: "a run of a schedule that is not there")
    }
    let known = schedule.runs.lastIndex { $0.number == run.number }
    if let known {
      try checkLater(run, before: schedule.runs[known], of: schedule)
      schedule.runs[known] = run
      schedule.buffered = nil
      try require(event.next == schedule.next, "a run that waited changes the time")
    } else {
      try require(
        run.number == UInt64(schedule.runs.count) + 1, "run \(run.number) of \(event.name)")
      if run.isByHand {
        try checkByHand(run, of: schedule)
        try require(event.next == schedule.next, "a run by hand changes the time")
      } else {
        try checkTime(run, of: schedule)
      }
      try checkOverlap(run, of: schedule)
      schedule.runs.append(run)
      if !run.isByHand, [.running, .buffered].contains(run.outcome) { schedule.made += 1 }
    }
    if run.outcome == .buffered { schedule.buffered = run.number }
    if let task = run.task {
      schedule.live.append(task)
      expectedRuns[task] = schedule.name
    }
    try checkNext(event.next, of: schedule, was: schedule.next)
    schedule.next = event.next
    schedule.keptFrom = max(schedule.keptFrom, keptFrom)
    schedules[event.schedule] = schedule
  }

  /// One that waited is submitted when none is live, or left out for a newer one.
  private func checkLater(
    _ run: ScheduleRun, before: ScheduleRun, of schedule: ModelSchedule
  ) throws(Violation) {
    let isJust =
      before.outcome == .buffered && schedule.buffered == run.number
      && (run.outcome == .skipped && run.reason == .replaced
        || schedule.live.isEmpty && [.running, .rejected].contains(run.outcome))
    try require(isJust, "\(run) of \(schedule.name) was \(before), live are \(schedule.live)")
  }

  private func checkByHand(_ run: ScheduleRun, of schedule: ModelSchedule) throws(Violation) {
    let count = schedule.runs.count { $0.isByHand }
    try require(
      count < asked.triggers[schedule.name, default: []].count,
      "nobody triggered \(schedule.name)")
  }

  /// Never before its time, and not much behind it.
  private func checkTime(_ run: ScheduleRun, of schedule: ModelSchedule) throws(Violation) {
    guard let next = schedule.next, schedule.state == .active, next.nominal == run.nominal else {
      throw Violation(
        description: "\(schedule.name) fires for \(run.nominal), its next time is "
          + "\(String(describing: schedule.next))")
    }
    try require(run.time >= next.fire, "\(schedule.name) fires too early")
    let isLate = run.time - next.fire > schedule.spec.catchUp
    try require(
      isLate == (run.outcome == .missed),
      "\(schedule.name) is late by \((run.time - next.fire).text): \(run.outcome)")
    try require(
      schedule.spec.maxRuns.map { schedule.made < $0 } ?? true, "\(schedule.name) fires too often")
  }

  /// The overlap policy says what becomes of a run while another one is live.
  private func checkOverlap(_ run: ScheduleRun, of schedule: ModelSchedule) throws(Violation) {
    if run.outcome == .missed { return }
    let policies: Set<OverlapPolicy> =
      run.isByHand
      ? Set(asked.triggers[schedule.name, default: []].map { $0 ?? schedule.spec.overlap })
      : [schedule.spec.overlap]
    let isFree = schedule.live.isEmpty && schedule.buffered == nil
    let isJust: Bool =
      switch run.outcome {
      case .running, .rejected: isFree || policies.contains(.allowAll)
      case .skipped: !isFree
      case .buffered:
        !isFree && schedule.buffered == nil
          && (policies.contains(.bufferOne) || policies.contains(.cancelOther))
      default: false
      }
    try require(
      isJust || run.isByHand,
      "\(run) of \(schedule.name), which is \(schedule.spec.overlap) with \(schedule.live)")
  }

  // MARK: - Their tasks

  /// A task of a schedule comes right behind its run, and as the schedule says.
  mutating func checkScheduled(_ event: TaskEvent, _ submission: TaskSubmission) throws(Violation) {
    let expected = expectedRuns.removeValue(forKey: event.task)
    try require(
      expected ?? "" == submission.schedule, "\(event.task) is of \(submission.schedule)")
    guard let name = expected, let schedule = self.schedule(named: name) else { return }
    try require(
      pools[event.pool]?.name == schedule.spec.action.pool
        && submission.kindName == schedule.spec.action.task.kind
        && submission.payload == schedule.spec.action.task.payload,
      "\(event.task) is not what \(name) says")
  }

  /// The next run takes the place of this one's task.
  func isCancelledForNextRun(_ task: ModelTask, _ origin: Origin) -> Bool {
    guard origin.reason.hasPrefix("the next run of schedule ") else { return false }
    // It was asked to stop then, and has now.
    if task.status.notes?.cancel?.origin == origin { return true }
    return schedules.values.contains { schedule in
      schedule.live.contains(task.id)
        && (schedule.spec.overlap == .cancelOther
          || asked.triggers[schedule.name, default: []].contains(.cancelOther))
    }
  }

  mutating func noteRunEnd(_ event: TaskEvent) {
    guard event.status.state.isTerminal else { return }
    for (id, schedule) in schedules where schedule.live.contains(event.task) {
      schedules[id]?.live.removeAll { $0 == event.task }
      guard let place = schedule.runs.lastIndex(where: { $0.task == event.task }) else { continue }
      schedules[id]?.runs[place].finishTime = event.status.finishTime
      schedules[id]?.runs[place].outcome =
        switch event.status.state {
        case .succeeded: .succeeded
        case .failed: .failed
        default: .cancelled
        }
    }
  }

  // MARK: - The engine's fold

  func checkSchedules(_ table: ScheduleTable) throws(Violation) {
    try require(
      Set(table.records.map(\.id)) == Set(schedules.keys), "the schedules are others")
    for record in table.records {
      guard let schedule = schedules[record.id] else { continue }
      let kept = schedule.runs.filter { $0.number >= schedule.keptFrom }
      try require(
        record.name == schedule.name && record.spec == schedule.spec
          && record.state == schedule.state && record.next == schedule.next
          && record.specRevision == schedule.specRevision && record.live == schedule.live
          && record.buffered?.number == schedule.buffered && record.runs == kept
          && record.lastRun == UInt64(schedule.runs.count)
          && record.lastNominal == schedule.lastNominal && record.made == schedule.made,
        "\(record) is kept, the log says \(schedule)")
      for task in record.live {
        try require(table.owner(of: task) == record.id, "\(task) belongs to none")
      }
    }
  }
}
