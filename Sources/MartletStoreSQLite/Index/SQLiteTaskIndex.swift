package import MartletCore
package import MartletStore
import Synchronization

/// The index in `index.db`.
package final class SQLiteTaskIndex: TaskIndex {
  private let writer: Mutex<IndexWriter>
  private let checkpointer: Mutex<Checkpointer>
  private let readers: ReaderPool
  /// Let go by `close`, also if somebody still holds on to this object.
  private let lock: Mutex<DirectoryLock?>
  private let failure = FirstFailure()
  /// Set after each batch, by the writer.
  private let applied: Mutex<Revision>

  init(directory: String, lock: DirectoryLock) throws(StoreFailure) {
    let writer = try IndexWriter(DatabaseFile.index.open(in: directory))
    applied = Mutex(try writer.appliedThrough())
    checkpointer = Mutex(try Checkpointer(path: writer.path))
    readers = ReaderPool(path: writer.path) { (reader) throws(StoreFailure) in
      try QueryFunctions.register(in: reader)
    }
    self.writer = Mutex(writer)
    self.lock = Mutex(lock)
  }

  package func apply(_ batch: IndexBatch) throws(StoreFailure) {
    try write { (writer) throws(StoreFailure) in
      try PacedWrites.during { () throws(StoreFailure) in try writer.apply(batch) }
      applied.withLock { $0 = batch.appliedThrough }
    }
  }

  package func forgetRequests(before time: WallTime) throws(StoreFailure) {
    try write { (writer) throws(StoreFailure) in
      try writer.forgetRequests(before: time)
    }
  }

  package func readStats<Value>(
    _ body: (any StatsReader) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try read { (reader) throws(StoreFailure) in
      try reader.snapshot { () throws(StoreFailure) in
        try body(SQLiteStatsReader(connection: reader))
      }
    }
  }

  package func forgetStats(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64, limit: Int
  ) throws(StoreFailure) -> Int {
    try write { (writer) throws(StoreFailure) in
      try writer.forgetStats(part, resolution, before: bucket, limit: limit)
    }
  }

  package func checkpoint() throws(StoreFailure) -> Revision {
    let applied = try appliedThrough()
    try checkpointer.withLock { (checkpointer) throws(StoreFailure) in
      do throws(StoreFailure) {
        try checkpointer.checkpoint()
      } catch {
        failure.note(error)
        throw error
      }
    }
    return applied
  }

  package func releaseMemory() { writer.withLock { $0.releaseMemory() } }

  package func appliedThrough() throws(StoreFailure) -> Revision {
    try failure.check()
    return applied.withLock { $0 }
  }

  package func facts() throws(StoreFailure) -> [String: [UInt8]] {
    try read { (reader) throws(StoreFailure) in
      let statement = try reader.statement("SELECT key, value FROM fact")
      defer { statement.reset() }
      var facts: [String: [UInt8]] = [:]
      while try statement.step() { facts[statement.text(0)] = statement.bytes(1) }
      return facts
    }
  }

  /// At a start, when nobody writes: so it may be one transaction, however long.
  package func forEachLive(_ body: (TaskRow) -> Void) throws(StoreFailure) {
    try read { (reader) throws(StoreFailure) in
      var rows = TaskRowReader(reader, .live)
      let statement = try reader.statement(Self.selectLive(.live))
      defer { statement.reset() }
      while try statement.step() { body(try rows.row(statement)) }
    }
  }

  static func selectLive(_ extent: TaskRowReader.Extent) -> String {
    """
    SELECT \(extent.columns) FROM task INDEXED BY task_live WHERE finish_time IS NULL ORDER BY id
    """
  }

  package func tasks(_ ids: [TaskID], withContent: Bool) throws(StoreFailure) -> [TaskRow] {
    try read { (reader) throws(StoreFailure) in
      try reader.snapshot { () throws(StoreFailure) in
        try Self.rows(ids, withContent ? .whole : .withoutContent, in: reader)
      }
    }
  }

  private static func rows(
    _ ids: [TaskID], _ extent: TaskRowReader.Extent, in reader: Connection
  ) throws(StoreFailure) -> [TaskRow] {
    var rows = TaskRowReader(reader, extent)
    let statement = try reader.statement("SELECT \(rows.extent.columns) FROM task WHERE id = ?1")
    defer { statement.reset() }
    var found: [TaskRow] = []
    found.reserveCapacity(ids.count)
    for id in ids {
      statement.bind(1, Int64(clamping: id.rawValue))
      if try statement.step() { found.append(try rows.row(statement)) }
      statement.reset()
    }
    return found
  }

  package func story(_ id: TaskID) throws(StoreFailure) -> TaskStory? {
    try read { (reader) throws(StoreFailure) in
      try reader.snapshot { () throws(StoreFailure) in
        guard let row = try Self.rows([id], .withoutContent, in: reader).first else { return nil }
        let (turns, omitted) = try TurnTable.find(id, in: reader)
        return TaskStory(row: row, turns: turns, omitted: omitted)
      }
    }
  }

  package func savedWork(_ ids: [TaskID]) throws(StoreFailure) -> [TaskID: [UInt8]] {
    try read { (reader) throws(StoreFailure) in try SavedWorkTable.find(ids, in: reader) }
  }

  package func poolRevisions(
    of pool: PoolID, through last: Revision, limit: Int
  ) throws(StoreFailure) -> [PoolRevisionRow] {
    try read { (reader) throws(StoreFailure) in
      try PoolRevisionTable.find(of: pool, through: last, limit: limit, in: reader)
    }
  }

  package func page(_ query: TaskQuery) throws(StoreFailure) -> TaskPage {
    try read { (reader) throws(StoreFailure) in
      try TaskQueryReader(connection: reader, query: query).page()
    }
  }

  package func count(_ query: TaskQuery) throws(StoreFailure) -> Int {
    try read { (reader) throws(StoreFailure) in
      try TaskQueryReader(connection: reader, query: query).count()
    }
  }

  package func finished(before time: WallTime, limit: Int) throws(StoreFailure) -> [TaskRow] {
    guard limit > 0, time.nanoseconds > .min else { return [] }
    var range = TaskRange.all(.finished)
    range.high = time.nanoseconds - 1
    var ids: [TaskID] = []
    try walkFinished(range) { position in
      ids.append(position.id)
      return ids.count < limit
    }
    return try tasks(ids, withContent: false)
  }

  package func finished(
    in pool: PoolID, as outcome: TaskState, before time: WallTime, limit: Int
  ) throws(StoreFailure) -> [TasksPurged.Entry] {
    try read { (reader) throws(StoreFailure) in
      try OutcomeIndex.finished(
        in: pool, as: outcome, before: time, limit: limit, in: reader)
    }
  }

  package func finishTime(keepingNewest keep: Int) throws(StoreFailure) -> WallTime? {
    let finished = try read { (reader) throws(StoreFailure) in
      Int(try reader.number("SELECT finished FROM progress"))
    }
    guard keep > 0, finished > keep else { return nil }
    var excess = finished - keep
    var oldestKept: WallTime?
    try walkFinished(.all(.finished)) { position in
      oldestKept = position.finishTime
      excess -= 1
      return excess >= 0
    }
    return oldestKept
  }

  package func lastEnds(
    _ marks: Set<UniqueMark>
  ) throws(StoreFailure) -> [UniqueMark: UniqueEnd] {
    try read { (reader) throws(StoreFailure) in
      try UniqueColumn.lastEnds(marks, in: reader)
    }
  }

  package func requests(
    _ keys: [RememberedRequest.Key]
  ) throws(StoreFailure) -> [RememberedRequest.Key: RememberedRequest] {
    try read { (reader) throws(StoreFailure) in try RequestTables.find(keys, in: reader) }
  }

  package func byteCount() throws(StoreFailure) -> Int {
    try read { (reader) throws(StoreFailure) in
      let pages = try reader.number("PRAGMA page_count") - reader.number("PRAGMA freelist_count")
      return Int(try pages * reader.number("PRAGMA page_size"))
    }
  }

  package func close() {
    readers.close()
    lock.withLock { $0 = nil }
  }

  private func walkFinished(
    _ range: TaskRange, _ body: (TaskQuery.Position) -> Bool
  ) throws(StoreFailure) {
    try read { (reader) throws(StoreFailure) in
      let scan = TaskScan(
        connection: reader, predicate: QueryPredicate(TaskQuery(), includingPlace: false),
        descending: false, withFinishTime: true)
      _ = try scan.visit([range]) { position, _ in body(position) }
    }
  }

  private func read<Value>(
    _ body: (Connection) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try failure.check()
    return try readers.read(body)
  }

  private func write<Value: Sendable>(
    _ body: (IndexWriter) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try writer.withLock { (writer) throws(StoreFailure) in
      try failure.check()
      do throws(StoreFailure) {
        return try body(writer)
      } catch {
        failure.note(error)
        throw error
      }
    }
  }
}
