import MartletCore
import MartletStore

/// Writes rows of the table `task`. Used by the writing thread only.
final class TaskTable {
  /// Bytes; a larger payload has a row of its own. Every change of state writes its row anew.
  static let inlinePayloadMax = 1024

  private let path: String
  private let insert: Statement
  private let insertPayload: Statement
  private let updateLive: Statement
  private let updateFinished: Statement
  private let edit: Statement
  private let deleteLive: Statement
  private let deleteFinished: Statement
  private let deletePayload: Statement
  private let connection: Connection
  private let arena = BlobArena()
  /// How many tasks have a finish time.
  private(set) var finished: Int

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    path = connection.path
    try UniqueColumn.add(to: connection)
    try OutcomeIndex.add(to: connection)
    finished = Int(try connection.number("SELECT finished FROM progress"))
    insert = try connection.prepare(
      """
      INSERT INTO task (state, attempt, attempts_forgiven, revision, due, due_time, start_time,
        finish_time, status, result, id, pool, kind, priority, create_time, submit_revision,
        deadline, labels, policy, spec, payload, unique_mark)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
        ?19, ?20, ?21, ?22)
      """)
    insertPayload = try connection.prepare("INSERT INTO payload (id, bytes) VALUES (?1, ?2)")
    // Two of each, because only the old row says whether one more or one less is finished.
    let update = """
      UPDATE task SET state = ?1, attempt = ?2, attempts_forgiven = ?3, revision = ?4, due = ?5,
        due_time = ?6, start_time = ?7, finish_time = ?8, status = ?9, result = ?10
      WHERE id = ?11
      """
    updateLive = try connection.prepare("\(update) AND finish_time IS NULL")
    updateFinished = try connection.prepare("\(update) AND finish_time IS NOT NULL")
    edit = try connection.prepare(
      """
      UPDATE task SET priority = coalesce(?2, priority),
        labels = CASE WHEN ?3 THEN ?4 ELSE labels END
      WHERE id = ?1
      """)
    let delete = "DELETE FROM task WHERE id = ?1"
    deleteLive = try connection.prepare("\(delete) AND finish_time IS NULL")
    deleteFinished = try connection.prepare("\(delete) AND finish_time IS NOT NULL")
    deletePayload = try connection.prepare("DELETE FROM payload WHERE id = ?1")
  }

  func insert(_ row: TaskRow) throws(StoreFailure) {
    let submission = row.submission
    let isInline = submission.payload.count <= Self.inlinePayloadMax
    let labels = submission.labels.isEmpty ? [] : submission.labels.encoded
    arena.clear(
      reserving: submission.policy.count + submission.spec.count + labels.count
        + (isInline ? submission.payload.count : 0) + row.status.variableByteCount
        + UniqueMark.byteCount)
    bind(row.status, to: insert)
    insert.bind(11, Int64(bitPattern: submission.id.rawValue))
    insert.bind(12, Int64(submission.pool.rawValue))
    insert.bind(13, Int64(submission.kind.rawValue))
    insert.bind(14, Int64(submission.priority))
    insert.bind(15, submission.createTime.nanoseconds)
    insert.bind(16, Int64(bitPattern: submission.submitRevision.rawValue))
    insert.bind(17, submission.deadline.nanoseconds)
    if labels.isEmpty { insert.bindNull(18) } else { bind(labels, to: insert, 18) }
    bind(submission.policy, to: insert, 19)
    bind(submission.spec, to: insert, 20)
    if isInline { bind(submission.payload, to: insert, 21) } else { insert.bindNull(21) }
    if let mark = submission.unique {
      bind(mark.encoded, to: insert, 22)
    } else {
      insert.bindNull(22)
    }
    try insert.run()
    if row.status.finishTime != nil { finished += 1 }
    if !isInline {
      insertPayload.bind(1, Int64(bitPattern: submission.id.rawValue))
      try submission.payload.withUnsafeBufferPointer { (bytes) throws(StoreFailure) in
        insertPayload.bind(2, borrowed: UnsafeRawBufferPointer(bytes))
        try insertPayload.run()
      }
    }
  }

  func update(_ id: TaskID, _ status: TaskStatusRow) throws(StoreFailure) {
    arena.clear(reserving: status.variableByteCount)
    for (statement, before) in [(updateLive, 0), (updateFinished, 1)] {
      bind(status, to: statement)
      statement.bind(11, Int64(bitPattern: id.rawValue))
      try statement.run()
      if connection.changes == 1 {
        finished += (status.finishTime == nil ? 0 : 1) - before
        return
      }
      arena.clear(reserving: status.variableByteCount)
    }
    throw .corrupted(file: path, reason: "task \(id) is missing")
  }

  func edit(_ id: TaskID, _ change: TaskEdit) throws(StoreFailure) {
    let labels = change.labels.map { $0.isEmpty ? [] : $0.encoded } ?? []
    arena.clear(reserving: labels.count)
    if let move = change.move { try self.move(id, move) }
    edit.bind(1, Int64(bitPattern: id.rawValue))
    edit.bind(2, change.priority.map { Int64($0) })
    edit.bind(3, change.labels == nil ? 0 : 1)
    if labels.isEmpty { edit.bindNull(4) } else { bind(labels, to: edit, 4) }
    try edit.run()
    guard connection.changes == 1 else {
      throw .corrupted(file: path, reason: "task \(id) is missing")
    }
  }

  private func move(_ id: TaskID, _ move: TaskEdit.Move) throws(StoreFailure) {
    let row = try connection.statement("SELECT unique_mark FROM task WHERE id = ?1")
    row.bind(1, Int64(bitPattern: id.rawValue))
    let mark = try row.step() ? row.withBytes(0, { UniqueMark(encoded: $0) }) : nil
    row.reset()
    let change = try connection.statement(
      "UPDATE task SET pool = ?2, unique_mark = ?3 WHERE id = ?1")
    change.bind(1, Int64(bitPattern: id.rawValue))
    change.bind(2, Int64(move.to.rawValue))
    if let mark {
      change.bind(3, copying: mark.moved(from: move.from, to: move.to).encoded)
    } else {
      change.bindNull(3)
    }
    try change.run()
  }

  func delete(_ id: TaskID) throws(StoreFailure) {
    let id = Int64(bitPattern: id.rawValue)
    deleteFinished.bind(1, id)
    try deleteFinished.run()
    if connection.changes == 1 {
      finished -= 1
    } else {
      deleteLive.bind(1, id)
      try deleteLive.run()
    }
    deletePayload.bind(1, id)
    try deletePayload.run()
  }

  private func bind(_ status: TaskStatusRow, to statement: Statement) {
    statement.bind(1, Int64(status.state.rawValue))
    statement.bind(2, Int64(status.attempt))
    statement.bind(3, Int64(status.attemptsForgiven))
    statement.bind(4, Int64(bitPattern: status.revision.rawValue))
    statement.bind(5, status.due.nanoseconds)
    statement.bind(6, status.dueTime.nanoseconds)
    statement.bind(7, status.startTime?.nanoseconds)
    statement.bind(8, status.finishTime?.nanoseconds)
    bind(status.status, to: statement, 9)
    if let result = status.result {
      bind(result, to: statement, 10)
    } else {
      statement.bindNull(10)
    }
  }

  private func bind(_ bytes: [UInt8], to statement: Statement, _ index: Int32) {
    statement.bind(index, borrowed: arena.append(bytes))
  }
}

extension TaskStatusRow {
  fileprivate var variableByteCount: Int { status.count + (result?.count ?? 0) }
}
