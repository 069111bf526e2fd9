extension Engine {
  /// The live task of an attempt that is being made.
  func running(_ token: AttemptToken) throws(Refusal) -> LiveTask {
    guard let task = durable.tasks[token.task], task.state == .running,
      task.attempt == token.attempt || breaks(.fencing)
    else { throw .leaseLost(token.task, attempt: token.attempt) }
    return task
  }

  func event(
    _ change: TaskEvent.Change, _ task: LiveTask, _ status: TaskStatus
  ) -> Event.Body {
    var status = status
    if task.state == .running, status.state != .running, status.notes?.permits != nil {
      status.notes = status.notes?.with { $0.permits = nil }
    }
    return .task(
      TaskEvent(
        task: task.id, pool: task.pool, kind: task.kind, labels: durable.tasks.labels(of: task),
        from: task.state, status: status, change: change,
        member: durable.tasks.member(of: task),
        createTime: status.state.isTerminal && !breaks(.createTimes) ? task.createTime : nil))
  }

  // MARK: - Start

  func start(
    _ task: LiveTask, by assignment: Assignment? = nil, at now: Instant, stamp: Stamp
  ) -> Event.Body {
    var status = task.status
    status.state = .running
    status.attempt += 1
    var facts = task.knownNotes.facts.lasting
    facts.startTime = stamp.time
    facts.startElapsed = now.elapsed
    facts.assignment = assignment
    facts.permits = permits(of: task)
    status.notes = TaskNotes(facts)
    return event(.started, task, status)
  }

  // MARK: - End

  func decideFinish(
    _ token: AttemptToken, _ outcome: AttemptOutcome, at now: Instant
  ) throws(Refusal) -> Decision {
    let task = try running(token)
    let body =
      switch outcome {
      case .succeeded(let result): succeed(task, result, at: now)
      case .failed(
        let kind, let code, let message, let retryable, let failureClass, let retryDelay):
        fail(
          task,
          Failure(
            kind: kind, code: code, message: message, attempt: task.attempt,
            retryable: retryable, failureClass: failureClass, retryDelay: retryDelay), at: now)
      }
    return Decision([body])
  }

  private func succeed(_ task: LiveTask, _ result: TaskResult, at now: Instant) -> Event.Body {
    if task.notes?.cancel != nil { return cancelled(task, at: now) }
    return event(.succeeded(result), task, ended(task, .succeeded, at: now))
  }

  /// An attempt failed: repeated if failure and policy allow it, else the task has.
  func fail(_ task: LiveTask, _ failure: Failure, at now: Instant) -> Event.Body {
    if task.notes?.cancel != nil { return cancelled(task, at: now) }
    let rule = RetryDelay(
      policy: durable.tasks.policy(of: task).retry,
      classDelays: catalog.pools[task.pool]?.spec.failureClassDelays ?? [:])
    let made = Int(task.attempt - task.attemptsForgiven) - (breaks(.attempts) ? 1 : 0)
    let bits = SeededRandom.mixed(task.id.rawValue &+ UInt64(task.attempt))
    guard let wait = rule.wait(after: failure, attemptsMade: made, randomBits: bits) else {
      return failed(task, failure, at: now)
    }
    var status = scheduled(task, after: wait, at: now)
    status.notes = notes(of: task, failure: failure)
    return waitsAgain(.retryScheduled, task, status)
  }

  func failed(_ task: LiveTask, _ failure: Failure, at now: Instant) -> Event.Body {
    event(.failed, task, ended(task, .failed, at: now, failure: failure))
  }

  /// The end of a task that was asked to stop while it ran.
  func cancelled(_ task: LiveTask, at now: Instant) -> Event.Body {
    let origin = task.notes?.cancel?.origin ?? .server
    return event(.cancelled(origin), task, ended(task, .cancelled, at: now))
  }

  private func ended(
    _ task: LiveTask, _ state: TaskState, at now: Instant, failure: Failure? = nil
  ) -> TaskStatus {
    var status = task.status
    status.state = state
    status.finishTime = max(now.wall, catalog.stamp.time)
    let kept = state == .succeeded ? nil : task.notes?.failure
    status.notes = notes(of: task, failure: failure ?? kept)
    return status
  }

  /// What was known of the task, with its newest progress: nothing is lost at the end.
  private func notes(of task: LiveTask, failure: Failure?) -> TaskNotes {
    let held = state.session.progress.held(AttemptToken(task: task.id, attempt: task.attempt))
    return task.knownNotes.with { facts in
      if let held { facts.progress = held }
      facts.failure = failure
      facts.pause = nil
      facts.joined = nil
    }
  }

  // MARK: - Given back

  func decideRelease(
    _ token: AttemptToken, delay: Span, at now: Instant
  ) throws(Refusal) -> Decision {
    let task = try running(token)
    if task.notes?.cancel != nil { return Decision([cancelled(task, at: now)]) }
    return Decision([givenBack(task, for: delay, at: now)])
  }

  /// An attempt that ends without an outcome and does not count; the next may begin after `delay`.
  func givenBack(_ task: LiveTask, for delay: Span = .zero, at now: Instant) -> Event.Body {
    var status =
      delay > .zero ? scheduled(task, after: delay, at: now) : queued(task, at: now)
    status.attemptsForgiven += 1
    var facts = task.knownNotes.facts.lasting
    facts.startTime = task.notes?.startTime
    // With the worker's name: it can be told that it has lost what it did not give back, and the
    // task's story says who made the attempt.
    facts.assignment = task.notes?.assignment
    status.notes = TaskNotes(facts)
    return waitsAgain(.released, task, status)
  }

  /// A running task that is to wait again: as `status` says, or PAUSED if that was asked for.
  private func waitsAgain(
    _ change: TaskEvent.Change, _ task: LiveTask, _ status: TaskStatus
  ) -> Event.Body {
    guard let pause = task.notes?.pause else { return event(change, task, status) }
    var status = status
    status.state = .paused
    status.notes = (status.notes ?? TaskNotes()).with { $0.pause = pause }
    return event(.paused(pause.origin), task, status)
  }

  /// What ran in the process that is gone is lost; what workers run, they may go on with.
  func decideRecover(at now: Instant) -> Decision {
    guard state.session.awaitsRecovery, !breaks(.recovery) else { return Decision([]) }
    return Decision(
      durable.tasks.allRunning().filter { $0.notes?.assignment == nil }.map { lost($0, at: now) })
  }

  func lose(_ task: LiveTask, at now: Instant) -> Event.Body {
    fenced(lost(task, at: now), at: now)
  }

  private func lost(_ task: LiveTask, at now: Instant) -> Event.Body {
    if task.notes?.cancel != nil { return cancelled(task, at: now) }
    let process = task.notes?.assignment.map { "the worker \($0.worker.name)" }
    let failure = Failure(
      kind: .workerLost, message: "\(process ?? "the process") that ran the attempt is gone",
      attempt: task.attempt, retryable: true)
    let policy = durable.tasks.policy(of: task).retry
    let made = Int(task.attempt - task.attemptsForgiven)
    guard policy.allowsRetry(code: "", attemptsMade: made) else {
      return failed(task, failure, at: now)
    }
    var status = queued(task, at: now)
    status.notes = notes(of: task, failure: failure)
    return waitsAgain(.lost, task, status)
  }

  private func queued(_ task: LiveTask, at now: Instant) -> TaskStatus {
    var status = task.status
    status.state = .pending
    status.due = now.elapsed
    status.dueTime = now.wall
    return status
  }

  private func scheduled(_ task: LiveTask, after wait: Span, at now: Instant) -> TaskStatus {
    var status = task.status
    status.state = .scheduled
    status.due = now.elapsed + wait
    status.dueTime = now.wall + wait
    return status
  }

  // MARK: - Cancel and retry

  func decideCancel(
    _ id: TaskID, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard let task = durable.tasks[id] else { throw .taskNotLive(id) }
    let view = viewAfter(task.status, of: task)
    if task.notes?.cancel != nil { return Decision([], .task(view)) }
    if task.state == .running {
      return Decision([cancelRequest(task, origin: origin, at: now)], .task(view))
    }
    let (body, status) = cancelWaiting(task, origin: origin, at: now)
    var after = view
    after.status = status
    after.revision = catalog.revision.next
    return Decision([body], .task(after))
  }

  func cancelRequest(_ task: LiveTask, origin: Origin, at now: Instant) -> Event.Body {
    var status = task.status
    status.notes = task.knownNotes.with { facts in
      facts.cancel = stopRequest(by: origin, at: now)
      facts.pause = nil
    }
    return event(.cancelRequested(origin), task, status)
  }

  /// A wish that leaves a running attempt the time of the grace.
  func stopRequest(by origin: Origin, at now: Instant) -> TaskNotes.StopRequest {
    let grace = Span.milliseconds(Int64(state.session.limits.cancelGraceMilliseconds))
    return TaskNotes.StopRequest(
      time: max(now.wall, catalog.stamp.time), graceEnd: now.elapsed + grace, origin: origin)
  }

  func cancelWaiting(
    _ task: LiveTask, origin: Origin, at now: Instant
  ) -> (Event.Body, TaskStatus) {
    let status = cancelledWaiting(task.status, by: origin, at: now)
    return (event(.cancelled(origin), task, status), status)
  }

  func cancelledWaiting(
    _ waiting: TaskStatus, by origin: Origin, at now: Instant
  ) -> TaskStatus {
    var status = waiting
    status.state = .cancelled
    status.finishTime = max(now.wall, catalog.stamp.time)
    status.notes = (waiting.notes ?? TaskNotes()).with { facts in
      facts.startElapsed = nil
      facts.assignment = nil
      facts.pause = nil
      facts.joined = nil
      facts.cancel = stopRequest(by: origin, at: now)
      facts.cancel?.graceEnd = now.elapsed
    }
    return status
  }

  /// `coming`: tasks that are reopened at the same time.
  func decideRetry(
    _ history: TaskHistory, besides coming: Set<TaskID> = [], origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    if let live = durable.tasks[history.task] { throw .taskNotRetryable(live.id, live.state) }
    if state.session.departed.isStale(history.task, asOf: history.asOf) { throw .staleHistory }
    switch history.status.state {
    case .failed, .cancelled: break
    case let other: throw .taskNotRetryable(history.task, other)
    }
    guard let pool = catalog.pools[history.pool], pool.state != .retired else {
      throw .poolNotFound(catalog.pools[history.pool]?.name ?? "")
    }
    try pool.requireOpen()
    if let mark = history.revival.unique, let rival = durable.tasks.unique.tasks(of: mark).first {
      throw .duplicateTask(rival, durable.tasks[rival]?.state ?? .pending, index: nil)
    }
    var status = history.status
    let dependencies = history.revival.dependencies
    let open = dependencies.filter { durable.tasks.contains($0) || coming.contains($0) }
    status.state = open.isEmpty ? .pending : .blocked
    status.attemptsForgiven = status.attempt
    status.due = now.elapsed
    status.dueTime = now.wall
    status.finishTime = nil
    var facts = history.status.notes?.facts.lasting ?? TaskNotes.Facts()
    facts.failure = nil
    facts.isReopened = true
    facts.waitsFor = dependencies.isEmpty ? nil : open
    status.notes = TaskNotes(facts)
    var revival = history.revival
    revival.pastEnd = PastEnd(history.status)
    revival.dependencies = []
    let event = TaskEvent(
      task: history.task, pool: history.pool, kind: history.kind, labels: history.labels,
      from: history.status.state, status: status, change: .reopened(revival, origin),
      member: revival.policy.flow?.member)
    let view = TaskView(
      id: history.task, status: status, revision: catalog.revision.next,
      submitRevision: history.revival.submitRevision, labels: history.labels,
      pool: history.pool)
    return Decision([.task(event)], .task(view))
  }

  // MARK: - Progress

  /// True if the progress may become an event now; else it is held and becomes one later.
  mutating func hold(_ progress: Progress, of token: AttemptToken, at now: Instant) -> Bool {
    guard (try? running(token)) != nil else { return true }
    return state.session.progress.offer(
      progress, of: token, at: now.elapsed,
      perSecond: state.session.limits.progressEventsPerSecond)
  }

  func decideProgress(
    _ token: AttemptToken, _ progress: Progress
  ) throws(Refusal) -> Decision {
    let task = try running(token)
    var status = task.status
    status.notes = task.knownNotes.with { $0.progress = progress }
    return Decision([event(.progressed, task, status)])
  }
}
