@testable import MartletCore

/// What clients asked about limits, and what they were told.
struct AskedPermits {
  var claims: Set<PermitClaim> = []
  /// Calls of this process that were told to wait, and have not been told more.
  var waiting: [PermitWaiter: PermitClaim] = [:]
  /// The newest call of each key that waited and was granted.
  var lastGranted: [LimitKey: PermitWaiter] = [:]
  var grantedInLine = 0
  var refused = 0
  var releases: Set<PermitGrant> = []
  var hasAbandoned = false
  var limits = 0
}

/// What has been taken of a key, counted in another way than the engine does: a bucket in permits,
/// a window with every grant that there was.
struct ModelTaken {
  var tokens: Double
  var at: Elapsed
  var grants: [(at: Elapsed, units: Int)] = []
}

struct ModelLimits {
  var records: [LimitID: LimitRecord] = [:]
  var last = LimitID(rawValue: 0)
  var taken: [LimitKey: ModelTaken] = [:]
  /// What had left a window when it was shorter does not come back.
  var forgotten: [LimitID: Elapsed] = [:]
  var grants: [PermitID: PermitRecord] = [:]
  /// Not before then may a lease be over.
  var promised: [PermitID: Elapsed] = [:]
  var holds: [TaskID: [LimitKey]] = [:]
  var asked = AskedPermits()

  func held(_ key: LimitKey) -> Int {
    holds.values.reduce(0) { $0 + $1.count { $0 == key } }
      + grants.values.reduce(0) { $0 + ($1.limitKey == key ? $1.units : 0) }
  }

  /// Fails if there are not so many.
  mutating func take(_ units: Int, of key: LimitKey, at now: Elapsed) throws(Violation) {
    guard let record = records[key.limit] else {
      throw Violation(description: "\(key) was taken of, and is gone")
    }
    switch record.spec.rule {
    case .concurrency(let most):
      try require(
        held(key) + units <= most,
        "\(units) of \(record.name) \(key.key) were taken, with "
          + "\(held(key)) of \(most) in use")
    case .window(let most, let length):
      let cut = forgotten[key.limit] ?? Elapsed(nanoseconds: .min)
      let inside = (taken[key]?.grants ?? []).reduce(0) {
        $0 + ($1.at + length > now && $1.at > cut ? $1.units : 0)
      }
      try require(
        inside + units <= most,
        "\(units) of \(record.name) \(key.key), with \(inside) in the window")
      taken[key, default: ModelTaken(tokens: 0, at: now)].grants.append((now, units))
    case .rate(_, _, let burst):
      var state = filled(key, record.spec.rule, at: now)
      try require(
        state.tokens + 1e-6 >= Double(units),
        "\(units) of \(record.name) \(key.key), with \(state.tokens) of \(burst) in the bucket")
      state.tokens -= Double(units)
      taken[key] = state
    }
  }

  func filled(_ key: LimitKey, _ rule: LimitRule, at now: Elapsed) -> ModelTaken {
    guard case .rate(let units, let per, let burst) = rule, var state = taken[key] else {
      return ModelTaken(tokens: Double(rule.unitsMax), at: now)
    }
    let passed = Double((now - state.at).nanoseconds) / Double(per.nanoseconds)
    state.tokens = min(Double(burst), state.tokens + passed * Double(units))
    state.at = now
    return state
  }

  mutating func change(_ record: LimitRecord, at now: Elapsed) {
    guard let old = records[record.id]?.spec.rule else { return }
    switch (old, record.spec.rule) {
    case (.rate(_, _, let burst), .rate(_, _, let newBurst)):
      for key in taken.keys where key.limit == record.id {
        var state = filled(key, old, at: now)
        state.tokens = Double(newBurst) - min(Double(burst) - state.tokens, Double(newBurst))
        taken[key] = state
      }
    case (.window(_, let length), .window(_, let newLength)) where newLength > length:
      let cut = Elapsed(nanoseconds: now.nanoseconds - length.nanoseconds)
      forgotten[record.id] = max(forgotten[record.id] ?? cut, cut)
    default: break
    }
    records[record.id] = record
  }
}

extension Model {
  func needs(_ task: ModelTask) -> [LimitKey] {
    let pool = pools[task.pool]?.name ?? ""
    var whole: [LimitKey] = []
    var keyed: [LimitKey] = []
    for record in limits.records.values.sorted(by: { $0.id < $1.id }) {
      let spec = record.spec
      guard spec.isAttached, spec.pools.isEmpty || spec.pools.contains(pool),
        spec.kinds.isEmpty || spec.kinds.contains(kindName(task.kind))
      else { continue }
      if spec.keyLabel.isEmpty {
        whole.append(LimitKey(limit: record.id))
      } else if let key = task.labels.dictionary[spec.keyLabel] {
        keyed.append(LimitKey(limit: record.id, key: key))
      }
    }
    return whole + keyed
  }

  mutating func checkPermits(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    if case .started = event.change {
      let needs = needs(task)
      try require(
        event.status.notes?.permits?.takes ?? [] == needs,
        "\(task.id) starts with \(String(describing: event.status.notes?.permits)), not \(needs)")
      for key in needs { try limits.take(1, of: key, at: stamp.elapsed) }
      let held = needs.filter { limits.records[$0.limit]?.spec.rule.isConcurrency == true }
      if !held.isEmpty { limits.holds[task.id] = held }
      return
    }
    guard event.from == .running, event.status.state != .running else { return }
    guard let held = limits.holds.removeValue(forKey: task.id) else {
      return try require(
        event.status.notes?.permits == nil, "\(task.id) leaves permits taken that it had not")
    }
    guard let until = event.status.notes?.permits?.keptUntil else { return }
    try require(
      pools[task.pool]?.spec.permitGrace.map { stamp.elapsed + $0 == until } ?? false,
      "\(task.id) leaves permits taken until \(until)")
    for key in held {
      let id = PermitID(token: revision, limit: key.limit)
      limits.grants[id] = PermitRecord(
        id: id, key: key.key, units: 1, owner: "task/\(task.id)", lease: .zero, task: task.id,
        keptUntil: until, acquireTime: stamp.time)
      limits.promised[id] = until
    }
  }

  mutating func apply(_ event: LimitEvent) throws(Violation) {
    switch event {
    case .limit(let change, let record, _): try apply(change, record)
    case .permits(.granted, let record, _):
      try require(
        limits.asked.claims.contains {
          $0.key == record.key && $0.owner == record.owner && $0.units == record.units
            && $0.request == record.request
            && limits.records[record.id.limit]?.name == $0.limit
        }, "nobody asked for \(record)")
      try require(record.id.token == revision, "\(record) was granted at \(revision)")
      try limits.take(record.units, of: record.limitKey, at: stamp.elapsed)
      guard limits.records[record.id.limit]?.spec.rule.isConcurrency == true else { return }
      var record = record
      record.acquireTime = stamp.time
      limits.grants[record.id] = record
      limits.promised[record.id] = stamp.elapsed + record.lease
    case .permits(let change, let record, _):
      guard let known = limits.grants.removeValue(forKey: record.id) else {
        throw Violation(description: "\(record) is not held, and \(change)")
      }
      if change == .expired {
        try require(
          stamp.elapsed >= limits.promised[record.id] ?? .zero,
          "\(record) expired at \(stamp.elapsed)")
      } else {
        let grant = PermitGrant(
          limit: limits.records[record.id.limit]?.name ?? "", owner: known.owner,
          token: known.id.token)
        try require(
          limits.asked.releases.contains(grant) || limits.asked.hasAbandoned,
          "nobody released \(record)")
      }
    }
  }

  private mutating func apply(
    _ change: LimitEvent.Change, _ record: LimitRecord
  ) throws(Violation) {
    switch change {
    case .created:
      try require(
        record.id > limits.last && record.specVersion == 1
          && !limits.records.values.contains { $0.name == record.name },
        "the limit \(record.name) is not new")
      limits.last = record.id
      limits.records[record.id] = record
    case .updated:
      try require(
        limits.records[record.id].map { $0.specVersion + 1 == record.specVersion } ?? false,
        "another limit \(record.name) is updated")
      limits.change(record, at: stamp.elapsed)
    case .deleted:
      limits.records[record.id] = nil
      limits.taken = limits.taken.filter { $0.key.limit != record.id }
      limits.grants = limits.grants.filter { $0.key.limit != record.id }
      limits.holds = limits.holds.mapValues { $0.filter { $0.limit != record.id } }
        .filter { !$0.value.isEmpty }
    }
  }

  /// The calls of the process before have ended, and every lease begins anew.
  mutating func lostPermitCalls(at now: Elapsed) {
    limits.asked.waiting = [:]
    limits.asked.lastGranted = [:]
    for (id, record) in limits.grants where record.keptUntil == nil {
      limits.promised[id] = now + record.lease
    }
  }

  func checkLimits(_ table: LimitTable) throws(Violation) {
    try require(
      table.records == limits.records && table.last == limits.last, "the limits are others")
    try require(
      table.grants == limits.grants, "\(table.grants) are held, not \(limits.grants)")
    for task in tasks.values {
      try require(
        table.held(by: task.id) ?? [] == limits.holds[task.id] ?? [], "\(task.id) holds others")
    }
    for (key, state) in table.states {
      guard let rule = limits.records[key.limit]?.spec.rule else {
        throw Violation(description: "\(key) has a state, and is gone")
      }
      switch rule {
      case .concurrency:
        try require(state == .held(limits.held(key)), "\(key) is \(state)")
      case .rate:
        let tokens = limits.filled(key, rule, at: stamp.elapsed).tokens
        let said = rule.available(state, at: stamp.elapsed)
        try require(
          Double(said) <= tokens + 1e-6 && Double(said) >= tokens - 1.01,
          "\(key) has \(said), not \(tokens)")
      case .window: break
      }
    }
  }
}
