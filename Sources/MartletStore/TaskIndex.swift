package import MartletCore

/// What one transaction of the index changes: the net effect of many segments. Inserts come first,
/// then updates, edits and deletes.
package struct IndexBatch: Hashable, Sendable {
  /// The index then holds every event up to here.
  package var appliedThrough: Revision
  /// New tasks, with the status that they have by now; ids rise.
  package var inserts: [TaskRow]
  /// New statuses of tasks that are in the index: it is corrupted if one is not.
  package var updates: [(id: TaskID, status: TaskStatusRow)]
  /// What somebody changed of tasks that are in the index, beside their status.
  package var edits: [TaskID: TaskEdit]
  /// Tasks to forget; those that are not there are passed over.
  package var deletes: [TaskID]
  /// What attempts saved, as the server encodes it; nil: no longer kept. It goes with its task.
  package var savedWork: [TaskID: [UInt8]?]
  /// New turns of tasks' lives, by rising revision; they go with their tasks.
  package var turns: [TurnRow]
  /// How many turns of a task are kept: the first, and of the others the newest. 2 or more.
  package var turnsKept: Int
  /// New changes of pools, by rising revision; of each pool the newest `poolRevisionsKept` that
  /// scaling made stay, and as many of the others.
  package var poolRevisions: [PoolRevisionRow]
  package var poolRevisionsKept: Int
  /// Pools whose history goes.
  package var forgottenPools: [PoolID]
  /// Requests to remember.
  package var requests: [RememberedRequest]
  /// Rows of the small engine table by key; nil deletes. Read back whole at start.
  package var facts: [String: [UInt8]?]
  /// Rows of statistics to write, or to write over.
  package var stats: [StatsKey: [UInt8]]

  package init(
    appliedThrough: Revision, turnsKept: Int = Limits().taskTurns,
    poolRevisionsKept: Int = Limits().poolRevisions
  ) {
    self.appliedThrough = appliedThrough
    self.turnsKept = turnsKept
    inserts = []
    updates = []
    edits = [:]
    deletes = []
    savedWork = [:]
    turns = []
    poolRevisions = []
    self.poolRevisionsKept = poolRevisionsKept
    forgottenPools = []
    requests = []
    facts = [:]
    stats = [:]
  }

  package static func == (a: IndexBatch, b: IndexBatch) -> Bool {
    a.appliedThrough == b.appliedThrough && a.inserts == b.inserts && a.deletes == b.deletes
      && a.edits == b.edits && a.requests == b.requests && a.savedWork == b.savedWork
      && a.facts == b.facts && a.stats == b.stats && a.turns == b.turns
      && a.turnsKept == b.turnsKept
      && a.poolRevisions == b.poolRevisions && a.forgottenPools == b.forgottenPools
      && a.poolRevisionsKept == b.poolRevisionsKept
      && a.updates.elementsEqual(b.updates) { $0.id == $1.id && $0.status == $1.status }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(appliedThrough) }
}

/// Which tasks to read, in which order. Pools, kinds and states are sets because the names that a
/// filter compares are known to the engine, not to the store.
package struct TaskQuery: Hashable, Sendable {
  package enum Order: Hashable, Sendable {
    case newestFirst
    case oldestFirst
    /// Only finished tasks.
    case lastFinishedFirst
    case firstFinishedFirst
  }

  /// Where a page ended: the next one starts behind it.
  package struct Position: Hashable, Sendable {
    /// Only in the orders by finish time.
    package var finishTime: WallTime?
    package var id: TaskID

    package init(finishTime: WallTime?, id: TaskID) {
      self.finishTime = finishTime
      self.id = id
    }
  }

  /// nil: any. An empty set matches nothing.
  package var pools: Set<PoolID>?
  package var kinds: Set<KindID>?
  package var states: Set<TaskState>?
  /// All that the sets above do not say.
  package var filter: TaskPredicate
  package var order: Order
  package var after: Position?
  /// 1 to 1,000.
  package var countMax: Int
  /// The page ends when its rows' bytes exceed this, after at least one row.
  package var bytesMax: Int
  /// Whether rows come with payload and result.
  package var withContent: Bool

  package init(
    pools: Set<PoolID>? = nil, kinds: Set<KindID>? = nil, states: Set<TaskState>? = nil,
    filter: TaskPredicate = .all, order: Order = .newestFirst, after: Position? = nil,
    countMax: Int = 50, bytesMax: Int = 1 << 20, withContent: Bool = false
  ) {
    self.pools = pools
    self.kinds = kinds
    self.states = states
    self.filter = filter
    self.order = order
    self.after = after
    self.countMax = countMax
    self.bytesMax = bytesMax
    self.withContent = withContent
  }
}

package struct TaskPage: Hashable, Sendable {
  package var rows: [TaskRow]
  /// Where the next page starts; nil when there is none.
  package var next: TaskQuery.Position?

  package init(rows: [TaskRow], next: TaskQuery.Position?) {
    self.rows = rows
    self.next = next
  }
}

/// The tasks as rows, some events behind the log; also the only copy of what the log no longer
/// keeps, and with `facts` the snapshot that a start begins with.
///
/// One thread writes; any number of threads read at the same time. All calls block.
package protocol TaskIndex: Sendable {
  /// One transaction. Not yet durable: what is lost in a crash is applied again from the log.
  func apply(_ batch: IndexBatch) throws(StoreFailure)

  /// Makes all that was applied durable and returns up to which revision: segments up to there
  /// may be trimmed.
  func checkpoint() throws(StoreFailure) -> Revision

  func appliedThrough() throws(StoreFailure) -> Revision

  /// Frees what is kept only to write faster.
  func releaseMemory()

  /// The small engine table.
  func facts() throws(StoreFailure) -> [String: [UInt8]]

  /// Every task that has not ended, by rising id, without spec, payload and result.
  func forEachLive(_ body: (TaskRow) -> Void) throws(StoreFailure)

  /// With payload and result; in the order of `ids`; those that are not there are left out.
  func tasks(_ ids: [TaskID], withContent: Bool) throws(StoreFailure) -> [TaskRow]

  /// What attempts saved of these tasks; those of which nothing is kept are left out.
  func savedWork(_ ids: [TaskID]) throws(StoreFailure) -> [TaskID: [UInt8]]

  /// A task's row and turns, as they were at the same moment; nil if it is not there.
  func story(_ id: TaskID) throws(StoreFailure) -> TaskStory?

  /// Changes of a pool up to a revision, the newest first, at most `limit`.
  func poolRevisions(
    of pool: PoolID, through last: Revision, limit: Int
  ) throws(StoreFailure) -> [PoolRevisionRow]

  func page(_ query: TaskQuery) throws(StoreFailure) -> TaskPage

  /// How many tasks match; order, position and limits of the query are ignored.
  func count(_ query: TaskQuery) throws(StoreFailure) -> Int

  /// The finished tasks that ended before `time`, first ended first, at most `limit`, without
  /// content.
  func finished(before time: WallTime, limit: Int) throws(StoreFailure) -> [TaskRow]

  /// The tasks of a pool that ended in one way before `time`, first ended first, at most `limit`.
  func finished(
    in pool: PoolID, as outcome: TaskState, before time: WallTime, limit: Int
  ) throws(StoreFailure) -> [TasksPurged.Entry]

  /// The finish time that `keep` finished tasks are at or after: older ones are beyond the number
  /// to keep. nil while there are no more than `keep`.
  func finishTime(keepingNewest keep: Int) throws(StoreFailure) -> WallTime?

  /// The newest end of each mark's tasks, of those that SUCCEEDED or FAILED.
  func lastEnds(_ marks: Set<UniqueMark>) throws(StoreFailure) -> [UniqueMark: UniqueEnd]

  func requests(_ keys: [RememberedRequest.Key]) throws(StoreFailure)
    -> [RememberedRequest.Key: RememberedRequest]

  /// Forgets requests from before `time`: whole tables, at hour boundaries.
  func forgetRequests(before time: WallTime) throws(StoreFailure)

  /// Lends statistics as they are at one moment.
  func readStats<Value>(
    _ body: (any StatsReader) throws(StoreFailure) -> Value
  ) throws(StoreFailure) -> Value

  /// Forgets the oldest rows of statistics from before a bucket, at most `limit`: how many it were.
  func forgetStats(
    _ part: StatsPart, _ resolution: StatsResolution, before bucket: Int64, limit: Int
  ) throws(StoreFailure) -> Int

  /// Bytes of payloads, results and rows of finished tasks, roughly.
  func byteCount() throws(StoreFailure) -> Int

  func close()
}
