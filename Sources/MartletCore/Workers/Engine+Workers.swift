/// Workers: who is there, what they are offered, what they hold.
extension Engine {
  /// nil for what `decide` decides.
  mutating func perform(
    _ command: WorkerCommand, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> Answer? {
    switch command {
    case .connect(let hello):
      return .worker(connect(hello, at: now, stamp: stamp, into: &events))
    case .credit(let id, let more, let seen):
      try setCredit(id, more: more, seen: seen, at: now)
    case .accept(let id, let leases):
      return .leases(try accept(id, leases, at: now, stamp: stamp, into: &events))
    case .renew(let id, let leases):
      return .leases(try renew(id, leases, at: now))
    case .drain(let id):
      try change(id, at: now) { $0.isDraining = true }
    case .disconnect(let id):
      disconnect(id)
    case .log(let lease, let lines):
      if let body = try log(lines, by: lease, at: now) { events.append(evolve(body, at: stamp)) }
    case .finish(let ends):
      return .finished(ends.map { finish($0, at: now, stamp: stamp, into: &events) })
    case .release, .checkpoint:
      return nil
    }
    return .done
  }

  private mutating func change(
    _ id: WorkerID, at now: Instant, _ body: (inout Worker) -> Void
  ) throws(Refusal) {
    guard var worker = state.session.roster[id] else { throw .workerNotFound(id) }
    let wasSilent = worker.isSilent
    worker.heardAt = now.elapsed
    worker.isSilent = false
    body(&worker)
    state.session.roster[id] = worker
    if wasSilent { unsettleReadyPools(for: id) }
  }

  private var leaseLength: Span {
    .milliseconds(Int64(state.session.limits.leaseMilliseconds) / (breaks(.leases) ? 2 : 1))
  }

  // MARK: - Coming and going

  private mutating func connect(
    _ hello: WorkerHello, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) -> WorkerWelcome {
    let (id, isNew) = state.session.roster.connect(hello, at: now.elapsed)
    if !isNew { withdrawOffers(of: id) }
    var welcome = WorkerWelcome(
      worker: id, leaseLength: leaseLength, kept: [], report: LeaseReport())
    for lease in hello.held ?? [] {
      guard let task = try? running(lease), let assignment = task.notes?.assignment,
        assignment.worker.instance == hello.identity.instance
      else {
        welcome.report.lost.append(lost(lease))
        continue
      }
      hold(lease, by: id, in: task.pool, at: now)
      welcome.kept.append(lease)
      note(lease, in: &welcome.report, at: now)
    }
    guard let told = hello.held else { return welcome }
    // What it should be running and does not name, it does not run.
    let held = Set(told.map(\.task))
    for task in (state.session.roster[id]?.tasks ?? []).subtracting(held).sorted() {
      guard let live = durable.tasks[task], live.state == .running else { continue }
      events.append(evolve(lose(live, at: now), at: stamp))
    }
    return welcome
  }

  private mutating func disconnect(_ id: WorkerID) {
    guard state.session.roster[id] != nil else { return }
    state.session.roster[id]?.isConnected = false
    state.session.roster[id]?.credit = 0
    withdrawOffers(of: id)
    forgetIfGone(id)
  }

  private mutating func forgetIfGone(_ id: WorkerID) {
    if let worker = state.session.roster[id], !worker.isConnected, worker.tasks.isEmpty {
      state.session.roster.remove(id)
    }
  }

  private mutating func withdrawOffers(of id: WorkerID) {
    let offers = state.session.leases.entries.values.filter { $0.isOffer && $0.worker == id }
    for offer in offers.sorted(by: { $0.lease.task < $1.lease.task }) { withdraw(offer) }
  }

  private mutating func setCredit(
    _ id: WorkerID, more: Int, seen: UInt64?, at now: Instant
  ) throws(Refusal) {
    try change(id, at: now) { worker in
      let underWay = seen.map { Int(clamping: worker.offered - min($0, worker.offered)) } ?? 0
      worker.credit = max(0, more - underWay)
    }
    unsettleReadyPools(for: id)
  }

  /// Pools in which the worker may be what a task has waited for.
  private mutating func unsettleReadyPools(for id: WorkerID) {
    guard let worker = state.session.roster[id], worker.hindrance == nil else { return }
    for pool in state.session.starved.sorted() {
      guard let name = catalog.pools[pool]?.name,
        worker.mismatch(pool: name, selector: .none) == nil
      else { continue }
      unsettle(pool)
    }
  }

  // MARK: - Offers

  /// The task's slot is taken from now on; it becomes RUNNING when the worker accepts.
  mutating func offer(_ task: LiveTask, to id: WorkerID, in pool: PoolRecord, at now: Instant) {
    let epoch = state.session.leases.nextEpoch(at: now.elapsed)
    let lease = Lease(task: task.id, attempt: task.attempt + 1, epoch: epoch)
    let wait = Span.milliseconds(Int64(state.session.limits.offerMilliseconds))
    state.session.leases.insert(
      LeaseBook.Entry(
        lease: lease, worker: id, pool: pool.id, expires: now.elapsed + wait, isOffer: true))
    state.durable.tasks.setOffered(true, task.id)
    followShare(of: pool.id)
    followScaling(of: pool.id, at: now.elapsed)
    state.session.roster[id]?.credit -= 1
    state.session.roster[id]?.offered += 1
    state.session.notices.append(
      .offer(
        Offer(
          lease: lease, worker: id, pool: pool.id, poolName: pool.name,
          kind: catalog.kinds[task.kind], labels: durable.tasks.labels(of: task),
          submitRevision: task.submitRevision, status: task.status, revision: task.revision,
          stopAt: min(task.deadline, now.elapsed + durable.tasks.policy(of: task).runTimeout))))
  }

  /// The task goes back to its place in the queue.
  private mutating func withdraw(_ offer: LeaseBook.Entry) {
    state.session.leases.remove(offer.lease.task)
    state.session.limitBook.endOffer(of: offer.lease.task)
    state.durable.tasks.setOffered(false, offer.lease.task)
    unsettle(offer.pool)
    followShare(of: offer.pool)
  }

  private mutating func accept(
    _ id: WorkerID, _ leases: [Lease], at now: Instant, stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> LeaseReport {
    try change(id, at: now) { _ in }
    var report = LeaseReport()
    guard let identity = state.session.roster[id]?.identity else { return report }
    for lease in leases {
      guard let entry = state.session.leases[lease.task], entry.lease == lease, entry.worker == id
      else {
        report.lost.append(lost(lease))
        continue
      }
      // A repeat of an acceptance is one more sign of life.
      guard entry.isOffer else {
        hold(lease, by: id, in: entry.pool, at: now)
        continue
      }
      guard let task = durable.tasks[lease.task], mayAccept(task, at: now) else {
        withdraw(entry)
        report.lost.append(lost(lease))
        continue
      }
      state.session.leases.remove(lease.task)
      state.session.limitBook.endOffer(of: lease.task)
      let assignment = Assignment(worker: identity, epoch: lease.epoch)
      begin(task, by: assignment, at: now, stamp: stamp, into: &events)
      hold(lease, by: id, in: entry.pool, at: now)
    }
    return report
  }

  // MARK: - Leases

  private mutating func hold(_ lease: Lease, by id: WorkerID?, in pool: PoolID, at now: Instant) {
    state.session.leases.insert(
      LeaseBook.Entry(
        lease: lease, worker: id, pool: pool, expires: now.elapsed + leaseLength, isOffer: false))
    if let id { state.session.roster[id]?.tasks.insert(lease.task) }
  }

  private mutating func renew(
    _ id: WorkerID?, _ leases: [Lease], at now: Instant
  ) throws(Refusal) -> LeaseReport {
    if let id { try change(id, at: now) { _ in } }
    var report = LeaseReport()
    for lease in leases {
      if let entry = state.session.leases[lease.task], entry.lease == lease {
        if !entry.isOffer {
          state.session.leases.renew(lease.task, until: now.elapsed + leaseLength)
          note(lease, in: &report, at: now)
        }
      } else {
        report.lost.append(lost(lease))
      }
    }
    return report
  }

  /// Says again what a directive may have said that was lost with a stream.
  private func note(_ lease: Lease, in report: inout LeaseReport, at now: Instant) {
    let notes = durable.tasks[lease.task]?.notes
    if let stopping = StoppingLease(lease, notes, at: now.elapsed) {
      report.stopping.append(stopping)
    }
  }

  private func lost(_ lease: Lease) -> LostLease {
    LostLease(lease: lease, attempt: durable.tasks[lease.task]?.attempt ?? 0)
  }

  /// The live task that the lease is of.
  func running(_ lease: Lease) throws(Refusal) -> LiveTask {
    guard let task = durable.tasks[lease.task], task.state == .running,
      task.attempt == lease.attempt, task.notes?.assignment?.epoch == lease.epoch
    else {
      throw .leaseLost(lease.task, attempt: durable.tasks[lease.task]?.attempt ?? 0)
    }
    return task
  }

  /// nil if it was taken, now or before.
  private mutating func finish(
    _ end: LeaseOutcome, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) -> Refusal? {
    if hasTaken(end.lease) { return nil }
    do throws(Refusal) {
      _ = try running(end.lease)
      let decision = try decideFinish(end.lease.token, end.outcome, at: now)
      for body in decision.events { events.append(evolve(body, at: stamp)) }
      return nil
    } catch {
      return error
    }
  }

  /// Whether the attempt's failure has been taken already, and the task waits for the next: the
  /// worker did not hear of it and says it again.
  private func hasTaken(_ lease: Lease) -> Bool {
    guard let task = durable.tasks[lease.task], task.state != .running,
      task.attempt == lease.attempt, task.notes?.assignment?.epoch == lease.epoch,
      let failure = task.notes?.failure
    else { return false }
    return failure.attempt == lease.attempt && failure.kind == .handler
  }

  func decideRelease(
    _ lease: Lease, delay: Span, at now: Instant
  ) throws(Refusal) -> Decision {
    _ = try running(lease)
    return try decideRelease(lease.token, delay: delay, at: now)
  }

  /// The task runs no more, or was cancelled while it was offered.
  mutating func endLease(of task: TaskID) {
    state.session.lineAllowances[task] = nil
    state.session.limitBook.endOffer(of: task)
    guard let entry = state.session.leases.remove(task), let id = entry.worker else { return }
    state.session.roster[id]?.tasks.remove(task)
    forgetIfGone(id)
  }

  /// False if more have expired than one step may deal with.
  mutating func expireLeases(at now: Instant, stamp: Stamp, into events: inout [Event]) -> Bool {
    for _ in 0..<state.session.timersPerStep {
      guard let entry = state.session.leases.firstExpired(at: now.elapsed) else { return true }
      if entry.isOffer {
        if let id = entry.worker { state.session.roster[id]?.isSilent = true }
        withdraw(entry)
      } else {
        expire(entry, at: now, stamp: stamp, into: &events)
      }
    }
    return state.session.leases.firstExpired(at: now.elapsed) == nil
  }

  private mutating func expire(
    _ entry: LeaseBook.Entry, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    if let id = entry.worker { state.session.notices.append(.lost(id, entry.lease)) }
    guard let task = try? running(entry.lease) else { return endLease(of: entry.lease.task) }
    events.append(evolve(lose(task, at: now), at: stamp))
  }

  /// After a restart each attempt of a worker has its lease's full length from now on.
  mutating func restoreLeases(at now: Instant) {
    for task in durable.tasks.allRunning() {
      guard let assignment = task.notes?.assignment else { continue }
      state.session.leases.knows(epoch: assignment.epoch)
      hold(
        Lease(task: task.id, attempt: task.attempt, epoch: assignment.epoch), by: nil,
        in: task.pool, at: now)
    }
  }

  /// What there is to tell workers since the last call.
  package mutating func takeNotices() -> [WorkerNotice] {
    guard !state.session.notices.isEmpty else { return [] }
    defer { state.session.notices.removeAll(keepingCapacity: true) }
    return state.session.notices
  }
}

// MARK: - Views

extension Engine {
  /// All that are there, or hold leases still, in the order in which they came.
  package var workers: [Worker] { state.session.roster.all }

  package func worker(instance: String) -> Worker? { state.session.roster[instance] }
}
