import Glibc
import MartletStore
import Testing

@testable import MartletStoreSQLite

@Suite("Paced writes")
struct PacedWritesTests {
  private let directory = TestDirectory()

  @Test("what nobody waits for is written with a pause after each quarter of a megabyte")
  func pauses() throws {
    try #require(mkdir(directory.path, 0o700) == 0)
    let connection = try DatabaseFile.log.open(in: directory.path)
    try connection.execute("PRAGMA wal_autocheckpoint = 0; CREATE TABLE heap (bytes BLOB) STRICT")
    let paced = try Self.time {
      try PacedWrites.during { () throws(StoreFailure) in try Self.write(to: connection) }
    }
    // 4 MiB are some 16 pieces.
    #expect(paced >= .milliseconds(12))
    #expect(try connection.number("SELECT sum(length(bytes)) FROM heap") == 4 << 20)
    try connection.checkpoint()
    #expect(try connection.text("PRAGMA integrity_check") == "ok")
  }

  private static func write(to connection: Connection) throws(StoreFailure) {
    for _ in 1...4 { try connection.execute("INSERT INTO heap VALUES (randomblob(1 << 20))") }
  }

  private static func time(_ body: () throws -> Void) rethrows -> Duration {
    try ContinuousClock().measure(body)
  }
}
