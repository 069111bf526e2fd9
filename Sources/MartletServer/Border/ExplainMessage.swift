import MartletAPI
import MartletCore

extension API.WaitingCause {
  init(_ cause: WaitingCause, tasks: Int = 0) {
    self.init(text: cause.text, remedy: cause.remedy, tasks: Int64(tasks))
    switch cause {
    case .ended(let state, let time, let failure, let origin):
      type = .ended
      self.state = .init(state)
      since = .init(time)
      self.failure = failure.map { .init($0) }
      set(origin)
    case .running(let running):
      type = .running
      since = running.since.map { .init($0) }
      worker = running.worker ?? ""
      attempt = Int32(clamping: running.number)
      timers = running.timers.map { .init($0) }
    case .cancelRequested(let origin, let since, let until):
      set(.cancelRequested, origin, since, until)
    case .pauseRequested(let origin, let since, let until):
      set(.pauseRequested, origin, since, until)
    case .paused(let origin, let since): set(.paused, origin, since, nil)
    case .delayed(let until):
      type = .delayed
      self.until = .init(until)
    case .backOff(let until, let failure):
      type = .backOff
      self.until = .init(until)
      self.failure = .init(failure)
    case .serverStarting: type = .serverStarting
    case .serverStopping: type = .serverStopping
    case .poolPaused(let pool): set(.poolPaused, pool: pool)
    case .poolClosed(let pool): set(.poolClosed, pool: pool)
    case .poolDeleting(let pool): set(.poolDeleting, pool: pool)
    case .noFreeSlot(let pool, let slots, let inUse, let position):
      set(.noFreeSlot, pool: pool)
      self.slots = Int32(clamping: slots)
      slotsInUse = Int32(clamping: inUse)
      tasksAhead = position.map { Int64($0.ahead) }
      tasksAheadAtLeast = position.map { !$0.isExact } ?? false
    case .fairShare(let standing):
      set(.fairShare, pool: standing.pool)
      fairness = .init(standing)
    case .budgetLent(let group, let budget, let minimum, let inUse):
      set(.budgetLent, group: group, budget, inUse: inUse, owed: minimum)
    case .budgetInUse(let group, let budget, let inUse, let owed):
      set(.budgetInUse, group: group, budget, inUse: inUse, owed: owed)
    case .limit(let wait): set(wait)
    case .offered(let worker, let until):
      type = .offered
      self.worker = worker
      self.until = .init(until)
    case .dependencies(let tasks, let count): set(.dependencies, tasks, count)
    case .heldByDependencies(let tasks, let count): set(.heldByDependencies, tasks, count)
    case .starting: type = .starting
    default: setWorkers(cause)
    }
  }

  private mutating func set(_ wait: LimitWait) {
    type = .limit
    limit = wait.limit
    limitKey = wait.key
    limitWaiting = Int64(wait.waiting)
    until = wait.until.map { .init($0) }
    tasksAhead = wait.ahead.map { Int64($0.ahead) }
    tasksAheadAtLeast = wait.ahead.map { !$0.isExact } ?? false
  }

  /// Causes that are about workers.
  private mutating func setWorkers(_ cause: WaitingCause) {
    switch cause {
    case .noWorker(let kind, let byServer):
      set(.noWorker, kind: kind, 0)
      servedByServer = byServer
    case .noWorkerForPool(let kind, let pool, let count):
      set(.noWorkerForPool, kind: kind, count)
      self.pool = pool
    case .selectorUnmatched(let kind, let missing, let count):
      set(.selectorUnmatched, kind: kind, count)
      missingLabels = missing.dictionary
    case .workersBusy(let kind, let count): set(.workersBusy, kind: kind, count)
    case .workersSilent(let kind, let count): set(.workersSilent, kind: kind, count)
    case .workersDraining(let kind, let count): set(.workersDraining, kind: kind, count)
    case .workersDisconnected(let kind, let count): set(.workersDisconnected, kind: kind, count)
    default: break
    }
  }

  private mutating func set(
    _ type: API.WaitingCauseType, _ origin: Origin, _ since: WallTime, _ until: WallTime?
  ) {
    self.type = type
    self.since = .init(since)
    self.until = until.map { .init($0) }
    set(origin)
  }

  private mutating func set(_ type: API.WaitingCauseType, _ tasks: [TaskID], _ count: Int) {
    self.type = type
    dependsOn = tasks.map(\.description)
    dependencies = Int32(clamping: count)
  }

  private mutating func set(
    _ type: API.WaitingCauseType, group: String, _ budget: Int, inUse: Int, owed: Int
  ) {
    self.type = type
    self.group = group
    self.budget = Int32(clamping: budget)
    budgetInUse = Int32(clamping: inUse)
    budgetOwed = Int32(clamping: owed)
  }

  private mutating func set(_ type: API.WaitingCauseType, pool: String) {
    self.type = type
    self.pool = pool
  }

  private mutating func set(_ type: API.WaitingCauseType, kind: String, _ workers: Int) {
    self.type = type
    self.kind = kind
    self.workers = Int32(clamping: workers)
  }

  private mutating func set(_ origin: Origin?) {
    actor = origin?.actor ?? ""
    reason = origin?.reason ?? ""
  }
}

extension API.FairnessShare {
  init(_ share: KeyShare) {
    self.init(
      key: share.key, weight: Int32(clamping: share.weight), running: Int64(share.running),
      waiting: Int64(share.waiting))
  }
}

extension API.FairnessStanding {
  init(_ standing: FairStanding) {
    self.init(
      share: .init(standing.share), tasksAhead: Int64(standing.ahead),
      otherKeys: Int64(standing.others))
  }
}

extension API.AttemptTimer {
  init(_ timer: WaitingCause.Timer) {
    self.init(type: .init(rawValue: Int32(timer.kind.rawValue)), time: .init(timer.at))
  }
}

extension API.ExplainPoolResponse {
  init(_ explanation: PoolExplanation, cursor: String) {
    let pool = explanation.pool
    let counts = explanation.counts
    self.init(
      pool: pool.name, state: .init(pool.state),
      causes: explanation.causes.map { .init($0.cause, tasks: $0.tasks) }, cursor: cursor,
      slots: Int32(clamping: pool.slotLimit), slotsInUse: Int32(clamping: explanation.inUse),
      slotsOffered: Int32(clamping: explanation.offered), pending: counts[.pending],
      scheduled: counts[.scheduled], paused: counts[.paused], blocked: counts[.blocked],
      omittedCauses: Int32(clamping: explanation.omittedCauses),
      scaling: explanation.scaling.map {
        .init($0, mode: pool.spec.scaling?.mode, coolsUntil: explanation.coolsUntil)
      }, shares: explanation.shares.map { .init($0) },
      omittedShares: Int32(clamping: explanation.omittedShares))
  }
}
