import MartletAPI
package import MartletCore
import MartletProtobuf
package import MartletStore

/// Turns segments into the net change of the index: a task that came and went since the last
/// transaction is one row, written once.
package struct IndexFold: Sendable {
  package private(set) var catalog: Catalog
  private var inserts = TaskChanges<TaskSubmissionRow>()
  private var updates = TaskChanges<TaskID>()
  private var edits: [TaskID: TaskEdit] = [:]
  package private(set) var stats: StatsFold
  /// Of pools that may have gone.
  private var leftTallies: Set<Counters.Key> = []
  private var deletes: [TaskID] = []
  private var savedWork: [TaskID: [UInt8]?] = [:]
  private var turns: [TurnRow] = []
  private let turnsKept: Int
  private var remembered: [RememberedRequest] = []
  private var touchedPools: Set<PoolID> = []
  private var touchedCounts: Set<Counters.Key> = []
  private var touchedBulks: Set<BulkID> = []
  private var touchedWorkflows: Set<WorkflowID> = []
  private var touchedGroups: Set<GroupID> = []
  private var poolRevisions: [PoolRevisionRow] = []
  private var forgottenPools: [PoolID] = []
  private let poolRevisionsKept: Int
  private var touchedSchedules: Set<ScheduleID> = []
  private var touchedLocks: Set<String> = []
  private var touchedLimits: TouchedLimits
  /// Events come in runs of one pool and kind.
  private var newestTouched: Counters.Key?
  private var requests: [RememberedRequest.Key: Int] = [:]
  private var knownKinds: Int
  private var policies: [TaskPolicy: [UInt8]] = [:]
  /// Tasks come in runs of the same policy and with the same words around their payload.
  private var newestPolicy: (value: TaskPolicy, bytes: [UInt8])?
  private var newestSpec: (value: LogAPI.Spec, bytes: [UInt8])?
  package private(set) var eventCount = 0

  /// - Parameter turnsKept: How many turns of a task the index keeps.
  package init(
    catalog: Catalog, stats: StatsFold = StatsFold(), turnsKept: Int,
    poolRevisionsKept: Int = Limits().poolRevisions
  ) {
    self.catalog = catalog
    self.stats = stats
    self.turnsKept = turnsKept
    self.poolRevisionsKept = poolRevisionsKept
    knownKinds = catalog.kinds.names.count
    touchedLimits = TouchedLimits(catalog.limits)
    touchedLimits.knows(catalog.limits)
  }

  /// At the same revision: what only live tasks say.
  mutating func takeHolds(from catalog: Catalog) { self.catalog.takeHolds(from: catalog) }

  package var isEmpty: Bool { eventCount == 0 }

  package mutating func apply(_ segment: SealedSegment) {
    stats.advance(to: segment.stamp.time, catalog: catalog)
    for event in segment.events {
      if case .pool(let change) = event.body {
        keep(change, revision: event.revision, at: segment.stamp)
      }
      noteSchedule(of: event)
      noteTallies(of: event)
      catalog.evolve(event, at: segment.stamp)
      switch event.body {
      case .task(let change):
        apply(change, revision: event.revision, at: segment.stamp)
        stats.count(change, at: segment.stamp)
      case .pool(let change): touch(change.pool)
      case .tasksPurged(let purge): apply(purge)
      case .eventsPurged: break
      case .bulk(let change):
        touchedBulks.insert(change.record.id)
        touchedBulks.formUnion(change.forgotten)
      case .workflow(let change):
        touchedWorkflows.insert(change.record.id)
        touchedWorkflows.formUnion(change.forgotten)
      case .group(let change): touchedGroups.insert(change.record.id)
      case .schedule(let change): touchedSchedules.insert(change.schedule)
      case .lock(let change): touchedLocks.insert(change.record.name)
      case .limit(let change): touchedLimits.note(change, in: catalog.limits)
      }
    }
    eventCount += segment.events.count
  }

  /// The change since the last time this was called.
  package mutating func take() -> IndexBatch {
    var batch = IndexBatch(
      appliedThrough: catalog.revision, turnsKept: turnsKept,
      poolRevisionsKept: poolRevisionsKept)
    batch.inserts = inserts.take().map { TaskRow(submission: $0, status: $1.row) }
    batch.updates = updates.take().map { ($0, $1.row) }
    batch.facts = facts()
    batch.stats = stats.take(catalog: catalog)
    swap(&batch.edits, &edits)
    swap(&batch.deletes, &deletes)
    swap(&batch.savedWork, &savedWork)
    swap(&batch.turns, &turns)
    swap(&batch.poolRevisions, &poolRevisions)
    swap(&batch.forgottenPools, &forgottenPools)
    swap(&batch.requests, &remembered)
    requests.removeAll(keepingCapacity: true)
    touchedPools.removeAll(keepingCapacity: true)
    touchedCounts.removeAll(keepingCapacity: true)
    leftTallies.removeAll()
    touchedBulks.removeAll()
    touchedWorkflows.removeAll()
    touchedGroups.removeAll()
    touchedSchedules.removeAll()
    touchedLocks.removeAll()
    newestTouched = nil
    knownKinds = catalog.kinds.names.count
    eventCount = 0
    return batch
  }

  // MARK: - Events

  private mutating func apply(_ event: TaskEvent, revision: Revision, at stamp: Stamp) {
    if !catalog.limits.isEmpty {
      touchedLimits.note(event, revision: revision, in: catalog.limits)
    }
    touch(Counters.Key(pool: event.pool, kind: event.kind))
    if let member = event.member { touchedWorkflows.insert(member.workflow) }
    let status = ChangedStatus(event, revision: revision)
    switch event.change {
    case .checkpointed(let checkpoint):
      savedWork.updateValue(LogAPI.Checkpoint(checkpoint).protobufBytes(), forKey: event.task)
    case .succeeded where event.status.notes?.checkpoint != nil:
      savedWork.updateValue(nil, forKey: event.task)
    default: break
    }
    if let turn = TaskTurn(event, at: stamp) {
      turns.append(
        TurnRow(
          task: event.task, revision: revision, bytes: LogAPI.Turn(turn).protobufBytes()))
    }
    if case .submitted(let submission) = event.change {
      let row = TaskSubmissionRow(
        id: event.task, pool: event.pool, kind: event.kind, priority: submission.priority,
        createTime: stamp.time, submitRevision: revision, deadline: submission.deadline,
        labels: event.labels, unique: submission.unique?.mark(in: event.pool),
        policy: encoded(submission.policy), spec: encoded(LogAPI.Spec(submission)),
        payload: submission.payload)
      inserts.add(row, event.task, status)
      remember(event.task, submission, revision: revision, at: stamp)
    } else if !inserts.set(event.task, status), !updates.set(event.task, status) {
      updates.add(event.task, event.task, status)
    }
    switch event.change {
    case .updated(let priority, _):
      apply(TaskEdit(priority: priority, labels: event.labels), to: event.task)
    case .moved(let pool, _):
      touch(Counters.Key(pool: pool, kind: event.kind))
      apply(TaskEdit(move: .init(from: pool, to: event.pool)), to: event.task)
    default: break
    }
  }

  private mutating func apply(_ edit: TaskEdit, to task: TaskID) {
    if !inserts.change(task, { edit.apply(to: &$0) }) { edits[task, default: .init()].add(edit) }
  }

  private mutating func remember(
    _ task: TaskID, _ submission: TaskSubmission, revision: Revision, at stamp: Stamp
  ) {
    guard let request = submission.request else { return }
    let tasks: [AnsweredTask]
    switch request.answer {
    case .ownTasks: tasks = [AnsweredTask(task)]
    case .whole(let all): tasks = all
    case .elsewhere: return
    }
    if let place = requests[request.key], remembered[place].fingerprint == request.fingerprint,
      remembered[place].time == stamp.time
    {
      remembered[place].tasks += tasks
    } else {
      requests[request.key] = remembered.count
      remembered.append(
        RememberedRequest(
          key: request.key, fingerprint: request.fingerprint, tasks: tasks, revision: revision,
          time: stamp.time))
    }
  }

  private mutating func apply(_ purge: TasksPurged) {
    for entry in purge.entries {
      deletes.append(entry.task)
      touch(Counters.Key(pool: entry.pool, kind: entry.kind))
    }
  }

  /// The history of the pool, with what it was before; it goes with the pool.
  private mutating func keep(_ event: PoolEvent, revision: Revision, at stamp: Stamp) {
    switch event.change {
    case .deleted: forgottenPools.append(event.pool)
    case .scalingSuggested: break
    default:
      let record = LogAPI.PoolRevision(event, before: catalog.pools[event.pool], at: stamp)
      poolRevisions.append(
        PoolRevisionRow(
          pool: event.pool, revision: revision, isByScaling: event.change == .scaled,
          bytes: record.protobufBytes()))
    }
  }

  /// The end of a run's task changes its schedule; asked before the catalog forgets whose it was.
  private mutating func noteSchedule(of event: Event) {
    guard catalog.schedules.hasLiveRuns, case .task(let change) = event.body,
      change.status.state.isTerminal, let schedule = catalog.schedules.owner(of: change.task)
    else { return }
    touchedSchedules.insert(schedule)
  }

  /// A pool that goes leaves its tallies to those that are gone; asked before the catalog forgets
  /// it.
  private mutating func noteTallies(of event: Event) {
    let pools: Set<PoolID>
    switch event.body {
    case .pool(let change) where change.change == .deleted: pools = [change.pool]
    case .tasksPurged(let purge):
      pools = Set(purge.entries.map(\.pool)).filter { catalog.pools[$0]?.state == .retired }
    default: return
    }
    if pools.isEmpty { return }
    for key in catalog.tallies.tallies.keys where pools.contains(key.pool) {
      leftTallies.insert(key)
      leftTallies.insert(Counters.Key(pool: .gone, kind: key.kind))
    }
  }

  private mutating func touch(_ pool: PoolID) { touchedPools.insert(pool) }

  private mutating func touch(_ key: Counters.Key) {
    if newestTouched == key { return }
    newestTouched = key
    touchedPools.insert(key.pool)
    touchedCounts.insert(key)
  }

  private mutating func encoded(_ policy: TaskPolicy) -> [UInt8] {
    if let newestPolicy, newestPolicy.value == policy { return newestPolicy.bytes }
    let bytes = lookUp(policy)
    newestPolicy = (policy, bytes)
    return bytes
  }

  private mutating func encoded(_ spec: LogAPI.Spec) -> [UInt8] {
    if let newestSpec, newestSpec.value == spec { return newestSpec.bytes }
    let bytes = spec.protobufBytes()
    newestSpec = (spec, bytes)
    return bytes
  }

  private mutating func lookUp(_ policy: TaskPolicy) -> [UInt8] {
    if let known = policies[policy] { return known }
    if policies.count > 1_000 { policies.removeAll() }
    let bytes = LogAPI.Policy(policy).protobufBytes()
    policies[policy] = bytes
    return bytes
  }

  // MARK: - Facts

  private mutating func facts() -> [String: [UInt8]?] {
    var facts: [String: [UInt8]?] = [:]
    facts["engine"] = CatalogFacts.engine(catalog)
    for kind in knownKinds..<catalog.kinds.names.count {
      facts[CatalogFacts.kindKey(kind)] = Array(catalog.kinds.names[kind].utf8)
    }
    for pool in touchedPools {
      facts.updateValue(
        catalog.pools[pool].map(CatalogFacts.pool), forKey: CatalogFacts.poolKey(pool))
    }
    for id in touchedBulks {
      facts.updateValue(
        catalog.bulks[id].map { LogAPI.BulkFact($0).protobufBytes() },
        forKey: CatalogFacts.bulkKey(id))
    }
    for id in touchedWorkflows {
      facts.updateValue(
        catalog.workflows[id].map { LogAPI.WorkflowFact($0).protobufBytes() },
        forKey: CatalogFacts.workflowKey(id))
    }
    for id in touchedGroups {
      facts.updateValue(
        catalog.groups[id].map { LogAPI.GroupFact($0).protobufBytes() },
        forKey: CatalogFacts.groupKey(id))
    }
    for id in touchedSchedules {
      facts.updateValue(
        catalog.schedules[id].map { LogAPI.ScheduleFact($0).protobufBytes() },
        forKey: CatalogFacts.scheduleKey(id))
    }
    for name in touchedLocks {
      facts.updateValue(
        catalog.locks[name].map { LogAPI.LockFact($0).protobufBytes() },
        forKey: CatalogFacts.lockKey(name))
    }
    touchedLimits.take(catalog.limits, at: catalog.stamp.elapsed, into: &facts)
    for key in touchedCounts.union(leftTallies) {
      setTally(of: key, in: &facts)
      if catalog.tallies.isFull {
        setTally(of: Counters.Key(pool: key.pool, kind: .other), in: &facts)
      }
      facts.updateValue(
        catalog.counters.counts[key].map { CatalogFacts.counts($0, kind: key.kind) },
        forKey: CatalogFacts.countsKey(key))
    }
    return facts
  }

  private func setTally(of key: Counters.Key, in facts: inout [String: [UInt8]?]) {
    facts.updateValue(
      catalog.tallies.tallies[key].map(CatalogFacts.tally), forKey: CatalogFacts.tallyKey(key))
  }
}

/// The newest status of each task that changed, in the order of the tasks' first changes. Encoded
/// only when taken: most statuses are replaced before.
private struct TaskChanges<Value: Sendable>: Sendable {
  private var changes: [(value: Value, status: ChangedStatus)] = []
  private var places: [TaskID: Int] = [:]

  mutating func add(_ value: Value, _ task: TaskID, _ status: ChangedStatus) {
    places[task] = changes.count
    changes.append((value, status))
  }

  /// False if the task is not here.
  mutating func set(_ task: TaskID, _ status: ChangedStatus) -> Bool {
    guard let place = places[task] else { return false }
    changes[place].status = status
    return true
  }

  /// False if the task is not here.
  mutating func change(_ task: TaskID, _ body: (inout Value) -> Void) -> Bool {
    guard let place = places[task] else { return false }
    body(&changes[place].value)
    return true
  }

  mutating func take() -> [(value: Value, status: ChangedStatus)] {
    places.removeAll(keepingCapacity: true)
    defer { changes = [] }
    return changes
  }
}

private struct ChangedStatus: Sendable {
  private let status: TaskStatus
  private let result: TaskResult?
  private let revision: Revision

  init(_ event: TaskEvent, revision: Revision) {
    status = event.status
    self.revision = revision
    if case .succeeded(let result) = event.change { self.result = result } else { result = nil }
  }

  var row: TaskStatusRow {
    TaskStatusRow(
      state: status.state, attempt: status.attempt, attemptsForgiven: status.attemptsForgiven,
      revision: revision, due: status.due, dueTime: status.dueTime,
      startTime: status.notes?.startTime, finishTime: status.finishTime,
      status: status.notes.map { LogAPI.Notes($0).protobufBytes() } ?? [],
      result: result.map { LogAPI.Result($0).protobufBytes() })
  }
}
