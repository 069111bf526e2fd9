import MartletCore
import MartletStore
import Testing

@Suite("The store of a simulation")
struct MemoryStoreTests {
  @Test("a failed or crashed append poisons the log until a restart")
  func faults() throws {
    for fault in MemoryEventLog.Fault.allCases {
      let log = MemoryEventLog()
      try log.append(.numbered(1))
      log.fail(nextAppend: fault)
      #expect(throws: StoreFailure.self) { try log.append(.numbered(2)) }
      #expect(throws: StoreFailure.self) { try log.append(.numbered(2)) }
      #expect(throws: StoreFailure.self) { try log.bounds() }
      log.restart()
      let kept = fault == .crashesAfterFlush ? 2 : 1
      #expect(try log.bounds().newest == Revision(UInt64(kept)))
      try log.append(.numbered(UInt64(kept) + 1))
    }
  }

  @Test("a crash takes the index back to its checkpoint, or to any batch since")
  func crash() throws {
    let index = MemoryTaskIndex()
    try index.apply(through: 1, inserts: [.numbered(1)])
    #expect(try index.checkpoint() == Revision(1))
    try index.apply(through: 2, inserts: [.numbered(2)], deletes: [1])
    try index.apply(through: 3, inserts: [.numbered(3)])
    #expect(index.unflushedBatches == 2)
    index.crash(keeping: 1)
    #expect(try index.appliedThrough() == Revision(2))
    #expect(try index.liveRows.map(\.id.rawValue) == [2])
    index.crash()
    #expect(try index.appliedThrough() == Revision(1))
    #expect(try index.liveRows.map(\.id.rawValue) == [1])
  }

  @Test("a failed apply keeps nothing of its batch")
  func failedApply() throws {
    let index = MemoryTaskIndex()
    try index.apply(through: 1, inserts: [.numbered(1)])
    index.failNextApply()
    #expect(throws: StoreFailure.self) { try index.apply(through: 2, inserts: [.numbered(2)]) }
    #expect(throws: StoreFailure.self) { try index.appliedThrough() }
    index.crash(keeping: 1)
    #expect(try index.liveRows.map(\.id.rawValue) == [1])
  }
}
