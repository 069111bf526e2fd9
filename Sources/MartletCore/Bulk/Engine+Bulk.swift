/// Operations on many tasks. What is done with a task is decided as if somebody had asked for it
/// alone; the operation only counts, and remembers how far it has come, in the same commit.
extension Engine {
  func decideBulk(_ command: BulkCommand, at now: Instant) throws(Refusal) -> Decision {
    switch command {
    case .start(let draft, let origin): try decideBulkStart(draft, origin: origin, at: now)
    case .step(let id, let slice): try decideBulkStep(id, slice, at: now)
    case .stop(let id, let origin): try decideBulkStop(id, origin: origin, at: now)
    }
  }

  // MARK: - Start and stop

  private func decideBulkStart(
    _ draft: BulkDraft, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    if let known = catalog.bulks.repeated(draft.requestID) {
      guard known.fingerprint == draft.fingerprint else {
        throw .requestIDReused(draft.requestID)
      }
      return Decision([], .bulk(known))
    }
    let limits = state.session.limits
    guard catalog.bulks.runningCount < limits.runningBulks else {
      throw .memoryPressure(what: "operations on many tasks", limit: limits.runningBulks)
    }
    let record = BulkRecord(
      id: catalog.bulks.nextID, action: try resolved(draft.action), filter: draft.filter,
      rate: draft.rate, origin: origin, requestID: draft.requestID,
      fingerprint: draft.fingerprint, state: .running, total: draft.total,
      last: catalog.lastTask, createTime: max(now.wall, catalog.stamp.time))
    let event = BulkEvent(
      change: .started, record: record, origin: origin,
      forgotten: catalog.bulks.oldestEnded(beyond: limits.keptBulks))
    return Decision([.bulk(event)], .bulk(record))
  }

  private func resolved(_ action: BulkDraft.Action) throws(Refusal) -> BulkAction {
    switch action {
    case .cancel: return .cancel
    case .retry: return .retry
    case .delete: return .delete
    case .update(let priority, let due): return .update(priority: priority, due: due)
    case .move(let name):
      let pool = try pool(named: name)
      try pool.requireOpen()
      return .move(pool: pool.id, name: name)
    }
  }

  private func decideBulkStop(
    _ id: BulkID, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard var record = catalog.bulks[id] else { throw .bulkNotFound(id) }
    guard record.state == .running else { return Decision([], .bulk(record)) }
    record.state = .stopped
    record.finishTime = max(now.wall, catalog.stamp.time)
    return Decision(
      [.bulk(BulkEvent(change: .ended, record: record, origin: origin))], .bulk(record))
  }

  // MARK: - Steps

  private func decideBulkStep(
    _ id: BulkID, _ slice: BulkSlice, at now: Instant
  ) throws(Refusal) -> Decision {
    guard let record = catalog.bulks[id] else { throw .bulkNotFound(id) }
    guard record.state == .running, slice.through > record.through || slice.isLast else {
      return Decision([], .bulk(record))
    }
    // It was read before it was stored; what cannot be read chooses nothing.
    let filter = (try? TaskFilter(parsing: record.filter)) ?? TaskFilter(.any([]))
    var step = BulkStep(
      record: record, predicate: TaskPredicate(filter, in: catalog, now: record.createTime))
    var histories: [TaskHistory] = []
    for candidate in slice.candidates where candidate.task > record.through {
      switch candidate {
      case .live(let task): decide(task, in: &step, at: now)
      case .ended(let history): histories.append(history)
      }
    }
    // What is reopened waits for those of the same slice that are reopened before it.
    if record.action == .retry { histories = Self.inOrder(histories) }
    for history in histories { try decide(history, in: &step, at: now) }
    step.record.through = max(record.through, slice.through)
    if slice.isLast {
      step.record.state = .succeeded
      step.record.finishTime = max(now.wall, catalog.stamp.time)
    }
    let event = BulkEvent(
      change: slice.isLast ? .ended : .progressed, record: step.record, origin: .server)
    return Decision(step.bodies + [.bulk(event)], .bulk(step.record))
  }

  /// One that has changed since the index was read may no longer be meant: it is passed over.
  private func decide(_ id: TaskID, in step: inout BulkStep, at now: Instant) {
    guard let task = durable.tasks[id], step.record.action.states.contains(task.state),
      step.predicate.matches(FilteredLiveTask(task, in: durable.tasks))
    else { return }
    let (action, origin, moved) = (step.record.action, step.record.origin, step.moved)
    step.count(id, claims: mark(of: task, after: action)) { () throws(Refusal) in
      switch action {
      case .cancel: try decideCancel(id, origin: origin, at: now).events
      case .update(let priority, let due):
        try decideUpdate(
          id, TaskUpdate(priority: priority, due: due.map { .at($0) }), expected: nil,
          origin: origin, at: now
        ).events
      case .move(let pool, let name):
        try decideMove(task, to: pool, named: name, after: moved, origin: origin, at: now)
      case .retry, .delete: []
      }
    }
  }

  /// Throws only if the index was behind: the slice is to be read again.
  private func decide(
    _ history: TaskHistory, in step: inout BulkStep, at now: Instant
  ) throws(Refusal) {
    if durable.tasks.contains(history.task) { return }
    if state.session.departed.isStale(history.task, asOf: history.asOf) { throw .staleHistory }
    guard step.record.action.states.contains(history.status.state) else { return }
    let (action, origin, reopened) = (step.record.action, step.record.origin, step.reopened)
    let mark = action == .retry ? history.revival.unique : nil
    step.count(history.task, claims: mark) { () throws(Refusal) in
      switch action {
      case .retry:
        return try decideRetry(history, besides: reopened, origin: origin, at: now).events
      case .delete:
        let entry = TasksPurged.Entry(
          task: history.task, pool: history.pool, kind: history.kind,
          state: history.status.state)
        if isNeeded(entry) { throw .taskNeeded(history.task) }
        return [.tasksPurged(TasksPurged(entries: [entry]))]
      case .cancel, .update, .move: return []
      }
    }
  }

  // MARK: - Moves

  /// What the task is unique by where it goes; nil if it stays, or is like any other.
  private func mark(of task: LiveTask, after action: BulkAction) -> UniqueMark? {
    guard case .move(let pool, _) = action else { return nil }
    return durable.tasks.unique.mark(of: task.id)?.moved(from: task.pool, to: pool)
  }

  /// A task that waits goes to another pool, to the end of its queue there.
  private func decideMove(
    _ task: LiveTask, to id: PoolID, named name: String, after moved: Int, origin: Origin,
    at now: Instant
  ) throws(Refusal) -> [Event.Body] {
    guard let pool = catalog.pools[id], pool.state != .retired else { throw .poolNotFound(name) }
    if task.pool == id { return [] }
    try pool.requireOpen()
    let waiting = catalog.counters.waiting(pool: id) + Int64(moved)
    guard waiting < Int64(pool.spec.queueCapacity) else {
      throw .queueFull(
        pool: name, capacity: pool.spec.queueCapacity, waiting: waiting)
    }
    if let rival = rival(of: task, movedTo: id) {
      throw .duplicateTask(rival, durable.tasks[rival]?.state ?? .pending, index: nil)
    }
    var status = task.status
    status.notes = status.notes?.with { $0.joined = nil }.unlessEmpty
    let event = TaskEvent(
      task: task.id, pool: id, kind: task.kind, labels: durable.tasks.labels(of: task),
      from: task.state, status: status, change: .moved(from: task.pool, origin),
      member: durable.tasks.member(of: task))
    return [.task(event)]
  }
}

/// What one step has come to so far.
private struct BulkStep {
  var record: BulkRecord
  let predicate: TaskPredicate
  private(set) var bodies: [Event.Body] = []
  /// Tasks that wait in another pool from here on.
  private(set) var moved = 0
  /// Tasks that are live again from here on.
  private(set) var reopened: Set<TaskID> = []
  /// Who has which mark from here on: tasks of one slice may be each other's rivals.
  private var claims: [UniqueMark: TaskID] = [:]

  init(record: BulkRecord, predicate: TaskPredicate) {
    self.record = record
    self.predicate = predicate
  }

  mutating func count(
    _ task: TaskID, claims mark: UniqueMark?, _ decide: () throws(Refusal) -> [Event.Body]
  ) {
    do throws(Refusal) {
      if let mark, let rival = claims[mark] {
        throw .duplicateTask(rival, .pending, index: nil)
      }
      add(try decide())
      record.done += 1
      if let mark { claims[mark] = task }
    } catch {
      record.failed += 1
      record.failures[BulkFailure(error), default: 0] += 1
    }
  }

  private mutating func add(_ more: [Event.Body]) {
    for body in more {
      switch (bodies.last, body) {
      case (.tasksPurged(let before), .tasksPurged(let purge)):
        bodies[bodies.count - 1] = .tasksPurged(
          TasksPurged(entries: before.entries + purge.entries))
      case (_, .task(let event)):
        if case .moved = event.change { moved += 1 }
        if case .reopened = event.change { reopened.insert(event.task) }
        bodies.append(body)
      default: bodies.append(body)
      }
    }
  }
}

extension BulkFailure {
  init(_ refusal: Refusal) {
    switch refusal {
    case .queueFull: self = .queueFull
    case .poolNotFound: self = .poolNotFound
    case .poolDraining: self = .poolDraining
    case .poolClosed: self = .poolClosed
    case .duplicateTask: self = .duplicateTask
    case .taskNeeded: self = .taskNeeded
    default: self = .other
    }
  }
}
