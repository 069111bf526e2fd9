@testable import MartletCore

/// A lock that is held, as the events so far tell it.
struct ModelLock {
  var record: LockRecord
  /// Not before then may the lease be over, as far as anybody was told.
  var promised: Elapsed
}

/// What clients asked about locks, and what they were told.
struct AskedLocks {
  var claims: Set<LockClaim> = []
  /// Calls of this process that were told to wait, and have not been told more.
  var waiting: [LockWaiter: LockClaim] = [:]
  /// Calls of this process that may wait, by lock.
  var mayWait: [LockWaiter: String] = [:]
  /// The newest call of each lock that waited and was granted it.
  var lastGranted: [String: LockWaiter] = [:]
  /// How many calls that waited were granted their lock, in all processes.
  var grantedInLine = 0
  var releases: Set<LockGrant> = []
  /// Locks that calls were given up for.
  var abandoned: Set<String> = []
  var breaks: Set<String> = []
}

extension Model {
  mutating func apply(_ event: LockEvent) throws(Violation) {
    let told = event.record
    let name = told.name
    let known = locks[name]
    switch event.change {
    case .acquired: return try acquire(event)
    case .released:
      guard let known else { throw Violation(description: "\(name) is free, and released") }
      let grant = LockGrant(name: name, owner: told.owner, token: told.token)
      try require(
        known.record.token == told.token && known.record.owner == told.owner
          && known.record.count == told.count + 1
          && (askedLocks.releases.contains(grant) || askedLocks.abandoned.contains(name)),
        "\(told) was released, it was \(known)")
    case .expired:
      guard let known else { throw Violation(description: "\(name) is free, and expired") }
      try require(
        known.record.token == told.token && told.count == 0
          && stamp.elapsed >= known.promised,
        "\(told) expired at \(stamp.elapsed), it was \(known)")
    case .broken:
      try require(
        known?.record.token == told.token && told.count == 0
          && askedLocks.breaks.contains(name), "\(told) was broken, it was \(known as Any)")
    }
    locks[name]?.record.count = told.count
    locks[name]?.record.revision = revision
    if told.count == 0 { locks[name] = nil }
  }

  private mutating func acquire(_ event: LockEvent) throws(Violation) {
    var record = event.record
    try require(
      askedLocks.claims.contains {
        $0.name == record.name && $0.owner == record.owner && $0.lease == record.lease
          && $0.request == record.request
      }, "nobody asked for \(record)")
    if let known = locks[record.name]?.record {
      try require(
        known.owner == record.owner && known.token == record.token
          && known.count + 1 == record.count, "\(known) is held, and \(record) was acquired")
      record.acquireTime = known.acquireTime
    } else {
      try require(
        record.token == revision && record.count == 1, "\(record) was granted at \(revision)")
      record.acquireTime = stamp.time
      lockGrants[record.token] = LockGrant(
        name: record.name, owner: record.owner, token: record.token)
    }
    record.revision = revision
    locks[record.name] = ModelLock(record: record, promised: stamp.elapsed + record.lease)
  }

  /// The calls of the process before have ended, and every lease begins anew. The log's clock may
  /// be behind what that process told: the time that it has not logged is not counted.
  mutating func lostLockCalls(at now: Elapsed) {
    askedLocks.waiting = [:]
    askedLocks.mayWait = [:]
    askedLocks.lastGranted = [:]
    for (name, lock) in locks { locks[name]?.promised = now + lock.record.lease }
  }

  func checkLocks(_ table: LockTable) throws(Violation) {
    try require(
      table == LockTable(locks.values.map(\.record)), "the locks are others than \(locks)")
  }
}
