/// Tasks that need permits. A limit without a key stops the queues of its kinds; a task whose key
/// has none left is parked, and is called up when it is its pool's turn. So it blocks nobody.
extension Engine {
  // MARK: - Rules

  /// Which limits such tasks need.
  func limitScope(_ pool: PoolID, _ kind: KindID) -> LimitScope {
    if catalog.limits.isEmpty { return LimitScope() }
    if let known = state.session.limitBook.scopes[.init(pool: pool, kind: kind)] { return known }
    return findLimitScope(pool, kind)
  }

  private func findLimitScope(_ pool: PoolID, _ kind: KindID) -> LimitScope {
    var scope = LimitScope()
    let (poolName, kindName) = (catalog.pools[pool]?.name ?? "", catalog.kinds[kind])
    for record in catalog.limits.all where record.spec.covers(pool: poolName, kind: kindName) {
      if record.spec.keyLabel.isEmpty {
        scope.whole.append(LimitKey(limit: record.id))
      } else {
        scope.keyed.append(.init(limit: record.id, label: record.spec.keyLabel))
      }
    }
    return scope
  }

  private static let scopesMax = 100_000

  private mutating func learnLimitScope(_ pool: PoolID, _ kind: KindID) {
    if state.session.limitBook.scopes.count >= Self.scopesMax {
      state.session.limitBook.scopes.removeAll()
    }
    let scope = findLimitScope(pool, kind)
    state.session.limitBook.scopes[.init(pool: pool, kind: kind)] = scope
  }

  private func keyed(_ scope: LimitScope, of task: LiveTask) -> [LimitKey] {
    if scope.keyed.isEmpty { return [] }
    let labels = durable.tasks.labels(of: task)
    return scope.keyed.compactMap { keyed in
      labels[keyed.label].map { LimitKey(limit: keyed.limit, key: $0) }
    }
  }

  /// All that a start of the task takes.
  func takes(of task: LiveTask) -> [LimitKey] {
    if catalog.limits.isEmpty { return [] }
    let scope = limitScope(task.pool, task.kind)
    return scope.keyed.isEmpty ? scope.whole : scope.whole + keyed(scope, of: task)
  }

  func permits(of task: LiveTask) -> TaskPermits? {
    let takes = takes(of: task)
    return takes.isEmpty ? nil : TaskPermits(takes: takes)
  }

  /// What is there of a key and not set aside for offers; of a limit that is gone: enough.
  func available(_ key: LimitKey, at now: Elapsed) -> Int {
    if breaks(.limitRates), !(catalog.limits[key.limit]?.spec.rule.isConcurrency ?? true) {
      return .max / 2
    }
    guard let available = catalog.limits.available(key, at: now) else { return .max / 2 }
    let slack = breaks(.limitHolders) ? 1 : 0
    let left = available + slack - state.session.limitBook.offered.count(of: key)
    if left > 0, isFull(besides: key) { return 0 }
    return left
  }

  /// No further key may have a state.
  func isFull(besides key: LimitKey) -> Bool {
    catalog.limits.stateCount >= state.session.limits.limitKeys && catalog.limits.states[key] == nil
  }

  /// Whether a task of the pool may take one now: what is there, and whether it is anybody's turn.
  func mayTake(_ key: LimitKey, in pool: PoolID, at now: Elapsed) -> Bool {
    let left = available(key, at: now)
    guard left > 0 else { return false }
    guard let number = state.session.limitBook.number(of: key),
      let line = state.session.limitBook[number]
    else { return true }
    if let turn = line.turns[pool], turn.left > 0 { return true }
    return state.session.limitBook.isEmpty(number)
      && left > state.session.limitBook.turnsLeft(of: number)
  }

  /// The first of the limits that a task has to wait for.
  func lacking(_ task: LiveTask, at now: Elapsed) -> LimitKey? {
    takes(of: task).first { !mayTake($0, in: task.pool, at: now) }
  }

  /// Of a task that was offered: whether what it needs now is there, with what was set aside for
  /// it.
  func mayTakeAll(_ task: LiveTask, at now: Elapsed) -> Bool {
    if catalog.limits.isEmpty { return true }
    return takes(of: task).allSatisfy {
      (catalog.limits.available($0, at: now) ?? 1) + (breaks(.limitHolders) ? 1 : 0) > 0
        || breaks(.limitRates)
    }
  }

  // MARK: - Starts

  /// As without limits, but a task whose key has none left is parked, and a pool
  /// whose limit has none left stands in line.
  mutating func nextWithinLimits(
    in pool: PoolRecord, at now: Instant
  ) -> (task: LiveTask, taker: Taker)? {
    while state.session.limitBook.parksLeft > 0 {
      let search = searchWithinLimits(in: pool, at: now)
      if !search.unknown.isEmpty {
        for kind in search.unknown { learnLimitScope(pool.id, kind) }
        continue
      }
      for key in search.stopped { state.session.limitBook.stand(pool.id, for: key) }
      guard let found = search.found else { return nil }
      guard let short = lackingKey(of: found.task, at: now.elapsed) else { return found }
      park(found.task, for: short)
    }
    state.session.limitBook.sliced.insert(pool.id)
    return nil
  }

  private struct LimitSearch {
    var found: (task: LiveTask, taker: Taker)?
    /// What kinds had to be left out for.
    var stopped: [LimitKey] = []
    /// Kinds whose limits have to be learned first.
    var unknown: [KindID] = []
  }

  /// Never inlined: where `self` is changed the compiler would work on a copy of it.
  @inline(never)
  private func searchWithinLimits(in pool: PoolRecord, at now: Instant) -> LimitSearch {
    var search = LimitSearch()
    search.found = nextReady(in: pool, at: now) { engine, kind, selector -> Taker? in
      guard let taker = engine.taker(of: kind, selector, in: pool) else { return nil }
      let key = LimitScope.Key(pool: pool.id, kind: kind)
      guard let scope = engine.state.session.limitBook.scopes[key] else {
        search.unknown.append(kind)
        return nil
      }
      for key in scope.whole where !engine.mayTake(key, in: pool.id, at: now.elapsed) {
        search.stopped.append(key)
        return nil
      }
      return taker
    }
    return search
  }

  /// Of the limits with a key, the first that a task has to wait for.
  private func lackingKey(of task: LiveTask, at now: Elapsed) -> LimitKey? {
    let scope = limitScope(task.pool, task.kind)
    if scope.keyed.isEmpty { return nil }
    for key in keyed(scope, of: task) where !mayTake(key, in: task.pool, at: now) { return key }
    return nil
  }

  private mutating func park(_ task: LiveTask, for key: LimitKey) {
    let number = state.session.limitBook.stand(task.pool, for: key)
    state.session.limitBook.parks(task.pool, in: number)
    state.durable.tasks.setParked(number, task.id)
    state.session.limitBook.parksLeft -= 1
    followShare(of: task.pool)
  }

  /// What was set aside for the pool: its tasks that wait for that go back to their places. Lines
  /// that it did not stand in for want of slots, it stands in again.
  mutating func callUp(_ pool: PoolRecord, free: Int) {
    if !state.session.limitBook.hasLines || free <= 0 { return }
    for number in state.session.limitBook.turns(of: pool.id) {
      let left = state.session.limitBook[number]?.turns[pool.id]?.left ?? 0
      let called = state.durable.tasks.callUp(left, of: number, in: pool.id)
      if called > 0 {
        state.session.limitBook.noteUse(pool.id, at: number)
        followShare(of: pool.id)
      }
    }
    for number in state.session.limitBook.wake(pool.id, limit: 2 * free + 16)
    where durable.tasks.parkedCount(in: pool.id, number) > 0 {
      state.session.limitBook.stand(pool.id, in: number)
      // Those in a line that was dissolved need no turn: they take part in this step.
      guard state.session.limitBook[number]?.isDissolved == true else { continue }
      let called = state.durable.tasks.callUp(LimitBook.parksPerStep, of: number, in: pool.id)
      if called > 0 { followShare(of: pool.id) }
    }
    if state.session.limitBook.dormant[pool.id] != nil {
      state.session.limitBook.sliced.insert(pool.id)
    }
  }

  /// The task starts, or is offered to a worker.
  mutating func useTurns(for task: LiveTask, reserving: Bool) {
    if catalog.limits.isEmpty || !reserving && !state.session.limitBook.hasLines { return }
    let keys = takes(of: task)
    if keys.isEmpty { return }
    if state.session.limitBook.hasLines {
      for key in keys { state.session.limitBook.useTurn(task.pool, for: key) }
    }
    if reserving { state.session.limitBook.offered.reserve(keys, for: task.id) }
  }

  // MARK: - What follows from events

  /// Before the event is applied: what its attempt holds, it gives back.
  mutating func noteFreed(by body: Event.Body) {
    if !state.session.limitBook.hasLines { return }
    guard case .task(let event) = body, event.from == .running, event.status.state != .running,
      let held = catalog.limits.held(by: event.task)
    else { return }
    for key in held { state.session.limitBook.touch(key) }
  }

  mutating func followLimit(_ event: LimitEvent, revision: Revision, at now: Elapsed) {
    switch event {
    case .limit(.created, _, _): state.session.limitBook.scopes.removeAll()
    case .limit(_, let record, _):
      state.session.limitBook.scopes.removeAll()
      state.session.limitBook.dissolve(record.id)
    case .permits(.granted, let record, _):
      if let lease = catalog.limits.grants[record.id]?.lease {
        state.session.limitBook.hold(record.id, until: now + lease)
        state.session.limitBook.grants.knows(record)
      }
    case .permits(_, let record, _):
      state.session.limitBook.free(record)
    }
  }

  /// What a fenced attempt leaves taken falls free in its time.
  mutating func followKept(_ event: TaskEvent, revision: Revision) {
    guard let permits = event.status.notes?.permits, let until = permits.keptUntil else { return }
    for key in permits.takes {
      let id = PermitID(token: revision, limit: key.limit)
      if catalog.limits.grants[id] != nil { state.session.limitBook.hold(id, until: until) }
    }
  }
}
