import MartletCore
import MartletStore

/// The turns of tasks that did not go straight to their end. `omitted` of a task's first turn says
/// how many after it are no longer kept.
final class TurnTable {
  private let insert: Statement
  private let count: Statement
  private let bounds: Statement
  private let trim: Statement
  private let note: Statement
  private let remove: Statement
  private let connection: Connection
  /// Without any row, nothing need be removed when tasks go.
  private var isEmpty: Bool

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    // Files that were made before there were turns have no such table.
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS turn (
        task INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        omitted INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (task, revision)
      ) STRICT, WITHOUT ROWID
      """)
    insert = try connection.prepare("INSERT INTO turn VALUES (?1, ?2, 0, ?3)")
    count = try connection.prepare("SELECT count(*) FROM turn WHERE task = ?1")
    bounds = try connection.prepare(
      """
      SELECT (SELECT min(revision) FROM turn WHERE task = ?1),
        (SELECT revision FROM turn WHERE task = ?1 ORDER BY revision DESC LIMIT 1 OFFSET ?2)
      """)
    trim = try connection.prepare(
      "DELETE FROM turn WHERE task = ?1 AND revision > ?2 AND revision < ?3")
    note = try connection.prepare(
      "UPDATE turn SET omitted = omitted + ?3 WHERE task = ?1 AND revision = ?2")
    remove = try connection.prepare("DELETE FROM turn WHERE task = ?1")
    isEmpty = try connection.number("SELECT count(*) FROM (SELECT 1 FROM turn LIMIT 1)") == 0
  }

  /// Keeps of each task the first turn and the newest, `kept` in all.
  func add(_ turns: [TurnRow], kept: Int) throws(StoreFailure) {
    if turns.isEmpty { return }
    isEmpty = false
    var tasks: Set<TaskID> = []
    for turn in turns {
      tasks.insert(turn.task)
      insert.bind(1, Int64(bitPattern: turn.task.rawValue))
      insert.bind(2, Int64(bitPattern: turn.revision.rawValue))
      try turn.bytes.withUnsafeBufferPointer { (bytes) throws(StoreFailure) in
        insert.bind(3, borrowed: UnsafeRawBufferPointer(bytes))
        try insert.run()
      }
    }
    for task in tasks { try shorten(task, to: kept) }
  }

  func delete(_ task: TaskID) throws(StoreFailure) {
    if isEmpty { return }
    remove.bind(1, Int64(bitPattern: task.rawValue))
    try remove.run()
  }

  private func shorten(_ task: TaskID, to kept: Int) throws(StoreFailure) {
    let id = Int64(bitPattern: task.rawValue)
    count.bind(1, id)
    let isLong = try count.step() && count.int64(0) > Int64(kept)
    count.reset()
    guard isLong else { return }
    bounds.bind(1, id)
    bounds.bind(2, Int64(kept - 2))
    _ = try bounds.step()
    let (first, oldestOfNewest) = (bounds.int64(0), bounds.int64(1))
    bounds.reset()
    trim.bind(1, id)
    trim.bind(2, first)
    trim.bind(3, oldestOfNewest)
    try trim.run()
    note.bind(1, id)
    note.bind(2, first)
    note.bind(3, Int64(connection.changes))
    try note.run()
  }

  static func find(
    _ task: TaskID, in reader: Connection
  ) throws(StoreFailure) -> (turns: [TurnRow], omitted: Int64) {
    let statement = try reader.statement(
      "SELECT revision, omitted, bytes FROM turn WHERE task = ?1 ORDER BY revision")
    defer { statement.reset() }
    statement.bind(1, Int64(bitPattern: task.rawValue))
    var turns: [TurnRow] = []
    var omitted: Int64 = 0
    while try statement.step() {
      omitted += statement.int64(1)
      turns.append(
        TurnRow(
          task: task, revision: Revision(UInt64(bitPattern: statement.int64(0))),
          bytes: statement.bytes(2)))
    }
    return (turns, omitted)
  }
}
