/// What there is to do in a pool at one moment.
package struct PoolLoad: Hashable, Sendable {
  /// Running attempts, and what workers have been offered.
  package var inUse: Int
  /// PENDING tasks that have no slot.
  package var pending: Int
  /// How long the one that has waited the longest has been PENDING.
  package var oldestAge: Span?

  package init(inUse: Int, pending: Int, oldestAge: Span? = nil) {
    self.inUse = inUse
    self.pending = pending
    self.oldestAge = oldestAge
  }

  /// Slots that the tasks would take if there were enough.
  package var demand: Int { inUse + pending }

  /// The demand in percent of the slots that there are.
  package func usePercent(of limit: Int) -> Int { demand * 100 / max(1, limit) }
}

/// Why the number of slots changes, or stays. The raw values are those of the contract.
package enum ScalingReason: UInt8, Hashable, Sendable, CaseIterable {
  case demand = 1
  case age = 2
  case idle = 3
  /// The use is between the thresholds.
  case between = 4
  /// Tasks wait beside free slots: for workers, or for their group.
  case slotsFree = 5
  /// The smallest step would bring the use to the other threshold.
  case swings = 6
  case coolingDown = 7
  case atMaximum = 8
  case atMinimum = 9
  /// The pool is paused, closed or being deleted.
  case poolState = 10
  case off = 11
}

/// What one look at a pool came to.
package struct ScalingVerdict: Hashable, Sendable {
  package var from: Int
  /// As many as `from`: it stays.
  package var to: Int
  package var reason: ScalingReason
  package var load: PoolLoad
  /// Of `coolingDown`: until when.
  package var coolsUntil: Elapsed?

  package init(
    from: Int, to: Int, reason: ScalingReason, load: PoolLoad, coolsUntil: Elapsed? = nil
  ) {
    self.from = from
    self.to = to
    self.reason = reason
    self.load = load
    self.coolsUntil = coolsUntil
  }

  package var isChange: Bool { to != from }
}

/// Whether a pool should have more slots, or fewer: by the demand in percent of the slots that
/// there are, and by the age of the task that has waited the longest.
///
/// Slots help only where those that there are are in use. A step ends before the use would be at
/// the other threshold: so one that was made is not taken back as long as the demand is the same.
package struct ScalingRule: Hashable, Sendable {
  package var policy: PoolScaling

  package init(policy: PoolScaling) { self.policy = policy }

  /// - Parameter changed: When the number of slots changed last.
  package func verdict(
    limit: Int, load: PoolLoad, changed: Elapsed, at now: Elapsed
  ) -> ScalingVerdict {
    func stays(_ reason: ScalingReason, until: Elapsed? = nil) -> ScalingVerdict {
      ScalingVerdict(from: limit, to: limit, reason: reason, load: load, coolsUntil: until)
    }
    let reason = wish(limit: limit, load: load)
    switch reason {
    case .demand, .age:
      if limit >= policy.maxSlots { return stays(.atMaximum) }
      let cool = changed + policy.upCooldown
      if now < cool { return stays(.coolingDown, until: cool) }
    case .idle:
      if limit <= policy.minSlots { return stays(.atMinimum) }
      let cool = changed + policy.downCooldown
      if now < cool { return stays(.coolingDown, until: cool) }
    default: return stays(reason)
    }
    let to = reason == .idle ? lower(limit, load.demand) : higher(limit, load.demand)
    if reason == .idle ? to >= limit : to <= limit { return stays(.swings) }
    return ScalingVerdict(from: limit, to: to, reason: reason, load: load)
  }

  private func wish(limit: Int, load: PoolLoad) -> ScalingReason {
    let inUse = load.inUse * 100
    if load.demand * 100 >= policy.upPercent * limit {
      return inUse >= min(policy.upPercent, 100) * limit ? .demand : .slotsFree
    }
    if let oldestAge = policy.oldestAge, let age = load.oldestAge, age >= oldestAge {
      return load.inUse >= limit ? .age : .slotsFree
    }
    return load.demand * 100 <= policy.downPercent * limit ? .idle : .between
  }

  private func higher(_ limit: Int, _ demand: Int) -> Int {
    let wished = min(policy.maxSlots, limit + policy.step.slots(of: limit))
    guard policy.downPercent > 0 else { return wished }
    return min(wished, (demand * 100 - 1) / policy.downPercent)
  }

  private func lower(_ limit: Int, _ demand: Int) -> Int {
    let wished = max(policy.minSlots, limit - policy.step.slots(of: limit))
    return max(wished, demand * 100 / policy.upPercent + 1)
  }
}
