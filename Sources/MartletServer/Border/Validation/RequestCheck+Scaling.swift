import MartletAPI
import MartletCore

extension RequestCheck {
  private static let coolDownMax = Span.seconds(7 * 86_400)

  /// nil if it is not set.
  mutating func scaling(_ spec: API.PoolSpec) -> PoolScaling? {
    guard let given = spec.scaling else { return nil }
    let path = FieldPath.spec.inside("scaling")
    let defaults = PoolScaling(mode: .off, minSlots: 1, maxSlots: 1)
    let scaling = PoolScaling(
      mode: mode(given.mode, path),
      minSlots: number(given.minSlots, in: 1...10_000, path, "min_slots"),
      maxSlots: number(given.maxSlots, in: 1...10_000, path, "max_slots"),
      upPercent: given.upPercent.map { number($0, in: 1...1_000, path, "up_percent") }
        ?? defaults.upPercent,
      downPercent: given.downPercent.map { number($0, in: 0...99, path, "down_percent") }
        ?? defaults.downPercent,
      oldestAge: given.oldestAge.map {
        span($0, in: .milliseconds(1)...Self.coolDownMax, "1 ms to 7 days", path, "oldest_age")
      },
      step: step(given, path) ?? defaults.step,
      upCooldown: coolDown(given.upCooldown, path, "up_cooldown") ?? defaults.upCooldown,
      downCooldown: coolDown(given.downCooldown, path, "down_cooldown") ?? defaults.downCooldown)
    return scaling
  }

  private mutating func mode(
    _ mode: API.PoolScalingMode, _ path: FieldPath
  ) -> PoolScaling.Mode {
    if mode == .unspecified { return .off }
    if let known = UInt8(exactly: mode.rawValue).flatMap(PoolScaling.Mode.init(rawValue:)) {
      return known
    }
    fail(path, "mode", "must be a PoolScalingMode; \(mode.rawValue) is not known here")
    return .off
  }

  private mutating func step(
    _ given: API.PoolScaling, _ path: FieldPath
  ) -> PoolScaling.Step? {
    switch given.step {
    case .stepSlots(let count): .slots(number(count, in: 1...10_000, path, "step_slots"))
    case .stepPercent(let percent):
      .percent(number(percent, in: 1...1_000, path, "step_percent"))
    case nil: nil
    }
  }

  private mutating func coolDown(
    _ value: WellKnown.Duration?, _ path: FieldPath, _ field: StaticString
  ) -> Span? {
    value.map { span($0, in: .zero...Self.coolDownMax, "0 to 7 days", path, field) }
  }

  mutating func group(_ spec: API.PoolSpec) -> String {
    if !spec.group.isEmpty, !NameRule.isPool(spec.group) {
      fail(.spec, "group", "must be empty or the name of a group: \(NameRule.poolText)")
    }
    return spec.group
  }

  mutating func groupMinimum(_ spec: API.PoolSpec) -> Int {
    number(spec.groupMinimum, in: 0...10_000, .spec, "group_minimum")
  }

  /// What is right of each field and wrong of all.
  mutating func together(_ spec: PoolSpec) {
    guard violations.isEmpty, let problem = spec.problem else { return }
    fail(FieldViolation(field: "spec.\(problem.field)", description: problem.text))
  }
}

// MARK: - History

struct CheckedRevisionList: Sendable {
  var pool: String
  var pageSize: Int
  /// The page before ended with this one.
  var before: Revision?
  var first: Revision?
  var minimum: Revision?
  var hash: UInt64
}

struct CheckedRollback: Sendable {
  var pool: String
  var revision: Revision
  var etag: PoolVersion?
}

extension RequestCheck {
  static func list(
    _ request: API.ListPoolRevisionsRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedRevisionList {
    var check = RequestCheck(limits: limits)
    check.poolName(request.pool, "pool")
    let hash = StableHash.of(request.pool, seed: StableHash.of("pool revisions"))
    var list = CheckedRevisionList(
      pool: request.pool, pageSize: check.pageSize(request.pageSize),
      minimum: check.cursor(request.minCursor, "min_cursor"), hash: hash)
    if !request.pageToken.isEmpty {
      if let token = PageToken(parsing: request.pageToken, listHash: hash),
        let before = UInt64(String(decoding: token.position, as: UTF8.self))
      {
        list.before = Revision(before)
        list.first = token.first
      } else {
        check.failPageToken()
      }
    }
    try check.conclude()
    return list
  }

  static func rollback(
    _ request: API.RollbackPoolRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedRollback {
    var check = RequestCheck(limits: limits)
    check.poolName(request.pool, "pool")
    check.reason(request.reason)
    if request.revision == 0 || request.revision > UInt64(Int64.max) {
      check.fail(.request, "revision", "must be a revision of the pool: list them")
    }
    let etag = check.poolEtag(request.etag)
    try check.conclude()
    return CheckedRollback(
      pool: request.pool, revision: Revision(request.revision), etag: etag)
  }

  mutating func poolEtag(_ text: String) -> PoolVersion? {
    if text.isEmpty { return nil }
    let etag = PoolEtag.version(of: text)
    if etag == nil {
      fail(.request, "etag", "must be empty or the etag of a pool as it was read")
    }
    return etag
  }
}
