import Foundation
import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("One writer, many readers")
struct SQLiteConcurrencyTests {
  private let directory = TestDirectory()

  @Test("the write-ahead log starts anew under a writer that never pauses")
  func walIsBounded() throws {
    let store = try SQLiteStore.open(directory: directory.path)
    let bytes = [UInt8](repeating: 5, count: 100_000)
    for first in 1...1500 as ClosedRange<UInt64> {
      var segment = StoredSegment.numbered(first, byteCount: 0)
      segment.bytes = bytes
      try store.log.append(segment)
    }
    // 150 MB went through it.
    let size = try FileManager.default.attributesOfItem(atPath: directory.file("log.db-wal"))[.size]
    #expect(try #require(size as? Int) < 100 << 20)
  }

  @Test("reading, trimming and checkpoints get on with appends")
  func log() async throws {
    let log = try SQLiteStore.open(directory: directory.path).log
    let last: UInt64 = 400
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for first in 1...last {
          try log.append(.numbered(first, byteCount: 4000))
          if first % 10 == 0 { _ = try log.trim(before: Revision(first / 2)) }
        }
      }
      for _ in 0..<5 {
        group.addTask {
          var next = Revision(1)
          while next <= Revision(last) {
            do {
              for segment in try log.read(from: next, bytesMax: 50_000) {
                #expect(segment == .numbered(segment.firstRevision.rawValue, byteCount: 4000))
                next = segment.lastRevision.next
              }
            } catch StoreFailure.compacted {
              next = try log.bounds().oldest
            }
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("reading and checkpoints get on with batches")
  func index() async throws {
    let index = try SQLiteStore.open(directory: directory.path).index
    let rounds: UInt64 = 60
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for round in 1...rounds {
          let first = round * 100
          let running = TaskStatusRow.at(.running, second: 1, revision: round)
          try index.apply(
            through: round, inserts: (first..<first + 100).map { .numbered($0) },
            updates: round == 1 ? [] : [(TaskID(rawValue: first - 1), running)])
          try index.forgetRequests(before: .seconds(Int64(round)))
        }
      }
      group.addTask {
        while try index.checkpoint() < Revision(rounds) { await Task.yield() }
      }
      for _ in 0..<5 {
        group.addTask {
          while true {
            let applied = try index.appliedThrough().rawValue
            let newest = try index.page(TaskQuery(pools: [PoolID(rawValue: 1)])).rows.first?.id
            #expect((newest?.rawValue ?? 0) >= (applied == 0 ? 0 : applied * 100 + 99))
            #expect(try index.count(TaskQuery()) >= Int(applied) * 100)
            if applied == rounds { break }
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try index.count(TaskQuery(states: [.running])) == Int(rounds) - 1)
  }
}
