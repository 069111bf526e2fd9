@testable import MartletCore

/// Those who want locks, hold them, and die with them.
extension Simulation {
  private static let names = ["l1", "l2", "l3"]

  private func randomLock() -> String { Self.names.randomElement(using: &random) ?? "l1" }

  func acquireLock() {
    clients.lastWaiter += 1
    let waiter = LockWaiter(rawValue: clients.lastWaiter)
    let isKnown = chance(1, of: 2)
    var claim = LockClaim(
      name: randomLock(), owner: isKnown ? "o\(waiter.rawValue % 3)" : "o\(waiter.rawValue)",
      lease: .seconds(Int64.random(in: 1...20, using: &random)),
      wait: chance(1, of: 3) ? .zero : .milliseconds(Int64.random(in: 1...30_000, using: &random)),
      request: isKnown && chance(1, of: 2) ? "r\(waiter.rawValue % 2)" : "")
    // Who holds it already.
    if chance(1, of: 4), let grant = clients.grants.suffix(3).randomElement(using: &random) {
      (claim.name, claim.owner) = (grant.name, grant.owner)
    }
    checker.model.askedLocks.claims.insert(claim)
    if claim.wait > .zero { checker.model.askedLocks.mayWait[waiter] = claim.name }
    clients.lockCalls.append((waiter, claim.name))
    send(.lock(.acquire(claim, by: waiter, origin: .client)))
  }

  func steerLock() {
    if chance(1, of: 6) { return lookAtLocks() }
    if chance(1, of: 8) {
      let name = randomLock()
      let token = checker.model.locks[name]?.record.token
      checker.model.askedLocks.breaks.insert(name)
      return send(
        .lock(.breakLock(name: name, token: chance(1, of: 2) ? token : nil, origin: .client)))
    }
    if chance(1, of: 4) { return abandonLock() }
    guard var grant = clients.grants.suffix(6).randomElement(using: &random) else { return }
    if chance(1, of: 15) { grant.owner = "nobody" }
    if chance(1, of: 2) { return send(.lock(.renew(grant))) }
    checker.model.askedLocks.releases.insert(grant)
    send(.lock(.release(grant, origin: .client)))
  }

  /// A call ends: in most cases one of those that came last.
  private func abandonLock() {
    guard let (waiter, name) = clients.lockCalls.suffix(5).randomElement(using: &random) else {
      return
    }
    checker.model.askedLocks.abandoned.insert(name)
    send(.lock(.abandon(name: name, waiter, origin: .client)))
  }

  private func lookAtLocks() {
    let after = chance(1, of: 2) ? "" : randomLock()
    let limit = Int.random(in: 1...3, using: &random)
    node.add(.query(.locks(LockListing(after: after, limit: limit))))
  }

  /// Whoever got a lock knows by what.
  func heard(_ view: LockView?, to command: LockCommand) {
    guard case .acquire = command, let view else { return }
    noteGrant(view)
  }

  func tellLockCalls() throws(Violation) {
    for notice in node.pipeline.takeLockNotices() {
      try checker.check(notice)
      if case .granted(let view) = notice.outcome { noteGrant(view) }
    }
  }

  private func noteGrant(_ view: LockView) {
    clients.grants.append(
      LockGrant(name: view.record.name, owner: view.record.owner, token: view.record.token))
  }

  /// Nobody renews any more: every lease is over, and nobody waits for what will never come.
  func checkLocksRest() throws(Violation) {
    try require(checker.model.locks.isEmpty, "\(checker.model.locks) are held at the end")
    try require(
      checker.model.askedLocks.waiting.isEmpty,
      "\(checker.model.askedLocks.waiting) wait for ever")
  }
}
