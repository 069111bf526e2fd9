import MartletCore
import MartletStore

/// The connection that writes the index, used by one thread at a time.
final class IndexWriter {
  private let connection: Connection
  private let tasks: TaskTable
  private let savedWork: SavedWorkTable
  private let labels: LabelTable
  private let turns: TurnTable
  private let poolRevisions: PoolRevisionTable
  private let stats: StatsTable
  private let setFact: Statement
  private let removeFact: Statement
  private let setProgress: Statement

  var path: String { connection.path }

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    try connection.execute(
      """
      PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16000;
      PRAGMA cache_size = -32768
      """)
    tasks = try TaskTable(connection)
    savedWork = try SavedWorkTable(connection)
    labels = try LabelTable(connection)
    turns = try TurnTable(connection)
    poolRevisions = try PoolRevisionTable(connection)
    stats = try StatsTable(connection)
    setFact = try connection.prepare("INSERT OR REPLACE INTO fact VALUES (?1, ?2)")
    removeFact = try connection.prepare("DELETE FROM fact WHERE key = ?1")
    setProgress = try connection.prepare(
      "UPDATE progress SET applied_through = ?1, finished = ?2 WHERE id = 1")
  }

  func appliedThrough() throws(StoreFailure) -> Revision {
    let number = try connection.number("SELECT applied_through FROM progress")
    return Revision(UInt64(bitPattern: number))
  }

  func releaseMemory() { connection.releaseMemory() }

  func apply(_ batch: IndexBatch) throws(StoreFailure) {
    try connection.transaction { () throws(StoreFailure) in
      for row in batch.inserts { try tasks.insert(row) }
      try labels.insert(batch.inserts)
      for (id, status) in batch.updates { try tasks.update(id, status) }
      try labels.replace(by: batch.edits)
      for (id, edit) in batch.edits { try tasks.edit(id, edit) }
      for (id, bytes) in batch.savedWork { try savedWork.set(id, bytes) }
      try labels.delete(batch.deletes)
      try turns.add(batch.turns, kept: batch.turnsKept)
      for id in batch.deletes {
        try tasks.delete(id)
        try savedWork.delete(id)
        try turns.delete(id)
      }
      try poolRevisions.add(batch.poolRevisions, kept: batch.poolRevisionsKept)
      for pool in batch.forgottenPools { try poolRevisions.delete(pool) }
      try stats.set(batch.stats)
      try RequestTables.insert(batch.requests, into: connection)
      for (key, value) in batch.facts { try set(key, value) }
      setProgress.bind(1, Int64(bitPattern: batch.appliedThrough.rawValue))
      setProgress.bind(2, Int64(tasks.finished))
      try setProgress.run()
    }
  }

  func forgetRequests(before time: WallTime) throws(StoreFailure) {
    try RequestTables.drop(before: time, in: connection)
  }

  func forgetStats(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64, limit: Int
  ) throws(StoreFailure) -> Int {
    try stats.forget(part, resolution, before: bucket, limit: limit)
  }

  private func set(_ key: String, _ value: [UInt8]?) throws(StoreFailure) {
    guard let value else {
      removeFact.bind(1, key)
      return try removeFact.run()
    }
    setFact.bind(1, key)
    setFact.bind(2, copying: value)
    try setFact.run()
  }
}
