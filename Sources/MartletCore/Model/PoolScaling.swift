/// Between which numbers of slots a pool moves by itself, and when.
package struct PoolScaling: Hashable, Sendable {
  /// The raw values are those of the contract.
  package enum Mode: UInt8, Hashable, Sendable, CaseIterable {
    case off = 1
    /// Says what it would do.
    case dryRun = 2
    case on = 3
  }

  /// The most that one change adds or takes; never less than one slot.
  package enum Step: Hashable, Sendable {
    /// 1 to 10,000.
    case slots(Int)
    /// Of the slots that there are: 1 to 1,000.
    case percent(Int)

    func slots(of limit: Int) -> Int {
      switch self {
      case .slots(let count): count
      case .percent(let percent): max(1, limit * percent / 100)
      }
    }
  }

  package var mode: Mode
  /// 1 to 10,000, and at most `maxSlots`.
  package var minSlots: Int
  package var maxSlots: Int
  /// Use, in percent of the slots, from which on the pool goes up: 1 to 1,000.
  package var upPercent: Int
  /// Use up to which it goes down: 0 to 99, and below `upPercent`.
  package var downPercent: Int
  /// Also up when a task has been PENDING for so long: 1 ms to 7 days; nil: age does not matter.
  package var oldestAge: Span?
  package var step: Step
  /// After any change, for how long there is none up, or none down: 0 to 7 days.
  package var upCooldown: Span
  package var downCooldown: Span

  package init(
    mode: Mode, minSlots: Int, maxSlots: Int, upPercent: Int = 80, downPercent: Int = 20,
    oldestAge: Span? = nil, step: Step = .percent(50), upCooldown: Span = .seconds(10),
    downCooldown: Span = .seconds(120)
  ) {
    self.mode = mode
    self.minSlots = minSlots
    self.maxSlots = maxSlots
    self.upPercent = upPercent
    self.downPercent = downPercent
    self.oldestAge = oldestAge
    self.step = step
    self.upCooldown = upCooldown
    self.downCooldown = downCooldown
  }
}

extension PoolSpec {
  /// The scaling that moves the limit, if one does.
  var activeScaling: PoolScaling? { scaling.flatMap { $0.mode == .on ? $0 : nil } }

  /// How many slots a pool has that is new with this spec.
  package var startLimit: Int {
    activeScaling.map { max($0.minSlots, min($0.maxSlots, slots)) } ?? slots
  }

  /// The most slots that the pool may come to have.
  var slotsMax: Int { max(slots, scaling?.maxSlots ?? 0) }
}

extension PoolRecord {
  /// A change of `slots`, and scaling that begins, set the limit anew; else it stays where it is,
  /// as far as it may.
  func slotLimit(after spec: PoolSpec) -> Int {
    guard let scaling = spec.activeScaling, self.spec.activeScaling != nil,
      spec.slots == self.spec.slots
    else { return spec.startLimit }
    return max(scaling.minSlots, min(scaling.maxSlots, slotLimit))
  }
}

/// Why a spec makes no sense though each of its fields may: which field, and what is wrong, to be
/// read behind its name.
package struct PoolSpecProblem: Hashable, Sendable {
  /// A path below the spec.
  package var field: String
  package var text: String

  package init(field: String, text: String) {
    self.field = field
    self.text = text
  }
}

extension PoolSpec {
  /// The first thing that does not fit together.
  package var problem: PoolSpecProblem? {
    if let problem = scaling?.problem { return problem }
    if group.isEmpty, groupMinimum > 0 {
      return PoolSpecProblem(
        field: "group_minimum", text: "must be 0 without a group")
    }
    if groupMinimum > slotsMax {
      return PoolSpecProblem(
        field: "group_minimum",
        text: "must be at most \(slotsMax), the most slots that the pool can have")
    }
    return nil
  }
}

extension PoolScaling {
  package var problem: PoolSpecProblem? {
    if minSlots > maxSlots {
      return PoolSpecProblem(
        field: "scaling.min_slots", text: "must be at most max_slots, which is \(maxSlots)")
    }
    if downPercent >= upPercent {
      return PoolSpecProblem(
        field: "scaling.down_percent", text: "must be below up_percent, which is \(upPercent)")
    }
    return nil
  }
}
