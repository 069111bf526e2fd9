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
    try check(spec, of: nil)
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
    return try changed(pool, to: spec, by: .updated, origin: origin)
  }

  /// The spec as it was at a revision of this very pool, checked as if it were new.
  func decideRollback(_ rollback: PoolRollback, origin: Origin) throws(Refusal) -> Decision {
    let pool = try pool(named: rollback.name)
    guard pool.id == rollback.pool else {
      throw .poolRevisionNotFound(pool: rollback.name, rollback.revision)
    }
    if pool.state == .deleting { throw .poolClosed(pool.name) }
    if let expected = rollback.expected, expected != pool.version {
      throw .etagMismatch(pool: pool.name)
    }
    return try changed(
      pool, to: rollback.spec, by: .rolledBack, restored: rollback.revision, origin: origin)
  }

  private func changed(
    _ pool: PoolRecord, to spec: PoolSpec, by change: PoolEvent.Change, restored: Revision? = nil,
    origin: Origin
  ) throws(Refusal) -> Decision {
    if spec == pool.spec { return Decision([], .pool(pool.id)) }
    try check(spec, of: pool.id)
    let event = PoolEvent(
      change: change, pool: pool.id, name: pool.name, spec: spec, state: pool.state,
      specVersion: pool.specVersion + 1, origin: origin, slotLimit: pool.slotLimit(after: spec),
      restored: restored)
    return Decision([.pool(event)], .pool(pool.id))
  }

  /// What is right of each field may be wrong of all, or of the group.
  private func check(_ spec: PoolSpec, of pool: PoolID?) throws(Refusal) {
    if let problem = spec.problem { throw .poolSpecInvalid(problem) }
    if spec.group.isEmpty { return }
    let group = try group(named: spec.group)
    let guaranteed = guaranteed(in: group, besides: pool) + spec.groupMinimum
    if guaranteed > group.spec.budget {
      throw .groupBudgetExceeded(
        group.name, budget: group.spec.budget, guaranteed: guaranteed)
    }
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
      specVersion: pool.specVersion, origin: origin, slotLimit: pool.slotLimit)
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
