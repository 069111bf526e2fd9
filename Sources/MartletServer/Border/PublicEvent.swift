import MartletAPI
import MartletCore

extension API.Event {
  /// The event as subscribers see it; without payload and result, which are joined in for those
  /// who ask.
  init(_ event: Event, at stamp: Stamp, catalog: borrowing Catalog) {
    self.init()
    revision = event.revision.rawValue
    time = .init(stamp.time)
    switch event.body {
    case .task(let change): set(change, catalog: catalog)
    case .pool(let change): set(change)
    case .tasksPurged(let purge):
      type = .tasksPurged
      count = Int64(purge.entries.count)
    case .bulk(let change): set(change)
    case .workflow(let change): set(change, at: stamp)
    case .group(let change): set(change)
    case .schedule(let change): set(change)
    case .lock(let change): set(change, at: stamp)
    case .limit(let change): set(change, catalog: catalog)
    case .eventsPurged(_, let number):
      type = .eventsPurged
      count = number
    }
  }

  private mutating func set(_ event: TaskEvent, catalog: Catalog) {
    type = event.type
    pool = catalog.pools[event.pool]?.name ?? ""
    taskId = event.task.description
    kind = catalog.kinds[event.kind]
    if !event.labels.isEmpty { labels = event.labels.dictionary }
    state = .init(event.status.state)
    attempt = Int32(clamping: event.status.attempt)
    if event.status.state == .scheduled { dueTime = .init(event.status.dueTime) }
    if let member = event.member { workflowId = member.workflow.description }
    switch event.change {
    case .submitted(let submission):
      kind = submission.kindName
      actor = submission.actor
      schedule = submission.schedule
      dependencies = Int32(clamping: submission.dependencies?.tasks.count ?? 0)
    case .progressed: progress = event.status.notes?.progress.map { .init($0) }
    case .retryScheduled, .lost, .failed:
      failure = event.status.notes?.failure.map { .init($0) }
      progress = event.status.notes?.progress.map { .init($0) }
    case .succeeded: progress = event.status.notes?.progress.map { .init($0) }
    case .cancelRequested(let origin), .cancelled(let origin), .reopened(_, let origin),
      .pauseRequested(let origin), .resumed(let origin):
      actor = origin.actor
      reason = origin.reason
    case .paused(let origin):
      actor = origin.actor
      reason = origin.reason
      if event.from == .running { failure = event.status.notes?.failure.map { .init($0) } }
    case .moved(let pool, let origin):
      fromPool = catalog.pools[pool]?.name ?? ""
      actor = origin.actor
      reason = origin.reason
    case .updated(let priority, let origin):
      actor = origin.actor
      reason = origin.reason
      self.priority = Int32(priority)
      dueTime = .init(event.status.dueTime)
    case .checkpointed(let checkpoint): checkpointSequence = checkpoint.sequence
    case .logged(let lines, let dropped):
      logLines = lines.map { .init($0) }
      logLinesDropped = dropped
    case .due, .started, .released, .unblocked: break
    }
  }

  private mutating func set(_ event: WorkflowEvent, at stamp: Stamp) {
    switch event.change {
    case .submitted: type = .workflowSubmitted
    case .cancelRequested: type = .workflowCancelRequested
    case .retried: type = .workflowRetried
    case .resumed: type = .workflowResumed
    case .ended: type = .workflowEnded
    }
    actor = event.origin.actor
    reason = event.origin.reason
    workflowId = event.record.id.description
    workflow = .init(event.record, at: stamp.time, durations: [])
  }

  private mutating func set(_ event: BulkEvent) {
    switch event.change {
    case .started: type = .bulkStarted
    case .progressed: type = .bulkProgressed
    case .ended: type = .bulkEnded
    }
    actor = event.origin.actor
    reason = event.origin.reason
    bulk = .init(event.record)
  }

  private mutating func set(_ event: PoolEvent) {
    type = event.change.type
    pool = event.name
    actor = event.origin.actor
    reason = event.origin.reason
    poolChange = .init(
      spec: .init(event.spec), state: .init(event.state), etag: event.etag,
      slotsLimit: Int32(clamping: event.slotLimit),
      scaling: event.scaling.map { .init($0, mode: event.spec.scaling?.mode) },
      restoredRevision: event.restored?.rawValue ?? 0)
  }

  private mutating func set(_ event: GroupEvent) {
    switch event.change {
    case .created: type = .groupCreated
    case .updated: type = .groupUpdated
    case .deleted: type = .groupDeleted
    }
    actor = event.origin.actor
    reason = event.origin.reason
    group = .init(event.record)
  }
}

extension TaskEvent {
  var type: API.EventType {
    switch change {
    case .submitted: .taskSubmitted
    case .due: .taskDue
    case .started: .taskStarted
    case .progressed: .taskProgressed
    case .cancelRequested: .taskCancelRequested
    case .retryScheduled: .taskRetryScheduled
    case .released: .taskReleased
    case .lost: .taskLost
    case .succeeded: .taskSucceeded
    case .failed: .taskFailed
    case .cancelled: .taskCancelled
    case .reopened: .taskReopened
    case .checkpointed: .taskCheckpointed
    case .pauseRequested: .taskPauseRequested
    case .paused: .taskPaused
    case .resumed: .taskResumed
    case .logged: .taskLogged
    case .updated: .taskUpdated
    case .moved: .taskMoved
    case .unblocked: .taskUnblocked
    }
  }
}

extension PoolEvent.Change {
  var type: API.EventType {
    switch self {
    case .created: .poolCreated
    case .updated: .poolUpdated
    case .paused: .poolPaused
    case .resumed: .poolResumed
    case .draining: .poolDraining
    case .closed: .poolClosed
    case .deleting: .poolDeleting
    case .deleted: .poolDeleted
    case .scaled: .poolScaled
    case .scalingSuggested: .poolScalingSuggested
    case .rolledBack: .poolRolledBack
    }
  }
}

extension PoolEvent {
  var etag: String { PoolEtag.text(PoolVersion(pool: pool, specVersion: specVersion)) }
}

/// Opaque to callers: changes with the spec of one pool, and is another's never.
enum PoolEtag {
  static func text(_ version: PoolVersion) -> String {
    "v\(version.specVersion)-\(version.pool.rawValue)"
  }
}

extension API.TaskState {
  init(_ state: TaskState) { self = .init(rawValue: Int32(state.rawValue)) }
}

extension API.PoolState {
  init(_ state: PoolState) {
    // A retired pool is shown only by the event that retires it.
    self = state == .retired ? .deleting : .init(rawValue: Int32(state.rawValue))
  }
}

extension API.Progress {
  init(_ progress: Progress) {
    self.init(
      percent: progress.percent, step: progress.step,
      counters: Dictionary(
        progress.counters.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last }))
  }
}

extension API.LogLine {
  init(_ line: LogLine) {
    self.init(
      time: .init(line.time), level: .init(rawValue: Int32(line.level.rawValue)),
      text: line.text)
  }
}

extension API.Failure {
  init(_ failure: Failure) {
    self.init(
      kind: .init(rawValue: Int32(failure.kind.rawValue)), code: failure.code,
      message: failure.message, attempt: Int32(clamping: failure.attempt),
      retryable: failure.retryable, failureClass: failure.failureClass,
      retryDelay: failure.retryDelay.map { .init($0) })
  }
}

extension API.PoolSpec {
  init(_ spec: PoolSpec) {
    self.init(
      slots: Int32(clamping: spec.slots), queueCapacity: Int32(clamping: spec.queueCapacity),
      defaultRetryPolicy: .init(spec.retry), defaultRunTimeout: .init(spec.runTimeout),
      labels: spec.labels.dictionary,
      defaultQueueTimeout: spec.queueTimeout.map { .init($0) },
      defaultHeartbeatTimeout: spec.heartbeatTimeout.map { .init($0) },
      failureClassDelays: spec.failureClassDelays.mapValues { .init($0) },
      priorityAgeing: spec.priorityAgeing.map { .init($0) },
      retention: spec.retention.isEmpty ? nil : .init(spec.retention),
      scaling: spec.scaling.map { .init($0) }, group: spec.group,
      groupMinimum: Int32(clamping: spec.groupMinimum),
      permitGrace: spec.permitGrace.map { .init($0) },
      fairness: .init(rawValue: Int32(spec.fairness.rawValue)))
  }
}

extension API.Retention {
  init(_ retention: Retention) {
    self.init(
      succeeded: .init(retention.succeeded), failed: .init(retention.failed),
      cancelled: .init(retention.cancelled))
  }
}

extension API.OutcomeRetention {
  /// nil without bounds.
  fileprivate init?(_ bounds: Retention.Bounds) {
    if bounds == Retention.Bounds() { return nil }
    self.init(
      maxAge: bounds.maxAge.map { .init($0) }, maxCount: bounds.maxCount.map { Int64($0) })
  }
}

extension API.RetryPolicy {
  init(_ policy: RetryPolicy) {
    self.init(
      maxAttempts: Int32(clamping: policy.maxAttempts),
      initialBackoff: .init(policy.initialBackoff), factor: policy.factor,
      maxBackoff: .init(policy.maxBackoff), jitter: policy.jitter,
      nonRetryableCodes: policy.nonRetryableCodes)
  }
}

extension WellKnown.Timestamp {
  init(_ time: WallTime) {
    let (seconds, nanos) = time.nanoseconds.floored(by: 1_000_000_000)
    self.init(seconds: seconds, nanos: Int32(truncatingIfNeeded: nanos))
  }
}

extension WellKnown.Duration {
  init(_ span: Span) {
    let (seconds, nanos) = span.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(seconds: seconds, nanos: Int32(truncatingIfNeeded: nanos))
  }
}

extension Int64 {
  /// Quotient rounded down and the remainder that is never negative.
  func floored(by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
