/// What limits say of tasks that wait.
extension Engine {
  private static let aheadMax = 10_000

  /// What a PENDING task waits for of its limits; nil if nothing.
  func limitWait(of task: LiveTask, at now: Instant, isWhole: Bool) -> LimitWait? {
    if catalog.limits.isEmpty { return nil }
    guard let key = lacking(task, at: now.elapsed) else { return nil }
    var wait = limitWait(key, at: now)
    let number = state.session.limitBook.number(of: key)
    if isWhole, let place = durable.tasks.parking(of: task.id, limit: Self.aheadMax),
      place.line == number
    {
      let calls = state.session.limitBook[place.line]?.calls ?? 0
      wait?.ahead = QueuePosition(ahead: place.ahead + calls, isExact: place.isExact && calls == 0)
    }
    return wait
  }

  private func limitWait(_ key: LimitKey, at now: Instant) -> LimitWait? {
    guard let record = catalog.limits[key.limit] else { return nil }
    let number = state.session.limitBook.number(of: key)
    let calls = number.flatMap { state.session.limitBook[$0]?.calls } ?? 0
    let free = catalog.limits.free(1, of: key, at: now.elapsed)
    return LimitWait(
      limit: record.name, key: key.key, rule: record.spec.rule,
      available: max(0, available(key, at: now.elapsed)),
      waiting: calls + (number.map { parked(for: $0) } ?? 0), ahead: nil,
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
      guard let key = state.session.limitBook[line]?.key, let wait = limitWait(key, at: now)
      else { continue }
      causes.append(.init(cause: .limit(wait), tasks: tasks))
    }
    var stopped: [LimitKey: Int] = [:]
    for (kind, _, tasks) in durable.tasks.readyKinds(in: pool.id).prefix(Self.poolKindsMax) {
      guard let key = stopping(kind, in: pool, at: now.elapsed) else { continue }
      stopped[key, default: 0] += tasks
    }
    for (key, tasks) in stopped.sorted(by: { $0.key < $1.key }) {
      guard let wait = limitWait(key, at: now) else { continue }
      causes.append(.init(cause: .limit(wait), tasks: tasks))
    }
    return causes
  }

  /// The limit without keys that keeps tasks of that kind from starting.
  private func stopping(_ kind: KindID, in pool: PoolRecord, at now: Elapsed) -> LimitKey? {
    limitScope(pool.id, kind).whole.first { !mayTake($0, in: pool.id, at: now) }
  }

  /// PENDING tasks that no slot would help: they wait for limits.
  func limitedCount(in pool: PoolID, at now: Elapsed) -> Int {
    guard !catalog.limits.isEmpty, let record = catalog.pools[pool] else { return 0 }
    let stopped = durable.tasks.readyKinds(in: pool).prefix(Self.poolKindsMax).reduce(0) {
      $0 + (stopping($1.kind, in: record, at: now) == nil ? 0 : $1.tasks)
    }
    return durable.tasks.parkedCount(in: pool) + stopped
  }
}
