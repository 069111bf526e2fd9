/// The rules about starts, each as a question whose answer says what stands against one. `settle`
/// and `accept` start by them, and `explain` tells what they say: so it cannot be wrong.
extension Engine {
  /// What keeps this process from starting anything.
  var serverObstacle: WaitingCause? {
    if state.session.awaitsRecovery { return .serverStarting }
    return state.session.startsTasks ? nil : .serverStopping
  }

  /// What keeps a pool from starting anything, however many slots it has.
  func obstacle(in pool: PoolRecord) -> WaitingCause? {
    serverObstacle ?? pool.obstacle
  }

  /// Slots of running attempts, and of those that workers have been offered.
  func slotsTaken(in pool: PoolID) -> Int {
    durable.tasks.runningCount(in: pool) + state.session.leases.offerCount(in: pool)
  }

  /// Not above 0 if a pool has lost slots that are in use.
  func freeSlots(in pool: PoolRecord) -> Int {
    pool.slotLimit - slotsTaken(in: pool.id) + (breaks(.slots) ? 1 : 0)
  }

  /// The pool may have been paused or have lost slots since the offer, its group budget, the task's
  /// time be over.
  func mayAccept(_ task: LiveTask, at now: Instant) -> Bool {
    guard durable.tasks.moment(for: task) > now.elapsed, let pool = catalog.pools[task.pool]
    else { return false }
    return obstacle(in: pool) == nil && durable.tasks.runningCount(in: pool.id) < pool.slotLimit
      && isWithinBudget(pool.id) && mayTakeAll(task, at: now.elapsed)
  }

  /// Who runs a task.
  enum Taker {
    case server
    case worker(WorkerID)

    var isWorker: Bool { if case .worker = self { true } else { false } }
  }

  /// A handler of this process, if one serves the kind and no labels are asked for; else a worker.
  func taker(of kind: KindID, _ selector: LabelSet, in pool: PoolRecord) -> Taker? {
    if selector.isEmpty, state.session.served[Int(kind.rawValue)] { return .server }
    return state.session.roster.choose(
      kind: catalog.kinds[kind], pool: pool.name, selector: selector
    ).map { .worker($0) }
  }

  /// Whether anybody who is there, busy or not, would take such a task.
  func isServed(_ kind: KindID, _ selector: LabelSet, in pool: PoolRecord) -> Bool {
    let name = catalog.kinds[kind]
    if selector.isEmpty, state.session.servedKinds.contains(name) { return true }
    return state.session.roster.isServed(kind: name, pool: pool.name, selector: selector)
  }
}

extension PoolRecord {
  /// What of its state keeps it from starting tasks.
  var obstacle: WaitingCause? {
    switch state {
    case .active, .draining: nil
    case .paused: .poolPaused(name)
    case .closed: .poolClosed(name)
    case .deleting, .retired: .poolDeleting(name)
    }
  }
}

extension Worker {
  /// What of its word keeps it from ever taking a task, as long as it is connected as it is.
  enum Mismatch: Hashable, Sendable {
    case pool
    case labels
  }

  /// What of its present keeps it from being offered any task.
  enum Hindrance: Hashable, Sendable {
    case disconnected
    case draining
    case silent
    case busy
  }

  func mismatch(pool: String, selector: LabelSet) -> Mismatch? {
    if !pools.isEmpty, !pools.contains(pool) { return .pool }
    return lacks(anyOf: selector) ? .labels : nil
  }

  private func lacks(anyOf selector: LabelSet) -> Bool {
    selector.labels.contains { labels[$0.key] != $0.value }
  }

  var hindrance: Hindrance? {
    if !isConnected { return .disconnected }
    if isDraining { return .draining }
    if isSilent { return .silent }
    return credit > 0 ? nil : .busy
  }
}

/// Why none of the workers takes a task: how many of those that serve its kind do not for which
/// reason.
struct WorkerTally {
  var serving = 0
  var ofOtherPools = 0
  var unlabelled = 0
  /// The fewest labels that one of `unlabelled` does not have.
  var missing: LabelSet?
  var hindered: [Worker.Hindrance: Int] = [:]
  /// Those that would take it.
  var ready = 0
}

extension WorkerRoster {
  /// Asks of each worker that serves the kind what `choose` asks.
  func tally(kind: String, pool: String, selector: LabelSet) -> WorkerTally {
    var tally = WorkerTally()
    for worker in serving(kind) {
      tally.serving += 1
      switch worker.mismatch(pool: pool, selector: selector) {
      case .pool: tally.ofOtherPools += 1
      case .labels:
        tally.unlabelled += 1
        let missing = selector.labels.filter { worker.labels[$0.key] != $0.value }
        if missing.count < tally.missing?.labels.count ?? .max {
          tally.missing = LabelSet(sorted: missing)
        }
      case nil:
        if let hindrance = worker.hindrance {
          tally.hindered[hindrance, default: 0] += 1
        } else {
          tally.ready += 1
        }
      }
    }
    return tally
  }
}
