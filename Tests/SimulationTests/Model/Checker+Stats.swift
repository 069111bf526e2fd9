import MartletStore

@testable import MartletCore
@testable import MartletServer

extension Checker {
  /// Tallies are a recount of the whole log; those of pools that are gone are together.
  func compareTallies() throws(Violation) {
    var wanted: [Counters.Key: Recount.Counts] = [:]
    for (key, counts) in model.recount.counts {
      let pool = model.pools[key.pool] == nil ? PoolID.gone : key.pool
      wanted[Counters.Key(pool: pool, kind: key.kind), default: .init()].add(counts)
    }
    let tallies = replayed.catalog.tallies.tallies
    try require(Set(tallies.keys) == Set(wanted.keys), "other pairs are counted")
    for (key, counts) in wanted {
      let found = tallies[key] ?? TaskTally()
      try require(found.says(counts), "\(key) is counted as \(found), the log says \(counts)")
    }
    for (id, pool) in replayed.catalog.pools {
      var sum = TaskTally()
      for (key, tally) in tallies where key.pool == id { sum += tally }
      let totals = pool.totals
      try require(
        totals.submitted == sum[.submitted] && totals.succeeded == sum[.succeeded]
          && totals.failed == sum.failed && totals.cancelled == sum[.cancelled]
          && totals.retried == sum.repeated,
        "the totals of \(pool.name) are \(totals), its tallies \(sum)")
    }
  }

  /// Rows of statistics are what one fold of the whole log gives, and come to what a recount does.
  mutating func compareStats(
    in index: any TaskIndex, with recovered: StatsFold
  ) throws(Violation) {
    statsRows.merge(stats.take(catalog: replayed.catalog)) { $1 }
    try require(recovered == stats, "the recovered statistics are not a fold of the log")
    let rows = try storing { () throws(StoreFailure) in
      try index.readStats { (reader) throws(StoreFailure) in
        var rows: [StatsKey: [UInt8]] = [:]
        for part in StatsPart.allCases {
          for resolution in StatsResolution.allCases {
            for row in try reader.rows(part, resolution, .min..<(.max)) {
              rows[row.key] = row.bytes
            }
          }
        }
        return rows
      }
    }
    try require(
      rows == statsRows,
      "the index has \(rows.count) rows of statistics, the log gives \(statsRows.count)")
    try compareSums(in: index)
  }

  private func compareSums(in index: any TaskIndex) throws(Violation) {
    let catalog = replayed.catalog
    let now = catalog.stamp.time
    guard model.revision > .zero else { return }
    let (sum, attempts, tasks) = try storing { () throws(StoreFailure) in
      try index.readStats { (reader) throws(StoreFailure) in
        try Self.sums(StatsLook(reader), catalog, now)
      }
    }
    let recount = model.recount
    var counts = Recount.Counts()
    for part in recount.counts.values { counts.add(part) }
    try require(sum.tally.says(counts), "rows come to \(sum.tally), the log to \(counts)")
    for (found, wanted) in [
      (sum.queueWait, recount.waits), (sum.runTime, recount.runs), (sum.totalTime, recount.totals),
    ] {
      try require(
        found.count == wanted.count, "\(found.count) times were measured, not \(wanted.count)")
    }
    try require(
      sum.queueWait.sum == recount.waits.sum && sum.runTime.sum == recount.runs.sum,
      "waits and runs took \(sum.queueWait.sum) and \(sum.runTime.sum), the log says \(recount)")
    try require(
      attempts == recount.failures && tasks == recount.failedTasks,
      "\(attempts) attempts and \(tasks) tasks failed, the log says \(recount)")
  }

  private static func sums(
    _ look: StatsLook, _ catalog: Catalog, _ now: WallTime
  ) throws(StoreFailure) -> (PairStats, attempts: Int64, tasks: Int64) {
    // From before the world's first moment; the wall clock may have jumped far.
    let span = StatsSpan(
      from: WallTime(nanoseconds: now.nanoseconds - 400 * 86_400 * 1_000_000_000), to: now,
      now: now)
    let selection: StatsSelection
    do throws(Refusal) {
      selection = try StatsSelection(pools: [], kinds: [], in: catalog)
    } catch {
      throw .corrupted(file: "", reason: "no pool was named")
    }
    var sum = PairStats()
    try look.forEachPair(span, selection) { _, _, stats in sum.merge(stats) }
    var (attempts, tasks): (Int64, Int64) = (0, 0)
    try look.forEachFailure(span, selection) { _, group in
      attempts += group.attempts
      tasks += group.tasks
    }
    return (sum, attempts, tasks)
  }
}

extension Recount.Counts {
  fileprivate mutating func add(_ other: Self) {
    submitted += other.submitted
    started += other.started
    cameBack += other.cameBack
    reopened += other.reopened
    ended.merge(other.ended) { $0 + $1 }
  }
}

extension TaskTally {
  fileprivate func says(_ counts: Recount.Counts) -> Bool {
    self[.submitted] == counts.submitted && self[.started] == counts.started
      && self[.succeeded] == counts.ended[.succeeded] ?? 0 && failed == counts.ended[.failed] ?? 0
      && self[.cancelled] == counts.ended[.cancelled] ?? 0
      && repeated + self[.released] == counts.cameBack && self[.reopened] == counts.reopened
  }
}
