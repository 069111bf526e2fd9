import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("The SQLite index against its model")
struct TaskIndexModelTests {
  @Test(
    "random batches and queries have the same answers", arguments: 1...8 as ClosedRange<UInt64>)
  func sameAnswers(seed: UInt64) throws {
    let model = MemoryTaskIndex()
    let directory = TestDirectory()
    let store = try SQLiteStore.open(directory: directory.path)
    let index = store.index
    let reader = try Connection(path: directory.file("index.db"), role: .reader)
    try QueryFunctions.register(in: reader)
    var random = RandomIndex(seed: seed)
    for step in 1...8 {
      let batch = random.batch()
      try model.apply(batch)
      try index.apply(batch)
      if step % 4 == 0 { #expect(try index.checkpoint() == model.checkpoint()) }
      try compareWhole(model, index, &random)
      for _ in 0..<10 {
        let query = random.query()
        let pages = try model.pages(query)
        #expect(try index.pages(query) == pages, "\(query)")
        #expect(try index.count(query) == model.count(query), "\(query)")
        // As if each row took longer than a read transaction may last.
        var sliced = TaskQueryReader(connection: reader, query: query)
        sliced.sliceMax = .seconds(-1)
        #expect(try sliced.page() == pages[0], "\(query)")
      }
    }
  }

  private func compareWhole(
    _ model: MemoryTaskIndex, _ index: SQLiteTaskIndex, _ random: inout RandomIndex
  ) throws {
    #expect(try index.appliedThrough() == model.appliedThrough())
    #expect(try index.facts() == model.facts())
    #expect(try index.liveRows == model.liveRows)
    let some = random.ids.filter { _ in random.upTo(4) == 0 }
    #expect(
      try index.tasks(some, withContent: true) == model.tasks(some, withContent: true))
    for id in some { #expect(try index.story(id) == model.story(id)) }
    let keep = random.upTo(100)
    #expect(
      try index.finishTime(keepingNewest: keep) == model.finishTime(keepingNewest: keep))
    let time = WallTime.seconds(Int64(random.upTo(12)))
    let limit = random.upTo(30)
    #expect(
      try index.finished(before: time, limit: limit)
        == model.finished(before: time, limit: limit))
  }

  @Test("walking many pools in many states finds the same as one by one")
  func manyRanges() throws {
    let model = MemoryTaskIndex()
    let store = try SQLiteStore.open(directory: TestDirectory().path)
    let rows = (1...2600 as ClosedRange<UInt64>).map { id -> TaskRow in
      let state = id % 701 == 0 ? TaskState.failed : .succeeded
      return .numbered(id, pool: UInt32(id % 40), state: state, second: Int64(id) / 10)
    }
    for index in [model, store.index] as [any TaskIndex] {
      try index.apply(through: 1, inserts: rows)
    }
    let pools = Set((0..<40 as Range<UInt32>).map(PoolID.init(rawValue:)))
    for order in [TaskQuery.Order.newestFirst, .oldestFirst, .lastFinishedFirst] {
      for states in [[.failed], [.failed, .succeeded], [.running]] as [Set<TaskState>] {
        let query = TaskQuery(pools: pools, states: states, order: order, countMax: 1000)
        #expect(try store.index.pages(query) == model.pages(query))
      }
    }
  }
}
