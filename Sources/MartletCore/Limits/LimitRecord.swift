/// The number of a limit: given at its creation, never given again.
package struct LimitID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static func < (a: LimitID, b: LimitID) -> Bool { a.rawValue < b.rawValue }
}

/// What the owner of a limit decides.
package struct LimitSpec: Hashable, Sendable {
  /// Of which sort it is never changes; its numbers may.
  package var rule: LimitRule
  /// Names of pools and kinds whose tasks need a permit; of both, if both are set.
  package var pools: [String]
  package var kinds: [String]
  /// Each value of this label has its own state; tasks without it are not limited. Empty: one
  /// state for all.
  package var keyLabel: String

  package init(
    rule: LimitRule, pools: [String] = [], kinds: [String] = [], keyLabel: String = ""
  ) {
    self.rule = rule
    self.pools = pools
    self.kinds = kinds
    self.keyLabel = keyLabel
  }

  /// Else only calls take permits.
  package var isAttached: Bool { !pools.isEmpty || !kinds.isEmpty || !keyLabel.isEmpty }

  func covers(pool: String, kind: String) -> Bool {
    isAttached && (pools.isEmpty || pools.contains(pool))
      && (kinds.isEmpty || kinds.contains(kind))
  }

  func hasSameScope(as other: LimitSpec) -> Bool {
    pools == other.pools && kinds == other.kinds && keyLabel == other.keyLabel
  }
}

package struct LimitRecord: Hashable, Sendable {
  package var id: LimitID
  package var name: String
  package var spec: LimitSpec
  /// Rises by one with each change of the spec.
  package var specVersion: UInt32
  package var createTime: WallTime
  package var updateTime: WallTime
  /// Who changed it last, and why.
  package var origin: Origin

  package var version: LimitVersion { LimitVersion(limit: id, specVersion: specVersion) }

  package init(
    id: LimitID, name: String, spec: LimitSpec, specVersion: UInt32 = 1, createTime: WallTime,
    updateTime: WallTime, origin: Origin
  ) {
    self.id = id
    self.name = name
    self.spec = spec
    self.specVersion = specVersion
    self.createTime = createTime
    self.updateTime = updateTime
    self.origin = origin
  }
}

/// One version of the spec of one limit.
package struct LimitVersion: Hashable, Sendable {
  package var limit: LimitID
  package var specVersion: UInt32

  package init(limit: LimitID, specVersion: UInt32) {
    self.limit = limit
    self.specVersion = specVersion
  }
}

/// What has a state of its own: a limit, and a key if it has any.
package struct LimitKey: Hashable, Sendable {
  package var limit: LimitID
  package var key: String

  package init(limit: LimitID, key: String = "") {
    self.limit = limit
    self.key = key
  }
}

extension LimitKey: Comparable {
  package static func < (a: LimitKey, b: LimitKey) -> Bool {
    a.limit == b.limit ? a.key.utf8.lexicographicallyPrecedes(b.key.utf8) : a.limit < b.limit
  }
}

/// What an attempt takes at its start, one of each.
package struct TaskPermits: Hashable, Sendable {
  package var takes: [LimitKey]
  /// Of an attempt that was fenced, whose handler may go on: those for concurrency stay taken until
  /// then.
  package var keptUntil: Elapsed?

  package init(takes: [LimitKey], keptUntil: Elapsed? = nil) {
    self.takes = takes
    self.keptUntil = keptUntil
  }
}

/// Names permits that somebody holds. The revision of the grant, so that it is above that of all
/// before it; what a fenced attempt leaves behind may be of several limits.
package struct PermitID: Hashable, Comparable, Sendable {
  package var token: Revision
  package var limit: LimitID

  package init(token: Revision, limit: LimitID) {
    self.token = token
    self.limit = limit
  }

  package static func < (a: PermitID, b: PermitID) -> Bool {
    (a.token, a.limit) < (b.token, b.limit)
  }
}

/// Permits that were granted to a call, or that a fenced attempt leaves taken for a while.
package struct PermitRecord: Hashable, Sendable {
  package var id: PermitID
  package var key: String
  package var units: Int
  package var owner: String
  /// How long the holder may be silent; zero where nothing is held: of rates and windows.
  package var lease: Span
  /// Of the call that it came from; empty without one.
  package var request: String
  /// Whose attempt it was, and when they fall free.
  package var task: TaskID?
  package var keptUntil: Elapsed?
  package var acquireTime: WallTime

  package init(
    id: PermitID, key: String, units: Int, owner: String, lease: Span, request: String = "",
    task: TaskID? = nil, keptUntil: Elapsed? = nil,
    acquireTime: WallTime = WallTime(nanoseconds: 0)
  ) {
    self.id = id
    self.key = key
    self.units = units
    self.owner = owner
    self.lease = lease
    self.request = request
    self.task = task
    self.keptUntil = keptUntil
    self.acquireTime = acquireTime
  }

  package var limitKey: LimitKey { LimitKey(limit: id.limit, key: key) }
}

package enum LimitEvent: Hashable, Sendable {
  package enum Change: UInt8, Hashable, Sendable, CaseIterable {
    case created = 1
    case updated = 2
    case deleted = 3
  }

  package enum PermitChange: UInt8, Hashable, Sendable, CaseIterable {
    case granted = 4
    case released = 5
    /// The lease was over, or the grace of a fenced attempt.
    case expired = 6
  }

  /// After the event.
  case limit(Change, LimitRecord, Origin)
  case permits(PermitChange, PermitRecord, Origin)

  package var origin: Origin {
    switch self {
    case .limit(_, _, let origin), .permits(_, _, let origin): origin
    }
  }
}
