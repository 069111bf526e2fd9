/// A run that is due.
struct DueRun {
  var number: UInt64
  var nominal: WallTime
  var isByHand = false
  var overlap: OverlapPolicy
  var origin: Origin
  /// The schedule's state and next time from then on; nil: as they are.
  var after: After?

  struct After {
    var next: ScheduledTime?
  }
}

/// When it is time: what a schedule does, and what its runs do to each other.
extension Engine {
  /// When the next schedule fires, by the wall clock.
  package var nextWallDeadline: WallTime? { state.session.schedules.first?.time }

  /// Whether it is time for a schedule, or a run that waited may go on.
  package func isScheduleDue(at wall: WallTime) -> Bool {
    nextWallDeadline.map { $0 <= wall } ?? false
  }

  /// Fires what is due, as much as one step may; the next one goes on.
  mutating func settleSchedules(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    if state.session.schedules.first == nil && catalog.schedules.ready.isEmpty { return }
    guard !state.session.awaitsRecovery else { return }
    var budget = state.session.firesPerStep
    while budget > 0, state.session.firedBytes <= Self.firedBytesMax, isScheduleDue(at: now.wall),
      let entry = state.session.schedules.first
    {
      submitReady(&budget, at: now, stamp: stamp, into: &events)
      state.session.schedules.removeFirst()
      guard let record = catalog.schedules[entry.schedule], let next = record.next,
        next.fire == entry.time
      else { continue }
      for body in fire(record, next, &budget, at: now) {
        events.append(evolve(body, at: stamp))
      }
    }
    submitReady(&budget, at: now, stamp: stamp, into: &events)
  }

  /// Payloads that one step may bring into the log.
  private static let firedBytesMax = 1 << 20

  /// Bytes of payloads that schedules have brought since this was asked last.
  mutating func takeFiredBytes() -> Int {
    defer { state.session.firedBytes = 0 }
    return state.session.firedBytes
  }

  // MARK: - Time

  private func fire(
    _ record: ScheduleRecord, _ time: ScheduledTime, _ budget: inout Int, at now: Instant
  ) -> [Event.Body] {
    budget -= 1
    let times = ScheduleTimes(name: record.name, spec: record.spec, zones: state.session.zones)
    if now.wall - time.fire > record.spec.catchUp {
      return miss(record, from: time, times, &budget, at: now)
    }
    let due = DueRun(
      number: record.lastRun + 1, nominal: time.nominal, overlap: record.spec.overlap,
      origin: .server, after: .init(next: times?.next(after: time.nominal)))
    let bodies = decideRun(due, of: record, at: now)
    let isLast = record.remainingRuns.map { $0 <= 1 } ?? false
    // One that was left out leaves its place to the next.
    guard isLast, bodies.contains(where: { $0.counts(due.number) }) else {
      return bodies + afterLast(record, next: due.after?.next, isZoneMissing: times == nil)
    }
    return bodies.map { $0.withoutNext(due.number) }
      + afterLast(record, next: nil, isZoneMissing: false)
  }

  /// What is too late to be made up for becomes one entry.
  private func miss(
    _ record: ScheduleRecord, from first: ScheduledTime, _ times: ScheduleTimes?,
    _ budget: inout Int, at now: Instant
  ) -> [Event.Body] {
    let oldest = now.wall + Span(nanoseconds: -record.spec.catchUp.nanoseconds)
    var count: UInt32 = 0
    var next: ScheduledTime? = first
    while let time = next, time.fire < oldest, count < 1_000 {
      count += 1
      next = times?.next(after: time.nominal)
    }
    budget -= Int(count)
    if let time = next, time.fire < oldest {
      next = times?.next(after: oldest + Span(nanoseconds: -1))
    }
    let run = ScheduleRun(
      number: record.lastRun + 1, nominal: first.nominal, time: now.wall, outcome: .missed,
      reason: .late, count: count)
    return [runEvent(run, of: record, origin: .server, after: .init(next: next))]
      + afterLast(record, next: next, isZoneMissing: times == nil)
  }

  /// What there is to say when a rule has no further time.
  private func afterLast(
    _ record: ScheduleRecord, next: ScheduledTime?, isZoneMissing: Bool
  ) -> [Event.Body] {
    if next != nil { return [] }
    let isFinished = !isZoneMissing
    let zone = record.spec.timing.zone ?? ""
    var event = event(
      isFinished ? .finished : .paused, of: record,
      origin: isFinished
        ? .server
        : Origin(actor: "", reason: "the time zone \(zone) is not among the server's any more"))
    event.state = isFinished ? .finished : .paused
    event.next = nil
    return [.schedule(event)]
  }

  // MARK: - Runs

  /// What a run that is due comes to, given those that are live.
  func decideRun(_ due: DueRun, of record: ScheduleRecord, at now: Instant) -> [Event.Body] {
    if record.live.isEmpty && record.buffered == nil || breaks(.overlap) {
      return submit(due, of: record, at: now)
    }
    switch due.overlap {
    case .allowAll:
      return record.live.count < state.session.limits.scheduleLiveRuns
        ? submit(due, of: record, at: now)
        : [runEvent(due.run(.skipped, .tooManyRuns, at: now), due, of: record)]
    case .skip: return [runEvent(due.run(.skipped, .overlap, at: now), due, of: record)]
    case .bufferOne:
      return record.buffered == nil
        ? [runEvent(due.run(.buffered, nil, at: now), due, of: record)]
        : [runEvent(due.run(.skipped, .bufferFull, at: now), due, of: record)]
    case .cancelOther:
      return replaced(record) + [runEvent(due.run(.buffered, nil, at: now), due, of: record)]
        + cancelLive(of: record, due, at: now)
    }
  }

  /// The run that waits is left out for a newer one.
  private func replaced(_ record: ScheduleRecord) -> [Event.Body] {
    guard var run = record.buffered else { return [] }
    run.outcome = .skipped
    run.reason = .replaced
    return [runEvent(run, of: record, origin: .server, after: nil)]
  }

  private func cancelLive(
    of record: ScheduleRecord, _ due: DueRun, at now: Instant
  ) -> [Event.Body] {
    let reason = "the next run of schedule \(record.name) takes its place"
    let origin = Origin(actor: due.origin.actor, reason: reason)
    return record.live.flatMap { task in
      (try? decideCancel(task, origin: origin, at: now).events) ?? []
    }
  }

  /// The run with its task, or why there is none.
  private func submit(_ due: DueRun, of record: ScheduleRecord, at now: Instant) -> [Event.Body] {
    let action = record.spec.action
    do throws(Refusal) {
      let pool = try pool(named: action.pool)
      try pool.requireOpen()
      try checkRoom(for: [action.task], in: pool, at: now)
      var ids = TaskIDs(last: catalog.lastTask, wall: now.wall)
      var kinds = NewKinds(table: catalog.kinds)
      let kind = kinds.number(of: action.task.kind)
      try checkKinds(kinds)
      let origin = due.isByHand ? due.origin : Origin(actor: "schedule/\(record.name)")
      var task = submission(
        of: action.task, id: ids.next(), kind: kind, pool: pool, request: nil, origin: origin,
        at: now)
      if case .submitted(var submission) = task.change {
        submission.schedule = record.name
        task.change = .submitted(submission)
      }
      var run = due.run(.running, nil, at: now)
      run.task = task.task
      return [runEvent(run, due, of: record), .task(task)]
    } catch {
      return [runEvent(due.run(.rejected, .init(error), at: now), due, of: record)]
    }
  }

  private func runEvent(_ run: ScheduleRun, _ due: DueRun, of record: ScheduleRecord) -> Event.Body
  {
    runEvent(run, of: record, origin: due.origin, after: due.after)
  }

  private func runEvent(
    _ run: ScheduleRun, of record: ScheduleRecord, origin: Origin, after: DueRun.After?
  ) -> Event.Body {
    let newest = max(run.number, record.lastRun)
    let kept = UInt64(state.session.limits.scheduleRuns)
    var event = event(
      .run(run, keptFrom: newest > kept ? newest - kept + 1 : 1), of: record, origin: origin)
    if let after { event.next = after.next }
    return .schedule(event)
  }

  /// Runs that waited and need not any more.
  private mutating func submitReady(
    _ budget: inout Int, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    if catalog.schedules.ready.isEmpty { return }
    for id in catalog.schedules.ready.sorted() where budget > 0 {
      guard let record = catalog.schedules[id], let run = record.buffered, record.isReady else {
        continue
      }
      budget -= 1
      let due = DueRun(
        number: run.number, nominal: run.nominal, isByHand: run.isByHand,
        overlap: record.spec.overlap, origin: .server)
      for body in submit(due, of: record, at: now) { events.append(evolve(body, at: stamp)) }
    }
  }
}

extension Event.Body {
  /// Whether it is that run, and `max_runs` counts it.
  fileprivate func counts(_ number: UInt64) -> Bool {
    guard case .schedule(let event) = self, case .run(let run, _) = event.change else {
      return false
    }
    return run.number == number && run.counts
  }

  fileprivate func withoutNext(_ number: UInt64) -> Event.Body {
    guard case .schedule(var event) = self, case .run(let run, _) = event.change,
      run.number == number
    else { return self }
    event.next = nil
    return .schedule(event)
  }
}

extension DueRun {
  fileprivate func run(
    _ outcome: ScheduleRun.Outcome, _ reason: ScheduleRun.Reason?, at now: Instant
  ) -> ScheduleRun {
    ScheduleRun(
      number: number, nominal: nominal, time: now.wall, isByHand: isByHand, outcome: outcome,
      reason: reason)
  }
}
