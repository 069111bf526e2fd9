import MartletCore

/// What may happen to the slots of pools, and to groups.
extension Model {
  // MARK: - Scaling

  func checkScaling(_ event: PoolEvent, of pool: ModelPool) throws(Violation) {
    guard let verdict = event.scaling, let policy = pool.spec.scaling else {
      throw Violation(description: "\(pool.name) scales without a reason")
    }
    let isDry = event.change == .scalingSuggested
    try require(
      policy.mode == (isDry ? .dryRun : .on) && [.active, .draining].contains(pool.state)
        && event.state == pool.state, "\(pool.name) scales, and should not")
    try require(
      verdict.from == pool.slotLimit && verdict.to != verdict.from
        && event.slotLimit == (isDry ? verdict.from : verdict.to),
      "\(pool.name) scales from \(verdict.from) to \(event.slotLimit), it has \(pool.slotLimit)")
    // What waits for limits is no demand.
    let limited = pool.pending.count { tasks[$0].map { !needs($0).isEmpty } ?? false }
    let (load, whole) = (verdict.load, pool.running + pool.pending.count)
    let demand = load.demand
    try require(
      load.demand <= whole && load.demand >= whole - limited && load.inUse >= pool.running
        && load.inUse <= demand,
      "\(pool.name) scales by \(load), \(pool.running) run of \(demand)")
    let isUp = verdict.to > verdict.from
    let rest = stamp.elapsed - pool.scaledAt
    try require(
      rest >= (isUp ? policy.upCooldown : policy.downCooldown),
      "\(pool.name) scales after \(rest.text)")
    let step = abs(verdict.to - verdict.from)
    let most =
      switch policy.step {
      case .slots(let count): count
      case .percent(let percent): max(1, verdict.from * percent / 100)
      }
    try require(step <= most, "\(pool.name) scales by \(step) slots")
    if isUp {
      try require(verdict.to <= policy.maxSlots, "\(pool.name) has too many slots")
      try checkUp(verdict, policy, pool.name)
    } else {
      try require(verdict.to >= policy.minSlots, "\(pool.name) has too few slots")
      try require(
        verdict.reason == .idle && demand * 100 <= policy.downPercent * verdict.from
          && demand * 100 < policy.upPercent * verdict.to,
        "\(pool.name) goes down by \(verdict)")
    }
  }

  private func checkUp(
    _ verdict: ScalingVerdict, _ policy: PoolScaling, _ name: String
  ) throws(Violation) {
    let (inUse, demand) = (verdict.load.inUse * 100, verdict.load.demand * 100)
    let isCalledFor =
      switch verdict.reason {
      case .demand:
        demand >= policy.upPercent * verdict.from
          && inUse >= min(policy.upPercent, 100) * verdict.from
      case .age:
        inUse >= 100 * verdict.from
          && verdict.load.oldestAge.map { $0 >= policy.oldestAge ?? .zero } ?? false
      default: false
      }
    try require(
      isCalledFor && demand > policy.downPercent * verdict.to, "\(name) goes up by \(verdict)")
  }

  static func clamped(_ slots: Int, by scaling: PoolScaling?) -> Int {
    guard let scaling, scaling.mode == .on else { return slots }
    return max(scaling.minSlots, min(scaling.maxSlots, slots))
  }

  /// Nothing but scaling, and changes of the spec, moves the limit.
  func checkLimit(_ event: PoolEvent, of pool: ModelPool) throws(Violation) {
    var wanted = pool.slotLimit
    switch event.change {
    case .created, .scaled: return
    case .updated, .rolledBack:
      let scaled = pool.spec.scaling?.mode == .on && event.spec.slots == pool.spec.slots
      wanted = Self.clamped(
        scaled && event.spec.scaling?.mode == .on ? pool.slotLimit : event.spec.slots,
        by: event.spec.scaling)
    default: break
    }
    try require(
      event.slotLimit == wanted,
      "\(pool.name) has \(event.slotLimit) slots after \(event.change), not \(wanted)")
  }

  func checkRollback(_ event: PoolEvent, of pool: ModelPool) throws(Violation) {
    guard event.change == .rolledBack else { return }
    try require(
      pool.history.contains { $0.revision == event.restored && $0.spec == event.spec },
      "\(pool.name) was never as it is after its rollback")
  }

  // MARK: - Groups

  private func members(of group: String) -> [ModelPool] {
    pools.values.filter { $0.spec.group == group && $0.state != .retired }
  }

  func checkGuarantees(of name: String) throws(Violation) {
    if name.isEmpty { return }
    guard let group = groups[name] else {
      throw Violation(description: "a pool is in \(name), which is not there")
    }
    let guaranteed = members(of: name).filter { $0.state != .deleting }
      .reduce(0) { $0 + $1.spec.groupMinimum }
    try require(
      guaranteed <= group.spec.budget,
      "\(name) guarantees \(guaranteed) of \(group.spec.budget) slots")
  }

  mutating func apply(_ event: GroupEvent) throws(Violation) {
    let record = event.record
    let known = groups[record.name]
    switch event.change {
    case .created:
      try require(
        known == nil && record.id > lastGroup && record.specVersion == 1,
        "group \(record.name) is not new")
      lastGroup = record.id
      groups[record.name] = record
    case .updated:
      try require(
        known?.id == record.id && record.specVersion == (known?.specVersion ?? 0) + 1,
        "another group \(record.name) is updated")
      groups[record.name] = record
      try checkGuarantees(of: record.name)
    case .deleted:
      try require(
        known == record && members(of: record.name).isEmpty,
        "group \(record.name) is deleted, with pools or as it was not")
      groups[record.name] = nil
    }
  }

  /// The budget holds, and what others are owed goes first. Offers are not in the log: so what is
  /// known here is the least that is in use, and the least that is owed. What a worker accepts was
  /// decided when it was offered.
  func checkShare(
    of task: ModelTask, in pool: ModelPool, byWorker: Bool
  ) throws(Violation) {
    guard let group = groups[pool.spec.group] else { return }
    let all = members(of: group.name)
    let running = all.reduce(0) { $0 + $1.running }
    try require(
      running < group.spec.budget,
      "\(task.id) starts, \(running) of \(group.spec.budget) slots of \(group.name) are in use")
    let minimum = min(pool.spec.groupMinimum, pool.slotLimit)
    guard !byWorker, pool.running >= minimum else { return }
    let owed = all.filter { $0.id != pool.id }.reduce(0) { $0 + leastOwed(to: $1) }
    try require(
      running + owed < group.spec.budget,
      "\(task.id) starts, and \(owed) slots of \(group.name) are owed to others")
  }

  private func leastOwed(to pool: ModelPool) -> Int {
    guard [.active, .draining].contains(pool.state) else { return 0 }
    let waiting = pool.pending.compactMap { tasks[$0] }
    let here = waiting.count { isServedHere($0) && needs($0).isEmpty }
    let elsewhere = waiting.count - here
    let lacking = min(pool.spec.groupMinimum, pool.slotLimit) - pool.running - elsewhere
    return max(0, min(lacking, here))
  }
}
