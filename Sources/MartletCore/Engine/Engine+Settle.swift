/// What follows from time and from other events, at the same instant.
extension Engine {
  mutating func settle(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    settleLocks(at: now, stamp: stamp, into: &events)
    expirePermits(at: now, stamp: stamp, into: &events)
    // With timers left nothing is started: a deadline that has passed comes before a start.
    guard fireTimers(at: now, stamp: stamp, into: &events),
      expireLeases(at: now, stamp: stamp, into: &events),
      endSilentAttempts(at: now, stamp: stamp, into: &events)
    else { return }
    letProgressGo(at: now, stamp: stamp, into: &events)
    settleDependants(at: now, stamp: stamp, into: &events)
    settleSchedules(at: now, stamp: stamp, into: &events)
    giveTurns(at: now, stamp: stamp, into: &events)
    settlePools(at: now, stamp: stamp, into: &events)
    if scalePools(at: now, stamp: stamp, into: &events) {
      settlePools(at: now, stamp: stamp, into: &events)
    }
    settleWorkflows(at: now, stamp: stamp, into: &events)
    endTurns(at: now.elapsed)
  }

  /// Whether a further step has something to do at once.
  package var isUnsettled: Bool {
    !state.session.unsettled.isEmpty || !state.session.decided.isEmpty
      || !state.session.touchedWorkflows.isEmpty || !state.session.shares.touched.isEmpty
      || !catalog.schedules.ready.isEmpty || !state.session.locks.freed.isEmpty
      || !state.session.limitBook.touched.isEmpty
  }

  // MARK: - Time

  /// False if more are due than one step may fire; the next tick goes on.
  private mutating func fireTimers(
    at now: Instant, stamp: Stamp, into events: inout [Event]
  ) -> Bool {
    let due = now.elapsed + (breaks(.timers) ? .milliseconds(5) : .zero)
    for _ in 0..<state.session.timersPerStep {
      guard let task = durable.tasks.firstDue(at: due) else { return true }
      let body = expire(task, at: now)
      events.append(evolve(task.state == .running ? fenced(body, at: now) : body, at: stamp))
    }
    return durable.tasks.firstDue(at: now.elapsed) == nil
  }

  private func expire(_ task: LiveTask, at now: Instant) -> Event.Body {
    if task.deadline <= now.elapsed { return missDeadline(task, at: now) }
    if task.state == .scheduled {
      var status = task.status
      status.state = .pending
      return event(.due, task, status)
    }
    if task.state == .pending, let timeout = durable.tasks.queueTimeout(of: task) {
      return failed(task, timeout.failure, at: now)
    }
    if let cancel = task.notes?.cancel, cancel.graceEnd <= now.elapsed {
      return cancelled(task, at: now)
    }
    if let pause = task.notes?.pause, pause.graceEnd <= now.elapsed {
      return givenBack(task, at: now)
    }
    let timeout = durable.tasks.policy(of: task).runTimeout
    return fail(
      task,
      Failure(
        kind: .runTimeout, message: "the attempt ran longer than \(timeout.text)",
        attempt: task.attempt, retryable: true), at: now)
  }

  private func missDeadline(_ task: LiveTask, at now: Instant) -> Event.Body {
    // Whoever asked it to stop was told that it ends as CANCELLED.
    if task.notes?.cancel != nil { return cancelled(task, at: now) }
    let attempt = task.state == .running ? task.attempt : 0
    return failed(
      task,
      Failure(
        kind: .deadline,
        message: attempt == 0
          ? "the deadline passed while the task waited" : "the deadline passed while it ran",
        attempt: attempt, retryable: false), at: now)
  }

  private mutating func letProgressGo(
    at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    let limit = state.session.limits.progressEventsPerSecond
    for (token, progress) in state.session.progress.due(at: now.elapsed, perSecond: limit) {
      guard let decision = try? decideProgress(token, progress) else { continue }
      for body in decision.events { events.append(evolve(body, at: stamp)) }
    }
  }

  // MARK: - Pools

  private mutating func settlePools(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    settleEachPool(at: now, stamp: stamp, into: &events)
    shareOut(at: now, stamp: stamp, into: &events)
  }

  private mutating func settleEachPool(
    at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    guard !state.session.unsettled.isEmpty else { return }
    // One step may unsettle its own pool again (a deletion in slices): that is for the next step.
    var pools = state.session.unsettled
    state.session.unsettled.removeAll(keepingCapacity: true)
    if pools.count > 1 { pools = Set(pools).sorted() }
    var again: [PoolID] = []
    for id in pools where settle(pool: id, at: now, stamp: stamp, into: &events) {
      again.append(id)
    }
    state.session.unsettled = again
  }

  /// True if there is more to do than one step may.
  private mutating func settle(
    pool id: PoolID, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) -> Bool {
    guard let pool = catalog.pools[id] else { return false }
    let isShared = touchGroup(of: id)
    switch pool.state {
    case .active where isShared: standInLine(pool, at: now)
    case .active: startTasks(in: pool, at: now, stamp: stamp, into: &events)
    case .draining:
      if isShared {
        standInLine(pool, at: now)
      } else {
        startTasks(in: pool, at: now, stamp: stamp, into: &events)
      }
      if unfinished(in: id) == 0 {
        let closed = event(.closed, pool, state: .closed, .server)
        events.append(evolve(.pool(closed), at: stamp))
      }
    case .deleting: return emptyPool(pool, at: now, stamp: stamp, into: &events)
    case .paused, .closed, .retired: break
    }
    return false
  }

  private mutating func startTasks(
    in pool: PoolRecord, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    guard obstacle(in: pool) == nil else { return }
    learnServedKinds()
    var free = freeSlots(in: pool)
    callUp(pool, free: free)
    while free > 0, let (task, taker) = nextStartable(in: pool, at: now) {
      begin(task, by: taker, in: pool, at: now, stamp: stamp, into: &events)
      free -= 1
    }
    if free > 0, durable.tasks.hasReady(in: pool.id) {
      state.session.starved.insert(pool.id)
    } else {
      state.session.starved.remove(pool.id)
    }
  }

  mutating func begin(
    _ task: LiveTask, by taker: Taker, in pool: PoolRecord, at now: Instant, stamp: Stamp,
    into events: inout [Event]
  ) {
    state.durable.tasks.takeTurn(task)
    useTurns(for: task, reserving: taker.isWorker)
    switch taker {
    case .server: begin(task, at: now, stamp: stamp, into: &events)
    case .worker(let worker): offer(task, to: worker, in: pool, at: now)
    }
  }

  mutating func nextStartable(
    in pool: PoolRecord, at now: Instant
  ) -> (task: LiveTask, taker: Taker)? {
    catalog.limits.isEmpty ? nextReady(in: pool, at: now) : nextWithinLimits(in: pool, at: now)
  }

  /// Never inlined: where `self` is changed the compiler would work on a copy of it.
  @inline(never)
  private func nextReady(
    in pool: PoolRecord, at now: Instant
  ) -> (task: LiveTask, taker: Taker)? {
    nextReady(in: pool, at: now) { engine, kind, selector in
      engine.taker(of: kind, selector, in: pool)
    }
  }

  /// By the pool's own order, the first task that somebody takes.
  func nextReady(
    in pool: PoolRecord, at now: Instant, taker: (Engine, KindID, LabelSet) -> Taker?
  ) -> (task: LiveTask, taker: Taker)? {
    durable.tasks.nextReady(
      in: pool.id, fairness: fairness(of: pool), ageing: ageing(of: pool), at: now.elapsed,
      of: self, taker: taker)
  }

  private func fairness(of pool: PoolRecord) -> FairnessMode {
    breaks(.shares) ? .off : pool.spec.fairness
  }

  private func ageing(of pool: PoolRecord) -> PriorityAgeing? {
    let step = breaks(.priorities) ? Span(nanoseconds: 1) : pool.spec.priorityAgeing
    return step.map(PriorityAgeing.init)
  }

  mutating func learnServedKinds() {
    let names = catalog.kinds.names
    while state.session.served.count < names.count {
      let name = names[state.session.served.count]
      state.session.served.append(state.session.servedKinds.contains(name))
    }
  }

  private mutating func emptyPool(
    _ pool: PoolRecord, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) -> Bool {
    let caller = pool.deletion ?? .server
    let origin = deletion(of: pool, by: caller)
    let waiting = durable.tasks.waiting(in: pool.id, limit: state.session.cancelsPerStep)
    for task in waiting {
      events.append(evolve(cancelWaiting(task, origin: origin, at: now).0, at: stamp))
    }
    if waiting.count == state.session.cancelsPerStep { return true }
    if unfinished(in: pool.id) == 0 {
      let deleted = event(.deleted, pool, state: .retired, caller)
      events.append(evolve(.pool(deleted), at: stamp))
    }
    return false
  }

  // MARK: - Purge

  func decidePurgeTasks(_ rows: [TasksPurged.Entry], asOf: Revision) -> Decision {
    let gone = rows.filter {
      $0.state.isTerminal && !durable.tasks.contains($0.task) && !isNeeded($0)
        && !state.session.departed.isStale($0.task, asOf: asOf)
    }
    return Decision(gone.isEmpty ? [] : [.tasksPurged(TasksPurged(entries: gone))])
  }

  /// Others are held by it, or about to be cancelled.
  func isNeeded(_ entry: TasksPurged.Entry) -> Bool {
    entry.state != .succeeded && durable.tasks.dependencies.isNeeded(entry.task)
  }

  func decidePurgeEvents(_ before: Revision) -> Decision {
    let oldest = catalog.oldestEvent
    guard before > oldest, before <= catalog.revision.next else { return Decision([]) }
    let count = Int64(before.rawValue - oldest.rawValue)
    return Decision([.eventsPurged(before: before, count: count)])
  }
}
