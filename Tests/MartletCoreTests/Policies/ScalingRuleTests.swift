import MartletCore
import Testing

@Suite("The scaling rule")
struct ScalingRuleTests {
  private static let now = Elapsed(nanoseconds: 1_000_000_000_000)

  private func verdict(
    _ limit: Int, _ inUse: Int, _ pending: Int, age: Span? = nil, changed: Elapsed = .zero,
    _ change: (inout PoolScaling) -> Void = { _ in }
  ) -> ScalingVerdict {
    var policy = PoolScaling(mode: .on, minSlots: 1, maxSlots: 100)
    change(&policy)
    return ScalingRule(policy: policy).verdict(
      limit: limit, load: PoolLoad(inUse: inUse, pending: pending, oldestAge: age),
      changed: changed, at: Self.now)
  }

  @Test(
    "follows the table of the docs",
    arguments: [
      (10, 40, 500, ScalingReason.demand), (8, 0, 80, .demand), (5, 0, 50, .between),
      (2, 0, 20, .idle), (2, 90, 920, .slotsFree), (0, 0, 0, .idle),
    ])
  func table(inUse: Int, pending: Int, use: Int, reason: ScalingReason) {
    let verdict = verdict(10, inUse, pending)
    #expect(verdict.reason == reason)
    #expect(verdict.load.usePercent(of: 10) == use)
    let changes: [ScalingReason] = [.demand, .age, .idle]
    #expect(verdict.isChange == changes.contains(reason))
  }

  @Test("a step is a number of slots or a share of those that there are, at least one")
  func steps() {
    #expect(verdict(10, 10, 90).to == 15)
    #expect(verdict(10, 10, 90) { $0.step = .percent(1) }.to == 11)
    #expect(verdict(10, 10, 90) { $0.step = .slots(7) }.to == 17)
    #expect(verdict(10, 0, 0) { $0.step = .slots(3) }.to == 7)
    #expect(verdict(10, 0, 0).to == 5)
  }

  @Test("no step leaves the bounds, and at a bound it says so")
  func bounds() {
    #expect(verdict(90, 90, 90).to == 100)
    #expect(verdict(100, 100, 90).reason == .atMaximum)
    #expect(verdict(3, 0, 0) { $0.minSlots = 2 }.to == 2)
    #expect(verdict(2, 0, 0) { $0.minSlots = 2 }.reason == .atMinimum)
  }

  @Test("a step ends before the other threshold, and one that would swing is not made")
  func hysteresis() {
    #expect(verdict(1, 1, 0).to == 2)
    #expect(verdict(1, 1, 0) { $0.downPercent = 50 }.reason == .swings)
    let up = verdict(10, 8, 0) {
      $0.downPercent = 60
      $0.step = .slots(50)
    }
    #expect(up.to == 13)
    let down = verdict(10, 2, 0) { $0.step = .slots(9) }
    #expect(down.to == 3)
  }

  @Test("a change is never taken back while the demand stays")
  func stable() {
    for up in stride(from: 5, through: 300, by: 7) {
      for down in stride(from: 0, to: min(up, 100), by: 9) {
        for limit in 1...12 {
          for demand in 0...14 {
            let policy: (inout PoolScaling) -> Void = {
              $0.upPercent = up
              $0.downPercent = down
              $0.step = .slots(4)
            }
            let inUse = min(limit, demand)
            let first = verdict(limit, inUse, demand - inUse, policy)
            guard first.isChange else { continue }
            let then = min(first.to, demand)
            let second = verdict(first.to, then, demand - then, policy)
            #expect(!second.isChange || (second.to > first.to) == (first.to > limit))
          }
        }
      }
    }
  }

  @Test(
    "a task that waits too long is a reason where demand is none yet, but not beside free slots")
  func age() {
    let patient: (inout PoolScaling) -> Void = {
      $0.upPercent = 400
      $0.oldestAge = .seconds(30)
    }
    #expect(verdict(10, 10, 5, age: .seconds(29), patient).reason == .between)
    #expect(verdict(10, 10, 5, age: .seconds(30), patient).reason == .age)
    #expect(verdict(10, 9, 5, age: .seconds(30), patient).reason == .slotsFree)
    #expect(verdict(10, 10, 30, patient).reason == .demand)
  }

  @Test("within a cool-down nothing changes, at its end something does")
  func coolDown() {
    let changed = Elapsed(nanoseconds: Self.now.nanoseconds - 10_000_000_000)
    let hot = Elapsed(nanoseconds: changed.nanoseconds + 1)
    #expect(verdict(10, 10, 90, changed: changed).to == 15)
    #expect(verdict(10, 10, 90, changed: hot).reason == .coolingDown)
    #expect(verdict(10, 10, 90, changed: hot).coolsUntil == hot + .seconds(10))
    #expect(verdict(10, 0, 0, changed: changed).reason == .coolingDown)
    #expect(verdict(10, 0, 0, changed: changed).coolsUntil == changed + .seconds(120))
  }
}
