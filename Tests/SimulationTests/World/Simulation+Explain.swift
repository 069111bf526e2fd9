@testable import MartletCore
@testable import MartletServer

/// What the engine says of why a task does not run, against a count by hand.
extension Simulation {
  /// Asks after one task that is PENDING, whatever has just been decided.
  func checkExplanation() throws(Violation) {
    try checkShares()
    guard chance(1, of: 3) else { return }
    let engine = node.pipeline.engine
    let tasks = engine.state.durable.tasks.all()
    guard
      let task = tasks.filter({ $0.state == .pending }).randomElement(using: &random),
      let pool = engine.state.durable.catalog.pools[task.pool],
      let explanation = engine.explain(task.id, at: clock.now)
    else { return }
    let wanted = Obstacles(of: task, in: pool, among: tasks, engine, at: clock.now)
    let waits = explanation.causes.filter { if case .limit = $0 { true } else { false } }
    if !waits.isEmpty { limitedSeen += 1 }
    try require(
      waits.isEmpty || engine.lacking(task, at: clock.now.elapsed) != nil,
      "\(task.id) waits for a limit that has enough")
    try require(
      explanation.causes.filter { !waits.contains($0) }
        == (waits.isEmpty ? wanted.causes : wanted.causes.filter { $0 != .starting }),
      "\(task.id) is said to wait for \(explanation.causes), it does for \(wanted.causes)")
    // Nothing but the next step may be what it waits for.
    let isDue = engine.nextDeadline.map { $0 <= clock.elapsed } ?? false
    try require(
      explanation.causes != [.starting] || engine.isUnsettled || isDue || node.pipeline.isFull,
      "\(task.id) waits for nothing, and does not start")
  }
}

/// All that is in the way of a PENDING task, found in the plainest way.
private struct Obstacles {
  private(set) var causes: [WaitingCause] = []

  init(
    of task: LiveTask, in pool: PoolRecord, among tasks: [LiveTask], _ engine: Engine,
    at now: Instant
  ) {
    let session = engine.state.session
    if session.awaitsRecovery {
      causes.append(.serverStarting)
    } else if !session.startsTasks {
      causes.append(.serverStopping)
    }
    switch pool.state {
    case .paused: causes.append(.poolPaused(pool.name))
    case .closed: causes.append(.poolClosed(pool.name))
    case .deleting, .retired: causes.append(.poolDeleting(pool.name))
    case .active, .draining: break
    }
    let offers = session.leases.entries.values.filter(\.isOffer)
    if let offer = offers.first(where: { $0.lease.task == task.id }) {
      let name = engine.workers.first { $0.id == offer.worker }?.identity.name ?? ""
      causes.append(.offered(worker: name, until: now.wall + (offer.expires - now.elapsed)))
      return
    }
    let mine = tasks.filter { $0.pool == task.pool }
    let offered = Set(offers.map(\.lease.task))
    let inUse = mine.count { $0.state == .running || offered.contains($0.id) }
    if inUse >= pool.slotLimit {
      let ages = pool.spec.priorityAgeing != nil
      let isFair = Self.isFair(pool, mine, engine)
      let ahead = mine.count { other in
        guard other.state == .pending, !offered.contains(other.id), other.id != task.id else {
          return false
        }
        guard engine.state.durable.tasks.parking(of: other.id, limit: 0) == nil else {
          return false
        }
        let isAlike = Self.isAlike(other, task, engine)
        if ages, other.priority != task.priority || !isAlike { return false }
        let isOfKey = !isFair || Self.fairness(other, engine).key == Self.fairness(task, engine).key
        let isHigher =
          other.priority > task.priority && (isOfKey || pool.spec.fairness == .priorityFirst)
        let isBefore =
          other.priority == task.priority && other.joined < task.joined && isOfKey
        return (isHigher || isBefore)
          && (isAlike || Self.takers(of: other, in: pool, engine).contains(where: \.isThere))
      }
      causes.append(
        .noFreeSlot(
          pool: pool.name, slots: pool.slotLimit, inUse: inUse,
          position: !Self.isParked(task, engine)
            ? QueuePosition(ahead: ahead, isExact: !ages && !isFair) : nil))
      causes += Self.standing(of: task, in: pool, mine, offered, engine)
    } else if let budget = Self.budget(of: pool, engine) {
      causes.append(budget)
      causes += Self.standing(of: task, in: pool, mine, offered, engine)
    }
    causes += Self.lacks(of: task, in: pool, engine)
    if causes.isEmpty { causes = [.starting] }
  }

  /// What of its group stands against a start.
  private static func budget(of pool: PoolRecord, _ engine: Engine) -> WaitingCause? {
    let (catalog, session) = (engine.state.durable.catalog, engine.state.session)
    guard !session.awaitsRecovery, let group = catalog.groups[named: pool.spec.group] else {
      return nil
    }
    let members = catalog.pools.values.filter {
      $0.spec.group == group.name && $0.state != .retired
    }
    let inUse = members.reduce(0) { $0 + engine.slotsTaken(in: $1.id) }
    let owed = members.reduce(0) { $0 + (session.shares[$1.id]?.owed ?? 0) }
    let budget = group.spec.budget
    if session.shares[pool.id]?.owed ?? 0 > 0 {
      return inUse < budget
        ? nil
        : .budgetLent(
          group: group.name, budget: budget, minimum: pool.spec.groupMinimum,
          inUse: engine.slotsTaken(in: pool.id))
    }
    return inUse + owed < budget
      ? nil : .budgetInUse(group: group.name, budget: budget, inUse: inUse, owed: owed)
  }

  private static func fairness(_ task: LiveTask, _ engine: Engine) -> TaskFairness {
    engine.state.durable.tasks.policy(of: task).fairness ?? TaskFairness(key: "")
  }

  private static func isFair(_ pool: PoolRecord, _ mine: [LiveTask], _ engine: Engine) -> Bool {
    pool.spec.fairness != .off
      && mine.contains { engine.state.durable.tasks.policy(of: $0).fairness != nil }
  }

  /// How its key stands.
  private static func standing(
    of task: LiveTask, in pool: PoolRecord, _ mine: [LiveTask], _ offered: Set<TaskID>,
    _ engine: Engine
  ) -> [WaitingCause] {
    guard isFair(pool, mine, engine), !isParked(task, engine) else { return [] }
    let own = fairness(task, engine)
    let ofKey = mine.filter { fairness($0, engine).key == own.key }
    let waiting = mine.filter {
      $0.state == .pending && !offered.contains($0.id) && !isParked($0, engine)
    }
    let ahead = waiting.count {
      fairness($0, engine).key == own.key && $0.priority == task.priority
        && isAlike($0, task, engine) && $0.joined < task.joined
    }
    let share = KeyShare(
      key: own.key, weight: own.weight,
      running: ofKey.count { $0.state == .running || offered.contains($0.id) },
      waiting: waiting.count { fairness($0, engine).key == own.key })
    let others = Set(waiting.map { fairness($0, engine).key }).subtracting([own.key]).count
    return [
      .fairShare(FairStanding(share: share, pool: pool.name, ahead: ahead, others: others))
    ]
  }

  /// It waits for a permit, and is in no queue.
  private static func isParked(_ task: LiveTask, _ engine: Engine) -> Bool {
    engine.state.durable.tasks.parking(of: task.id, limit: 0) != nil
  }

  private static func isAlike(_ a: LiveTask, _ b: LiveTask, _ engine: Engine) -> Bool {
    let table = engine.state.durable.tasks
    return a.kind == b.kind && table.policy(of: a).selector == table.policy(of: b).selector
  }

  /// Whoever would take such a task if it could.
  private struct Able {
    var isThere: Bool
    var isFree: Bool
    var name: String
  }

  private static func takers(
    of task: LiveTask, in pool: PoolRecord, _ engine: Engine
  ) -> [Able] {
    let kind = engine.state.durable.catalog.kinds[task.kind]
    let selector = engine.state.durable.tasks.policy(of: task).selector
    var able: [Able] = []
    if selector.isEmpty, engine.state.session.servedKinds.contains(kind) {
      able.append(Able(isThere: true, isFree: true, name: "server"))
    }
    for worker in engine.workers where worker.kinds.contains(kind) {
      let isOfPool = worker.pools.isEmpty || worker.pools.contains(pool.name)
      let matches = selector.dictionary.allSatisfy { worker.labels[$0.key] == $0.value }
      guard isOfPool, matches else { continue }
      let isFree =
        worker.isConnected && !worker.isDraining && !worker.isSilent && worker.credit > 0
      let name =
        !worker.isConnected
        ? "disconnected" : worker.isDraining ? "draining" : worker.isSilent ? "silent" : "busy"
      able.append(Able(isThere: worker.isConnected, isFree: isFree, name: name))
    }
    return able
  }

  private static func lacks(
    of task: LiveTask, in pool: PoolRecord, _ engine: Engine
  ) -> [WaitingCause] {
    let able = takers(of: task, in: pool, engine)
    if able.contains(where: \.isFree) { return [] }
    let kind = engine.state.durable.catalog.kinds[task.kind]
    let serving = engine.workers.filter { $0.kinds.contains(kind) }
    guard able.isEmpty else {
      let counts = Dictionary(grouping: able, by: \.name).mapValues(\.count)
      return [
        counts["busy"].map { .workersBusy(kind: kind, $0) },
        counts["silent"].map { .workersSilent(kind: kind, $0) },
        counts["draining"].map { .workersDraining(kind: kind, $0) },
        counts["disconnected"].map { .workersDisconnected(kind: kind, $0) },
      ].compactMap { $0 }
    }
    guard !serving.isEmpty else {
      let byServer = engine.state.session.servedKinds.contains(kind)
      return [.noWorker(kind: kind, byServer: byServer)]
    }
    let ofPool = serving.filter { $0.pools.isEmpty || $0.pools.contains(pool.name) }
    guard !ofPool.isEmpty else {
      return [.noWorkerForPool(kind: kind, pool: pool.name, workers: serving.count)]
    }
    let selector = engine.state.durable.tasks.policy(of: task).selector
    let missing = ofPool.map { worker in
      selector.labels.filter { worker.labels[$0.key] != $0.value }
    }
    let fewest = missing.map(\.count).min() ?? 0
    let first = missing.first { $0.count == fewest } ?? []
    return [
      .selectorUnmatched(kind: kind, missing: LabelSet(sorted: first), workers: ofPool.count)
    ]
  }
}
