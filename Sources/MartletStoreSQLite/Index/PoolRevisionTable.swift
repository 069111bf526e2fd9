import MartletCore
import MartletStore

/// The history of pools: of each the newest changes that somebody made, and the newest that scaling
/// made.
final class PoolRevisionTable {
  private let insert: Statement
  private let trim: Statement
  private let remove: Statement

  init(_ connection: Connection) throws(StoreFailure) {
    // Files that were made before there was a history have no such table.
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS pool_revision (
        pool INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        by_scaling INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (pool, revision)
      ) STRICT, WITHOUT ROWID
      """)
    insert = try connection.prepare(
      "INSERT OR REPLACE INTO pool_revision VALUES (?1, ?2, ?3, ?4)")
    trim = try connection.prepare(
      """
      DELETE FROM pool_revision WHERE pool = ?1 AND by_scaling = ?2 AND revision <= (
        SELECT revision FROM pool_revision WHERE pool = ?1 AND by_scaling = ?2
        ORDER BY revision DESC LIMIT 1 OFFSET ?3)
      """)
    remove = try connection.prepare("DELETE FROM pool_revision WHERE pool = ?1")
  }

  /// - Parameter kept: Of a pool and either kind.
  func add(_ rows: [PoolRevisionRow], kept: Int) throws(StoreFailure) {
    if rows.isEmpty { return }
    var lines: Set<Line> = []
    for row in rows {
      lines.insert(Line(pool: row.pool, isByScaling: row.isByScaling))
      insert.bind(1, Int64(row.pool.rawValue))
      insert.bind(2, Int64(bitPattern: row.revision.rawValue))
      insert.bind(3, row.isByScaling ? 1 : 0)
      insert.bind(4, copying: row.bytes)
      try insert.run()
    }
    for line in lines {
      trim.bind(1, Int64(line.pool.rawValue))
      trim.bind(2, line.isByScaling ? 1 : 0)
      trim.bind(3, Int64(kept))
      try trim.run()
    }
  }

  private struct Line: Hashable {
    var pool: PoolID
    var isByScaling: Bool
  }

  func delete(_ pool: PoolID) throws(StoreFailure) {
    remove.bind(1, Int64(pool.rawValue))
    try remove.run()
  }

  static func find(
    of pool: PoolID, through last: Revision, limit: Int, in reader: Connection
  ) throws(StoreFailure) -> [PoolRevisionRow] {
    let statement = try reader.statement(
      """
      SELECT revision, by_scaling, bytes FROM pool_revision WHERE pool = ?1 AND revision <= ?2
      ORDER BY revision DESC LIMIT ?3
      """)
    defer { statement.reset() }
    statement.bind(1, Int64(pool.rawValue))
    statement.bind(2, Int64(clamping: last.rawValue))
    statement.bind(3, Int64(limit))
    var rows: [PoolRevisionRow] = []
    while try statement.step() {
      rows.append(
        PoolRevisionRow(
          pool: pool, revision: Revision(UInt64(bitPattern: statement.int64(0))),
          isByScaling: statement.int64(1) != 0, bytes: statement.bytes(2)))
    }
    return rows
  }
}
