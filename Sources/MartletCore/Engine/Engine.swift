/// Decides what a command changes. Pure: the same state, command and instant give the same events.
///
/// `decide` says what would happen, `evolve` makes it so; `perform` does both, and whatever follows
/// from it at the same instant: a submission starts in a free slot, a finish starts the next task.
package struct Engine: Sendable {
  package internal(set) var state: EngineState

  package init(durable: DurableState = DurableState(), session: SessionState = SessionState()) {
    state = EngineState(durable: durable, session: session)
    // What an earlier process left running still takes its slots.
    state.session.awaitsRecovery = durable.catalog.revision > .zero
    state.session.endedMarks = EndedMarks(floor: durable.catalog.revision)
  }

  /// What a command came to: the events that state it, and what to tell the caller once they are
  /// durable.
  package struct Decision: Sendable {
    package var events: [Event.Body]
    package var answer: AnswerForm

    /// The answer as far as it can be said before the events have been applied.
    package enum AnswerForm: Hashable, Sendable {
      case pool(PoolID)
      indirect case deletedPool(PoolView)
      case submitted([AnsweredTask], repeated: Bool)
      case task(TaskView)
      indirect case bulk(BulkRecord)
      case workflow(WorkflowID)
      indirect case group(GroupView)
      indirect case schedule(ScheduleForm)
      indirect case limit(LimitView)
      case done
    }

    init(_ events: [Event.Body], _ answer: AnswerForm = .done) {
      self.events = events
      self.answer = answer
    }
  }

  var durable: DurableState { _read { yield state.durable } }
  var catalog: Catalog { _read { yield state.durable.catalog } }

  package func decide(_ command: Command, at now: Instant) throws(Refusal) -> Decision {
    switch command {
    case .createPool(let name, let spec, let origin):
      try decideCreatePool(name: name, spec: spec, origin: origin)
    case .updatePool(let name, let expected, let change, let origin):
      try decideUpdatePool(name: name, expected: expected, change: change, origin: origin)
    case .pausePool(let name, let origin):
      try decidePoolState(.paused, of: name, origin: origin)
    case .resumePool(let name, let origin):
      try decidePoolState(.active, of: name, origin: origin)
    case .drainPool(let name, let origin):
      try decidePoolState(.draining, of: name, origin: origin)
    case .deletePool(let name, let force, let origin):
      try decideDeletePool(name: name, force: force, origin: origin, at: now)
    case .rollbackPool(let rollback, let origin):
      try decideRollback(rollback, origin: origin)
    case .submit(let pool, let tasks, let request, let history, let origin):
      try decideSubmit(
        tasks, pool: pool, request: request, history: history, origin: origin, at: now)
    case .cancel(let task, let origin):
      try decideCancel(task, origin: origin, at: now)
    case .pause(let task, let origin):
      try decidePause(task, origin: origin, at: now)
    case .resume(let task, let origin):
      try decideResume(task, origin: origin, at: now)
    case .retry(let history, let origin):
      try decideRetry(history, origin: origin, at: now)
    case .update(let task, let change, let expected, let origin):
      try decideUpdate(task, change, expected: expected, origin: origin, at: now)
    case .finish(let token, let outcome):
      try decideFinish(token, outcome, at: now)
    case .report(let token, let progress):
      try decideProgress(token, progress)
    case .release(let token, let delay):
      try decideRelease(token, delay: delay, at: now)
    case .worker(.release(let lease, let delay)):
      try decideRelease(lease, delay: delay, at: now)
    case .worker(.checkpoint(let lease, let checkpoint)):
      try decideCheckpoint(lease, checkpoint)
    case .worker, .lock, .permits:
      // They change the session: `perform` does.
      Decision([])
    case .bulk(let command):
      try decideBulk(command, at: now)
    case .workflow(let command):
      try decideWorkflow(command, at: now)
    case .group(let command):
      try decideGroup(command, at: now)
    case .schedule(let command):
      try decideSchedule(command, at: now)
    case .limit(let command):
      try decideLimit(command, at: now)
    case .recover:
      decideRecover(at: now)
    case .purgeTasks(let rows, let asOf):
      decidePurgeTasks(rows, asOf: asOf)
    case .purgeEvents(let before):
      decidePurgeEvents(before)
    case .tick:
      Decision([])
    }
  }

  /// Applies one event and gives it its revision.
  package mutating func evolve(_ body: Event.Body, at stamp: Stamp) -> Event {
    let event = Event(revision: durable.catalog.revision.next, body: body)
    noteMark(of: body, revision: event.revision)
    noteFreed(by: body)
    state.durable.evolve(event, at: stamp)
    noteFollowUps(of: body, revision: event.revision, at: stamp.elapsed)
    return event
  }

  /// Decides, applies and settles. Events are appended to `events`; nothing is on a refusal.
  package mutating func perform(
    _ command: Command, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> Answer {
    listen(to: command, at: now.elapsed)
    if case .schedule(let change) = command { learnZone(of: change) }
    if case .report(let token, let progress) = command {
      guard hold(progress, of: token, at: now) else { return .done }
    }
    if case .worker(let change) = command,
      let answer = try perform(change, at: now, stamp: stamp, into: &events)
    {
      settle(at: now, stamp: stamp, into: &events)
      return answer
    }
    if case .lock(let change) = command {
      let view = try perform(change, at: now, stamp: stamp, into: &events)
      settle(at: now, stamp: stamp, into: &events)
      return .lock(view)
    }
    if case .permits(let change) = command {
      let view = try perform(change, at: now, stamp: stamp, into: &events)
      settle(at: now, stamp: stamp, into: &events)
      return .permits(view)
    }
    let decision = try decide(command, at: now)
    if case .recover = command { beginSession(at: now) }
    for body in decision.events { events.append(evolve(body, at: stamp)) }
    let answer = answer(decision.answer, at: stamp)
    settle(at: now, stamp: stamp, into: &events)
    return answer
  }

  /// The next instant at which time alone changes something.
  package var nextDeadline: Elapsed? {
    let deadlines = [
      durable.tasks.nextTimer, state.session.progress.nextDeadline,
      state.session.leases.nextDeadline, state.session.silences.nextDeadline,
      state.session.scaling.nextDeadline, state.session.locks.nextDeadline,
      state.session.limitBook.nextDeadline,
    ]
    return deadlines.lazy.compactMap { $0 }.min()
  }

  private func answer(_ form: Decision.AnswerForm, at stamp: Stamp) -> Answer {
    switch form {
    case .pool(let id): view(pool: id, at: stamp.elapsed).map(Answer.pool) ?? .done
    case .deletedPool(let view): .pool(view)
    case .submitted(let ids, let repeated): .submitted(ids, repeated: repeated)
    case .task(let view):
      .task(self.view(task: view.id) ?? view)
    case .bulk(let record): .bulk(record)
    case .workflow(let id): catalog.workflows[id].map(Answer.workflow) ?? .done
    case .group(let view): .group(view)
    case .schedule(let form): answer(form)
    case .limit(let view): answer(view, at: stamp.elapsed)
    case .done: .done
    }
  }

  /// What an event may make possible: remembered here, decided in `settle`.
  private mutating func noteFollowUps(
    of body: Event.Body, revision: Revision, at now: Elapsed
  ) {
    switch body {
    case .pool(let event):
      followScaling(event, at: now)
      if event.change == .deleted { state.session.limitBook.forget(event.pool) }
      enrol(event.pool)
      unsettle(event.pool)
    case .task(let event):
      if event.from == .running, event.status.state != .running {
        state.session.progress.end(
          AttemptToken(task: event.task, attempt: event.status.attempt))
      }
      followSilence(event, at: now)
      followDependencies(of: event)
      followWorkflow(of: event)
      if event.status.state != .running { endLease(of: event.task) }
      if event.from == .running { followKept(event, revision: revision) }
      if event.status.state.isTerminal {
        state.session.departed.note(event.task, at: revision)
      }
      switch event.change {
      case .started, .progressed, .checkpointed, .logged: break
      case .moved(let pool, _):
        unsettle(pool)
        unsettle(event.pool)
        followShare(of: pool)
        followScaling(of: pool, at: now)
      default: unsettle(event.pool)
      }
      followShare(of: event.pool)
      followScaling(of: event.pool, at: now)
    case .tasksPurged(let purge):
      // Rows read before it must neither bring a task back nor purge it again.
      for entry in purge.entries {
        state.session.departed.note(entry.task, at: revision)
        state.session.endedMarks.forget(entry.task)
      }
    case .group(let event): touchGroup(event.record.id)
    case .schedule(let event): followSchedule(event)
    case .lock(let event): followLock(event, at: now)
    case .limit(let event): followLimit(event, revision: revision, at: now)
    case .eventsPurged, .bulk, .workflow: break
    }
  }

  /// Whatever an earlier process left undone may go on: starts, a deletion in slices.
  private mutating func beginSession(at now: Instant) {
    guard state.session.awaitsRecovery else { return }
    state.session.awaitsRecovery = false
    restoreLeases(at: now)
    restoreLocks(at: now.elapsed)
    restorePermits(at: now.elapsed)
    watchAgain(at: now)
    findDecided()
    findTouchedWorkflows()
    findScaledPools(at: now.elapsed)
    findShares()
    state.session.schedules = ScheduleClock(catalog.schedules)
    state.session.unsettled = catalog.pools.keys.sorted()
  }

  mutating func unsettle(_ pool: PoolID) {
    if state.session.unsettled.last != pool { state.session.unsettled.append(pool) }
  }
}

// MARK: - What the runner tells the engine about this session

extension Engine {
  package mutating func setDiskIsLow(_ isLow: Bool) { state.session.diskIsLow = isLow }

  package mutating func setMemoryIsTight(_ isTight: Bool) {
    state.session.memoryIsTight = isTight
  }

  /// Nothing is started any more; running attempts may finish.
  package mutating func stopStarting() { state.session.startsTasks = false }

  package mutating func indexApplied(through revision: Revision) {
    state.session.appliedThrough = revision
    state.session.departed.forget(applied: revision)
    state.session.endedMarks.forget(applied: revision)
    state.durable.requests.shrink(
      bytesMax: state.session.limits.requestMemoryBytes, applied: revision)
  }
}

// MARK: - Views

extension Engine {
  package func view(pool id: PoolID, at now: Elapsed) -> PoolView? {
    guard let record = catalog.pools[id], record.state != .retired else { return nil }
    return PoolView(
      record: record, inUse: slotsTaken(in: id),
      waiting: catalog.counters.waiting(pool: id),
      oldestAge: durable.tasks.oldestReady(in: id).map { max(now - $0, .zero) })
  }

  package func view(task id: TaskID) -> TaskView? {
    guard let task = durable.tasks[id] else { return nil }
    return viewAfter(task.status, of: task)
  }

  /// With the cause that it waits for, if it waits.
  func view(task id: TaskID, at now: Instant, _ looks: inout WorkerLooks) -> TaskView? {
    guard let task = durable.tasks[id], var view = view(task: id) else { return nil }
    view.cause = firstCause(of: task, at: now, &looks)
    return view
  }
}
