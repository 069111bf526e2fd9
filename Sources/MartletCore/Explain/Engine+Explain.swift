/// Why a task does not run, and what holds a pool back.
extension Engine {
  /// nil of a task that is not live.
  package func explain(_ id: TaskID, at now: Instant) -> TaskExplanation? {
    durable.tasks[id].map {
      TaskExplanation(task: id, state: $0.state, causes: causes(of: $0, at: now))
    }
  }

  /// The first cause of a task that waits, without its position; nil of one that does not, and if
  /// to find it would take longer than the look may.
  func firstCause(of task: LiveTask, at now: Instant, _ looks: inout WorkerLooks) -> WaitingCause? {
    guard let pool = catalog.pools[task.pool] else { return nil }
    switch task.state {
    case .paused: return paused(task)
    case .scheduled: return due(task, at: now).first
    case .blocked: return blocked(task).first
    case .pending: break
    case .running, .succeeded, .failed, .cancelled: return nil
    }
    if let obstacle = obstacle(in: pool) { return obstacle }
    if let offer = offer(of: task, at: now) { return offer }
    if freeSlots(in: pool) <= 0 { return noFreeSlot(in: pool, position: nil) }
    if let obstacle = groupObstacle(of: pool) { return obstacle }
    if let wait = limitWait(of: task, at: now, isWhole: false) { return .limit(wait) }
    let selector = durable.tasks.policy(of: task).selector
    return lacks(task.kind, selector, in: pool, &looks).map { $0.first ?? .starting }
  }

  private func causes(of task: LiveTask, at now: Instant) -> [WaitingCause] {
    guard let pool = catalog.pools[task.pool] else { return [] }
    switch task.state {
    case .running: return running(task, at: now)
    case .pending: return pending(task, in: pool, at: now)
    case .paused:
      return [paused(task)] + due(task, at: now) + lasting(task, in: pool)
    case .scheduled: return due(task, at: now) + lasting(task, in: pool)
    case .blocked: return blocked(task) + due(task, at: now) + lasting(task, in: pool)
    case .succeeded, .failed, .cancelled: return []
    }
  }

  // MARK: - Waiting

  private static let namedDependenciesMax = 10

  private func blocked(_ task: LiveTask) -> [WaitingCause] {
    guard let entry = durable.tasks.dependencies[task.id], entry.verdict == .waits else {
      return [.starting]
    }
    var causes: [WaitingCause] = []
    if !entry.failed.isEmpty {
      let named = entry.failed.prefix(Self.namedDependenciesMax)
      causes.append(.heldByDependencies(Array(named), count: entry.failed.count))
    }
    if entry.open > 0 {
      let open = entry.tasks.lazy.filter { durable.tasks.contains($0) }
      causes.append(
        .dependencies(Array(open.prefix(Self.namedDependenciesMax)), count: entry.open))
    }
    return causes
  }
  private func pending(
    _ task: LiveTask, in pool: PoolRecord, at now: Instant
  ) -> [WaitingCause] {
    var causes = [serverObstacle, pool.obstacle].compactMap { $0 }
    if let offer = offer(of: task, at: now) { return causes + [offer] }
    if freeSlots(in: pool) <= 0 {
      causes.append(noFreeSlot(in: pool, position: position(of: task, in: pool)))
      causes += standing(of: task, in: pool)
    } else if let obstacle = groupObstacle(of: pool) {
      causes.append(obstacle)
      causes += standing(of: task, in: pool)
    }
    if let wait = limitWait(of: task, at: now, isWhole: true) { causes.append(.limit(wait)) }
    causes += lacks(task.kind, durable.tasks.policy(of: task).selector, in: pool)
    return causes.isEmpty ? [.starting] : causes
  }

  private func offer(of task: LiveTask, at now: Instant) -> WaitingCause? {
    guard let offer = state.session.leases[task.id], offer.isOffer else { return nil }
    let worker = offer.worker.flatMap { state.session.roster[$0] }?.identity.name ?? ""
    return .offered(worker: worker, until: now.wall(at: offer.expires))
  }

  private func noFreeSlot(in pool: PoolRecord, position: QueuePosition?) -> WaitingCause {
    .noFreeSlot(
      pool: pool.name, slots: pool.slotLimit, inUse: slotsTaken(in: pool.id), position: position)
  }

  private func paused(_ task: LiveTask) -> WaitingCause {
    .paused(
      task.notes?.pause?.origin ?? .server, since: task.notes?.pause?.time ?? task.createTime)
  }

  private func due(_ task: LiveTask, at now: Instant) -> [WaitingCause] {
    guard task.due > now.elapsed || task.state == .scheduled else { return [] }
    let until = now.wall(at: task.due)
    if let failure = task.notes?.failure, failure.attempt == task.attempt, task.attempt > 0 {
      return [.backOff(until: until, failure)]
    }
    return [.delayed(until: until)]
  }

  /// What will keep it from running also when its time has come, unless it goes away.
  private func lasting(_ task: LiveTask, in pool: PoolRecord) -> [WaitingCause] {
    var causes = [serverObstacle, pool.obstacle].compactMap { $0 }
    let selector = durable.tasks.policy(of: task).selector
    if !isServed(task.kind, selector, in: pool) {
      causes += lacks(task.kind, selector, in: pool)
    }
    return causes
  }

  /// The same, unless to find it would take longer than the look may: nil.
  private func lacks(
    _ kind: KindID, _ selector: LabelSet, in pool: PoolRecord, _ looks: inout WorkerLooks
  ) -> [WaitingCause]? {
    let key = WorkerLooks.Key(pool: pool.id, kind: kind, selector: selector)
    if let known = looks.known[key] { return known }
    let count = state.session.roster.servingCount(catalog.kinds[kind])
    guard looks.take(count) else { return nil }
    let found = lacks(kind, selector, in: pool)
    looks.known[key] = found
    return found
  }

  /// Why nobody takes a task; empty if somebody does.
  private func lacks(
    _ kind: KindID, _ selector: LabelSet, in pool: PoolRecord
  ) -> [WaitingCause] {
    let name = catalog.kinds[kind]
    let isServedHere = state.session.servedKinds.contains(name)
    if isServedHere, selector.isEmpty { return [] }
    let tally = state.session.roster.tally(kind: name, pool: pool.name, selector: selector)
    if tally.ready > 0 { return [] }
    if tally.serving == 0 { return [.noWorker(kind: name, byServer: isServedHere)] }
    if tally.serving == tally.ofOtherPools {
      return [.noWorkerForPool(kind: name, pool: pool.name, workers: tally.serving)]
    }
    if let missing = tally.missing, tally.hindered.isEmpty {
      return [.selectorUnmatched(kind: name, missing: missing, workers: tally.unlabelled)]
    }
    return [Worker.Hindrance.busy, .silent, .draining, .disconnected].compactMap { hindrance in
      tally.hindered[hindrance].map { .hindered(hindrance, kind: name, $0) }
    }
  }

  /// Tasks that nobody who is there takes are passed over: no slot goes to them.
  private func position(of task: LiveTask, in pool: PoolRecord) -> QueuePosition? {
    var looks = WorkerLooks()
    let ages = pool.spec.priorityAgeing != nil
    return durable.tasks.position(
      of: task.id, fairness: pool.spec.fairness, ages: ages
    ) { kind, selector in
      let count = state.session.roster.servingCount(catalog.kinds[kind])
      return looks.take(count) ? isServed(kind, selector, in: pool) : nil
    }
  }

  private func standing(of task: LiveTask, in pool: PoolRecord) -> [WaitingCause] {
    guard pool.spec.fairness != .off else { return [] }
    return durable.tasks.standing(of: task, in: pool.name).map { [.fairShare($0)] } ?? []
  }

  // MARK: - Running

  private func running(_ task: LiveTask, at now: Instant) -> [WaitingCause] {
    let notes = task.notes
    let attempt = WaitingCause.Attempt(
      number: task.attempt, since: notes?.startTime, worker: notes?.assignment?.worker.name,
      timers: timers(of: task, at: now))
    var causes: [WaitingCause] = [.running(attempt)]
    if let cancel = notes?.cancel {
      causes.append(
        .cancelRequested(
          cancel.origin, since: cancel.time, until: now.wall(at: cancel.graceEnd)))
    } else if let pause = notes?.pause {
      causes.append(
        .pauseRequested(pause.origin, since: pause.time, until: now.wall(at: pause.graceEnd)))
    }
    return causes
  }

  private func timers(of task: LiveTask, at now: Instant) -> [WaitingCause.Timer] {
    var moments: [(WaitingCause.Timer.Kind, Elapsed)] = [(.deadline, task.deadline)]
    if let started = task.notes?.startElapsed {
      moments.append((.runTimeout, started + durable.tasks.policy(of: task).runTimeout))
    }
    if let lease = state.session.leases[task.id] { moments.append((.lease, lease.expires)) }
    if let silence = state.session.silences.end(of: task.id) {
      moments.append((.heartbeatTimeout, silence))
    }
    if let cancel = task.notes?.cancel { moments.append((.cancelGrace, cancel.graceEnd)) }
    if let pause = task.notes?.pause { moments.append((.pauseGrace, pause.graceEnd)) }
    return moments.filter { $0.1 != .never }
      .sorted { ($0.1, $0.0.rawValue) < ($1.1, $1.0.rawValue) }
      .map { WaitingCause.Timer(kind: $0.0, at: now.wall(at: $0.1)) }
  }

  // MARK: - Pools

  /// Causes that a pool is told of, those with the most tasks first.
  private static let poolCausesMax = 100

  package func explain(pool: PoolRecord, at now: Instant) -> PoolExplanation {
    let pending = Int(catalog.counters.states(pool: pool.id)[.pending])
    var causes = [serverObstacle, pool.obstacle].compactMap { $0 }
      .map { PoolExplanation.Cause(cause: $0, tasks: pending) }
    let inUse = slotsTaken(in: pool.id)
    let offered = state.session.leases.offerCount(in: pool.id)
    if freeSlots(in: pool) <= 0 {
      causes.append(
        .init(cause: noFreeSlot(in: pool, position: nil), tasks: pending - offered))
    } else if pending > offered, let obstacle = groupObstacle(of: pool) {
      causes.append(.init(cause: obstacle, tasks: pending - offered))
    }
    var lacking: [PoolExplanation.Cause] = []
    var omitted = 0
    var looks = WorkerLooks()
    for (kind, selector, tasks) in durable.tasks.readyKinds(in: pool.id) {
      guard let lacks = lacks(kind, selector, in: pool, &looks) else {
        omitted += 1
        continue
      }
      lacking += lacks.map { .init(cause: $0, tasks: tasks) }
    }
    lacking += limitCauses(in: pool, at: now)
    lacking.sort { $0.tasks > $1.tasks }
    let scaling = scalingVerdict(of: pool, at: now.elapsed)
    var explanation = PoolExplanation(
      pool: pool, counts: catalog.counters.states(pool: pool.id), inUse: inUse, offered: offered,
      causes: causes + lacking.prefix(Self.poolCausesMax),
      omittedCauses: omitted + max(0, lacking.count - Self.poolCausesMax), scaling: scaling,
      coolsUntil: scaling?.coolsUntil.map { now.wall(at: $0) })
    (explanation.shares, explanation.omittedShares) = durable.tasks.shares(in: pool.id)
    return explanation
  }
}

/// How many workers one look at the engine may ask: it must not hold up what is to be decided. What
/// was asked once is known.
struct WorkerLooks {
  struct Key: Hashable {
    var pool: PoolID
    var kind: KindID
    var selector: LabelSet
  }

  var known: [Key: [WaitingCause]] = [:]
  private var left = 20_000

  mutating func take(_ count: Int) -> Bool {
    left -= count
    return left >= 0
  }
}

extension WaitingCause {
  fileprivate static func hindered(
    _ hindrance: Worker.Hindrance, kind: String, _ count: Int
  ) -> WaitingCause {
    switch hindrance {
    case .busy: .workersBusy(kind: kind, count)
    case .silent: .workersSilent(kind: kind, count)
    case .draining: .workersDraining(kind: kind, count)
    case .disconnected: .workersDisconnected(kind: kind, count)
    }
  }
}

extension Instant {
  /// What the wall clock will show, or has shown, at a moment of the log's, unless it is set.
  func wall(at moment: Elapsed) -> WallTime { wall + (moment - elapsed) }
}
