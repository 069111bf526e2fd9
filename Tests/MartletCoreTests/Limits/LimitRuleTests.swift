import Testing

@testable import MartletCore

@Suite("What limits allow")
struct LimitRuleTests {
  private func at(_ milliseconds: Int64) -> Elapsed { .zero + .milliseconds(milliseconds) }

  @Test("a bucket holds its burst, and fills evenly")
  func rate() {
    let rule = LimitRule.rate(units: 10, per: .seconds(1), burst: 3)
    var state: LimitState?
    #expect(rule.available(state, at: at(1_000)) == 3)
    rule.take(3, from: &state, at: at(1_000))
    #expect(rule.available(state, at: at(1_000)) == 0)
    #expect(rule.available(state, at: at(1_099)) == 0)
    #expect(rule.available(state, at: at(1_100)) == 1)
    #expect(rule.free(1, state, at: at(1_000)) == at(1_100))
    #expect(rule.free(2, state, at: at(1_000)) == at(1_200))
    #expect(rule.free(4, state, at: at(1_000)) == nil)
    #expect(rule.available(state, at: at(9_000)) == 3)
    #expect(state.flatMap { rule.idle($0) } == at(1_300))
  }

  @Test("a rate that does not divide its time is never too fast")
  func uneven() {
    let rule = LimitRule.rate(units: 7, per: .seconds(1), burst: 1)
    var state: LimitState?
    var now = Elapsed.zero
    var granted = 0
    while now < at(10_000) {
      if rule.available(state, at: now) > 0 {
        rule.take(1, from: &state, at: now)
        granted += 1
      }
      now = rule.free(1, state, at: now) ?? .never
    }
    #expect(granted == 70)
  }

  @Test("a window counts what is in it, to the nanosecond")
  func window() {
    let rule = LimitRule.window(units: 3, length: .seconds(1))
    var state: LimitState?
    rule.take(2, from: &state, at: at(0))
    rule.take(1, from: &state, at: at(400))
    #expect(rule.available(state, at: at(999)) == 0)
    #expect(rule.available(state, at: at(1_000)) == 2)
    #expect(rule.free(1, state, at: at(500)) == at(1_000))
    #expect(rule.free(3, state, at: at(500)) == at(1_400))
    rule.take(2, from: &state, at: at(1_000))
    #expect(rule.available(state, at: at(1_399)) == 0)
    #expect(rule.available(state, at: at(1_400)) == 1)
    #expect(state.flatMap { rule.idle($0) } == at(2_000))
  }

  @Test("no stretch of time has more than a window allows, however grants fall")
  func everyWindow() {
    var random = SeededRandom(seed: 7)
    let rule = LimitRule.window(units: 5, length: .milliseconds(100))
    var state: LimitState?
    var grants: [Elapsed] = []
    var now = Elapsed.zero
    for _ in 0..<5_000 {
      now = now + .milliseconds(Int64.random(in: 0...30, using: &random))
      if rule.available(state, at: now) > 0 {
        rule.take(1, from: &state, at: now)
        grants.append(now)
      }
      let inWindow = grants.suffix(20).count { $0 + .milliseconds(100) > now }
      #expect(inWindow <= 5 && rule.available(state, at: now) == 5 - inWindow)
    }
  }

  @Test("a bucket whose rate changes lacks as many permits as before")
  func converted() {
    let slow = LimitRule.rate(units: 1, per: .seconds(60), burst: 10)
    let fast = LimitRule.rate(units: 1, per: .seconds(1), burst: 10)
    var state: LimitState?
    slow.take(10, from: &state, at: at(0))
    let now = at(30_000)
    guard let after = state.map({ slow.converted($0, to: fast, at: now) }) else { return }
    #expect(fast.available(after, at: now) == 0)
    #expect(fast.available(after, at: now + .milliseconds(501)) == 1)
    #expect(fast.available(after, at: now + .milliseconds(9_501)) == 10)
    let small = LimitRule.rate(units: 1, per: .seconds(1), burst: 2)
    guard let capped = state.map({ slow.converted($0, to: small, at: now) }) else { return }
    #expect(small.free(2, capped, at: now) == now + .seconds(2))
  }
}
