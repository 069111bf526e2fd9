import MartletAPI
package import MartletCore
import MartletProtobuf
package import MartletStore

/// Brings a node's state back: the index's snapshot, then the segments after it.
package struct Recovery: Sendable {
  package var durable: DurableState
  /// The index's side, at the same revision.
  package var fold: IndexFold
  /// Events that were applied again.
  package var replayed = 0

  /// Why a start is refused.
  package enum Problem: Error, Sendable {
    case store(StoreFailure)
    /// The two files do not belong together, or one is damaged.
    case inconsistent(String)
  }

  /// Blocks; a million live tasks take about a second.
  package init(
    log: any EventLog, index: any TaskIndex, limits: Limits = Limits()
  ) throws(Problem) {
    do throws(StoreFailure) {
      let catalog = try Self.catalog(in: index)
      durable = DurableState(catalog: catalog)
      fold = IndexFold(
        catalog: catalog,
        stats: try index.readStats { (reader) throws(StoreFailure) in try StatsFold(reader) },
        turnsKept: limits.taskTurns, poolRevisionsKept: limits.poolRevisions)
      try restoreTasks(from: index)
      try replay(log, into: index)
    } catch {
      if case .corrupted("index.db", let reason) = error { throw .inconsistent(reason) }
      throw .store(error)
    }
  }

  private static func catalog(in index: any TaskIndex) throws(StoreFailure) -> Catalog {
    guard let catalog = CatalogFacts.catalog(try index.facts()) else {
      throw .corrupted(file: "index.db", reason: "its engine table makes no sense")
    }
    let applied = try index.appliedThrough()
    guard catalog.revision == applied else {
      throw .corrupted(
        file: "index.db",
        reason: "its engine table is at \(catalog.revision.rawValue), "
          + "its rows at \(applied.rawValue)")
    }
    return catalog
  }

  private mutating func restoreTasks(from index: any TaskIndex) throws(StoreFailure) {
    var policies: [[UInt8]: TaskPolicy] = [:]
    var damaged: TaskID?
    var state = durable
    durable = DurableState()
    var waits: [TaskID] = []
    try index.forEachLive { row in
      guard let task = RestoredTask(row, policies: &policies) else {
        damaged = damaged ?? row.id
        return
      }
      if task.revival.policy.flow?.hasDependencies == true { waits.append(task.task) }
      state.restore(task)
    }
    if let damaged {
      throw .corrupted(file: "index.db", reason: "the row of task \(damaged) makes no sense")
    }
    state.sortQueues()
    try Self.restoreDependencies(waits, of: &state, from: index)
    durable = state
    fold.takeHolds(from: durable.catalog)
  }

  /// What live tasks wait for is in their specs, which are read only where there is such a thing.
  private static func restoreDependencies(
    _ tasks: [TaskID], of state: inout DurableState, from index: any TaskIndex
  ) throws(StoreFailure) {
    if tasks.isEmpty { return }
    var waits: [(task: TaskID, on: [TaskID])] = []
    var ended: Set<TaskID> = []
    for row in try index.tasks(tasks, withContent: false) {
      let on = try row.dependencies()
      waits.append((row.id, on))
      for task in on where !state.tasks.contains(task) { ended.insert(task) }
    }
    var states: [TaskID: TaskState] = [:]
    for row in try index.tasks(ended.sorted(), withContent: false) {
      states[row.id] = row.status.state
    }
    state.restoreDependencies(waits, ended: states)
  }

  private mutating func replay(
    _ log: any EventLog, into index: any TaskIndex
  ) throws(StoreFailure) {
    let bounds = try log.bounds()
    var next = durable.catalog.revision.next
    guard next.rawValue <= bounds.newest.rawValue + 1 else {
      throw .corrupted(
        file: "index.db",
        reason: "it holds event \(next.rawValue - 1), the log ends at \(bounds.newest.rawValue)")
    }
    while next <= bounds.newest {
      for stored in try log.read(from: next, bytesMax: 8 << 20) {
        let sealed = try Self.sealed(stored)
        for event in sealed.events { durable.evolve(event, at: sealed.stamp) }
        fold.apply(sealed)
        replayed += sealed.events.count
        next = stored.lastRevision.next
      }
      if fold.eventCount >= 20_000 { try index.apply(fold.take()) }
    }
    if !fold.isEmpty { try index.apply(fold.take()) }
  }

  private static func sealed(_ stored: StoredSegment) throws(StoreFailure) -> SealedSegment {
    do throws(Segment.Damage) {
      let segment = try Segment(checking: stored)
      return SealedSegment(events: try segment.events(), stamp: segment.stamp)
    } catch {
      throw .corrupted(file: "log.db", reason: error.reason)
    }
  }
}

extension RestoredTask {
  /// nil if the row is damaged.
  init?(_ row: TaskRow, policies: inout [[UInt8]: TaskPolicy]) {
    let bytes = row.submission.policy
    let policy: TaskPolicy
    if let known = policies[bytes] {
      policy = known
    } else {
      guard let read = (try? LogAPI.Policy(protobufBytes: bytes))?.value else { return nil }
      policies[bytes] = read
      policy = read
    }
    guard let status = TaskStatus(row.status) else { return nil }
    self.init(
      task: row.id, pool: row.submission.pool, kind: row.submission.kind,
      labels: row.submission.labels, status: status, revision: row.status.revision,
      deadline: status.notes?.isReopened ?? false ? .never : row.submission.deadline,
      revival: TaskRevival(
        priority: row.submission.priority, policy: policy, createTime: row.submission.createTime,
        submitRevision: row.submission.submitRevision, unique: row.submission.unique))
  }
}

extension TaskStatus {
  /// nil if the row is damaged.
  package init?(_ row: TaskStatusRow) {
    var notes: TaskNotes?
    if !row.status.isEmpty {
      guard let read = try? LogAPI.Notes(protobufBytes: row.status) else { return nil }
      notes = read.value
    }
    self.init(
      state: row.state, attempt: row.attempt, attemptsForgiven: row.attemptsForgiven,
      due: row.due, dueTime: row.dueTime, finishTime: row.finishTime, notes: notes)
  }
}
