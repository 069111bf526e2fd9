package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

extension StatsService {
  package func getRealtime(
    _ request: API.GetRealtimeRequest, context: CallContext
  ) async throws -> API.GetRealtimeResponse {
    try await desk.answer(context) {
      let checked = try RequestCheck.realtime(
        pools: request.pools, minCursor: request.minCursor, limits: node.limits)
      try desk.check(checked.minimum)
      return .init(realtime: try await realtime(request.pools, context))
    }
  }

  package func watchStats(
    _ request: API.WatchStatsRequest, response: ResponseWriter<API.WatchStatsResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let checked = try RequestCheck.realtime(
        pools: request.pools, interval: request.interval, limits: node.limits)
      while true {
        // From beginning to beginning, so that windows follow one another.
        let next = MonotonicTime.now + checked.interval.nanoseconds
        try await response.write(.init(realtime: try await realtime(request.pools, context)))
        await node.feed.wait(after: Revision(.max - 1), until: next, on: context.loop)
        try Task.checkCancellation()
        if node.feed.isClosed { throw Refusal.stopping }
      }
    }
  }

  /// What there is comes from the engine. The windows end before that moment, so that no event of
  /// theirs can be missing when the index has caught up with it.
  private func realtime(
    _ pools: [String], _ context: CallContext
  ) async throws -> API.Realtime {
    let (catalog, _, now) = try await catalog(context)
    let selection = try StatsSelection(pools: pools, kinds: [], by: .pool, in: catalog)
    let seen = try await node.see(.pools, on: context.loop)
    guard case .pools(let views) = seen.value else {
      throw desk.fault("the engine answered a look at its pools with something else", in: context)
    }
    let windows = try await node.read(asOf: seen.revision) { index throws(StoreFailure) in
      try index.readStats { (reader) throws(StoreFailure) in
        try RealtimeWindows(StatsLook(reader), before: now, selection)
      }
    }
    let chosen = views.filter { selection.contains($0.record.id) }
    return API.Realtime(
      time: .init(now), windowsEndTime: .init(windows.end),
      pools: chosen.map { view in
        .init(
          pool: view.record.name, gauges: .init(view),
          windows: Self.windows(windows.pools[view.record.id]))
      }, gauges: .init(chosen), windows: Self.windows(windows.sums),
      cursor: Cursor(seen.revision).text)
  }

  private static func windows(_ tallies: [TaskTally]?) -> [API.Realtime.Window] {
    RealtimeWindows.lengths.enumerated().map { place, length in
      let tally = tallies?[place] ?? TaskTally()
      return .init(
        length: .init(Span.seconds(length)), counts: .init(tally),
        rates: .init(tally, seconds: length))
    }
  }
}

extension API.StatsGauges {
  fileprivate init(_ view: PoolView) {
    self.init(
      queued: view.waiting, running: Int64(view.inUse), slots: Int64(view.record.slotLimit),
      oldestAge: view.oldestAge.map { .init($0) })
  }

  fileprivate init(_ views: [PoolView]) {
    self.init(
      queued: views.reduce(0) { $0 + $1.waiting },
      running: views.reduce(0) { $0 + Int64($1.inUse) },
      slots: views.reduce(0) { $0 + Int64($1.record.slotLimit) },
      oldestAge: views.compactMap(\.oldestAge).max().map { .init($0) })
  }
}
