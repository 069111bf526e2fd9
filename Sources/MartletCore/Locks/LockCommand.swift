/// Names a call that wants a lock, for as long as the process lives.
package struct LockWaiter: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

package struct LockClaim: Hashable, Sendable {
  package var name: String
  package var owner: String
  package var lease: Span
  /// How long the call may stand in line; zero: not at all.
  package var wait: Span
  /// A repeat of the call that the holder's newest count came from changes nothing; empty: none.
  package var request: String

  package init(
    name: String, owner: String, lease: Span, wait: Span = .zero, request: String = ""
  ) {
    self.name = name
    self.owner = owner
    self.lease = lease
    self.wait = wait
    self.request = request
  }
}

/// Who says to hold a lock, and by which grant.
package struct LockGrant: Hashable, Sendable {
  package var name: String
  package var owner: String
  package var token: Revision

  package init(name: String, owner: String, token: Revision) {
    self.name = name
    self.owner = owner
    self.token = token
  }
}

package enum LockCommand: Hashable, Sendable {
  /// Answered with the lock, or with nil: then a notice for the waiter follows.
  case acquire(LockClaim, by: LockWaiter, origin: Origin)
  /// The call of the waiter has ended: it leaves the line, or gives back what it was granted.
  case abandon(name: String, LockWaiter, origin: Origin)
  case renew(LockGrant)
  case release(LockGrant, origin: Origin)
  /// With a token, of that grant only.
  case breakLock(name: String, token: Revision?, origin: Origin)
}

/// What a call that stood in line is told.
package struct LockNotice: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case granted(LockView)
    /// Its time was over; who held the lock then.
    case timedOut(LockView?)
  }

  package var waiter: LockWaiter
  package var outcome: Outcome

  package init(waiter: LockWaiter, outcome: Outcome) {
    self.waiter = waiter
    self.outcome = outcome
  }
}
