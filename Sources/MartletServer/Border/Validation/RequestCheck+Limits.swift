import MartletAPI
import MartletCore

struct CheckedLimitUpdate: Sendable {
  /// What is nil stays.
  struct Change: Hashable, Sendable {
    var rule: LimitRule?
    var pools: [String]?
    var kinds: [String]?
    var keyLabel: String?

    func apply(to spec: inout LimitSpec) {
      if let rule { spec.rule = rule }
      if let pools { spec.pools = pools }
      if let kinds { spec.kinds = kinds }
      if let keyLabel { spec.keyLabel = keyLabel }
    }
  }

  var name: String
  var change: Change
  /// nil: whatever the spec is now.
  var etag: LimitVersion?
}

struct CheckedLimitList: Sendable {
  var listing: LimitListing
  var hash: UInt64
  /// The state that the first page was read from.
  var first: Revision?
  var minimum: Revision?
}

extension RequestCheck {
  private static let spanMax = Span.seconds(31 * 86_400)
  private static let fillMax = Span.seconds(1_000 * 86_400)
  private static let leaseUsual = Span.seconds(15)
  private static let dayLong = Span.seconds(86_400)
  private static let rulePaths = ["rate", "window", "concurrency"]
  private static let limitPaths = rulePaths + ["pools", "kinds", "key_label"]

  private mutating func limitName(_ name: String, _ field: StaticString) {
    if !NameRule.isLock(name) {
      fail(.request, field, "must be the name of a limit: \(NameRule.lockText)")
    }
  }

  mutating func permitGrace(_ spec: API.PoolSpec) -> Span? {
    guard let grace = spec.permitGrace else { return nil }
    let span = span(grace, in: .zero...Span.seconds(3_600), "at most 1 h", .spec, "permit_grace")
    return span > .zero ? span : nil
  }

  // MARK: - Specs

  private mutating func count(
    _ value: Int64, in range: ClosedRange<Int64>, _ allowed: String, _ path: FieldPath,
    _ field: StaticString
  ) -> Int {
    if !range.contains(value) { fail(path, field, "must be \(allowed), not \(value)") }
    return Int(min(max(value, range.lowerBound), range.upperBound))
  }

  private mutating func stretch(
    _ value: WellKnown.Duration?, _ path: FieldPath, _ field: StaticString
  ) -> Span {
    guard let value else {
      fail(path, field, "must be set")
      return .seconds(1)
    }
    return span(value, in: .milliseconds(1)...Self.spanMax, "1 ms to 31 days", path, field)
  }

  private mutating func rule(_ spec: API.LimitSpec) -> LimitRule {
    switch spec.rule {
    case .rate(let rate):
      let path = FieldPath.spec.inside("rate")
      let units = count(rate.units, in: 1...1_000_000, "1 to 1,000,000", path, "units")
      let per = stretch(rate.per, path, "per")
      let burst =
        rate.burst == 0
        ? units : count(rate.burst, in: 1...1_000_000, "1 to 1,000,000, or 0", path, "burst")
      let (fill, overflow) = (per.nanoseconds / Int64(units) + 1)
        .multipliedReportingOverflow(by: Int64(burst))
      if overflow || Span(nanoseconds: fill) > Self.fillMax {
        fail(path, "burst", "must be filled within 1,000 days by `units` in each `per`")
      }
      return .rate(units: units, per: per, burst: burst)
    case .window(let window):
      let path = FieldPath.spec.inside("window")
      return .window(
        units: count(window.units, in: 1...10_000, "1 to 10,000", path, "units"),
        length: stretch(window.length, path, "length"))
    case .concurrency(let concurrency):
      return .concurrency(
        units: count(
          concurrency.units, in: 0...1_000_000, "0 to 1,000,000",
          FieldPath.spec.inside("concurrency"), "units"))
    case nil:
      fail(.spec, "rule", "must be set: `rate`, `window` or `concurrency`")
      return .concurrency(units: 0)
    }
  }

  private mutating func poolNames(_ names: [String]) -> [String] {
    if names.count > 100 { fail(.spec, "pools", "must be at most 100, not \(names.count)") }
    for (index, name) in names.enumerated() where !NameRule.isPool(name) {
      fail(.spec, "pools", .index(index), "must be the name of a pool: \(NameRule.poolText)")
    }
    return Set(names).sorted()
  }

  private mutating func kindNames(_ names: [String]) -> [String] {
    if names.count > 100 { fail(.spec, "kinds", "must be at most 100, not \(names.count)") }
    for (index, name) in names.enumerated() where !NameRule.isKind(name) {
      fail(.spec, "kinds", .index(index), "must be a kind: \(NameRule.kindText)")
    }
    return Set(names).sorted()
  }

  private mutating func keyLabel(_ label: String) -> String {
    text(label, bytesMax: 63, .spec, "key_label")
    return label
  }

  // MARK: - Limits

  static func create(
    _ request: API.CreateLimitRequest, limits: Limits
  ) throws(InvalidRequest) -> (name: String, spec: LimitSpec) {
    var check = RequestCheck(limits: limits)
    check.limitName(request.name, "name")
    check.reason(request.reason)
    guard let given = request.spec else {
      check.fail(.request, "spec", "must be set")
      try check.conclude()
      return (request.name, LimitSpec(rule: .concurrency(units: 0)))
    }
    let spec = LimitSpec(
      rule: check.rule(given), pools: check.poolNames(given.pools),
      kinds: check.kindNames(given.kinds), keyLabel: check.keyLabel(given.keyLabel))
    try check.conclude()
    return (request.name, spec)
  }

  static func update(
    _ request: API.UpdateLimitRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedLimitUpdate {
    var check = RequestCheck(limits: limits)
    check.limitName(request.name, "name")
    check.reason(request.reason)
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let change = check.change(request.updateMask?.paths ?? [], of: request.spec ?? .init())
    var etag: LimitVersion?
    if !request.etag.isEmpty {
      etag = LimitEtag.version(of: request.etag)
      if etag == nil {
        check.fail(.request, "etag", "must be empty or the etag of a limit as it was read")
      }
    }
    try check.conclude()
    return CheckedLimitUpdate(name: request.name, change: change, etag: etag)
  }

  private mutating func change(
    _ paths: [String], of spec: API.LimitSpec
  ) -> CheckedLimitUpdate.Change {
    var change = CheckedLimitUpdate.Change()
    if paths.isEmpty { fail(.request, "update_mask", "must name at least one path, or be `*`") }
    for (index, path) in paths.enumerated()
    where path != "*" && !Self.limitPaths.contains(path) {
      fail(
        .request, "update_mask.paths", .index(index),
        "must be one of \(Self.limitPaths.joined(separator: ", ")) and *, not `\(path.shortened)`")
    }
    let isWhole = paths.contains("*")
    if isWhole || paths.contains(where: Self.rulePaths.contains) { change.rule = rule(spec) }
    if isWhole || paths.contains("pools") { change.pools = poolNames(spec.pools) }
    if isWhole || paths.contains("kinds") { change.kinds = kindNames(spec.kinds) }
    if isWhole || paths.contains("key_label") { change.keyLabel = keyLabel(spec.keyLabel) }
    return change
  }

  /// Of GetLimit and DeleteLimit.
  static func limit(
    name: String, key: String = "", reason: String = "", minCursor: String = "", limits: Limits
  ) throws(InvalidRequest) -> Revision? {
    var check = RequestCheck(limits: limits)
    check.limitName(name, "name")
    check.text(key, bytesMax: 255, .request, "key")
    check.reason(reason)
    let minimum = check.cursor(minCursor, "min_cursor")
    try check.conclude()
    return minimum
  }

  static func list(
    _ request: API.ListLimitsRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedLimitList {
    var check = RequestCheck(limits: limits)
    check.text(request.namePrefix, bytesMax: 255, .request, "name_prefix")
    let hash = StableHash.of(request.namePrefix, seed: 0x6C69_6D69_7473)
    var list = CheckedLimitList(
      listing: LimitListing(
        prefix: request.namePrefix, limit: check.pageSize(request.pageSize)), hash: hash,
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

  // MARK: - Permits

  private mutating func permitOwner(_ owner: String) {
    text(owner, bytesMax: 255, .request, "owner")
    if owner.isEmpty { fail(.request, "owner", "must be set: who is to hold the permits") }
  }

  static func acquire(
    _ request: API.AcquirePermitsRequest, limits: Limits
  ) throws(InvalidRequest) -> PermitClaim {
    var check = RequestCheck(limits: limits)
    check.limitName(request.limit, "limit")
    check.text(request.key, bytesMax: 255, .request, "key")
    check.permitOwner(request.owner)
    check.text(request.requestId, bytesMax: 127, .request, "request_id")
    let units = check.count(
      request.units == 0 ? 1 : request.units, in: 1...1_000_000, "1 to 1,000,000, or 0 for 1",
      .request, "units")
    let claim = PermitClaim(
      limit: request.limit, key: request.key, units: units, owner: request.owner,
      lease: request.lease.map {
        check.span($0, in: .seconds(1)...Self.dayLong, "1 s to 24 h", .request, "lease")
      } ?? Self.leaseUsual,
      wait: request.wait.map {
        check.span(
          $0, in: .zero...Self.dayLong, "at most 24 h, and not negative", .request, "wait")
      } ?? .zero, request: request.requestId)
    try check.conclude()
    return claim
  }

  static func hold(
    _ request: API.HoldPermitsRequest, limits: Limits
  ) throws(InvalidRequest) -> PermitClaim {
    try acquire(
      .init(
        limit: request.limit, key: request.key, units: request.units, owner: request.owner,
        lease: request.lease, wait: request.wait), limits: limits)
  }

  /// Of RenewPermits and ReleasePermits.
  static func permitGrant(
    limit: String, owner: String, token: UInt64, limits: Limits
  ) throws(InvalidRequest) -> PermitGrant {
    var check = RequestCheck(limits: limits)
    check.limitName(limit, "limit")
    check.permitOwner(owner)
    if token == 0 { check.fail(.request, "token", "must be the token of the grant, not 0") }
    try check.conclude()
    return PermitGrant(limit: limit, owner: owner, token: Revision(token))
  }
}
