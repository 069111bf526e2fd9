package import MartletCore

/// How long the time is that a row of statistics sums up. The raw values are those of the index:
/// never change.
package enum StatsResolution: UInt8, Hashable, Sendable, CaseIterable {
  case second = 1
  case minute = 2
  case hour = 3

  package var seconds: Int64 {
    switch self {
    case .second: 1
    case .minute: 60
    case .hour: 3_600
    }
  }

  /// For how long rows are kept.
  package var kept: Span {
    switch self {
    case .second: .seconds(3_600)
    case .minute: .seconds(2 * 86_400)
    case .hour: .seconds(400 * 86_400)
    }
  }
}

/// What a row of statistics is about. The raw values are those of the index: never change.
package enum StatsPart: UInt8, Hashable, Sendable, CaseIterable {
  /// What happened to the tasks of a pair of pool and kind, and how long it took.
  case pair = 1
  /// What there was at the end: of all pools in one row.
  case gauges = 2
  /// Failures that are alike, of a pair.
  case failure = 3
}

package struct StatsKey: Hashable, Comparable, Sendable {
  package var part: StatsPart
  package var resolution: StatsResolution
  /// The number of the second, minute or hour since 1970.
  package var bucket: Int64
  package var pool: PoolID
  package var kind: KindID
  /// Of a failure: the hash of what the group has in common. Else 0.
  package var item: Int64

  package init(
    part: StatsPart, resolution: StatsResolution, bucket: Int64, pool: PoolID = .gone,
    kind: KindID = KindID(rawValue: 0), item: Int64 = 0
  ) {
    self.part = part
    self.resolution = resolution
    self.bucket = bucket
    self.pool = pool
    self.kind = kind
    self.item = item
  }

  package static func < (a: StatsKey, b: StatsKey) -> Bool {
    (a.part.rawValue, a.resolution.rawValue, a.bucket, a.pool, a.kind, a.item)
      < (b.part.rawValue, b.resolution.rawValue, b.bucket, b.pool, b.kind, b.item)
  }
}

package struct StatsRow: Hashable, Sendable {
  package var key: StatsKey
  /// As the server encodes it.
  package var bytes: [UInt8]

  package init(key: StatsKey, bytes: [UInt8]) {
    self.key = key
    self.bytes = bytes
  }
}

/// The statistics and the engine table, all as they were at one moment. Only for the time of the
/// call that lends it.
package protocol StatsReader {
  /// What every row is exact at.
  func appliedThrough() throws(StoreFailure) -> Revision

  /// The rows of these buckets, by key.
  func rows(
    _ part: StatsPart, _ resolution: StatsResolution, _ buckets: Range<Int64>
  ) throws(StoreFailure) -> [StatsRow]

  /// The newest row of a bucket before that one; of a part that has one row for each bucket.
  func newest(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64
  ) throws(StoreFailure) -> StatsRow?

  /// Rows of the engine table whose keys begin so.
  func facts(_ prefix: String) throws(StoreFailure) -> [String: [UInt8]]
}
