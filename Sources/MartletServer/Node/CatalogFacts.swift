import MartletAPI
import MartletCore
import MartletProtobuf

/// The catalog as rows of the index's small engine table.
enum CatalogFacts {
  static func kindKey(_ number: Int) -> String { "kind/\(number)" }
  static func poolKey(_ pool: PoolID) -> String { "pool/\(pool.rawValue)" }
  static func bulkKey(_ bulk: BulkID) -> String { "bulk/\(bulk.rawValue)" }
  static func workflowKey(_ workflow: WorkflowID) -> String { "workflow/\(workflow.rawValue)" }
  static func groupKey(_ group: GroupID) -> String { "group/\(group.rawValue)" }
  static func scheduleKey(_ schedule: ScheduleID) -> String { "schedule/\(schedule.rawValue)" }
  static func lockKey(_ name: String) -> String { "lock/\(name)" }
  static func limitKey(_ limit: LimitID) -> String { "limit/\(limit.rawValue)" }
  static func permitKey(_ id: PermitID) -> String {
    "limit-permits/\(id.token.rawValue)/\(id.limit.rawValue)"
  }
  static func limitStateKey(_ key: LimitKey) -> String {
    "limit-state/\(key.limit.rawValue)/\(key.key)"
  }
  static func countsKey(_ key: Counters.Key) -> String {
    "counts/\(key.pool.rawValue)/\(key.kind.rawValue)"
  }

  static func tallyKey(_ key: Counters.Key) -> String {
    "\(talliesPrefix)\(key.pool.rawValue)/\(key.kind.rawValue)"
  }
  static let talliesPrefix = "tally/"

  static func engine(_ catalog: Catalog) -> [UInt8] {
    LogAPI.EngineFact(
      revision: catalog.revision.rawValue, elapsed: catalog.stamp.elapsed.nanoseconds,
      feedTime: catalog.stamp.time.nanoseconds, lastTask: catalog.lastTask.rawValue,
      lastPool: catalog.lastPool.rawValue, oldestEvent: catalog.oldestEvent.rawValue,
      kindCount: UInt32(catalog.kinds.names.count), lastBulk: catalog.bulks.last.rawValue,
      lastGroup: catalog.groups.last.rawValue, lastLimit: catalog.limits.last.rawValue,
      lastWorkflow: catalog.workflows.last.rawValue, talliedFrom: catalog.talliedFrom.rawValue
    ).protobufBytes()
  }

  static func pool(_ pool: PoolRecord) -> [UInt8] {
    LogAPI.PoolFact(
      id: pool.id.rawValue, name: pool.name, spec: .init(pool.spec),
      state: UInt32(pool.state.rawValue), specVersion: pool.specVersion,
      revision: pool.revision.rawValue, createTime: pool.createTime.nanoseconds,
      updateTime: pool.updateTime.nanoseconds, submitted: pool.totals.submitted,
      succeeded: pool.totals.succeeded, failed: pool.totals.failed,
      cancelled: pool.totals.cancelled, retried: pool.totals.retried,
      deletion: pool.deletion.map { .init($0) }, slotLimit: Int64(pool.slotLimit),
      scaledAt: pool.scaledAt.nanoseconds
    ).protobufBytes()
  }

  static func counts(_ states: Counters.States, kind: KindID) -> [UInt8] {
    LogAPI.KindCounts(kind: kind.rawValue, states: TaskState.allCases.map { states[$0] })
      .protobufBytes()
  }

  static func tally(_ tally: TaskTally) -> [UInt8] {
    LogAPI.TallyFact(lanes: tally.numbers).protobufBytes()
  }

  /// nil if it makes no sense.
  static func tally(_ bytes: [UInt8], key: String) -> (Counters.Key, TaskTally)? {
    guard let key = pair(key), let fact = try? LogAPI.TallyFact(protobufBytes: bytes),
      let tally = TaskTally(numbers: fact.lanes)
    else { return nil }
    return (key, tally)
  }

  private static func pair(_ key: String) -> Counters.Key? {
    let parts = key.split(separator: "/")
    guard parts.count == 3, let pool = UInt32(parts[1]), let kind = UInt32(parts[2]) else {
      return nil
    }
    return Counters.Key(pool: PoolID(rawValue: pool), kind: KindID(rawValue: kind))
  }

  /// nil if the facts make no sense; an empty catalog if there are none.
  static func catalog(_ facts: [String: [UInt8]]) -> Catalog? {
    guard let bytes = facts["engine"] else { return facts.isEmpty ? Catalog() : nil }
    guard let engine = try? LogAPI.EngineFact(protobufBytes: bytes) else { return nil }
    var kinds: [String] = []
    for number in 0..<Int(engine.kindCount) {
      guard let name = facts[kindKey(number)] else { return nil }
      kinds.append(String(decoding: name, as: UTF8.self))
    }
    var pools: [PoolRecord] = []
    var counts: [Counters.Key: Counters.States] = [:]
    var bulks: [BulkRecord] = []
    var workflows: [WorkflowRecord] = []
    var groups: [GroupRecord] = []
    var schedules: [ScheduleRecord] = []
    var locks: [LockRecord] = []
    var tallies: [Counters.Key: TaskTally] = [:]
    var limits = LimitFacts()
    for (key, bytes) in facts {
      if key.hasPrefix("pool/") {
        guard let pool = Self.pool(bytes) else { return nil }
        pools.append(pool)
      } else if key.hasPrefix("counts/") {
        guard let (key, states) = Self.counts(bytes, key: key) else { return nil }
        counts[key] = states
      } else if key.hasPrefix("bulk/") {
        guard let bulk = (try? LogAPI.BulkFact(protobufBytes: bytes))?.value else { return nil }
        bulks.append(bulk)
      } else if key.hasPrefix("workflow/") {
        guard let workflow = (try? LogAPI.WorkflowFact(protobufBytes: bytes))?.value else {
          return nil
        }
        workflows.append(workflow)
      } else if key.hasPrefix("group/") {
        guard let fact = try? LogAPI.GroupFact(protobufBytes: bytes) else { return nil }
        groups.append(fact.value)
      } else if key.hasPrefix("schedule/") {
        guard let schedule = (try? LogAPI.ScheduleFact(protobufBytes: bytes))?.value else {
          return nil
        }
        schedules.append(schedule)
      } else if key.hasPrefix("lock/") {
        guard let fact = try? LogAPI.LockFact(protobufBytes: bytes) else { return nil }
        locks.append(fact.value)
      } else if key.hasPrefix(talliesPrefix) {
        guard let (key, tally) = Self.tally(bytes, key: key) else { return nil }
        tallies[key] = tally
      } else if key.hasPrefix("limit") {
        guard limits.read(key, bytes) else { return nil }
      }
    }
    return Catalog(
      revision: Revision(engine.revision),
      stamp: Stamp(
        elapsed: Elapsed(nanoseconds: engine.elapsed),
        time: WallTime(nanoseconds: engine.feedTime)),
      lastTask: TaskID(rawValue: engine.lastTask), lastPool: PoolID(rawValue: engine.lastPool),
      pools: pools, kinds: kinds, counts: counts, oldestEvent: Revision(engine.oldestEvent),
      bulks: BulkTable(bulks, last: BulkID(rawValue: engine.lastBulk)),
      workflows: WorkflowTable(workflows, last: WorkflowID(rawValue: engine.lastWorkflow)),
      groups: GroupTable(groups, last: GroupID(rawValue: engine.lastGroup)),
      schedules: ScheduleTable(schedules), locks: LockTable(locks),
      limits: LimitTable(
        limits.records, last: LimitID(rawValue: engine.lastLimit), states: limits.states,
        grants: limits.grants, at: Elapsed(nanoseconds: engine.elapsed)),
      tallies: TallyTable(tallies),
      // A table from before there were tallies: they begin with what comes next.
      talliedFrom: Revision(engine.talliedFrom == 0 ? engine.revision + 1 : engine.talliedFrom))
  }

  private static func pool(_ bytes: [UInt8]) -> PoolRecord? {
    guard let fact = try? LogAPI.PoolFact(protobufBytes: bytes), let spec = fact.spec?.value,
      let state = UInt8(exactly: fact.state).flatMap(PoolState.init(rawValue:))
    else { return nil }
    return PoolRecord(
      id: PoolID(rawValue: fact.id), name: fact.name, spec: spec, state: state,
      specVersion: fact.specVersion, revision: Revision(fact.revision),
      createTime: WallTime(nanoseconds: fact.createTime),
      updateTime: WallTime(nanoseconds: fact.updateTime),
      totals: PoolTotals(
        submitted: fact.submitted, succeeded: fact.succeeded, failed: fact.failed,
        cancelled: fact.cancelled, retried: fact.retried),
      deletion: fact.deletion?.value, slotLimit: fact.slotLimit == 0 ? nil : Int(fact.slotLimit),
      scaledAt: Elapsed(nanoseconds: fact.scaledAt))
  }

  private static func counts(
    _ bytes: [UInt8], key: String
  ) -> (Counters.Key, Counters.States)? {
    guard let key = pair(key),
      let fact = try? LogAPI.KindCounts(protobufBytes: bytes),
      fact.states.count == TaskState.allCases.count
    else { return nil }
    var states = Counters.States()
    for (state, count) in zip(TaskState.allCases, fact.states) { states[state] = count }
    return (key, states)
  }
}
