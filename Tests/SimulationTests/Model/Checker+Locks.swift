@testable import MartletCore

extension Checker {
  mutating func check(_ view: LockView?, after command: LockCommand) throws(Violation) {
    switch command {
    case .acquire(let claim, let waiter, _):
      guard let view else {
        try require(claim.wait > .zero, "\(claim) may not wait, and does")
        model.askedLocks.waiting[waiter] = claim
        return
      }
      model.askedLocks.mayWait[waiter] = nil
      try check(view, isOf: claim)
    case .renew(let grant):
      guard let view, let known = model.locks[grant.name],
        known.record.token == grant.token, known.record.owner == grant.owner
      else { throw Violation(description: "\(grant) was renewed and does not hold the lock") }
      try require(view.left == known.record.lease, "\(view) was renewed by less than its lease")
      model.locks[grant.name]?.promised = max(known.promised, view.expires)
    case .release(let grant, _):
      try require(
        view?.record.token == grant.token
          && (model.locks[grant.name]?.record.token != grant.token
            || model.locks[grant.name]?.record.count == view?.record.count),
        "\(grant) was released: \(view as Any)")
    case .breakLock(let name, _, _):
      try require(
        model.locks[name]?.record.token != view?.record.token, "\(view as Any) was broken")
    case .abandon(let name, let waiter, _):
      model.askedLocks.waiting[waiter] = nil
      model.askedLocks.mayWait[waiter] = nil
      // Its notice may be on its way.
      model.askedLocks.abandoned.insert(name)
    }
  }

  /// A call that waited is told what became of it.
  mutating func check(_ notice: LockNotice) throws(Violation) {
    if case .granted(let view) = notice.outcome { try advance(through: view.record.revision) }
    model.askedLocks.mayWait[notice.waiter] = nil
    guard let claim = model.askedLocks.waiting.removeValue(forKey: notice.waiter) else {
      return try require(
        !model.askedLocks.abandoned.isEmpty, "\(notice) is for nobody who waits")
    }
    guard case .granted(let view) = notice.outcome else { return }
    try check(view, isOf: claim)
    // Calls are numbered in the order in which they come.
    let last = model.askedLocks.lastGranted[claim.name] ?? LockWaiter(rawValue: 0)
    try require(
      last.rawValue < notice.waiter.rawValue, "\(notice) was passed by \(last)")
    model.askedLocks.lastGranted[claim.name] = notice.waiter
    model.askedLocks.grantedInLine += 1
  }

  private func check(_ view: LockView, isOf claim: LockClaim) throws(Violation) {
    let grant = LockGrant(name: claim.name, owner: claim.owner, token: view.record.token)
    try require(
      model.lockGrants[view.record.token] == grant && view.record.revision <= model.revision,
      "\(view) was told for \(claim), and is not in the log")
  }

  func check(_ page: LockPage, of listing: LockListing) throws(Violation) {
    let all = model.locks.values.map(\.record).sorted { $0.name < $1.name }
      .filter { $0.name > listing.after && $0.name.hasPrefix(listing.prefix) }
    try require(
      page.views.map(\.record) == Array(all.prefix(listing.limit))
        && page.hasMore == (all.count > listing.limit), "other locks were seen: \(page)")
  }

  func isJustOfLock(_ refusal: Refusal, _ command: Command) -> Bool {
    guard case .lock(let command) = command else { return false }
    switch (refusal, command) {
    case (.lockHeld(let name, _), .acquire(let claim, _, _)):
      return claim.wait == .zero
        && (model.locks[name] != nil || model.askedLocks.mayWait.values.contains(name))
    case (.lockNotHeld(let name, let token), .renew(let grant)),
      (.lockNotHeld(let name, let token), .release(let grant, _)):
      guard let known = model.locks[name] else { return true }
      return known.record.token != token || known.record.owner != grant.owner
        || model.lockNow >= known.promised
    case (.lockNotHeld(let name, let token), .breakLock):
      return model.locks[name]?.record.token != token
    case (.lockNotFound(let name), .breakLock): return model.locks[name] == nil
    default: return false
    }
  }

  func isJust(lockLimit limit: Int, _ claim: LockClaim) -> Bool {
    model.locks.count >= limit
      || model.askedLocks.mayWait.values.count { $0 == claim.name } >= limit
  }
}
