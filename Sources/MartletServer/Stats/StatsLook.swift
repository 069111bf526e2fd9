package import MartletCore
package import MartletStore

/// Reads statistics of one moment, and adds to the rows what is still open.
package struct StatsLook {
  private let reader: any StatsReader
  /// The open second; nil before the first event.
  private let opened: Int64?
  /// What there is now.
  package let gauges: GaugeSheet
  package let revision: Revision

  package init(_ reader: any StatsReader) throws(StoreFailure) {
    self.reader = reader
    revision = try reader.appliedThrough()
    let newest = try reader.newest(.gauges, .second, before: .max)
    opened = newest?.key.bucket
    gauges = try newest?.gaugeSheet() ?? GaugeSheet()
  }

  // MARK: - What happened

  package func forEachPair(
    _ span: StatsSpan, _ selection: StatsSelection,
    _ body: (_ bucket: Int64, _ pair: Counters.Key, _ stats: PairStats) -> Void
  ) throws(StoreFailure) {
    for (bucket, row) in try rows(.pair, span) where selection.contains(row.key.pair) {
      body(bucket, row.key.pair, try row.pairStats())
    }
  }

  package func forEachFailure(
    _ span: StatsSpan, _ selection: StatsSelection,
    _ body: (_ pair: Counters.Key, _ group: FailureGroup) -> Void
  ) throws(StoreFailure) {
    for (_, row) in try rows(.failure, span) where selection.contains(row.key.pair) {
      body(row.key.pair, try row.failureGroup())
    }
  }

  /// Rows with the bucket of the span that they belong to.
  private func rows(
    _ part: StatsPart, _ span: StatsSpan
  ) throws(StoreFailure) -> [(bucket: Int64, row: StatsRow)] {
    var found = try reader.rows(part, span.resolution, span.buckets)
      .map { (bucket: $0.key.bucket, row: $0) }
    guard let opened else { return found }
    let open = opened / span.resolution.seconds
    guard span.buckets.contains(open) else { return found }
    for finer in StatsResolution.allCases where finer.rawValue < span.resolution.rawValue {
      let bucket = opened / finer.seconds
      found += try reader.rows(part, finer, bucket..<bucket + 1)
        .map { (bucket: open, row: $0) }
    }
    return found
  }

  /// What has been counted since the log began, as far as it is of these.
  package func tallies(_ selection: StatsSelection) throws(StoreFailure) -> [(
    pair: Counters.Key, tally: TaskTally
  )] {
    var found: [(pair: Counters.Key, tally: TaskTally)] = []
    for (key, bytes) in try reader.facts(CatalogFacts.talliesPrefix) {
      guard let entry = CatalogFacts.tally(bytes, key: key) else {
        throw .corrupted(file: "index.db", reason: "a tally makes no sense")
      }
      if selection.contains(entry.0) { found.append(entry) }
    }
    return found
  }

  // MARK: - What there was

  /// What there was at the end of each step, as far as it has begun.
  package func gauges(
    _ span: StatsSpan, before now: WallTime
  ) throws(StoreFailure) -> [GaugeSheet] {
    var sheet = try reader.newest(.gauges, span.resolution, before: span.buckets.lowerBound)?
      .gaugeSheet()
    var sheets: [GaugeSheet] = []
    var rows = try reader.rows(.gauges, span.resolution, span.buckets)[...]
    for step in 0..<span.stepCount where span.start(ofStep: step) <= now {
      var newest: StatsRow?
      while let row = rows.first, span.step(of: row.key.bucket) == step {
        newest = row
        rows = rows.dropFirst()
      }
      if let newest { sheet = try newest.gaugeSheet() }
      sheets.append(sheet ?? GaugeSheet())
    }
    return sheets
  }
}
