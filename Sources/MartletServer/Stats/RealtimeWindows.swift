package import MartletCore
package import MartletStore

/// What happened in the last whole seconds, by pool and in all.
package struct RealtimeWindows: Sendable {
  package static let lengths: [Int64] = [1, 10, 60]

  /// Of each length.
  package private(set) var sums: [TaskTally]
  package private(set) var pools: [PoolID: [TaskTally]] = [:]
  /// Where they end.
  package let end: WallTime

  package init(
    _ look: StatsLook, before now: WallTime, _ selection: StatsSelection
  ) throws(StoreFailure) {
    let last = StatsFold.second(of: now)
    end = WallTime(nanoseconds: last &* 1_000_000_000)
    let none = Array(repeating: TaskTally(), count: Self.lengths.count)
    var all = none
    var byPool: [PoolID: [TaskTally]] = [:]
    let length = Self.lengths.max() ?? 1
    let span = StatsSpan(
      from: WallTime(nanoseconds: (last - length) &* 1_000_000_000), to: end, step: 1, now: now)
    try look.forEachPair(span, selection) { bucket, pair, stats in
      for (place, length) in Self.lengths.enumerated() where bucket >= last - length {
        all[place] += stats.tally
        byPool[pair.pool, default: none][place] += stats.tally
      }
    }
    sums = all
    pools = byPool
  }
}
