import MartletCore
import MartletStore

/// Rows of statistics, in the order of time. The row of a bucket that is open is written over with
/// each batch.
final class StatsTable {
  private let set: Statement
  private let trim: Statement
  private let connection: Connection

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    // Files that were made before there were statistics have no such table.
    try connection.execute(
      """
      CREATE TABLE IF NOT EXISTS stats (
        part INTEGER NOT NULL,
        resolution INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        pool INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        item INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (part, resolution, bucket, pool, kind, item)
      ) STRICT, WITHOUT ROWID
      """)
    set = try connection.prepare("INSERT OR REPLACE INTO stats VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    trim = try connection.prepare(
      """
      DELETE FROM stats WHERE (part, resolution, bucket, pool, kind, item) IN (
        SELECT part, resolution, bucket, pool, kind, item FROM stats
        WHERE part = ?1 AND resolution = ?2 AND bucket < ?3 ORDER BY bucket LIMIT ?4)
      """)
  }

  func set(_ rows: [StatsKey: [UInt8]]) throws(StoreFailure) {
    for (key, bytes) in rows {
      set.bind(1, Int64(key.part.rawValue))
      set.bind(2, Int64(key.resolution.rawValue))
      set.bind(3, key.bucket)
      set.bind(4, Int64(key.pool.rawValue))
      set.bind(5, Int64(key.kind.rawValue))
      set.bind(6, key.item)
      try bytes.withUnsafeBufferPointer { (bytes) throws(StoreFailure) in
        set.bind(7, borrowed: UnsafeRawBufferPointer(bytes))
        try set.run()
      }
    }
  }

  func forget(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64, limit: Int
  ) throws(StoreFailure) -> Int {
    trim.bind(1, Int64(part.rawValue))
    trim.bind(2, Int64(resolution.rawValue))
    trim.bind(3, bucket)
    trim.bind(4, Int64(limit))
    try trim.run()
    return connection.changes
  }
}

/// Statistics in a snapshot of a reader's connection.
struct SQLiteStatsReader: StatsReader {
  let connection: Connection

  func appliedThrough() throws(StoreFailure) -> Revision {
    Revision(
      UInt64(bitPattern: try connection.number("SELECT applied_through FROM progress")))
  }

  func rows(
    _ part: StatsPart, _ resolution: StatsResolution, _ buckets: Range<Int64>
  ) throws(StoreFailure) -> [StatsRow] {
    let statement = try connection.statement(
      """
      SELECT bucket, pool, kind, item, bytes FROM stats
      WHERE part = ?1 AND resolution = ?2 AND bucket >= ?3 AND bucket < ?4
      ORDER BY bucket, pool, kind, item
      """)
    defer { statement.reset() }
    statement.bind(1, Int64(part.rawValue))
    statement.bind(2, Int64(resolution.rawValue))
    statement.bind(3, buckets.lowerBound)
    statement.bind(4, buckets.upperBound)
    var rows: [StatsRow] = []
    while try statement.step() { rows.append(row(statement, part, resolution)) }
    return rows
  }

  func newest(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64
  ) throws(StoreFailure) -> StatsRow? {
    let statement = try connection.statement(
      """
      SELECT bucket, pool, kind, item, bytes FROM stats
      WHERE part = ?1 AND resolution = ?2 AND bucket < ?3
      ORDER BY bucket DESC, pool DESC, kind DESC, item DESC LIMIT 1
      """)
    defer { statement.reset() }
    statement.bind(1, Int64(part.rawValue))
    statement.bind(2, Int64(resolution.rawValue))
    statement.bind(3, bucket)
    return try statement.step() ? row(statement, part, resolution) : nil
  }

  func facts(_ prefix: String) throws(StoreFailure) -> [String: [UInt8]] {
    let statement = try connection.statement(
      "SELECT key, value FROM fact WHERE key >= ?1 AND key < ?2")
    defer { statement.reset() }
    statement.bind(1, prefix)
    statement.bind(2, prefix + "\u{10FFFF}")
    var facts: [String: [UInt8]] = [:]
    while try statement.step() { facts[statement.text(0)] = statement.bytes(1) }
    return facts
  }

  private func row(
    _ statement: Statement, _ part: StatsPart, _ resolution: StatsResolution
  ) -> StatsRow {
    StatsRow(
      key: StatsKey(
        part: part, resolution: resolution, bucket: statement.int64(0),
        pool: PoolID(rawValue: UInt32(truncatingIfNeeded: statement.int64(1))),
        kind: KindID(rawValue: UInt32(truncatingIfNeeded: statement.int64(2))),
        item: statement.int64(3)),
      bytes: statement.bytes(4))
  }
}
