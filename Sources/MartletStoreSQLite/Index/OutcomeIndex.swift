import MartletCore
import MartletStore

/// Finds what a pool keeps no longer: finished tasks by pool and outcome, in the order of their
/// ends.
enum OutcomeIndex {
  /// Files that were made before pools had a retention of their own have no such index.
  static func add(to connection: Connection) throws(StoreFailure) {
    try connection.execute(
      """
      CREATE INDEX IF NOT EXISTS task_by_outcome ON task (pool, state, finish_time)
      WHERE finish_time IS NOT NULL
      """)
  }

  static func finished(
    in pool: PoolID, as outcome: TaskState, before time: WallTime, limit: Int,
    in reader: Connection
  ) throws(StoreFailure) -> [TasksPurged.Entry] {
    let statement = try reader.statement(
      """
      SELECT id, kind FROM task INDEXED BY task_by_outcome
      WHERE pool = ?1 AND state = ?2 AND finish_time IS NOT NULL AND finish_time < ?3
      ORDER BY finish_time, id LIMIT ?4
      """)
    defer { statement.reset() }
    statement.bind(1, Int64(pool.rawValue))
    statement.bind(2, Int64(outcome.rawValue))
    statement.bind(3, time.nanoseconds)
    statement.bind(4, Int64(max(0, limit)))
    var entries: [TasksPurged.Entry] = []
    while try statement.step() {
      guard let kind = UInt32(exactly: statement.int64(1)) else {
        throw .corrupted(file: reader.path, reason: "a finished task has no kind")
      }
      entries.append(
        TasksPurged.Entry(
          task: TaskID(rawValue: UInt64(bitPattern: statement.int64(0))), pool: pool,
          kind: KindID(rawValue: kind), state: outcome))
    }
    return entries
  }
}
