package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

/// `martlet.v1.StatsService`.
package struct StatsService: API.StatsService {
  let desk: ServiceDesk

  var node: Node { desk.node }
  private var limits: Limits { desk.node.limits }
  private static let groupsMax = 1_000

  package func getOverview(
    _ request: API.GetOverviewRequest, context: CallContext
  ) async throws -> API.GetOverviewResponse {
    try await desk.answer(context) {
      let checked = try RequestCheck.overview(request, limits: limits)
      try desk.check(checked.minimum)
      let (catalog, revision, now) = try await catalog(context)
      let bounds = checked.range.bounds(at: now)
      switch checked.grouping {
      case .label(let key):
        return try await overview(request, by: key, bounds, catalog, revision)
      case .places(let grouping):
        let selection = try StatsSelection(
          pools: request.pools, kinds: request.kinds, by: grouping, in: catalog)
        let span = StatsSpan(from: bounds.start, to: bounds.end, step: checked.step, now: now)
        let wantsPoints = !request.omitPoints
        return try await node.read(asOf: revision) { index throws(StoreFailure) in
          try index.readStats { (reader) throws(StoreFailure) in
            let overview = try StatsOverview(
              StatsLook(reader), span, selection, points: wantsPoints, now: now)
            return Self.response(overview, span, catalog, now)
          }
        }
      }
    }
  }

  private static func response(
    _ overview: StatsOverview, _ span: StatsSpan, _ catalog: Catalog, _ now: WallTime
  ) -> API.GetOverviewResponse {
    let groups = overview.groups.sorted { $0.key < $1.key }
    return .init(
      groups: groups.prefix(groupsMax).map { .init($0.key, $0.value, span, at: now) },
      omittedGroups: Int64(max(0, groups.count - groupsMax)), startTime: .init(span.start),
      endTime: .init(span.end), step: .init(Span.seconds(span.stepSeconds)),
      countedFrom: catalog.talliedFrom.rawValue, cursor: Cursor(overview.revision).text)
  }

  package func getPerformance(
    _ request: API.GetPerformanceRequest, context: CallContext
  ) async throws -> API.GetPerformanceResponse {
    try await desk.answer(context) {
      let checked = try RequestCheck.performance(request, limits: limits)
      try desk.check(checked.minimum)
      let (catalog, revision, now) = try await catalog(context)
      let selection = try StatsSelection(
        pools: request.pools, kinds: request.kinds, by: .kind, in: catalog)
      let bounds = checked.range.bounds(at: now)
      let span = StatsSpan(from: bounds.start, to: bounds.end, now: now)
      return try await node.read(asOf: revision) { index throws(StoreFailure) in
        try index.readStats { (reader) throws(StoreFailure) in
          let look = try StatsLook(reader)
          let sums = try Self.sums(look, span, selection)
          let before = try Self.sums(look, span.before, selection)
          let kinds = sums.sorted { $0.key < $1.key }.prefix(Self.groupsMax)
          return API.GetPerformanceResponse(
            kinds: kinds.map { name, stats in
              .init(
                name, stats, before: before[name] ?? PairStats(), rules: checked.rules,
                seconds: span.seconds(until: now))
            }, startTime: .init(span.start), endTime: .init(span.end),
            cursor: Cursor(look.revision).text)
        }
      }
    }
  }

  private static func sums(
    _ look: StatsLook, _ span: StatsSpan, _ selection: StatsSelection
  ) throws(StoreFailure) -> [StatsSelection.Group: PairStats] {
    var sums: [StatsSelection.Group: PairStats] = [:]
    try look.forEachPair(span, selection) { _, pair, stats in
      sums[selection.group(pair), default: PairStats()].merge(stats)
    }
    return sums
  }

  package func listFailures(
    _ request: API.ListFailuresRequest, context: CallContext
  ) async throws -> API.ListFailuresResponse {
    try await desk.answer(context) {
      let checked = try RequestCheck.failures(request, limits: limits)
      try desk.check(checked.minimum)
      let (catalog, revision, now) = try await catalog(context)
      let selection = try StatsSelection(
        pools: request.pools, kinds: request.kinds, in: catalog)
      let bounds = checked.range.bounds(at: now)
      // Failures have no rows of seconds.
      let length = (bounds.end - bounds.start).nanoseconds / 1_000_000_000
      let step = length > StatsResolution.minute.kept.nanoseconds / 1_000_000_000 ? 3_600 : 60
      let span = StatsSpan(
        from: bounds.start, to: bounds.end, step: Int64(step), now: now)
      return try await node.read(asOf: revision) { index throws(StoreFailure) in
        try index.readStats { (reader) throws(StoreFailure) in
          let report = try FailureReport(
            StatsLook(reader), span, selection)
          return API.ListFailuresResponse(
            groups: report.entries.prefix(checked.limit).map { Self.message($0, selection) },
            totalGroups: Int64(report.entries.count), startTime: .init(span.start),
            endTime: .init(span.end), cursor: Cursor(report.revision).text)
        }
      }
    }
  }

  private static func message(
    _ entry: FailureReport.Entry, _ selection: StatsSelection
  ) -> API.ListFailuresResponse.Group {
    let group = entry.group
    return .init(
      failureKind: .init(rawValue: Int32(group.mark.failure.rawValue)), code: group.mark.code,
      message: group.mark.pattern ?? "", isOther: group.mark.pattern == nil,
      attempts: group.attempts, tasks: group.tasks, firstTime: .init(group.first),
      lastTime: .init(group.last), sampleTask: group.sample.description,
      sampleMessage: group.message,
      pools: mostFrequent(entry.attemptsByPool) { selection.name(of: $0) },
      kinds: mostFrequent(entry.attemptsByKind) { selection.name(of: $0) })
  }

  /// The names of those with the most attempts.
  private static func mostFrequent<Key: Hashable & Comparable>(
    _ attempts: [Key: Int64], name: (Key) -> String
  ) -> [String] {
    let names = attempts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name($0.key) }
    return Array(names.filter { !$0.isEmpty }.prefix(10))
  }

  // MARK: - Parts

  /// Names and the moment; what is told is never older.
  func catalog(
    _ context: CallContext
  ) async throws -> (catalog: Catalog, revision: Revision, now: WallTime) {
    let seen = try await node.see(.catalog, on: context.loop)
    guard case .catalog(let catalog) = seen.value else {
      throw desk.fault("the engine answered a look at its catalog with something else", in: context)
    }
    // The feed's time is ahead of a wall clock that was set back.
    return (catalog, seen.revision, max(NodeClock.wall, catalog.stamp.time))
  }
}
