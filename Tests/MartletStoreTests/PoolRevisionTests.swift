import MartletCore
import MartletStore
import Testing

@Suite("The history of pools in every task index")
struct PoolRevisionTests {
  private static let pool = PoolID(rawValue: 3)

  private func batch(
    _ through: UInt64, _ rows: [(UInt64, Bool)], kept: Int = 3, forgotten: [PoolID] = []
  ) -> IndexBatch {
    var batch = IndexBatch(appliedThrough: Revision(through), poolRevisionsKept: kept)
    batch.poolRevisions = rows.map {
      PoolRevisionRow(
        pool: Self.pool, revision: Revision($0.0), isByScaling: $0.1, bytes: [UInt8($0.0)])
    }
    batch.forgottenPools = forgotten
    return batch
  }

  private func revisions(
    _ index: any TaskIndex, through last: UInt64 = 100, limit: Int = 100
  ) throws -> [UInt64] {
    try index.poolRevisions(of: Self.pool, through: Revision(last), limit: limit)
      .map(\.revision.rawValue)
  }

  @Test("comes back newest first, from any revision on", arguments: StoreKind.allCases)
  func order(kind: StoreKind) throws {
    let index = try kind.empty().index
    #expect(try revisions(index) == [])
    try index.apply(batch(9, [(2, false), (5, true), (9, false)]))
    #expect(try revisions(index) == [9, 5, 2])
    #expect(try revisions(index, through: 8) == [5, 2])
    #expect(try revisions(index, limit: 2) == [9, 5])
    let row = try index.poolRevisions(of: Self.pool, through: Revision(5), limit: 1)
    #expect(
      row == [
        PoolRevisionRow(pool: Self.pool, revision: Revision(5), isByScaling: true, bytes: [5])
      ])
    #expect(
      try index.poolRevisions(of: PoolID(rawValue: 4), through: Revision(9), limit: 9) == [])
  }

  @Test(
    "keeps the newest of those by hand and of those by scaling", arguments: StoreKind.allCases)
  func trims(kind: StoreKind) throws {
    let index = try kind.empty().index
    try index.apply(batch(4, [(1, false), (2, true), (3, true), (4, true)]))
    try index.apply(batch(7, [(5, true), (6, true), (7, true)]))
    #expect(try revisions(index) == [7, 6, 5, 1])
    try index.apply(batch(11, [(8, false), (9, false), (10, false), (11, false)]))
    #expect(try revisions(index) == [11, 10, 9, 7, 6, 5])
  }

  @Test("goes with its pool", arguments: StoreKind.allCases)
  func forgets(kind: StoreKind) throws {
    let index = try kind.empty().index
    try index.apply(batch(2, [(1, false), (2, true)]))
    try index.apply(batch(3, [(3, false)], forgotten: [Self.pool]))
    #expect(try revisions(index) == [])
  }
}
