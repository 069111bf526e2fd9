import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

/// The same filter as SQL and as a predicate must choose the same tasks.
@Suite("Filters in SQL and in memory")
struct FilterAgreementTests {
  @Test(
    "random filters choose the same of random tasks in both stores and by the predicate alone",
    arguments: 1...8 as ClosedRange<UInt64>)
  func agreement(seed: UInt64) throws {
    var random = RandomFilter(seed: seed)
    let rows = (1...120 as ClosedRange<UInt64>).map { random.row($0) }
    let indexes: [any TaskIndex] = try StoreKind.allCases.map { try $0.empty().index }
    for index in indexes { try index.apply(through: 1, inserts: rows) }
    var hits = 0
    for _ in 0..<300 {
      let filter = TaskFilter(random.tree(levels: 3))
      let predicate = TaskPredicate(filter, in: random.catalog, now: random.now)
      let expected = rows.filter(predicate.matches)
      // As written, with names instead of numbers.
      #expect(expected == rows.filter { random.matches(filter, $0) }, "\(filter)")
      hits += expected.isEmpty || expected.count == rows.count ? 0 : 1
      let query = TaskQuery(filter: predicate, order: .oldestFirst, countMax: 1000)
      for index in indexes {
        #expect(
          try index.page(query).rows.map(\.id) == expected.map(\.id), "\(filter)")
        #expect(try index.count(query) == expected.count, "\(filter)")
      }
    }
    // The data must not be so odd that most filters choose nothing or everything.
    #expect(hits > 100)
  }

  @Test("what is missing is unequal to all and nothing else, also under NOT")
  func missing() throws {
    let catalog = Catalog()
    let rows = [
      TaskRow.numbered(1), TaskRow.numbered(2, labels: ["a": "x"]),
      TaskRow.numbered(3, state: .running, labels: ["a": "y"]),
    ]
    for kind in StoreKind.allCases {
      let index = try kind.empty().index
      try index.apply(through: 1, inserts: rows)
      func ids(_ text: String) throws -> [UInt64] {
        let predicate = TaskPredicate(
          try TaskFilter(parsing: text), in: catalog, now: .seconds(100))
        let page = try index.page(TaskQuery(filter: predicate, order: .oldestFirst))
        #expect(try index.count(TaskQuery(filter: predicate)) == page.rows.count)
        return page.rows.map(\.id.rawValue)
      }
      #expect(try ids("labels.a = x") == [2])
      #expect(try ids("labels.a != x") == [1, 3])
      #expect(try ids("NOT labels.a = x") == [1, 3])
      #expect(try ids("NOT labels.a != x") == [2])
      #expect(try ids("labels.a < z") == [2, 3])
      #expect(try ids("NOT labels.a < z") == [1])
      #expect(try ids("labels.a = \"*\"") == [2, 3])
      #expect(try ids("labels.a != \"*\"") == [1])
      #expect(try ids("NOT labels:a") == [1])
      #expect(try ids("start_time < 2000-01-01T00:00:00Z") == [3])
      #expect(try ids("NOT start_time < 2000-01-01T00:00:00Z") == [1, 2])
      #expect(try ids("start_time != 2000-01-01T00:00:00Z") == [1, 2, 3])
      #expect(try ids("run_time > 1s") == [3])
      #expect(try ids("NOT run_time > 1s") == [1, 2])
      #expect(try ids("queue_time > 97s") == [1, 2])
      #expect(try ids("age <= 98s") == [2, 3])
      #expect(try ids("failure.code = x OR NOT failure.code = x") == [1, 2, 3])
      #expect(try ids("failure.kind != HANDLER AND NOT failure.kind = HANDLER") == [1, 2, 3])
      #expect(try ids("progress.percent < 1 OR worker:*") == [])
      #expect(try ids("NOT (progress.percent < 1 OR worker:*)") == [1, 2, 3])
    }
  }

  @Test("a label is found in pages, in every order, whether few or many tasks have it")
  func labelPages() throws {
    let model = MemoryTaskIndex()
    let store = try SQLiteStore.open(directory: TestDirectory().path)
    let rows = (1...9000 as ClosedRange<UInt64>).map { id -> TaskRow in
      var labels = ["most": "\(id % 2)"]
      if id % 1000 == 0 { labels["few"] = "\(id / 1000)" }
      return .numbered(
        id, pool: UInt32(id % 3), state: id % 5 == 0 ? .failed : .succeeded, labels: labels,
        second: Int64(id) % 100)
    }
    for index in [model, store.index] as [any TaskIndex] {
      try index.apply(through: 1, inserts: rows)
      try index.apply(through: 2, deletes: [1000, 1001, 1002])
      var batch = IndexBatch(appliedThrough: Revision(3))
      for (number, row) in rows.suffix(20).enumerated() {
        batch.edits[row.id] = TaskEdit(
          priority: UInt8(number % 3),
          labels: number % 4 == 0 ? LabelSet.none : LabelSet(["few": "3", "most": "\(number % 2)"]))
      }
      try index.apply(batch)
    }
    for text in [
      "labels.most = 1", "labels.few:*", "labels.few = \"*\" AND labels.most = 0",
      "labels.few = 3", "labels.few = 3 OR labels.few = 4", "labels.few > 4",
      "labels.most = 1 AND attempt = 9", "labels.few = 1", "labels.few = 3 OR attempt = 1",
      "labels.most = 0 AND id > 00000000008m0",
    ] {
      let predicate = TaskPredicate(
        try TaskFilter(parsing: text), in: Catalog(), now: .seconds(0))
      for order in [
        TaskQuery.Order.newestFirst, .oldestFirst, .lastFinishedFirst, .firstFinishedFirst,
      ] {
        for pools in [nil, [PoolID(rawValue: 1)]] as [Set<PoolID>?] {
          let query = TaskQuery(pools: pools, filter: predicate, order: order, countMax: 2)
          #expect(try store.index.pages(query) == model.pages(query), "\(text) \(order)")
          #expect(try store.index.count(query) == model.count(query), "\(text)")
        }
      }
    }
  }

  @Test("a file without the table of labels gets it with what its tasks have")
  func migration() throws {
    let directory = TestDirectory()
    var store: SQLiteStore? = try SQLiteStore.open(directory: directory.path)
    try store?.log.append(segments: 1)
    try store?.index.apply(
      through: 1, inserts: [.numbered(1, labels: ["a": "x"]), .numbered(2, labels: ["a": "y"])])
    store?.close()
    store = nil
    let connection = try Connection(path: directory.file("index.db"), role: .writer)
    try connection.execute("DROP TABLE label")
    let again = try SQLiteStore.open(directory: directory.path)
    let filter = TaskPredicate(
      try TaskFilter(parsing: "labels.a = y"), in: Catalog(), now: .seconds(0))
    #expect(try again.index.page(TaskQuery(filter: filter)).rows.map(\.id.rawValue) == [2])
  }
}
