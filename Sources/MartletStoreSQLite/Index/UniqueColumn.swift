import MartletCore
import MartletStore

/// Where finished tasks are found by key and scope: a column of `task`, with an index of those that
/// wanted to be the only one. The others, that live, the engine knows.
enum UniqueColumn {
  /// Files that were made before there was such a thing have no such column.
  static func add(to connection: Connection) throws(StoreFailure) {
    let isThere = try connection.number(
      "SELECT count(*) FROM pragma_table_info('task') WHERE name = 'unique_mark'")
    if isThere == 0 { try connection.execute("ALTER TABLE task ADD COLUMN unique_mark BLOB") }
    // What it was once had live tasks in it, too, and each submission paid for that.
    try connection.execute("DROP INDEX IF EXISTS task_by_unique_mark")
    try connection.execute(
      """
      CREATE INDEX IF NOT EXISTS task_by_unique_end ON task (unique_mark, finish_time)
      WHERE unique_mark IS NOT NULL AND finish_time IS NOT NULL
      """)
  }

  static func lastEnds(
    _ marks: Set<UniqueMark>, in reader: Connection
  ) throws(StoreFailure) -> [UniqueMark: UniqueEnd] {
    try reader.snapshot { () throws(StoreFailure) in
      let statement = try reader.statement(
        """
        SELECT id, state, finish_time FROM task INDEXED BY task_by_unique_end
        WHERE unique_mark = ?1 AND finish_time IS NOT NULL AND state <> \(TaskState.cancelled.rawValue)
        ORDER BY finish_time DESC, id DESC LIMIT 1
        """)
      defer { statement.reset() }
      var found: [UniqueMark: UniqueEnd] = [:]
      for mark in marks {
        statement.bind(1, copying: mark.encoded)
        if try statement.step() {
          guard let state = UInt8(exactly: statement.int64(1)).flatMap(TaskState.init(rawValue:))
          else { throw .corrupted(file: reader.path, reason: "a finished task has no state") }
          found[mark] = UniqueEnd(
            task: TaskID(rawValue: UInt64(bitPattern: statement.int64(0))), state: state,
            finishTime: WallTime(nanoseconds: statement.int64(2)))
        }
        statement.reset()
      }
      return found
    }
  }
}

extension UniqueMark {
  static let byteCount = 16

  /// The blob in the column.
  var encoded: [UInt8] {
    (0..<Self.byteCount).map { place in
      UInt8(truncatingIfNeeded: (place < 8 ? high : low) >> (8 * UInt64(place % 8)))
    }
  }

  init?(encoded bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    self.init(
      high: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)),
      low: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }
}
