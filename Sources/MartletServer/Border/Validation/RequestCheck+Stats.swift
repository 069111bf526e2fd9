import MartletAPI
import MartletCore

/// A range as a call names it.
struct CheckedStatsRange: Sendable {
  enum Extent: Sendable {
    case last(Span)
    case between(WallTime, WallTime)
  }

  var extent: Extent

  /// What is later than now has not happened.
  func bounds(at now: WallTime) -> (start: WallTime, end: WallTime) {
    switch extent {
    case .last(let span): (WallTime(nanoseconds: now.nanoseconds - span.nanoseconds), now)
    case .between(let start, let end): (start, max(start, min(end, now)))
    }
  }
}

struct CheckedOverview: Sendable {
  enum Grouping: Sendable {
    case places(StatsSelection.Grouping)
    case label(String)
  }

  var range: CheckedStatsRange
  var grouping: Grouping
  /// In seconds.
  var step: Int64?
  var minimum: Revision?
}

struct CheckedPerformance: Sendable {
  var range: CheckedStatsRange
  var rules: PerformanceRules
  var minimum: Revision?
}

struct CheckedFailureList: Sendable {
  var range: CheckedStatsRange
  var limit: Int
  var minimum: Revision?
}

extension RequestCheck {
  private static let rangeMax = Span.seconds(400 * 86_400)

  private mutating func statsRange(_ range: API.StatsRange?) -> CheckedStatsRange {
    guard let range else { return CheckedStatsRange(extent: .last(.seconds(3_600))) }
    if let last = range.last {
      if range.startTime != nil || range.endTime != nil {
        fail(.request, "range.last", "must not be set beside start_time or end_time")
      }
      return CheckedStatsRange(
        extent: .last(
          span(
            last, in: .seconds(1)...Self.rangeMax, "1 s to 400 days", .request, "range.last")))
    }
    switch (range.startTime, range.endTime) {
    case (nil, nil): return CheckedStatsRange(extent: .last(.seconds(3_600)))
    case (let start?, let end?):
      let first = time(start, .request, "range.start_time")
      let last = time(end, .request, "range.end_time")
      if first >= last || last - first > Self.rangeMax {
        fail(.request, "range.end_time", "must be after start_time, by at most 400 days")
      }
      return CheckedStatsRange(extent: .between(first, last))
    default:
      fail(.request, "range", "must have both start_time and end_time, or none")
      return CheckedStatsRange(extent: .last(.seconds(3_600)))
    }
  }

  private mutating func places(pools: [String], kinds: [String] = []) {
    if pools.count > 100 { fail(.request, "pools", "must be at most 100, not \(pools.count)") }
    if kinds.count > 100 { fail(.request, "kinds", "must be at most 100, not \(kinds.count)") }
    for (index, pool) in pools.enumerated() where !NameRule.isPool(pool) {
      fail(
        .request, "pools", .index(index), "must be the name of a pool: \(NameRule.poolText)")
    }
    for (index, kind) in kinds.enumerated() {
      text(kind, bytesMax: 255, .request, "kinds", .index(index))
    }
  }

  static func overview(
    _ request: API.GetOverviewRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedOverview {
    var check = RequestCheck(limits: limits)
    check.places(pools: request.pools, kinds: request.kinds)
    let step = request.step.map {
      check.span($0, in: .seconds(1)...rangeMax, "1 s to 400 days", .request, "step")
    }
    if let step, step.nanoseconds % 1_000_000_000 != 0 {
      check.fail(.request, "step", "must be whole seconds")
    }
    let checked = CheckedOverview(
      range: check.statsRange(request.range), grouping: check.grouping(request),
      step: step.map { $0.nanoseconds / 1_000_000_000 },
      minimum: check.cursor(request.minCursor, "min_cursor"))
    try check.conclude()
    return checked
  }

  private mutating func grouping(_ request: API.GetOverviewRequest) -> CheckedOverview.Grouping {
    if request.groupBy != .label, !request.labelKey.isEmpty {
      fail(.request, "label_key", "must be empty unless group_by is STATS_GROUPING_LABEL")
    }
    switch request.groupBy {
    case .unspecified, .none: return .places(.none)
    case .pool: return .places(.pool)
    case .kind: return .places(.kind)
    case .poolAndKind: return .places(.poolAndKind)
    case .label:
      text(request.labelKey, bytesMax: 63, .request, "label_key")
      if request.labelKey.isEmpty { fail(.request, "label_key", "must be set: 1 to 63 bytes") }
      return .label(request.labelKey)
    case .unrecognized(let number):
      fail(.request, "group_by", "must be a STATS_GROUPING; \(number) is not known here")
      return .places(.none)
    }
  }

  static func realtime(
    pools: [String], minCursor: String = "", interval: WellKnown.Duration? = nil, limits: Limits
  ) throws(InvalidRequest) -> (minimum: Revision?, interval: Span) {
    var check = RequestCheck(limits: limits)
    check.places(pools: pools)
    let minimum = check.cursor(minCursor, "min_cursor")
    let interval =
      interval.map {
        check.span($0, in: .seconds(1)...(.seconds(60)), "1 s to 60 s", .request, "interval")
      } ?? .seconds(1)
    try check.conclude()
    return (minimum, interval)
  }

  static func performance(
    _ request: API.GetPerformanceRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedPerformance {
    var check = RequestCheck(limits: limits)
    check.places(pools: request.pools, kinds: request.kinds)
    let checked = CheckedPerformance(
      range: check.statsRange(request.range), rules: check.rules(request.rules ?? .init()),
      minimum: check.cursor(request.minCursor, "min_cursor"))
    try check.conclude()
    return checked
  }

  private mutating func rules(_ message: API.PerformanceRules) -> PerformanceRules {
    var rules = PerformanceRules()
    if message.minCount != 0 {
      rules.minCount = message.minCount
      if !(1...1_000_000).contains(message.minCount) {
        fail(.request, "rules.min_count", "must be 1 to 1,000,000, or 0 for 20")
      }
    }
    if message.slowFactor != 0 {
      rules.slowFactor = message.slowFactor
      if !(message.slowFactor > 1 && message.slowFactor.isFinite) {
        fail(.request, "rules.slow_factor", "must be above 1, or 0 for 2")
      }
    }
    if let slow = message.slowRunTime {
      rules.slowRunTime =
        span(
          slow, in: .milliseconds(1)...Self.rangeMax, "1 ms to 400 days", .request,
          "rules.slow_run_time"
        ).seconds
    }
    if let rate = message.minSuccessRate {
      rules.minSuccessRate = share(rate, in: 0...1, .request, "rules.min_success_rate")
    }
    if let rate = message.maxRepeatRate {
      rules.maxRepeatRate = share(rate, in: 0...1, .request, "rules.max_repeat_rate")
    }
    if message.waitFactor != 0 {
      rules.waitFactor = message.waitFactor
      if !(message.waitFactor > 0 && message.waitFactor.isFinite) {
        fail(.request, "rules.wait_factor", "must be above 0, or 0 for 10")
      }
    }
    return rules
  }

  static func failures(
    _ request: API.ListFailuresRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedFailureList {
    var check = RequestCheck(limits: limits)
    check.places(pools: request.pools, kinds: request.kinds)
    let limit =
      request.limit == 0 ? 50 : check.number(request.limit, in: 1...1_000, .request, "limit")
    let checked = CheckedFailureList(
      range: check.statsRange(request.range), limit: limit,
      minimum: check.cursor(request.minCursor, "min_cursor"))
    try check.conclude()
    return checked
  }
}
