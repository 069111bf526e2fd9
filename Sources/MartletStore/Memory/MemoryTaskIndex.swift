package import MartletCore
import Synchronization

/// An index that forgets everything with its process: the model that other indexes are compared
/// with, and the index of a simulation, which may crash it.
package final class MemoryTaskIndex: TaskIndex {
  private struct Contents {
    var current = IndexTables()
    var checkpointed = IndexTables()
    /// What was applied since the checkpoint, in order: a crash keeps any number of the first.
    var unflushed: [IndexBatch] = []
    var failsNextApply = false
    var failure: StoreFailure?
  }

  private let contents = Mutex(Contents())

  package init() {}

  package func apply(_ batch: IndexBatch) throws(StoreFailure) {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      if contents.failsNextApply {
        let failure = StoreFailure.writeFailed(file: IndexTables.file, reason: "as told")
        contents.failure = failure
        throw failure
      }
      var changed = contents.current
      // Else the tables would be copied, being referred to twice.
      contents.current = IndexTables()
      do throws(StoreFailure) {
        try changed.apply(batch)
        contents.current = changed
      } catch {
        contents.failure = error
        throw error
      }
      contents.unflushed.append(batch)
    }
  }

  package func releaseMemory() {}

  package func checkpoint() throws(StoreFailure) -> Revision {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      contents.checkpointed = contents.current
      contents.unflushed = []
      return contents.current.appliedThrough
    }
  }

  package func appliedThrough() throws(StoreFailure) -> Revision {
    try read { $0.appliedThrough }
  }

  package func facts() throws(StoreFailure) -> [String: [UInt8]] { try read { $0.facts } }

  package func forEachLive(_ body: (TaskRow) -> Void) throws(StoreFailure) {
    for var row in try read({ $0.liveRows }) {
      row.submission.spec = []
      body(row.withoutContent)
    }
  }

  package func tasks(_ ids: [TaskID], withContent: Bool) throws(StoreFailure) -> [TaskRow] {
    try read { tables in
      ids.compactMap { tables.tasks[$0] }.map { withContent ? $0 : $0.withoutContent }
    }
  }

  package func savedWork(_ ids: [TaskID]) throws(StoreFailure) -> [TaskID: [UInt8]] {
    try read { tables in tables.savedWork.filter { ids.contains($0.key) } }
  }

  package func story(_ id: TaskID) throws(StoreFailure) -> TaskStory? { try read { $0.story(id) } }

  package func poolRevisions(
    of pool: PoolID, through last: Revision, limit: Int
  ) throws(StoreFailure) -> [PoolRevisionRow] {
    try read { tables in
      let rows = tables.poolRevisions[pool] ?? []
      return Array(rows.reversed().filter { $0.revision <= last }.prefix(max(0, limit)))
    }
  }

  package func page(_ query: TaskQuery) throws(StoreFailure) -> TaskPage {
    try read { $0.page(query) }
  }

  package func count(_ query: TaskQuery) throws(StoreFailure) -> Int {
    try read { $0.tasks.values.count(where: query.matches) }
  }

  package func finished(before time: WallTime, limit: Int) throws(StoreFailure) -> [TaskRow] {
    try read { tables in
      tables.finishedFirstFirst.prefix { $0.finishTime < time }.prefix(max(0, limit))
        .compactMap { tables.tasks[$0.id]?.withoutContent }
    }
  }

  package func finished(
    in pool: PoolID, as outcome: TaskState, before time: WallTime, limit: Int
  ) throws(StoreFailure) -> [TasksPurged.Entry] {
    try read { tables in
      let rows = tables.finishedFirstFirst.prefix { $0.finishTime < time }.lazy
        .compactMap { tables.tasks[$0.id] }
        .filter { $0.submission.pool == pool && $0.status.state == outcome }
      return rows.prefix(max(0, limit)).map {
        TasksPurged.Entry(
          task: $0.id, pool: pool, kind: $0.submission.kind, state: outcome)
      }
    }
  }

  package func finishTime(keepingNewest keep: Int) throws(StoreFailure) -> WallTime? {
    try read { tables in
      let finished = tables.finishedFirstFirst
      guard keep > 0, finished.count > keep else { return nil }
      return finished[finished.count - keep].finishTime
    }
  }

  package func lastEnds(
    _ marks: Set<UniqueMark>
  ) throws(StoreFailure) -> [UniqueMark: UniqueEnd] {
    try read { tables in
      var found: [UniqueMark: UniqueEnd] = [:]
      for row in tables.tasks.values {
        guard let mark = row.submission.unique, marks.contains(mark),
          let time = row.status.finishTime, row.status.state != .cancelled
        else { continue }
        let end = UniqueEnd(task: row.id, state: row.status.state, finishTime: time)
        if let other = found[mark], (other.finishTime, other.task) > (time, row.id) { continue }
        found[mark] = end
      }
      return found
    }
  }

  package func requests(
    _ keys: [RememberedRequest.Key]
  ) throws(StoreFailure) -> [RememberedRequest.Key: RememberedRequest] {
    try read { tables in
      var found: [RememberedRequest.Key: RememberedRequest] = [:]
      let hours = tables.requests.keys.sorted(by: >)
      for key in keys {
        found[key] = hours.lazy.compactMap { tables.requests[$0]?[key] }.first
      }
      return found
    }
  }

  package func forgetRequests(before time: WallTime) throws(StoreFailure) {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      let hour = RequestHour(of: time)
      contents.current.requests = contents.current.requests.filter { $0.key >= hour }
    }
  }

  package func readStats<Value>(
    _ body: (any StatsReader) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value {
    try body(try read { MemoryStatsReader(tables: $0) })
  }

  package func forgetStats(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64, limit: Int
  ) throws(StoreFailure) -> Int {
    try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      let old = contents.current.stats.keys
        .filter { $0.part == part && $0.resolution == resolution && $0.bucket < bucket }
        .sorted().prefix(max(0, limit))
      for key in old { contents.current.stats[key] = nil }
      return old.count
    }
  }

  package func byteCount() throws(StoreFailure) -> Int {
    try read { $0.tasks.values.reduce(0) { $0 + $1.byteCount } }
  }

  package func close() {}

  private func read<Value>(_ body: (IndexTables) -> Value) throws(StoreFailure) -> Value {
    let tables = try contents.withLock { (contents) throws(StoreFailure) in
      if let failure = contents.failure { throw failure }
      return contents.current
    }
    return body(tables)
  }
}

// MARK: - Simulation

extension MemoryTaskIndex {
  /// Has the next `apply` fail as a full disk would; nothing of its batch is kept.
  package func failNextApply() {
    contents.withLock { $0.failsNextApply = true }
  }

  /// How many batches were applied since the last checkpoint: those that a crash may take back.
  package var unflushedBatches: Int {
    contents.withLock { $0.unflushed.count }
  }

  /// The index as the next process finds it: the last checkpoint and, as the medium may have it,
  /// the first `kept` of the batches applied since. No memory of failures.
  package func crash(keeping kept: Int = 0) {
    contents.withLock { contents in
      let survivors = contents.unflushed.prefix(kept)
      contents.current = contents.checkpointed
      for batch in survivors { try? contents.current.apply(batch) }
      contents.unflushed = Array(survivors)
      contents.failsNextApply = false
      contents.failure = nil
    }
  }
}
