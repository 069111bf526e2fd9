import MartletAPI
import MartletCore

struct CheckedLockList: Sendable {
  var listing: LockListing
  var hash: UInt64
  /// The state that the first page was read from.
  var first: Revision?
  var minimum: Revision?
}

extension RequestCheck {
  private static let leaseUsual = Span.seconds(15)
  private static let dayLong = Span.seconds(86_400)

  private mutating func lockName(_ name: String) {
    if !NameRule.isLock(name) {
      fail(.request, "name", "must be the name of a lock: \(NameRule.lockText)")
    }
  }

  private mutating func lockOwner(_ owner: String) {
    text(owner, bytesMax: 255, .request, "owner")
    if owner.isEmpty { fail(.request, "owner", "must be set: who is to hold the lock") }
  }

  private mutating func claim(
    name: String, owner: String, lease: WellKnown.Duration?, wait: WellKnown.Duration?,
    requestID: String
  ) -> LockClaim {
    lockName(name)
    lockOwner(owner)
    text(requestID, bytesMax: 127, .request, "request_id")
    return LockClaim(
      name: name, owner: owner,
      lease: lease.map {
        span($0, in: .seconds(1)...Self.dayLong, "1 s to 24 h", .request, "lease")
      } ?? Self.leaseUsual,
      wait: wait.map {
        span($0, in: .zero...Self.dayLong, "at most 24 h, and not negative", .request, "wait")
      } ?? .zero, request: requestID)
  }

  static func acquire(
    _ request: API.AcquireLockRequest, limits: Limits
  ) throws(InvalidRequest) -> LockClaim {
    var check = RequestCheck(limits: limits)
    let claim = check.claim(
      name: request.name, owner: request.owner, lease: request.lease, wait: request.wait,
      requestID: request.requestId)
    try check.conclude()
    return claim
  }

  static func hold(
    _ request: API.HoldLockRequest, limits: Limits
  ) throws(InvalidRequest) -> LockClaim {
    try acquire(
      .init(
        name: request.name, owner: request.owner, lease: request.lease, wait: request.wait),
      limits: limits)
  }

  /// Of RenewLock and ReleaseLock.
  static func lockGrant(
    name: String, owner: String, token: UInt64, limits: Limits
  ) throws(InvalidRequest) -> LockGrant {
    var check = RequestCheck(limits: limits)
    check.lockName(name)
    check.lockOwner(owner)
    if token == 0 { check.fail(.request, "token", "must be the token of the grant, not 0") }
    try check.conclude()
    return LockGrant(name: name, owner: owner, token: Revision(token))
  }

  /// Of GetLock and BreakLock.
  static func lock(
    name: String, reason: String = "", minCursor: String = "", limits: Limits
  ) throws(InvalidRequest) -> Revision? {
    var check = RequestCheck(limits: limits)
    check.lockName(name)
    check.reason(reason)
    let minimum = check.cursor(minCursor, "min_cursor")
    try check.conclude()
    return minimum
  }

  static func list(
    _ request: API.ListLocksRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedLockList {
    var check = RequestCheck(limits: limits)
    check.text(request.namePrefix, bytesMax: 255, .request, "name_prefix")
    check.text(request.owner, bytesMax: 255, .request, "owner")
    var hash = StableHash.of(request.namePrefix, seed: 0x6C6F_636B_73)
    hash = StableHash.of(request.owner, seed: hash)
    var list = CheckedLockList(
      listing: LockListing(
        prefix: request.namePrefix, owner: request.owner,
        limit: check.pageSize(request.pageSize)), hash: hash,
      minimum: check.cursor(request.minCursor, "min_cursor"))
    if !request.pageToken.isEmpty {
      if let token = PageToken(parsing: request.pageToken, listHash: hash) {
        list.listing.after = String(decoding: token.position, as: UTF8.self)
        list.first = token.first
      } else {
        check.failPageToken()
      }
    }
    try check.conclude()
    return list
  }
}
