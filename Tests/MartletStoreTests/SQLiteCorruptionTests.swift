import Foundation
import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("Damaged files")
struct SQLiteCorruptionTests {
  private let directory = TestDirectory()

  /// 200 segments and tasks in closed files, which then hold everything.
  private func fill() throws {
    let store = try SQLiteStore.open(directory: directory.path)
    try store.log.append(segments: 200, byteCount: 6000)
    try store.index.apply(
      through: 200,
      inserts: (1...200).map { .numbered(UInt64($0), payload: [UInt8](repeating: 1, count: 3000)) })
    store.close()
  }

  /// Reads all there is; whatever fails names one of the two files.
  private func readAll(_ directory: TestDirectory) throws {
    let store = try SQLiteStore.open(directory: directory.path)
    let bounds = try store.log.bounds()
    var next = bounds.oldest
    while next <= bounds.newest {
      for segment in try store.log.read(from: next, bytesMax: 50_000) {
        next = segment.lastRevision.next
      }
    }
    _ = try store.index.liveRows
    _ = try store.index.facts()
    _ = try store.index.tasks((1...200).map(TaskID.init(rawValue:)), withContent: true)
    for order in [TaskQuery.Order.newestFirst, .lastFinishedFirst] {
      _ = try store.index.page(TaskQuery(order: order))
    }
    _ = try store.index.count(TaskQuery(states: [.pending]))
  }

  @Test("a file cut short is corrupted", arguments: ["log.db", "index.db"], [0.9, 0.5, 0.01])
  func short(file: String, part: Double) throws {
    try fill()
    let path = directory.file(file)
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    let size = try handle.seekToEnd()
    try handle.truncate(atOffset: UInt64(Double(size) * part))
    try handle.close()
    let wal = try? FileHandle(forUpdating: URL(fileURLWithPath: path + "-wal"))
    try wal?.truncate(atOffset: 0)
    #expect { try readAll(directory) } throws: { error in
      guard case StoreFailure.corrupted(file: path, reason: _) = error else { return false }
      return true
    }
  }

  @Test("an emptied log beside its index is corrupted")
  func emptied() throws {
    try fill()
    let path = directory.file("log.db")
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.truncate(atOffset: 0)
    try handle.close()
    #expect(throws: StoreFailure.self) { try readAll(directory) }
  }

  @Test("mangled pages are found or read, never fatal", arguments: ["log.db", "index.db"])
  func mangled(file: String) throws {
    try fill()
    for seed in 1...25 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let copy = try directory.copy()
      let handle = try #require(FileHandle(forUpdatingAtPath: copy.file(file)))
      let pages = try handle.seekToEnd() / 4096
      for _ in 0..<(seed % 5 + 1) {
        let page = UInt64.random(in: 0..<pages, using: &random)
        let offset = page * 4096 + UInt64.random(in: 0..<4000, using: &random)
        try handle.seek(toOffset: offset)
        try handle.write(
          contentsOf: Data((0..<96).map { _ in UInt8.random(in: 0...255, using: &random) }))
      }
      try handle.close()
      try? FileManager.default.removeItem(atPath: copy.file("\(file)-wal"))
      do {
        try readAll(copy)
      } catch {
        switch error as? StoreFailure {
        case .corrupted(let found, _), .newerFormat(let found, _, _):
          #expect(found == copy.file("log.db") || found == copy.file("index.db"))
        default:
          Issue.record("seed \(seed): \(error)")
        }
      }
    }
  }
}
