import MartletCore

extension Model {
  mutating func apply(_ event: PoolEvent) throws(Violation) {
    if event.change == .created { return try created(event) }
    guard var pool = pools[event.pool], pool.state != .retired, pool.name == event.name else {
      throw Violation(description: "\(event.change) of pool \(event.name), which is not there")
    }
    let illegal = "pool \(pool.name) is \(pool.state): \(event.change) may not happen"
    switch event.change {
    case .created: break
    case .scaled, .scalingSuggested: try checkScaling(event, of: pool)
    case .updated, .rolledBack:
      try require(pool.state != .deleting && event.state == pool.state, illegal)
      try checkRollback(event, of: pool)
      try require(event.specVersion == pool.specVersion + 1, "the version must rise by one")
      if let room = rooms[pool.id] {
        rooms[pool.id]?.capacity = max(room.capacity, event.spec.queueCapacity)
      }
    case .paused:
      try require([.active, .draining, .closed].contains(pool.state), illegal)
      try require(event.state == .paused, illegal)
    case .resumed:
      try require([.paused, .draining, .closed].contains(pool.state), illegal)
      try require(event.state == .active, illegal)
    case .draining:
      try require([.active, .paused].contains(pool.state), illegal)
      try require(event.state == .draining, illegal)
    case .closed:
      try require(pool.state == .draining && pool.unfinished == 0, illegal)
      try require(event.state == .closed, illegal)
    case .deleting:
      try require(pool.state != .deleting && pool.unfinished > 0, illegal)
      try require(event.state == .deleting, illegal)
      pool.deletion = event.origin
    case .deleted:
      try require(pool.unfinished == 0 && event.state == .retired, illegal)
      try require(
        pool.deletion.map { $0 == event.origin } ?? true, "\(pool.name) is deleted by another")
      names[pool.name] = nil
    }
    if !event.change.changesSpec {
      try require(
        event.spec == pool.spec && event.specVersion == pool.specVersion,
        "\(event.change) changed the spec of \(pool.name)")
    }
    try checkLimit(event, of: pool)
    if pool.slotLimit != event.slotLimit || event.change == .scalingSuggested {
      pool.scaledAt = stamp.elapsed
    }
    pool.slotLimit = event.slotLimit
    if event.change != .scalingSuggested { pool.changes.append(event.change) }
    pool.state = event.state
    pool.spec = event.spec
    pool.specVersion = event.specVersion
    pool.history.append((revision, event.state, event.spec))
    pools[pool.id] = pool
    if event.change.changesSpec { try checkGuarantees(of: event.spec.group) }
    if event.change == .deleted { forgetIfEmpty(pool.id) }
  }

  private mutating func created(_ event: PoolEvent) throws(Violation) {
    try require(names[event.name] == nil, "pool \(event.name) is created twice")
    try require(event.pool > lastPool, "pool number \(event.pool) is given again")
    try require(event.state == .active && event.specVersion == 1, "a new pool is not new")
    lastPool = event.pool
    names[event.name] = event.pool
    var pool = ModelPool(
      id: event.pool, name: event.name, state: event.state, spec: event.spec,
      specVersion: event.specVersion, history: [(revision, event.state, event.spec)],
      slotLimit: event.slotLimit, scaledAt: stamp.elapsed)
    pool.changes = [.created]
    pools[event.pool] = pool
    try require(
      event.slotLimit == Self.clamped(event.spec.slots, by: event.spec.scaling),
      "\(event.name) has \(event.slotLimit) slots from the start")
    try checkGuarantees(of: event.spec.group)
  }
}
