import MartletCore

/// An engine behind its pipeline, with a disk that is done at once and a clock that the test moves.
final class World {
  static let start = Instant(
    elapsed: Elapsed(nanoseconds: 1_000_000_000),
    wall: WallTime(nanoseconds: 1_767_225_600_000_000_000))

  var pipeline: CommitPipeline
  var now = World.start
  /// Everything that was committed.
  private(set) var events: [Event] = []
  /// What the newest command or tick committed.
  private(set) var newest: [Event] = []

  init(limits: Limits = Limits(), serving kinds: Set<String> = ["work"]) {
    pipeline = CommitPipeline(
      engine: Engine(session: SessionState(limits: limits, servedKinds: kinds)))
  }

  /// Goes on from what another world made durable, as a restarted process does.
  init(
    restarting other: World, limits: Limits = Limits(), serving kinds: Set<String> = ["work"],
    zones: TimeZoneTable = [:]
  ) {
    var durable = DurableState()
    for event in other.events {
      durable.evolve(event, at: other.stamps[event.revision] ?? Self.zero)
    }
    pipeline = CommitPipeline(
      engine: Engine(
        durable: durable,
        session: SessionState(limits: limits, servedKinds: kinds, zones: zones)))
    now = other.now
    events = other.events
    stamps = other.stamps
  }

  func stamp(of event: Event) -> Stamp { stamps[event.revision] ?? Self.zero }

  private static let zero = Stamp(elapsed: .zero, time: WallTime(nanoseconds: 0))
  private var stamps: [Revision: Stamp] = [:]

  var engine: Engine { pipeline.engine }
  var durable: DurableState { pipeline.engine.state.durable }
  var revision: Revision { durable.catalog.revision }

  // MARK: - Doors

  @discardableResult
  func run(_ command: Command) throws(Refusal) -> Answer {
    pipeline.run(command, ticket: Ticket(rawValue: 1), at: now)
    commit()
    switch pipeline.takeReplies().last?.content {
    case .answer(let answer): return answer
    case .refusal(let refusal): throw refusal
    case .sight, nil: preconditionFailure("a command is always answered")
    }
  }

  func see(_ query: Query) throws(Refusal) -> Sight {
    pipeline.look(query, ticket: Ticket(rawValue: 1), at: now)
    switch pipeline.takeReplies().last?.content {
    case .sight(let sight): return sight
    case .refusal(let refusal): throw refusal
    case .answer, nil: preconditionFailure("a look is always answered")
    }
  }

  /// Moves both faces of the clock, then lets happen what is due.
  func pass(_ span: Span) {
    now.elapsed = now.elapsed + span
    now.wall = now.wall + span
    tick()
  }

  func tick() {
    pipeline.tick(at: now)
    commit()
  }

  private func commit() {
    newest = []
    guard let segment = pipeline.seal() else { return }
    pipeline.segmentDurable()
    newest = segment.events
    events += segment.events
    for event in segment.events { stamps[event.revision] = segment.stamp }
  }
}

// MARK: - Shorthands

extension World {
  static let user = Origin(actor: "tester")

  @discardableResult
  func createPool(
    _ name: String = "p", slots: Int = 2, capacity: Int = 100, retry: RetryPolicy = .init(),
    runTimeout: Span = .seconds(60), failureClassDelays: [String: Span] = [:],
    priorityAgeing: Span? = nil
  ) throws -> PoolID {
    let spec = PoolSpec(
      slots: slots, queueCapacity: capacity, retry: retry, runTimeout: runTimeout,
      failureClassDelays: failureClassDelays, priorityAgeing: priorityAgeing)
    return try run(.createPool(name: name, spec: spec, origin: Self.user)).pool.record.id
  }

  /// Submits tasks to the pool `p`, unless told another.
  @discardableResult
  func submit(
    _ drafts: TaskDraft..., to pool: String = "p", request: RequestStamp? = nil,
    history: RequestHistory? = nil
  ) throws -> [TaskID] {
    let answer = try run(
      .submit(pool: pool, tasks: drafts, request: request, history: history, origin: Self.user))
    return answer.tasks
  }

  @discardableResult
  func submitOne(_ draft: TaskDraft = TaskDraft(kind: "work"), to pool: String = "p") throws
    -> TaskID
  {
    try submit(draft, to: pool)[0]
  }

  func task(_ id: TaskID) -> LiveTask? { durable.tasks[id] }

  func token(_ id: TaskID) -> AttemptToken {
    AttemptToken(task: id, attempt: task(id)?.attempt ?? 0)
  }

  func succeed(_ id: TaskID, data: [UInt8] = []) throws {
    try run(.finish(token(id), .succeeded(TaskResult(data: data, contentType: ""))))
  }

  func fail(
    _ id: TaskID, code: String = "", retryable: Bool = true, of failureClass: String = "",
    retryDelay: Span? = nil
  ) throws {
    try run(
      .finish(
        token(id),
        .failed(
          kind: .handler, code: code, message: "it broke", retryable: retryable,
          failureClass: failureClass, retryDelay: retryDelay)))
  }

  func cancel(_ id: TaskID, reason: String = "") throws {
    try run(.cancel(id, origin: Origin(actor: "tester", reason: reason)))
  }

  func pool(_ name: String = "p") throws -> PoolView {
    guard case .pool(let view) = try see(.pool(name)) else { preconditionFailure("no pool") }
    return view
  }

  /// What the index would say of a task.
  func history(of id: TaskID) -> TaskHistory? {
    var history: TaskHistory?
    for event in events {
      if case .tasksPurged(let purge) = event.body, purge.entries.contains(where: { $0.task == id })
      {
        return nil
      }
      guard case .task(let change) = event.body, change.task == id else { continue }
      if case .submitted(let submission) = change.change {
        history = TaskHistory(
          task: id, pool: change.pool, kind: change.kind, labels: change.labels,
          status: change.status,
          revival: TaskRevival(
            priority: submission.priority, policy: submission.policy,
            createTime: stamps[event.revision]?.time ?? now.wall, submitRevision: event.revision,
            unique: submission.unique?.mark(in: change.pool),
            dependencies: submission.dependencies?.tasks ?? []),
          asOf: revision)
      }
      history?.status = change.status
      history?.labels = change.labels
      history?.pool = change.pool
      if case .updated(let priority, _) = change.change { history?.revival.priority = priority }
    }
    return history
  }

  func retry(_ id: TaskID) throws {
    guard let history = history(of: id) else { preconditionFailure("no such task") }
    try run(.retry(history, origin: Self.user))
  }

  /// The status that the newest event of the task states.
  func status(_ id: TaskID) -> TaskStatus? {
    for event in events.reversed() {
      if case .task(let change) = event.body, change.task == id { return change.status }
    }
    return nil
  }
}

extension Answer {
  var pool: PoolView {
    guard case .pool(let view) = self else { preconditionFailure("not a pool: \(self)") }
    return view
  }

  var tasks: [TaskID] {
    answered.map(\.task)
  }

  var answered: [AnsweredTask] {
    guard case .submitted(let tasks, _) = self else { preconditionFailure("no tasks: \(self)") }
    return tasks
  }
}

extension [Event] {
  /// One word an event, such as `started`.
  var words: [String] { map(\.word) }

  /// The tasks that started, in order.
  var started: [TaskID] {
    compactMap { event in
      if case .task(let change) = event.body, case .started = change.change {
        change.task
      } else {
        nil
      }
    }
  }
}

extension Event {
  var word: String {
    switch body {
    case .pool(let event): "\(event.change)"
    case .task(let event): event.change.word
    case .tasksPurged: "tasksPurged"
    case .eventsPurged: "eventsPurged"
    case .bulk(let event): "bulk \(event.change)"
    case .workflow(let event): "workflow \(event.change)"
    case .group(let event): "group \(event.change)"
    case .schedule(let event): "schedule \(event.change.word)"
    case .lock(let event): "lock \(event.change)"
    case .limit(.limit(let change, _, _)): "limit \(change)"
    case .limit(.permits(let change, _, _)): "permits \(change)"
    }
  }
}

extension ScheduleEvent.Change {
  var word: String {
    switch self {
    case .created: "created"
    case .updated: "updated"
    case .paused: "paused"
    case .resumed: "resumed"
    case .deleted: "deleted"
    case .finished: "finished"
    case .run(let run, _): "run \(run.number) \(run.outcome)"
    }
  }
}

extension TaskEvent.Change {
  var word: String {
    switch self {
    case .submitted: "submitted"
    case .due: "due"
    case .started: "started"
    case .progressed: "progressed"
    case .cancelRequested: "cancelRequested"
    case .retryScheduled: "retryScheduled"
    case .released: "released"
    case .lost: "lost"
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .cancelled: "cancelled"
    case .reopened: "reopened"
    case .checkpointed: "checkpointed"
    case .pauseRequested: "pauseRequested"
    case .paused: "paused"
    case .resumed: "resumed"
    case .logged: "logged"
    case .updated: "updated"
    case .moved: "moved"
    case .unblocked: "unblocked"
    }
  }
}

extension Event {
  /// Who asked for it, and why; nil for what follows from other events or from time.
  var origin: Origin? {
    switch body {
    case .pool(let event): return event.origin
    case .task(let event):
      switch event.change {
      case .cancelRequested(let origin), .cancelled(let origin), .reopened(_, let origin),
        .pauseRequested(let origin), .paused(let origin), .resumed(let origin),
        .updated(_, let origin), .moved(_, let origin):
        return origin
      default: return nil
      }
    case .bulk(let event): return event.origin
    case .workflow(let event): return event.origin
    case .group(let event): return event.origin
    case .schedule(let event): return event.origin
    case .lock(let event): return event.origin
    case .limit(let event): return event.origin
    case .tasksPurged, .eventsPurged: return nil
    }
  }
}
