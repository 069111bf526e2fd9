/// What limits say of tasks that wait.
extension Engine {
  private static let aheadMax = 10_000

  /// What a PENDING task waits for of its limits; nil if nothing.
  ///
  /// - Parameter isWhole: Else without what must be counted: a page of tasks asks for each of them.
  func limitWait(of task: LiveTask, at now: Instant, isWhole: Bool) -> LimitWait? {
    if catalog.limits.isEmpty { return nil }
    guard let key = lacking(task, at: now.elapsed) else { return nil }
    var wait = limitWait(key, at: now, isWhole: isWhole)
    let number = state.session.limitBook.number(of: key)
    if isWhole, let place = durable.tasks.parking(of: task.id, limit: Self.aheadMax),
      place.line == number
    {
      let calls = state.session.limitBook[place.line]?.calls ?? 0
      wait?.ahead = QueuePosition(ahead: place.ahead + calls, isExact: place.isExact && calls == 0)
    }
    return wait
  }

  private func limitWait(_ key: LimitKey, at now: Instant, isWhole: Bool) -> LimitWait? {
    guard let record = catalog.limits[key.limit] else { return nil }
    let waiting =
      isWhole ? (limitLine(of: key)?.calls ?? 0) + tasksInLine(for: key, at: now.elapsed) : 0
    let free = catalog.limits.free(1, of: key, at: now.elapsed)
    return LimitWait(
      limit: record.name, key: key.key, rule: record.spec.rule,
      available: max(0, available(key, at: now.elapsed)),
      waiting: waiting, ahead: nil,
      until: free.flatMap { $0 > now.elapsed ? now.wall(at: $0) : nil })
  }

  private static let poolLinesMax = 100
  private static let poolKindsMax = 1_000

  /// What holds tasks of a pool back: keys that tasks are parked for, and limits that stop whole
  /// kinds.
  func limitCauses(in pool: PoolRecord, at now: Instant) -> [PoolExplanation.Cause] {
    if catalog.limits.isEmpty { return [] }
    var causes: [PoolExplanation.Cause] = []
    for (line, tasks) in durable.tasks.parkedLines(in: pool.id, limit: Self.poolLinesMax) {
      guard let key = state.session.limitBook[line]?.key,
        let wait = limitWait(key, at: now, isWhole: true)
      else { continue }
      causes.append(.init(cause: .limit(wait), tasks: tasks))
    }
    let stopped = tasksStopped(in: [pool.id], at: now.elapsed)
    for (key, tasks) in stopped.sorted(by: { $0.key < $1.key }) {
      guard let wait = limitWait(key, at: now, isWhole: true) else { continue }
      causes.append(.init(cause: .limit(wait), tasks: tasks))
    }
    return causes
  }

  /// The limit without keys that keeps tasks of that kind from starting.
  private func stopping(_ kind: KindID, in pool: PoolID, at now: Elapsed) -> LimitKey? {
    limitScope(pool, kind).whole.first { !mayTake($0, in: pool, at: now) }
  }

  /// How many tasks in the queues of these pools each limit without keys keeps from starting.
  func tasksStopped(in pools: some Sequence<PoolID>, at now: Elapsed) -> [LimitKey: Int] {
    var stopped: [LimitKey: Int] = [:]
    for pool in pools {
      for (kind, _, tasks) in durable.tasks.readyKinds(in: pool).prefix(Self.poolKindsMax) {
        guard let key = stopping(kind, in: pool, at: now) else { continue }
        stopped[key, default: 0] += tasks
      }
    }
    return stopped
  }

  func limitLine(of key: LimitKey) -> LimitBook.Line? {
    state.session.limitBook.number(of: key).flatMap { state.session.limitBook[$0] }
  }

  /// Tasks that are parked for the key, and those in line with their pools because the limit stops
  /// their kinds.
  ///
  /// - Parameter stopped: What limits stop in all pools that stand in the line, if that is known.
  func tasksInLine(
    for key: LimitKey, stopped: [LimitKey: Int]? = nil, at now: Elapsed
  ) -> Int {
    guard let number = state.session.limitBook.number(of: key),
      let line = state.session.limitBook[number]
    else { return 0 }
    let parked = line.parkers.reduce(0) { $0 + durable.tasks.parkedCount(in: $1, number) }
    // Limits with keys stop no kind.
    guard catalog.limits[key.limit]?.spec.keyLabel.isEmpty == true else { return parked }
    return parked + (stopped ?? tasksStopped(in: line.pools, at: now))[key, default: 0]
  }

  /// PENDING tasks that no slot would help: they wait for limits.
  func limitedCount(in pool: PoolID, at now: Elapsed) -> Int {
    if catalog.limits.isEmpty { return 0 }
    let stopped = tasksStopped(in: [pool], at: now).values.reduce(0, +)
    return durable.tasks.parkedCount(in: pool) + stopped
  }
}
