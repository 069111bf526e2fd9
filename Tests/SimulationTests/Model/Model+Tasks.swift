import MartletCore

/// What may happen to a task, when, and why.
extension Model {
  mutating func apply(_ event: TaskEvent) throws(Violation) {
    if case .submitted(let submission) = event.change { return try submitted(event, submission) }
    if case .moved(let pool, _) = event.change { return try moved(event, from: pool) }
    guard var task = tasks[event.task], event.from == task.status.state, event.pool == task.pool,
      event.kind == task.kind, event.labels == task.labels || event.isUpdate
    else {
      throw Violation(
        description: "event \(revision) is about a task \(event.task) that is not like that")
    }
    try checkStates(event, of: task)
    try checkReason(event, of: task)
    try checkCounts(event, of: task)
    try checkWishes(event, of: task)
    if case .reopened(let revival, _) = event.change {
      try checkReopened(task, revival)
      try checkReopenedWaits(event, of: task)
    }
    noteRunEnd(event)
    members[task.id]?.state = event.status.state
    if case .started = event.change {
      try checkStart(of: task, by: event.status.notes?.assignment)
    }
    try checkPermits(event, of: task)
    move(task.id, in: task.pool, from: task.status.state, to: event.status.state)
    if event.status.state.isWaiting, !task.status.state.isWaiting {
      rooms[task.pool]?.extra += 1
    }
    switch event.change {
    case .succeeded(let result): task.result = result
    case .reopened:
      task.deadline = .never
      task.result = nil
    case .checkpointed(let checkpoint): task.checkpoint = checkpoint
    default: task.result = nil
    }
    update(&task, by: event)
    task.status = event.status
    task.revision = revision
    task.history.append((revision, stamp.time, event.status))
    tasks[task.id] = task
  }

  /// Labels, priority and the place in the queue.
  private func update(_ task: inout ModelTask, by event: TaskEvent) {
    var isPassed = task.status.state != event.status.state
    if case .updated(let priority, _) = event.change {
      isPassed = isPassed || task.priority != priority || event.status.state != .pending
      task.priority = priority
      task.labels = event.labels
      if isPassedOn(event, from: task.status.state) { task.dueChanges += 1 }
    }
    if isPassed { task.joined = revision }
  }

  /// It waits for something else, or for its time anew.
  private func isPassedOn(_ event: TaskEvent, from state: TaskState) -> Bool {
    event.status.state != state || state == .scheduled
  }

  private mutating func submitted(
    _ event: TaskEvent, _ submission: TaskSubmission
  ) throws(Violation) {
    try require(event.task > lastTask, "task id \(event.task) is not above \(lastTask)")
    lastTask = event.task
    if !kinds.contains(submission.kindName) { kinds.append(submission.kindName) }
    try require(kindName(event.kind) == submission.kindName, "a kind has two numbers")
    guard let pool = pools[event.pool], pool.state == .active || pool.state == .paused else {
      throw Violation(description: "a task is submitted to a pool that takes none")
    }
    if rooms[pool.id] == nil {
      rooms[pool.id] = Room(before: pool.waiting, capacity: pool.spec.queueCapacity)
    }
    try require(
      event.status.state == .pending && event.status.due == stamp.elapsed
        || event.status.state == .scheduled && event.status.due > stamp.elapsed
        || event.status.state == .blocked,
      "a new task is \(event.status.state), due \(event.status.due) at \(stamp.elapsed)")
    try checkScheduled(event, submission)
    if let rule = submission.unique { try checkUnique(rule, event) }
    if let request = submission.request { try remember(request, task: event.task) }
    tasks[event.task] = ModelTask(
      id: event.task, pool: event.pool, kind: event.kind, labels: event.labels,
      priority: submission.priority, joined: revision, submission: submission,
      submitRevision: revision, createTime: stamp.time,
      deadline: submission.deadline, status: event.status, revision: revision,
      history: [(revision, stamp.time, event.status)])
    submitted.append(event.task)
    if let member = event.member {
      members[event.task] = ModelMember(
        workflow: member.workflow, level: Int(member.level), weight: member.weight,
        state: event.status.state)
    }
    move(event.task, in: event.pool, from: nil, to: event.status.state)
  }

  private mutating func remember(
    _ request: RequestStamp, task: TaskID
  ) throws(Violation) {
    let tasks =
      switch request.answer {
      case .ownTasks: [AnsweredTask(task)]
      case .whole(let all): all
      case .elsewhere: [AnsweredTask]()
      }
    if var known = requests[request.key] {
      if known.commit == commits, known.fingerprint == request.fingerprint {
        known.tasks += tasks
        requests[request.key] = known
        return
      }
      try require(
        stamp.time >= known.time + .seconds(24 * 3_600),
        "request \(request.id) was forgotten, its tasks are submitted twice")
    }
    requests[request.key] = Request(
      fingerprint: request.fingerprint, tasks: tasks, time: stamp.time, commit: commits)
  }

  /// Bookkeeping of pools.
  mutating func move(
    _ task: TaskID, in pool: PoolID, from: TaskState?, to: TaskState?
  ) {
    if from == .running { pools[pool]?.running -= 1 }
    if from?.isWaiting == true { pools[pool]?.waiting -= 1 }
    if to == .running { pools[pool]?.running += 1 }
    if to?.isWaiting == true { pools[pool]?.waiting += 1 }
    if to == .pending {
      pools[pool]?.pending.insert(task)
    } else {
      pools[pool]?.pending.remove(task)
    }
  }

  // MARK: - Rules

  private func checkStates(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    let (from, to) = (task.status.state, event.status.state)
    let isLegal =
      switch event.change {
      case .submitted, .moved: false
      case .due: from == .scheduled && to == .pending
      case .started: from == .pending && to == .running
      case .progressed, .cancelRequested, .pauseRequested, .checkpointed, .logged:
        from == .running && to == .running
      case .retryScheduled: from == .running && to == .scheduled
      case .released: from == .running && (to == .pending || to == .scheduled)
      case .lost: from == .running && to == .pending
      case .succeeded: from == .running && to == .succeeded
      case .failed: !from.isTerminal && to == .failed
      case .cancelled: !from.isTerminal && to == .cancelled
      case .paused: [.running, .pending, .scheduled, .blocked].contains(from) && to == .paused
      case .unblocked: from == .blocked && (to == .pending || to == .scheduled)
      case .resumed:
        from == .running && to == .running
          || from == .paused && [.pending, .scheduled, .blocked].contains(to)
      case .reopened:
        (from == .failed || from == .cancelled) && (to == .pending || to == .blocked)
      case .updated:
        from.isWaiting && (from == to || from == .pending && to == .scheduled)
          || from == .scheduled && to == .pending
      }
    try require(isLegal, "task \(task.id) went from \(from) to \(to) by \(event.change)")
    try require(
      (event.status.finishTime != nil) == to.isTerminal,
      "task \(task.id) is \(to) and its finish time \(String(describing: event.status.finishTime))")
  }

  private func checkCounts(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    var (attempt, forgiven) = (task.status.attempt, task.status.attemptsForgiven)
    switch event.change {
    case .started: attempt += 1
    case .released: forgiven += 1
    case .reopened: forgiven = attempt
    case .paused where event.isGivenBack: forgiven += 1
    default: break
    }
    try require(
      event.status.attempt == attempt && event.status.attemptsForgiven == forgiven,
      "task \(task.id) has \(event.status.attempt) attempts, \(event.status.attemptsForgiven) forgiven"
    )
    try require(
      Int(attempt - forgiven) <= max(task.submission.policy.retry.maxAttempts, 1),
      "task \(task.id) makes more attempts than it may")
  }

  private mutating func checkReason(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    switch event.change {
    case .due:
      try require(stamp.elapsed >= task.status.due, "task \(task.id) was due too early")
    case .released:
      let wait = event.status.due - stamp.elapsed
      try require(
        asked.releases[task.token]?.contains(wait) ?? false
          && (event.status.state == .scheduled) == (wait > .zero),
        "nobody gave \(task.id) back for \(wait.text)")
    case .lost:
      try require(mayBeLost(task), "\(task.token) was lost in no crash")
    case .succeeded(let result):
      try require(
        asked.finishes[task.token]?.contains(.succeeded(result)) ?? false,
        "no handler said that \(task.id) succeeded so")
    case .cancelRequested(let origin) where isCancelledForNextRun(task, origin): break
    case .cancelRequested:
      let isAsked = isCancelAsked(of: task) || pools[task.pool]?.state == .deleting
      try require(isAsked && task.status.notes?.cancel == nil, "nobody cancelled \(task.id)")
    case .cancelled where isCancelledForOther(event, of: task): break
    case .cancelled(let origin) where isCancelledForNextRun(task, origin): break
    case .cancelled(let origin):
      try require(origin.actor == Origin.client.actor, "nobody's name is on a cancel")
      if let other = origin.replacement {
        replaced[other, default: []].append(task)
      } else {
        try checkCancel(of: task)
      }
    case .retryScheduled, .failed: try checkFailure(event, of: task)
    case .reopened:
      try require(asked.retries.contains(task.id), "nobody reopened \(task.id)")
    case .pauseRequested:
      try require(
        asked.pauses.contains(task.id) && task.status.notes?.pause == nil
          && task.status.notes?.cancel == nil, "nobody paused \(task.id)")
    case .paused: try checkPause(event, of: task)
    case .resumed:
      try require(
        asked.resumes.contains(task.id) && task.status.notes?.pause != nil,
        "nobody resumed \(task.id)")
    case .checkpointed(let checkpoint): try checkCheckpoint(checkpoint, event, of: task)
    case .logged(let lines, _):
      try require(!lines.isEmpty && lines.count <= 1_000, "\(task.id) wrote too much")
    case .updated(let priority, _):
      let isAsked = asked.updates[task.id]?.contains {
        isDone($0, by: event, priority: priority, of: task)
      }
      try require(
        isAsked ?? false || isDebounced(event, of: task),
        "nobody changed \(task.id) like that")
    case .unblocked: try checkUnblocked(task)
    case .submitted, .started, .progressed, .moved: break
    }
    if case .resumed = event.change, event.status.state == .running { heard(task.token) }
    if case .progressed = event.change { try checkProgress(event, of: task) }
    if event.from == .running, event.status.state != .running { try checkLast(event, of: task) }
  }

  private func checkPause(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    guard event.from == .running else {
      return try require(asked.pauses.contains(task.id), "nobody paused \(task.id)")
    }
    guard let pause = task.status.notes?.pause else {
      throw Violation(description: "\(task.id) is PAUSED and was not asked to pause")
    }
    if event.isGivenBack {
      try require(
        asked.releases[task.token] != nil || stamp.elapsed >= pause.graceEnd,
        "\(task.id) was paused before its grace was over")
    } else {
      try checkFailure(event, of: task)
    }
  }

  private func isDone(
    _ update: TaskUpdate, by event: TaskEvent, priority: UInt8, of task: ModelTask
  ) -> Bool {
    guard priority == update.priority ?? task.priority,
      event.labels == update.labels ?? task.labels
    else { return false }
    let status = event.status
    switch update.due {
    case nil: return status.state == task.status.state && status.due == task.status.due
    case .now:
      return status.due <= stamp.elapsed && [.pending, .paused, .blocked].contains(status.state)
    case .at(let time):
      // The wall clock of the decision may be before the feed's time, which never goes back.
      return status.dueTime == time && [.scheduled, .paused, .blocked].contains(status.state)
        || status.due <= stamp.elapsed && [.pending, .paused, .blocked].contains(status.state)
    }
  }

  private func checkCheckpoint(
    _ checkpoint: Checkpoint, _ event: TaskEvent, of task: ModelTask
  ) throws(Violation) {
    try require(
      asked.checkpoints[task.token]?.contains(checkpoint) ?? false,
      "nobody saved \(checkpoint) of \(task.id)")
    try require(
      checkpoint.sequence > task.checkpoint?.sequence ?? 0,
      "a checkpoint of \(task.id) is older than the one before")
    let mark = CheckpointMark(
      sequence: checkpoint.sequence, attempt: task.status.attempt, revision: revision)
    try require(event.status.notes?.checkpoint == mark, "\(task.id) has another checkpoint")
  }

  /// What was saved is never forgotten, and a wish to pause lasts exactly as long as it is one.
  private func checkWishes(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    let notes = event.status.notes
    switch event.change {
    case .checkpointed: break
    default:
      try require(
        notes?.checkpoint == task.status.notes?.checkpoint, "\(task.id) forgot its checkpoint")
    }
    let mayBeAsked = event.status.state == .running || event.status.state == .paused
    try require(
      notes?.pause == nil || mayBeAsked, "\(task.id) is \(event.status.state) and to be paused")
    try require(
      notes?.pause != nil || event.status.state != .paused, "\(task.id) is PAUSED by nobody")
    try require(notes?.pause == nil || notes?.cancel == nil, "\(task.id) has two wishes")
  }

  private mutating func checkStart(
    of task: ModelTask, by assignment: Assignment?
  ) throws(Violation) {
    guard let pool = pools[task.pool] else { return }
    try require(
      [.active, .draining].contains(pool.state), "\(task.id) starts in a pool that is \(pool.state)"
    )
    try require(pool.running < pool.slotLimit, "\(pool.name) runs more than its slots")
    try checkShare(of: task, in: pool, byWorker: assignment != nil)
    try require(stamp.elapsed < task.deadline, "\(task.id) starts after its deadline")
    try require(stamp.elapsed < queueEnd(of: task), "\(task.id) starts after its queue timeout")
    if let assignment { return try checkAssignment(assignment, of: task) }
    try require(isServedHere(task), "nobody serves what starts")
    try checkTurn(of: task, in: pool)
  }

  /// It has the highest level of all that could start, and joined before those of the same. Where
  /// waiting counts it is that of the first of each queue.
  private func checkTurn(of task: ModelTask, in pool: ModelPool) throws(Violation) {
    if goesByShare(pool) { return try checkFairTurn(of: task, in: pool) }
    let ageing = pool.spec.priorityAgeing.map(PriorityAgeing.init)
    func level(_ task: ModelTask) -> UInt8 {
      ageing?.level(of: task.priority, pendingSince: task.status.due, at: stamp.elapsed)
        ?? task.priority
    }
    // Whoever needs a permit may have to let others go first.
    let served = pool.pending.compactMap { tasks[$0] }.filter { isServedHere($0) }
    let others = served.filter { $0.id == task.id || needs($0).isEmpty }
    // With one of them in front a queue may have risen less, or further.
    if ageing != nil, others.count < served.count { return }
    let mine = level(task)
    for other in others where other.id != task.id {
      let isBehind = others.contains {
        $0.kind == other.kind && $0.priority == other.priority && $0.joined < other.joined
      }
      if ageing != nil, isBehind { continue }
      let theirs = level(other)
      try require(
        mine > theirs || mine == theirs && task.joined < other.joined,
        "\(task.id) starts before \(other.id), which goes first")
    }
  }

  func isServedHere(_ task: ModelTask) -> Bool {
    served.contains(kindName(task.kind)) && task.submission.policy.selector.isEmpty
  }

  private mutating func checkAssignment(
    _ assignment: Assignment, of task: ModelTask
  ) throws(Violation) {
    let lease = Lease(
      task: task.id, attempt: task.status.attempt + 1, epoch: assignment.epoch)
    try require(asked.accepts.contains(lease), "no worker took \(lease)")
    try require(assignment.epoch > epochs[task.id] ?? 0, "an epoch of \(task.id) went back")
    epochs[task.id] = assignment.epoch
  }

  private mutating func checkProgress(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    let token = task.token
    guard let value = event.status.notes?.progress else {
      throw Violation(description: "progress without a value")
    }
    try require(asked.progress[token]?.contains(value) ?? false, "nobody reported \(value)")
    if let last = progressAt[token] {
      try require(stamp.elapsed >= last + .seconds(1), "progress of \(token) comes too fast")
    }
    progressAt[token] = stamp.elapsed
  }

  /// The newest value that was acknowledged, or a newer one, is in the event that ends an attempt.
  private func checkLast(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    // A crash may forget what was held back, a release starts afresh.
    if case .released = event.change { return }
    if event.isGivenBack { return }
    let heard = asked.progressHeard[task.token] ?? 0
    if heard == 0 || mayBeLost(task) { return }
    let newest = asked.progress[task.token]?.dropFirst(heard - 1) ?? []
    try require(
      event.status.notes?.progress.map(newest.contains) ?? false,
      "the newest progress of \(task.token) was lost at its end")
  }
}

extension Origin {
  /// The task that another one made room for.
  fileprivate var replacement: String? {
    reason.hasPrefix("replaced by ") ? String(reason.dropFirst(12)) : nil
  }
}

extension TaskEvent {
  fileprivate var isUpdate: Bool { if case .updated = change { true } else { false } }

  /// An attempt that ends PAUSED without having failed: it does not count.
  fileprivate var isGivenBack: Bool {
    guard case .paused = change, from == .running else { return false }
    return status.notes?.failure?.attempt != status.attempt
  }
}
