/// Names a call that wants permits, for as long as the process lives.
package struct PermitWaiter: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }
}

package struct PermitClaim: Hashable, Sendable {
  package var limit: String
  package var key: String
  package var units: Int
  package var owner: String
  /// Of concurrency limits.
  package var lease: Span
  /// How long the call may stand in line; zero: not at all.
  package var wait: Span
  /// A repeat while what it was granted is held tells that grant; empty: none.
  package var request: String

  package init(
    limit: String, key: String = "", units: Int = 1, owner: String, lease: Span = .seconds(15),
    wait: Span = .zero, request: String = ""
  ) {
    self.limit = limit
    self.key = key
    self.units = units
    self.owner = owner
    self.lease = lease
    self.wait = wait
    self.request = request
  }
}

/// Who says to hold permits, and by which grant.
package struct PermitGrant: Hashable, Sendable {
  package var limit: String
  package var owner: String
  package var token: Revision

  package init(limit: String, owner: String, token: Revision) {
    self.limit = limit
    self.owner = owner
    self.token = token
  }
}

package enum LimitCommand: Sendable {
  case create(name: String, LimitSpec, origin: Origin)
  /// Nothing is changed unless the limit is at the expected version, if one is.
  case update(
    name: String, expected: LimitVersion?, change: @Sendable (inout LimitSpec) -> Void,
    origin: Origin)
  case delete(name: String, origin: Origin)
}

package enum PermitCommand: Hashable, Sendable {
  /// Answered with the permits, or with nil: then a notice for the waiter follows.
  case acquire(PermitClaim, by: PermitWaiter, origin: Origin)
  /// The call of the waiter has ended: it leaves the line, or gives back what it was granted.
  case abandon(PermitWaiter, origin: Origin)
  case renew(PermitGrant)
  case release(PermitGrant, origin: Origin)
}

/// What a call that stood in line is told.
package struct PermitNotice: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case granted(PermitView)
    /// Its time was over.
    case timedOut(LimitShortage)
    /// The limit was deleted, or is now smaller than what the call asks for.
    case refused(Refusal)
  }

  package var waiter: PermitWaiter
  package var outcome: Outcome

  package init(waiter: PermitWaiter, outcome: Outcome) {
    self.waiter = waiter
    self.outcome = outcome
  }
}

/// Why permits are not to be had.
package struct LimitShortage: Hashable, Sendable {
  package var limit: String
  package var key: String
  package var units: Int
  package var available: Int
  /// How long it takes at least until there are so many, as far as that is known.
  package var retryAfter: Span

  package init(limit: String, key: String, units: Int, available: Int, retryAfter: Span) {
    self.limit = limit
    self.key = key
    self.units = units
    self.available = available
    self.retryAfter = retryAfter
  }
}

/// Permits as somebody sees them.
package struct PermitView: Hashable, Sendable {
  package var record: PermitRecord
  package var limit: String
  /// When the lease is over; nil where nothing is held.
  package var expires: Elapsed?
  /// What is left of the limit.
  package var available: Int

  package init(record: PermitRecord, limit: String, expires: Elapsed?, available: Int) {
    self.record = record
    self.limit = limit
    self.expires = expires
    self.available = available
  }
}

/// Which limits somebody wants to see.
package struct LimitListing: Hashable, Sendable {
  /// Behind this name; empty: from the first one on.
  package var after: String
  package var prefix: String
  package var limit: Int

  package init(after: String = "", prefix: String = "", limit: Int) {
    self.after = after
    self.prefix = prefix
    self.limit = limit
  }
}

/// A limit as somebody sees it, with the state of one key.
package struct LimitView: Hashable, Sendable {
  package struct Holder: Hashable, Sendable {
    package var record: PermitRecord
    package var expires: Elapsed
  }

  package var record: LimitRecord
  package var key: String
  package var available: Int
  /// Of concurrency: permits that are held, and those of offers to workers.
  package var inUse: Int
  /// Calls and tasks in line.
  package var waitingCalls: Int
  package var waitingTasks: Int
  /// Keys that are not idle.
  package var keys: Int
  /// When the next one is there if none is; nil if that is not known.
  package var nextFree: Elapsed?
  /// Calls that hold permits, and what fenced attempts left taken: the oldest 100.
  package var holders: [Holder]
  /// Running tasks that hold one.
  package var runningTasks: Int
}

package struct LimitPage: Hashable, Sendable {
  /// By name.
  package var views: [LimitView]
  package var hasMore: Bool
}
