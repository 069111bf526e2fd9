@testable import MartletCore

/// Those who make limits, and those who keep to them.
extension Simulation {
  private static let names = ["m1", "m2", "m3", "m4"]

  private func randomLimit() -> String { Self.names.randomElement(using: &random) ?? "m1" }

  private func randomRule() -> LimitRule {
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      .rate(
        units: Int.random(in: 1...7, using: &random),
        per: .milliseconds(Int64.random(in: 50...3_000, using: &random)),
        burst: Int.random(in: 1...4, using: &random))
    case 1:
      .window(
        units: Int.random(in: 1...4, using: &random),
        length: .milliseconds(Int64.random(in: 50...4_000, using: &random)))
    default: .concurrency(units: Int.random(in: 1...3, using: &random))
    }
  }

  private func randomLimitSpec() -> LimitSpec {
    var spec = LimitSpec(rule: randomRule())
    if chance(1, of: 2) { spec.pools = [randomPool()] }
    if chance(1, of: 3) { spec.kinds = [habits.kinds.randomElement(using: &random) ?? "work"] }
    if chance(1, of: 2) { spec.keyLabel = "team" }
    return spec
  }

  /// So that there is something to take from the first step on.
  func createLimits() {
    for name in Self.names.dropLast() {
      send(.limit(.create(name: name, randomLimitSpec(), origin: .client)))
    }
  }

  func changeLimit() {
    let name = randomLimit()
    switch Int.random(in: 0..<9, using: &random) {
    case 0..<3: send(.limit(.create(name: name, randomLimitSpec(), origin: .client)))
    case 3..<7:
      let (spec, isWhole) = (randomLimitSpec(), chance(1, of: 3))
      send(
        .limit(
          .update(
            name: name, expected: nil,
            change: {
              if isWhole { $0.pools = spec.pools } else { $0.keyLabel = spec.keyLabel }
              if $0.rule.isOfSameSort(as: spec.rule) { $0.rule = spec.rule }
            }, origin: .client)))
    default: send(.limit(.delete(name: name, origin: .client)))
    }
  }

  func acquirePermits() {
    clients.lastWaiter += 1
    let waiter = PermitWaiter(rawValue: clients.lastWaiter)
    // Where somebody holds permits there is a line to stand in.
    let held = chance(2, of: 3) ? clients.permits.last?.limit : nil
    let claim = PermitClaim(
      limit: held ?? randomLimit(), key: chance(1, of: 5) ? randomPool() : "",
      units: chance(1, of: 3) ? Int.random(in: 1...3, using: &random) : 1,
      owner: "o\(waiter.rawValue)",
      lease: .seconds(Int64.random(in: 1...20, using: &random)),
      wait: chance(1, of: 3) ? .zero : .milliseconds(Int64.random(in: 1...30_000, using: &random)),
      request: chance(1, of: 3) ? "r\(waiter.rawValue)" : "")
    checker.model.limits.asked.claims.insert(claim)
    clients.permitCalls.append(waiter)
    send(.permits(.acquire(claim, by: waiter, origin: .client)))
  }

  func steerPermits() {
    if chance(1, of: 5) {
      guard let waiter = clients.permitCalls.suffix(5).randomElement(using: &random) else { return }
      checker.model.limits.asked.hasAbandoned = true
      return send(.permits(.abandon(waiter, origin: .client)))
    }
    guard var grant = clients.permits.suffix(6).randomElement(using: &random) else { return }
    if chance(1, of: 15) { grant.owner = "nobody" }
    if chance(1, of: 2) { return send(.permits(.renew(grant))) }
    checker.model.limits.asked.releases.insert(grant)
    send(.permits(.release(grant, origin: .client)))
  }

  func heard(_ view: PermitView?, to command: PermitCommand) {
    guard case .acquire = command, let view else { return }
    notePermits(view)
  }

  func tellPermitCalls() throws(Violation) {
    for notice in node.pipeline.takePermitNotices() {
      try checker.check(notice)
      if case .granted(let view) = notice.outcome { notePermits(view) }
    }
  }

  private func notePermits(_ view: PermitView) {
    clients.permits.append(
      PermitGrant(limit: view.limit, owner: view.record.owner, token: view.record.id.token))
  }

  /// Nobody renews any more: all permits are back, and nobody waits for what will never come.
  func checkLimitsRest() throws(Violation) {
    try require(
      checker.model.limits.grants.isEmpty, "\(checker.model.limits.grants) are held at the end")
    try require(
      checker.model.limits.asked.waiting.isEmpty,
      "\(checker.model.limits.asked.waiting) wait for ever")
  }
}
