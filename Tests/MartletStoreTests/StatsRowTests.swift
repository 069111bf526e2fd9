import MartletCore
import MartletStore
import Testing

@Suite("Rows of statistics in every task index")
struct StatsRowTests {
  private func key(
    _ bucket: Int64, part: StatsPart = .pair, _ resolution: StatsResolution = .second,
    pool: UInt32 = 1, item: Int64 = 0
  ) -> StatsKey {
    StatsKey(
      part: part, resolution: resolution, bucket: bucket, pool: PoolID(rawValue: pool),
      kind: .other, item: item)
  }

  private func batch(_ through: UInt64, _ rows: [StatsKey: [UInt8]]) -> IndexBatch {
    var batch = IndexBatch(appliedThrough: Revision(through))
    batch.stats = rows
    return batch
  }

  private func rows(
    _ index: any TaskIndex, _ buckets: Range<Int64>, part: StatsPart = .pair
  ) throws -> [StatsRow] {
    try index.readStats { (reader) throws(StoreFailure) in
      try reader.rows(part, .second, buckets)
    }
  }

  @Test("come back by key, as they were written last", arguments: StoreKind.allCases)
  func order(kind: StoreKind) throws {
    let index = try kind.empty().index
    #expect(try rows(index, .min..<(.max)) == [])
    try index.apply(
      batch(3, [key(9): [9], key(7, pool: .max): [7], key(7, pool: 2): [2], key(-1): [1]]))
    try index.apply(batch(4, [key(9): [8], key(9, .minute): [5], key(9, part: .failure): [6]]))
    #expect(
      try rows(index, 0..<10) == [
        StatsRow(key: key(7, pool: 2), bytes: [2]), StatsRow(key: key(7, pool: .max), bytes: [7]),
        StatsRow(key: key(9), bytes: [8]),
      ])
    #expect(try rows(index, -5..<0).map(\.bytes) == [[1]])
    #expect(try rows(index, 0..<10, part: .failure).map(\.bytes) == [[6]])
  }

  @Test("the newest before a bucket is found", arguments: StoreKind.allCases)
  func newest(kind: StoreKind) throws {
    let index = try kind.empty().index
    try index.apply(
      batch(3, [key(2, part: .gauges): [2], key(5, part: .gauges): [5], key(9): [9]]))
    for (before, bucket) in [(2, nil), (3, 2), (5, 2), (6, 5), (.max, 5)] as [(Int64, Int64?)] {
      let found = try index.readStats { (reader) throws(StoreFailure) in
        try reader.newest(.gauges, .second, before: before)
      }
      #expect(found?.key.bucket == bucket)
    }
  }

  @Test(
    "are lent with the revision and the facts of the same moment", arguments: StoreKind.allCases)
  func moment(kind: StoreKind) throws {
    let index = try kind.empty().index
    var first = batch(3, [key(1): [1]])
    first.facts = ["tally/1/2": [7], "tallyx": [8], "pool/1": [9]]
    try index.apply(first)
    let (revision, facts) = try index.readStats { (reader) throws(StoreFailure) in
      (try reader.appliedThrough(), try reader.facts("tally/"))
    }
    #expect(revision == Revision(3) && facts == ["tally/1/2": [7]])
  }

  @Test("the oldest are forgotten in slices", arguments: StoreKind.allCases)
  func forgets(kind: StoreKind) throws {
    let index = try kind.empty().index
    let all: [(StatsKey, [UInt8])] = (0..<10).map { (key(Int64($0)), [UInt8($0)]) }
    try index.apply(batch(1, Dictionary(uniqueKeysWithValues: all)))
    try index.apply(batch(2, [key(1, .hour): [1]]))
    #expect(try index.forgetStats(.pair, .second, before: 5, limit: 3) == 3)
    #expect(try rows(index, 0..<10).map(\.key.bucket) == Array(3..<10))
    #expect(try index.forgetStats(.pair, .second, before: 5, limit: 3) == 2)
    #expect(try index.forgetStats(.pair, .second, before: 5, limit: 3) == 0)
    #expect(try rows(index, 0..<10).map(\.key.bucket) == Array(5..<10))
  }
}
