internal import MartletRPC

/// Which time statistics are about.
public enum StatsRange: Sendable {
  /// Up to now: 1 s to 400 days.
  case last(Duration)
  /// At most 400 days. What is later than now has not happened.
  case between(WellKnown.Timestamp, WellKnown.Timestamp)

  var message: API.StatsRange {
    switch self {
    case .last(let span): API.StatsRange(last: WellKnown.Duration(span))
    case .between(let start, let end): API.StatsRange(startTime: start, endTime: end)
    }
  }
}

/// Counts, times and failures of tasks. Got from `MartletClient.stats`.
///
/// ```swift
/// let hour = try await martlet.stats.overview(.last(.seconds(3_600)), by: .pool)
/// for group in hour.groups { print(group.pool, group.rates?.successRate ?? 1) }
/// ```
public struct StatsClient: Sendable {
  let runner: CallRunner

  /// Counts, rates, times and their course over a range. NOT_FOUND (`.poolNotFound`) of a pool that
  /// is named and not there.
  ///
  /// - Parameters:
  ///   - labelKey: With `.label` only: whose values to group by. Such groups are of tasks that are
  ///     kept.
  ///   - pools: Only tasks of these; all if empty. At most 100, as `kinds`.
  ///   - step: How long a step of the series is, in whole seconds; nil: chosen, for about 60.
  ///   - withPoints: Whether to tell the series.
  ///   - minCursor: What the answer has to know of.
  public func overview(
    _ range: StatsRange = .last(.seconds(3_600)), by grouping: API.StatsGrouping = .none,
    labelKey: String = "", pools: [String] = [], kinds: [String] = [], step: Duration? = nil,
    withPoints: Bool = true, minCursor: String = ""
  ) async throws -> API.GetOverviewResponse {
    try await runner.unary(
      API.StatsServiceMethods.getOverview,
      API.GetOverviewRequest(
        range: range.message, groupBy: grouping, labelKey: labelKey, pools: pools, kinds: kinds,
        step: step.map { WellKnown.Duration($0) }, omitPoints: !withPoints, minCursor: minCursor),
      repeats: .always)
  }

  /// What is going on now, with the rates of the last 1, 10 and 60 s.
  public func realtime(pools: [String] = [], minCursor: String = "") async throws -> API.Realtime {
    let response: API.GetRealtimeResponse = try await runner.unary(
      API.StatsServiceMethods.getRealtime,
      API.GetRealtimeRequest(pools: pools, minCursor: minCursor), repeats: .always)
    return response.realtime ?? API.Realtime()
  }

  /// How each kind does over a range, against the range before, and which rules flag it.
  public func performance(
    _ range: StatsRange = .last(.seconds(3_600)), pools: [String] = [], kinds: [String] = [],
    rules: API.PerformanceRules = API.PerformanceRules(), minCursor: String = ""
  ) async throws -> API.GetPerformanceResponse {
    try await runner.unary(
      API.StatsServiceMethods.getPerformance,
      API.GetPerformanceRequest(
        range: range.message, pools: pools, kinds: kinds, rules: rules, minCursor: minCursor),
      repeats: .always)
  }

  /// Why attempts failed over a range, grouped by code and message, the most frequent first.
  ///
  /// - Parameter limit: How many groups: 1 to 1,000.
  public func failures(
    _ range: StatsRange = .last(.seconds(3_600)), pools: [String] = [], kinds: [String] = [],
    limit: Int = 50, minCursor: String = ""
  ) async throws -> API.ListFailuresResponse {
    try await runner.unary(
      API.StatsServiceMethods.listFailures,
      API.ListFailuresRequest(
        range: range.message, pools: pools, kinds: kinds, limit: Int32(clamping: limit),
        minCursor: minCursor), repeats: .always)
  }

  /// What `realtime` tells, every 1 s to 60 s, until nobody reads it any more. Not resumed by
  /// itself: UNAVAILABLE when the connection is lost.
  public func watch(pools: [String] = [], every interval: Duration = .seconds(1)) -> StatsWatch {
    StatsWatch(
      runner: runner,
      request: API.WatchStatsRequest(pools: pools, interval: WellKnown.Duration(interval)))
  }
}

/// What is going on, again and again; see `StatsClient.watch`.
public struct StatsWatch: AsyncSequence, Sendable {
  let runner: CallRunner
  let request: API.WatchStatsRequest

  public func makeAsyncIterator() -> Iterator {
    Iterator(
      stream: runner.stream(API.StatsServiceMethods.watchStats, request).makeAsyncIterator(),
      target: runner.target)
  }

  public struct Iterator: AsyncIteratorProtocol {
    var stream: ResponseStream<API.WatchStatsResponse>.Iterator
    let target: String

    public mutating func next() async throws -> API.Realtime? {
      do {
        return try await stream.next()?.realtime
      } catch let status as RPCStatus {
        throw MartletError(status, target: target)
      }
    }
  }
}
