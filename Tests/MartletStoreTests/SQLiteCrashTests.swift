import Foundation
import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("Crashes and full disks")
struct SQLiteCrashTests {
  private let directory = TestDirectory()

  @Test("a killed writer loses nothing that it acknowledged")
  func killed() async throws {
    for round in 1...6 as ClosedRange<UInt64> {
      // The writer notes each acknowledged revision in a file, then is killed at some moment.
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = directory.path as String, round = round as UInt64] in
        let store = try SQLiteStore.open(directory: path)
        let notes = open("\(path)/acknowledged", O_RDWR | O_CREAT, 0o600)
        let killer = Thread {
          usleep(UInt32(20_000 + round * 17_000))
          kill(getpid(), SIGKILL)
        }
        killer.start()
        while true {
          var newest = try store.log.bounds().newest.rawValue
          let first = newest + 1
          try store.log.append(
            .numbered(first, count: Int(first % 7) + 1, byteCount: Int(first * 37 % 20_000)))
          newest = try store.log.bounds().newest.rawValue
          pwrite(notes, &newest, 8, 0)
          if first % 5 == 0 {
            let applied = try store.index.appliedThrough().rawValue
            try store.index.apply(
              through: newest, inserts: ((applied + 1)...newest).map { .numbered($0) })
          }
          if first % 50 == 0 {
            let applied = try store.index.checkpoint()
            _ = try store.log.trim(before: Revision(applied.rawValue / 2))
          }
        }
      }
      try checkAfterCrash()
    }
  }

  private func checkAfterCrash() throws {
    let store = try SQLiteStore.open(directory: directory.path)
    let notes = try Data(contentsOf: URL(fileURLWithPath: directory.file("acknowledged")))
    let acknowledged = notes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    let bounds = try store.log.bounds()
    #expect(bounds.newest.rawValue >= acknowledged)
    var next = bounds.oldest
    var byteCount = 0
    while next <= bounds.newest {
      for segment in try store.log.read(from: next, bytesMax: 1 << 20) {
        let first = segment.firstRevision.rawValue
        #expect(
          segment
            == .numbered(first, count: Int(first % 7) + 1, byteCount: Int(first * 37 % 20_000)))
        next = segment.lastRevision.next
        byteCount += segment.bytes.count
      }
    }
    #expect(byteCount == bounds.byteCount)
    let applied = try store.index.appliedThrough()
    #expect(applied <= bounds.newest)
    let live = try store.index.liveRows.map(\.id.rawValue)
    #expect(live.elementsEqual(1..<(applied.rawValue + 1)))
  }

  @Test("whatever part of the write-ahead log is lost, a whole beginning of the log stays")
  func tornTail() throws {
    let store = try SQLiteStore.open(directory: directory.path)
    try store.log.append(segments: 40, count: 3, byteCount: 3000)
    let whole = try directory.copy()
    var random = SeededGenerator(seed: 3)
    var newest = Revision.zero
    for cut in (0..<20).map({ _ in UInt64.random(in: 32..<700_000, using: &random) }).sorted() {
      let copy = try whole.copy()
      let handle = try #require(FileHandle(forUpdatingAtPath: copy.file("log.db-wal")))
      try handle.truncate(atOffset: cut)
      try handle.truncate(atOffset: 16 << 20)
      try handle.close()
      // A machine that went down has no shared memory left.
      try? FileManager.default.removeItem(atPath: copy.file("log.db-shm"))
      let found: [StoredSegment]
      do {
        let store = try SQLiteStore.open(directory: copy.path)
        found = try store.log.read(from: Revision(1), bytesMax: .max)
      } catch {
        // Not even the tables were there yet.
        #expect(newest == .zero)
        continue
      }
      let last = found.last?.lastRevision ?? .zero
      #expect(last >= newest)
      newest = last
      let firsts = stride(from: 1, through: newest.rawValue, by: 3)
      #expect(found == firsts.map { .numbered($0, count: 3, byteCount: 3000) })
    }
    #expect(newest > .zero)
  }

  @Test("what is acknowledged is in the files at that moment")
  func copied() throws {
    let store = try SQLiteStore.open(directory: directory.path)
    for round in 1...5 as ClosedRange<UInt64> {
      try store.log.append(segments: 30, byteCount: 50_000)
      try store.index.apply(through: round * 30, inserts: [.numbered(round)])
      let copy = try directory.copy()
      let other = try SQLiteStore.open(directory: copy.path)
      #expect(try other.log.bounds() == store.log.bounds())
      #expect(
        try other.log.read(from: Revision(1), bytesMax: .max)
          == store.log.read(from: Revision(1), bytesMax: .max))
      #expect(try other.index.liveRows == store.index.liveRows)
    }
  }

  @Test("a full disk fails the append, and the log from then on")
  func fullLog() async throws {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let store = try SQLiteStore.open(directory: path)
      Self.limitFiles(to: 24 << 20)
      var failure: StoreFailure?
      do {
        while try store.log.bounds().byteCount < 200 << 20 {
          try store.log.append(segments: 1, byteCount: 300_000)
        }
      } catch let error as StoreFailure { failure = error }
      let first = try #require(failure)
      guard case .writeFailed(let file, let reason) = first else {
        Issue.record(first)
        return
      }
      #expect(file.hasPrefix("\(path)/log.db") && !reason.isEmpty)
      Self.limitFiles(to: .max)
      #expect(throws: first) { try store.log.bounds() }
      #expect(throws: first) { try store.log.append(.numbered(1)) }
      #expect(throws: first) { try store.log.read(from: Revision(1), bytesMax: 1) }
    }
    let store = try SQLiteStore.open(directory: directory.path)
    let newest = try store.log.bounds().newest
    #expect(newest > .zero)
    try store.log.append(.numbered(newest.rawValue + 1))
  }

  @Test("a full disk fails the batch, and the index from then on")
  func fullIndex() async throws {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let store = try SQLiteStore.open(directory: path)
      try store.log.append(segments: 1)
      try store.index.apply(through: 1, facts: ["whole": [1]])
      Self.limitFiles(to: 2 << 20)
      let payload = [UInt8](repeating: 1, count: 100_000)
      let rows = (1...100).map { TaskRow.numbered(UInt64($0), payload: payload) }
      #expect(throws: StoreFailure.self) { try store.index.apply(through: 2, inserts: rows) }
      Self.limitFiles(to: .max)
      #expect(throws: StoreFailure.self) { try store.index.apply(through: 2) }
      #expect(throws: StoreFailure.self) { try store.index.appliedThrough() }
    }
    let store = try SQLiteStore.open(directory: directory.path)
    #expect(try store.index.appliedThrough() == Revision(1))
    #expect(try store.index.facts() == ["whole": [1]])
    #expect(try store.index.liveRows == [])
  }

  /// Beyond this, writes to a file of this process fail.
  private static func limitFiles(to byteCount: Int) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(1), &limit)
    limit.rlim_cur = byteCount == .max ? limit.rlim_max : rlim_t(byteCount)
    setrlimit(__rlimit_resource_t(1), &limit)
  }
}
