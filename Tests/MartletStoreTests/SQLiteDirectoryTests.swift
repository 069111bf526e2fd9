import Foundation
import MartletCore
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("A data directory")
struct SQLiteDirectoryTests {
  private let directory = TestDirectory()

  private func open() throws -> SQLiteStore { try SQLiteStore.open(directory: directory.path) }

  private func mode(_ name: String) throws -> Int? {
    let path = name.isEmpty ? directory.path : directory.file(name)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }

  /// A store with ten segments, all applied; the first five trimmed if so wished.
  private func fill(trimming: Bool) throws {
    let store = try open()
    try store.log.append(segments: 10, byteCount: 5000)
    try store.index.apply(
      through: 10, inserts: (1...10).map { .numbered(UInt64($0)) }, facts: ["a": [1]])
    if trimming {
      #expect(try store.index.checkpoint() == Revision(10))
      while try !store.log.trim(before: Revision(6)) {}
    }
    store.close()
  }

  @Test("a file from before unique keys and retentions gets what they need")
  func migration() throws {
    try fill(trimming: false)
    let connection = try Connection(path: directory.file("index.db"), role: .writer)
    try connection.execute(
      """
      DROP INDEX task_by_unique_end; DROP INDEX task_by_outcome;
      ALTER TABLE task DROP COLUMN unique_mark
      """)
    let store = try open()
    let mark = UniqueMark(key: "k", pool: nil)
    var row = TaskRow.numbered(11, state: .succeeded)
    row.submission.unique = mark
    try store.log.append(.numbered(11))
    try store.index.apply(through: 11, inserts: [row])
    #expect(try store.index.lastEnds([mark])[mark]?.task == row.id)
    #expect(
      try store.index.finished(
        in: PoolID(rawValue: 1), as: .succeeded, before: .seconds(99), limit: 9
      ).map(\.task) == [row.id])
    #expect(try store.index.tasks([TaskID(rawValue: 3)], withContent: true).count == 1)
  }

  @Test("only its owner may read it")
  func modes() throws {
    let store = try open()
    try store.log.append(.numbered(1))
    try store.index.apply(through: 1)
    #expect(try mode("") == 0o700)
    for name in ["LOCK", "log.db", "log.db-wal", "log.db-shm", "index.db", "index.db-wal"] {
      #expect(try mode(name) == 0o600)
    }
  }

  @Test("it is made with all that is missing above it, for its owner alone")
  func parents() throws {
    let path = directory.file("a/b//c/")
    try SQLiteStore.open(directory: path).close()
    try SQLiteStore.open(directory: path).close()
    for name in ["a", "a/b", "a/b/c"] { #expect(try mode(name) == 0o700) }
  }

  @Test("where a file is in the way, nothing is made")
  func fileInTheWay() throws {
    try FileManager.default.createDirectory(
      atPath: directory.path, withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: directory.file("file")))
    for name in ["file", "file/below"] {
      let path = directory.file(name)
      #expect(throws: StoreFailure.writeFailed(file: path, reason: "Not a directory")) {
        try SQLiteStore.open(directory: path)
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
  }

  @Test("everything is there after a reopening", arguments: [false, true])
  func reopen(trimming: Bool) throws {
    try fill(trimming: trimming)
    for _ in 1...2 {
      let store = try open()
      let first: UInt64 = trimming ? 6 : 1
      let segments = try store.log.read(from: Revision(first), bytesMax: .max)
      #expect(segments == (first...10).map { .numbered($0, byteCount: 5000) })
      #expect(
        try store.log.bounds()
          == LogBounds(
            oldest: Revision(first), newest: Revision(10), byteCount: segments.count * 5000))
      #expect(try store.index.appliedThrough() == Revision(10))
      #expect(try store.index.liveRows.count == 10)
      #expect(try store.index.facts() == ["a": [1]])
      store.close()
    }
  }

  @Test("a second opening is refused and says who is in")
  func inUse() throws {
    let store = try open()
    let expected = StoreFailure.inUse(directory: directory.path, owner: "pid \(getpid())")
    #expect(throws: expected) { try open() }
    try store.log.append(.numbered(1))
  }

  @Test("a closed store lets the next one in, though somebody still holds it")
  func closed() throws {
    let store = try open()
    try store.log.append(.numbered(1))
    store.close()
    let next = try open()
    #expect(try next.log.bounds().newest == Revision(1))
    next.close()
  }

  @Test("another process is refused while one is in, and admitted after")
  func otherProcess() async throws {
    var store: SQLiteStore? = try open()
    try store?.log.append(.numbered(1))
    await #expect(processExitsWith: .success) {
      [path = directory.path as String, owner = getpid() as Int32] in
      let expected = StoreFailure.inUse(directory: path, owner: "pid \(owner)")
      #expect(throws: expected) { try SQLiteStore.open(directory: path) }
    }
    store?.close()
    store = nil
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      let store = try SQLiteStore.open(directory: path)
      #expect(try store.log.bounds().newest == Revision(1))
    }
  }

  @Test("a newer format is refused", arguments: ["log.db", "index.db"])
  func newerFormat(file: String) throws {
    try fill(trimming: false)
    let path = directory.file(file)
    try Connection(path: path, role: .writer).execute("PRAGMA user_version = 7")
    let expected = StoreFailure.newerFormat(file: path, found: 7, known: 1)
    #expect(throws: expected) { try open() }
  }

  @Test("another program's database is refused", arguments: ["log.db", "index.db"])
  func foreign(file: String) throws {
    try fill(trimming: false)
    let path = directory.file(file)
    try Connection(path: path, role: .writer).execute("PRAGMA application_id = 1")
    let expected = StoreFailure.corrupted(
      file: path, reason: "it is another program's database")
    #expect(throws: expected) { try open() }
  }

  @Test("a log that is gone is not made anew beside its index")
  func logGone() throws {
    try fill(trimming: false)
    try FileManager.default.removeItem(atPath: directory.file("log.db"))
    #expect(throws: StoreFailure.self) { try open() }
    #expect(!FileManager.default.fileExists(atPath: directory.file("log.db")))
  }

  @Test("an index that is gone is made anew only while the log has everything")
  func indexGone() throws {
    try fill(trimming: false)
    try FileManager.default.removeItem(atPath: directory.file("index.db"))
    var store: SQLiteStore? = try open()
    #expect(try store?.index.appliedThrough() == .zero)
    try store?.index.apply(through: 10)
    #expect(try store?.index.checkpoint() == Revision(10))
    while try store?.log.trim(before: Revision(3)) == false {}
    store?.close()
    store = nil
    try FileManager.default.removeItem(atPath: directory.file("index.db"))
    let expected = StoreFailure.corrupted(
      file: directory.file("index.db"), reason: "it is gone, while log.db is there")
    #expect(throws: expected) { try open() }
  }

  @Test("an index from before the oldest segment, or ahead of the log, is refused")
  func fromAnotherTime() throws {
    try fill(trimming: false)
    let early = try directory.copy()
    var store: SQLiteStore? = try open()
    try store?.log.append(segments: 10)
    try store?.index.apply(through: 20)
    while try store?.log.trim(before: Revision(15)) == false {}
    store?.close()
    store = nil
    let late = try directory.copy()
    for (from, to) in [(early, late), (late, early)] {
      let mixed = try to.copy()
      try FileManager.default.removeItem(atPath: mixed.file("index.db"))
      try FileManager.default.copyItem(
        atPath: from.file("index.db"), toPath: mixed.file("index.db"))
      #expect(throws: StoreFailure.self) { try SQLiteStore.open(directory: mixed.path) }
    }
  }
}
