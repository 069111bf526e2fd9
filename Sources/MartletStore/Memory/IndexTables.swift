import MartletCore

/// The tables of a `MemoryTaskIndex`, as a value.
struct IndexTables {
  static let file = "memory index"

  var appliedThrough = Revision.zero
  var tasks: [TaskID: TaskRow] = [:]
  var requests: [RequestHour: [RememberedRequest.Key: RememberedRequest]] = [:]
  var savedWork: [TaskID: [UInt8]] = [:]
  var turns: [TaskID: (rows: [TurnRow], omitted: Int64)] = [:]
  /// Of each pool by rising revision.
  var poolRevisions: [PoolID: [PoolRevisionRow]] = [:]
  var facts: [String: [UInt8]] = [:]
  var stats: [StatsKey: [UInt8]] = [:]

  mutating func apply(_ batch: IndexBatch) throws(StoreFailure) {
    for row in batch.inserts {
      guard tasks.updateValue(row, forKey: row.id) == nil else {
        throw .corrupted(file: Self.file, reason: "task \(row.id) is there already")
      }
    }
    for (id, status) in batch.updates {
      guard tasks[id] != nil else {
        throw .corrupted(file: Self.file, reason: "task \(id) is missing")
      }
      tasks[id]?.status = status
    }
    for (id, edit) in batch.edits {
      guard var row = tasks[id] else {
        throw .corrupted(file: Self.file, reason: "task \(id) is missing")
      }
      edit.apply(to: &row.submission)
      tasks[id] = row
    }
    for (id, work) in batch.savedWork { savedWork[id] = work }
    for turn in batch.turns { turns[turn.task, default: ([], 0)].rows.append(turn) }
    for task in Set(batch.turns.map(\.task)) { shortenTurns(of: task, to: batch.turnsKept) }
    for id in batch.deletes {
      tasks[id] = nil
      savedWork[id] = nil
      turns[id] = nil
    }
    apply(batch.poolRevisions, kept: batch.poolRevisionsKept)
    for pool in batch.forgottenPools { poolRevisions[pool] = nil }
    for request in batch.requests {
      requests[RequestHour(of: request.time), default: [:]][request.key] = request
    }
    for (key, value) in batch.facts { facts[key] = value }
    stats.merge(batch.stats) { $1 }
    appliedThrough = batch.appliedThrough
  }

  private mutating func apply(_ revisions: [PoolRevisionRow], kept: Int) {
    for row in revisions {
      var rows = poolRevisions[row.pool] ?? []
      rows.append(row)
      let alike = rows.count { $0.isByScaling == row.isByScaling }
      if alike > kept, let oldest = rows.firstIndex(where: { $0.isByScaling == row.isByScaling }) {
        rows.remove(at: oldest)
      }
      poolRevisions[row.pool] = rows
    }
  }

  private mutating func shortenTurns(of task: TaskID, to kept: Int) {
    guard var entry = turns[task], entry.rows.count > kept else { return }
    let excess = entry.rows.count - kept
    entry.rows.removeSubrange(1..<1 + excess)
    entry.omitted += Int64(excess)
    turns[task] = entry
  }

  func story(_ id: TaskID) -> TaskStory? {
    guard let row = tasks[id]?.withoutContent else { return nil }
    return TaskStory(row: row, turns: turns[id]?.rows ?? [], omitted: turns[id]?.omitted ?? 0)
  }

  var liveRows: [TaskRow] {
    tasks.values.filter { !$0.status.state.isTerminal }.sorted { $0.id < $1.id }
  }

  /// Finished tasks by finish time, then by id.
  var finishedFirstFirst: [(finishTime: WallTime, id: TaskID)] {
    tasks.values
      .compactMap { row in row.status.finishTime.map { (finishTime: $0, id: row.id) } }
      .sorted { ($0.finishTime, $0.id) < ($1.finishTime, $1.id) }
  }

  func page(_ query: TaskQuery) -> TaskPage {
    var matching = tasks.values.filter(query.matches)
    if query.order.isByFinishTime { matching.removeAll { $0.status.finishTime == nil } }
    let rows =
      matching
      .map { (position: $0.position(in: query.order), row: $0) }
      .filter { entry in
        guard let after = query.after else { return true }
        return after.precedes(entry.position, in: query.order)
      }
      .sorted { $0.position.precedes($1.position, in: query.order) }
      .map { query.withContent ? $0.row : $0.row.withoutContent }

    var page = TaskPage(rows: [], next: nil)
    var byteCount = 0
    for row in rows {
      byteCount += row.byteCount
      let isFull = page.rows.count >= query.rowsMax || byteCount > query.bytesMax
      if isFull, let last = page.rows.last {
        page.next = last.position(in: query.order)
        break
      }
      page.rows.append(row)
    }
    return page
  }
}
