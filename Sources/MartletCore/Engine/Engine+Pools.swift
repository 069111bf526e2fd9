extension Engine {
  func pool(named name: String) throws(Refusal) -> PoolRecord {
    guard let pool = catalog.pool(named: name) else { throw .poolNotFound(name) }
    return pool
  }

  func decideCreatePool(
    name: String, spec: PoolSpec, origin: Origin
  ) throws(Refusal) -> Decision {
    if catalog.pool(named: name) != nil { throw .poolExists(name) }
    let limit = state.session.limits.pools
    if catalog.poolsByName.count >= limit { throw .memoryPressure(what: "pools", limit: limit) }
    let id = PoolID(rawValue: catalog.lastPool.rawValue + 1)
    let event = PoolEvent(
      change: .created, pool: id, name: name, spec: spec, state: .active, specVersion: 1,
      origin: origin)
    return Decision([.pool(event)], .pool(id))
  }

  func decideUpdatePool(
    name: String, expected: PoolVersion?, change: (inout PoolSpec) -> Void, origin: Origin
  ) throws(Refusal) -> Decision {
    let pool = try pool(named: name)
    if pool.state == .deleting { throw .poolClosed(name) }
    if let expected, expected != pool.version { throw .etagMismatch(pool: name) }
    var spec = pool.spec
    change(&spec)
    if spec == pool.spec { return Decision([], .pool(pool.id)) }
    let event = PoolEvent(
      change: .updated, pool: pool.id, name: name, spec: spec, state: pool.state,
      specVersion: pool.specVersion + 1, origin: origin)
    return Decision([.pool(event)], .pool(pool.id))
  }

  func decidePoolState(
    _ target: PoolState, of name: String, origin: Origin
  ) throws(Refusal) -> Decision {
    let pool = try pool(named: name)
    if pool.state == .deleting { throw .poolClosed(name) }
    let change: PoolEvent.Change
    switch target {
    case .active: change = .resumed
    case .paused: change = .paused
    default: change = .draining
    }
    let isThere = pool.state == target || (target == .draining && pool.state == .closed)
    if isThere { return Decision([], .pool(pool.id)) }
    return Decision([.pool(self.event(change, pool, state: target, origin))], .pool(pool.id))
  }

  func decideDeletePool(
    name: String, force: Bool, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    let pool = try pool(named: name)
    let unfinished = unfinished(in: pool.id)
    if unfinished > 0 && !force { throw .poolNotEmpty(name, unfinished: unfinished) }
    if pool.state == .deleting { return Decision([], .pool(pool.id)) }
    let view = PoolView(record: pool, inUse: 0, waiting: 0, oldestAge: nil)
    if unfinished == 0 {
      var gone = view
      gone.record.state = .deleting
      return Decision(
        [.pool(event(.deleted, pool, state: .retired, origin))], .deletedPool(gone))
    }
    let running = durable.tasks.running(in: pool.id)
    var events: [Event.Body] = [.pool(event(.deleting, pool, state: .deleting, origin))]
    for task in running where task.notes?.cancel == nil {
      events.append(cancelRequest(task, origin: deletion(of: pool, by: origin), at: now))
    }
    return Decision(events, .pool(pool.id))
  }

  func unfinished(in pool: PoolID) -> Int64 {
    catalog.counters.waiting(pool: pool) + catalog.counters.states(pool: pool)[.running]
  }

  func event(
    _ change: PoolEvent.Change, _ pool: PoolRecord, state: PoolState, _ origin: Origin
  ) -> PoolEvent {
    PoolEvent(
      change: change, pool: pool.id, name: pool.name, spec: pool.spec, state: state,
      specVersion: pool.specVersion, origin: origin)
  }

  /// What the tasks that a deletion cancels say: its caller's words, or words that name the pool.
  func deletion(of pool: PoolRecord, by origin: Origin) -> Origin {
    Origin(
      actor: origin.actor,
      reason: origin.reason.isEmpty ? "pool \(pool.name) was deleted" : origin.reason)
  }
}

extension PoolRecord {
  /// Whether tasks may come to it: submitted, reopened or moved.
  func requireOpen() throws(Refusal) {
    switch state {
    case .active, .paused: return
    case .draining: throw .poolDraining(name)
    case .closed, .deleting, .retired: throw .poolClosed(name)
    }
  }
}
