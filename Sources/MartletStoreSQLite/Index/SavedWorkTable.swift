import MartletCore
import MartletStore

/// What attempts saved for the next one: rows of their own, since every change of a task's state
/// writes its row in `task` anew.
final class SavedWorkTable {
  private let set: Statement
  private let remove: Statement
  /// Without any row, nothing need be removed when tasks go.
  private var isEmpty: Bool

  init(_ connection: Connection) throws(StoreFailure) {
    // Files that were made before there were checkpoints have no such table.
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS saved_work (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT
      """)
    set = try connection.prepare("INSERT OR REPLACE INTO saved_work VALUES (?1, ?2)")
    remove = try connection.prepare("DELETE FROM saved_work WHERE id = ?1")
    isEmpty = try connection.number("SELECT count(*) FROM (SELECT 1 FROM saved_work LIMIT 1)") == 0
  }

  func set(_ id: TaskID, _ bytes: [UInt8]?) throws(StoreFailure) {
    guard let bytes else { return try delete(id) }
    isEmpty = false
    set.bind(1, Int64(bitPattern: id.rawValue))
    try bytes.withUnsafeBufferPointer { (bytes) throws(StoreFailure) in
      set.bind(2, borrowed: UnsafeRawBufferPointer(bytes))
      try set.run()
    }
  }

  func delete(_ id: TaskID) throws(StoreFailure) {
    if isEmpty { return }
    remove.bind(1, Int64(bitPattern: id.rawValue))
    try remove.run()
  }

  static func find(
    _ ids: [TaskID], in reader: Connection
  ) throws(StoreFailure) -> [TaskID: [UInt8]] {
    let statement = try reader.statement("SELECT bytes FROM saved_work WHERE id = ?1")
    defer { statement.reset() }
    var found: [TaskID: [UInt8]] = [:]
    for id in ids {
      statement.bind(1, Int64(bitPattern: id.rawValue))
      if try statement.step() { found[id] = statement.bytes(0) }
      statement.reset()
    }
    return found
  }
}
