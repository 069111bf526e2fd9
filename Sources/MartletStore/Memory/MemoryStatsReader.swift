import MartletCore

/// Statistics in a copy of a `MemoryTaskIndex`'s tables.
struct MemoryStatsReader: StatsReader {
  let tables: IndexTables

  func appliedThrough() throws(StoreFailure) -> Revision { tables.appliedThrough }

  func rows(
    _ part: StatsPart, _ resolution: StatsResolution, _ buckets: Range<Int64>
  ) throws(StoreFailure) -> [StatsRow] {
    tables.stats.filter {
      $0.key.part == part && $0.key.resolution == resolution && buckets.contains($0.key.bucket)
    }
    .map { StatsRow(key: $0.key, bytes: $0.value) }.sorted { $0.key < $1.key }
  }

  func newest(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64
  ) throws(StoreFailure) -> StatsRow? {
    try rows(part, resolution, .min..<bucket).last
  }

  func facts(_ prefix: String) throws(StoreFailure) -> [String: [UInt8]] {
    tables.facts.filter { $0.key.hasPrefix(prefix) }
  }
}
