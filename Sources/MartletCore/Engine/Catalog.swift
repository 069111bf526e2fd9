/// The small half of the durable state: pools, names, counters, clock. It is a fold of its own, so
/// that the index, which is behind the log, can keep it at its own revision and hand it back at
/// the next start.
package struct Catalog: Hashable, Sendable {
  package private(set) var revision: Revision = .zero
  /// Of the newest segment.
  package private(set) var stamp = Stamp(elapsed: .zero, time: WallTime(nanoseconds: 0))
  /// The newest id that was given to a task.
  package private(set) var lastTask = TaskID(rawValue: 0)
  package private(set) var lastPool = PoolID(rawValue: 0)
  /// Every pool that lives, and the retired ones whose finished tasks are still kept.
  package private(set) var pools: [PoolID: PoolRecord] = [:]
  package private(set) var poolsByName: [String: PoolID] = [:]
  package private(set) var kinds = KindTable()
  package private(set) var counters = Counters()
  package private(set) var tallies = TallyTable()
  /// Tallies count from this revision on: 1, unless the log is older than they are.
  package private(set) var talliedFrom = Revision(1)
  /// Operations on many tasks.
  package private(set) var bulks = BulkTable()
  package private(set) var workflows = WorkflowTable()
  package private(set) var groups = GroupTable()
  package private(set) var schedules = ScheduleTable()
  package private(set) var locks = LockTable()
  package private(set) var limits = LimitTable()
  /// Events below it are no longer kept.
  package private(set) var oldestEvent = Revision(1)

  package init() {}

  /// Puts together what an index kept.
  package init(
    revision: Revision, stamp: Stamp, lastTask: TaskID, lastPool: PoolID, pools: [PoolRecord],
    kinds: [String], counts: [Counters.Key: Counters.States], oldestEvent: Revision,
    bulks: BulkTable = BulkTable(), workflows: WorkflowTable = WorkflowTable(),
    groups: GroupTable = GroupTable(), schedules: ScheduleTable = ScheduleTable(),
    locks: LockTable = LockTable(), limits: LimitTable = LimitTable(),
    tallies: TallyTable = TallyTable(), talliedFrom: Revision = Revision(1)
  ) {
    self.revision = revision
    self.stamp = stamp
    self.lastTask = lastTask
    self.lastPool = lastPool
    for pool in pools {
      self.pools[pool.id] = pool
      if pool.state != .retired { poolsByName[pool.name] = pool.id }
    }
    for kind in kinds { _ = self.kinds.intern(kind) }
    counters = Counters(counts)
    self.oldestEvent = oldestEvent
    self.bulks = bulks
    self.workflows = workflows
    self.groups = groups
    self.schedules = schedules
    self.locks = locks
    self.tallies = tallies
    self.talliedFrom = talliedFrom
    self.limits = limits
  }

  /// What running tasks of a snapshot hold.
  mutating func restore(_ permits: TaskPermits, of task: TaskID) {
    limits.restore(permits, of: task)
  }

  /// Drops states of limits that are idle; nothing that a replay does not come to.
  mutating func sweepLimits(at now: Elapsed, count: Int) { limits.sweep(at: now, count: count) }

  /// Takes over from a catalog of the same revision what only tasks say.
  package mutating func takeHolds(from other: Catalog) { limits = other.limits }

  package func pool(named name: String) -> PoolRecord? {
    poolsByName[name].flatMap { pools[$0] }
  }

  package mutating func evolve(_ event: Event, at stamp: Stamp) {
    revision = event.revision
    self.stamp = stamp
    if !limits.isEmpty { limits.sweep(at: stamp.elapsed) }
    switch event.body {
    case .task(let task):
      evolve(task)
      if !limits.isEmpty { limits.evolve(task, revision: event.revision, at: stamp) }
    case .pool(let pool): evolve(pool, revision: event.revision)
    case .tasksPurged(let purge): evolve(purge)
    case .eventsPurged(let before, _): oldestEvent = before
    case .bulk(let bulk): bulks.evolve(bulk)
    case .workflow(let workflow): workflows.evolve(workflow)
    case .group(let group): groups.evolve(group)
    case .schedule(let schedule):
      schedules.evolve(schedule, revision: event.revision, at: stamp.time)
    case .lock(let lock): locks.evolve(lock, revision: event.revision, at: stamp.time)
    case .limit(let limit): limits.evolve(limit, revision: event.revision, at: stamp)
    }
  }

  private mutating func evolve(_ event: TaskEvent) {
    if case .submitted(let submission) = event.change {
      if event.task > lastTask { lastTask = event.task }
      _ = kinds.intern(submission.kindName)
    }
    if case .moved(let pool, _) = event.change {
      counters.move(pool: pool, kind: event.kind, from: event.from, to: nil)
      counters.move(pool: event.pool, kind: event.kind, from: nil, to: event.status.state)
      return
    }
    counters.move(pool: event.pool, kind: event.kind, from: event.from, to: event.status.state)
    tallies.count(event)
    schedules.evolve(event)
    if let member = event.member {
      workflows.count(member, from: event.from, to: event.status.state)
    }
    switch event.change {
    case .submitted: pools[event.pool]?.totals.submitted += 1
    case .succeeded: pools[event.pool]?.totals.succeeded += 1
    case .failed: pools[event.pool]?.totals.failed += 1
    case .cancelled: pools[event.pool]?.totals.cancelled += 1
    case .retryScheduled, .lost: pools[event.pool]?.totals.retried += 1
    case .due, .started, .progressed, .cancelRequested, .released, .reopened, .checkpointed,
      .pauseRequested, .paused, .resumed, .logged, .updated, .moved, .unblocked:
      break
    }
  }

  private mutating func evolve(_ event: PoolEvent, revision: Revision) {
    switch event.change {
    case .created:
      lastPool = event.pool
      poolsByName[event.name] = event.pool
      pools[event.pool] = PoolRecord(
        id: event.pool, name: event.name, spec: event.spec, state: event.state,
        specVersion: event.specVersion, revision: revision, createTime: stamp.time,
        updateTime: stamp.time, slotLimit: event.slotLimit, scaledAt: stamp.elapsed)
    case .deleted:
      poolsByName[event.name] = nil
      pools[event.pool]?.state = .retired
      forgetIfEmpty(event.pool)
    case .scalingSuggested: pools[event.pool]?.scaledAt = stamp.elapsed
    case .updated, .paused, .resumed, .draining, .closed, .deleting, .scaled, .rolledBack:
      if pools[event.pool]?.slotLimit != event.slotLimit {
        pools[event.pool]?.slotLimit = event.slotLimit
        pools[event.pool]?.scaledAt = stamp.elapsed
      }
      pools[event.pool]?.spec = event.spec
      pools[event.pool]?.state = event.state
      pools[event.pool]?.specVersion = event.specVersion
      pools[event.pool]?.revision = revision
      pools[event.pool]?.updateTime = stamp.time
      if event.change == .deleting { pools[event.pool]?.deletion = event.origin }
    }
  }

  private mutating func evolve(_ purge: TasksPurged) {
    var touched: Set<PoolID> = []
    for entry in purge.entries {
      counters.move(pool: entry.pool, kind: entry.kind, from: entry.state, to: nil)
      touched.insert(entry.pool)
    }
    for pool in touched { forgetIfEmpty(pool) }
  }

  private mutating func forgetIfEmpty(_ pool: PoolID) {
    guard pools[pool]?.state == .retired, !counters.hasTasks(pool: pool) else { return }
    pools[pool] = nil
    counters.forget(pool: pool)
    tallies.retire(pool)
  }
}

/// Names of kinds and their numbers, in the order of first use.
package struct KindTable: Hashable, Sendable {
  package private(set) var names: [String] = []
  private var numbers: [String: UInt32] = [:]

  package init() {}

  package subscript(kind: KindID) -> String {
    Int(kind.rawValue) < names.count ? names[Int(kind.rawValue)] : ""
  }

  package subscript(name: String) -> KindID? {
    numbers[name].map(KindID.init(rawValue:))
  }

  package mutating func intern(_ name: String) -> KindID {
    if let known = numbers[name] { return KindID(rawValue: known) }
    let number = UInt32(names.count)
    names.append(name)
    numbers[name] = number
    return KindID(rawValue: number)
  }
}
