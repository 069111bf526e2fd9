/// A task as its submitter describes it, with every field checked and the defaults of its pool
/// still to be filled in.
package struct TaskDraft: Hashable, Sendable {
  package var kind: String
  package var payload: [UInt8]
  package var contentType: String
  package var labels: LabelSet
  package var priority: UInt8
  package var start: TaskSubmission.Start
  package var retry: RetryPolicy?
  package var runTimeout: Span?
  package var queueTimeout: Span?
  package var heartbeatTimeout: Span?
  package var deadline: WallTime?
  package var traceParent: String
  /// Only workers that have all these labels may run it.
  package var selector: LabelSet
  package var unique: UniqueClaim?
  /// For whom it runs; nil: for all that name nobody.
  package var fairness: TaskFairness?
  /// What others of its batch call it; empty if nothing.
  package var ref = ""
  package var dependencies: [DraftDependency] = []
  package var onDependencyFailure = DependencyRule.cancel
  package var wantsDependencyResults = false
  /// What the index says of dependencies that are not live.
  package var dependencyHistory: DependencyHistory?

  package init(
    kind: String, payload: [UInt8] = [], contentType: String = "", labels: LabelSet = .none,
    priority: UInt8 = 5, start: TaskSubmission.Start = .now, retry: RetryPolicy? = nil,
    runTimeout: Span? = nil, queueTimeout: Span? = nil, heartbeatTimeout: Span? = nil,
    deadline: WallTime? = nil, traceParent: String = "", selector: LabelSet = .none,
    unique: UniqueClaim? = nil
  ) {
    self.kind = kind
    self.payload = payload
    self.contentType = contentType
    self.labels = labels
    self.priority = priority
    self.start = start
    self.retry = retry
    self.runTimeout = runTimeout
    self.queueTimeout = queueTimeout
    self.heartbeatTimeout = heartbeatTimeout
    self.deadline = deadline
    self.traceParent = traceParent
    self.selector = selector
    self.unique = unique
  }

  /// Whether it waits for tasks that may have ended.
  package var needsDependencyEnds: Bool {
    dependencies.contains { if case .task = $0 { true } else { false } }
  }

  /// How its attempts are made in such a pool: by its own words, else by the pool's.
  package func policy(in pool: PoolSpec, member: WorkflowMember? = nil) -> TaskPolicy {
    TaskPolicy(
      retry: retry ?? pool.retry, runTimeout: runTimeout ?? pool.runTimeout,
      queueTimeout: queueTimeout ?? pool.queueTimeout,
      heartbeatTimeout: heartbeatTimeout ?? pool.heartbeatTimeout, selector: selector,
      flow: flow(member), fairness: fairness)
  }

  private func flow(_ member: WorkflowMember?) -> TaskFlow? {
    if dependencies.isEmpty, member == nil { return nil }
    return TaskFlow(
      hasDependencies: !dependencies.isEmpty, onFailure: onDependencyFailure,
      wantsResults: wantsDependencyResults, member: member)
  }
}

/// The right to report on one attempt.
package struct AttemptToken: Hashable, Sendable {
  package var task: TaskID
  package var attempt: UInt32

  package init(task: TaskID, attempt: UInt32) {
    self.task = task
    self.attempt = attempt
  }
}

/// What an attempt came to, as its handler says.
package enum AttemptOutcome: Hashable, Sendable {
  case succeeded(TaskResult)
  case failed(
    kind: FailureKind, code: String, message: String, retryable: Bool, failureClass: String = "",
    retryDelay: Span? = nil)
}

/// What is to change of a task that waits: what is nil stays.
package struct TaskUpdate: Hashable, Sendable {
  package var priority: UInt8?
  package var due: Due?
  package var labels: LabelSet?

  package enum Due: Hashable, Sendable {
    case now
    /// By the wall clock; what is past means now.
    case at(WallTime)
  }

  package init(priority: UInt8? = nil, due: Due? = nil, labels: LabelSet? = nil) {
    self.priority = priority
    self.due = due
    self.labels = labels
  }
}

/// A finished task as the index knows it, for reopening.
package struct TaskHistory: Hashable, Sendable {
  package var task: TaskID
  package var pool: PoolID
  package var kind: KindID
  package var labels: LabelSet
  package var status: TaskStatus
  package var revival: TaskRevival
  /// The index held everything up to here.
  package var asOf: Revision

  package init(
    task: TaskID, pool: PoolID, kind: KindID, labels: LabelSet, status: TaskStatus,
    revival: TaskRevival, asOf: Revision
  ) {
    self.task = task
    self.pool = pool
    self.kind = kind
    self.labels = labels
    self.status = status
    self.revival = revival
    self.asOf = asOf
  }
}

/// What the index says about a request id; needed if the engine may have forgotten it.
package struct RequestHistory: Hashable, Sendable {
  package var found: RememberedRequest?
  package var asOf: Revision

  package init(found: RememberedRequest?, asOf: Revision) {
    self.found = found
    self.asOf = asOf
  }
}

/// What somebody asks the engine to change. What is large and rare lies in a box: each command is
/// moved from hand to hand.
package enum Command: Sendable {
  indirect case createPool(name: String, spec: PoolSpec, origin: Origin)
  /// `change` turns the spec as it is into the one that is wanted; nothing is changed unless the
  /// pool is at the expected version, if one is.
  case updatePool(
    name: String, expected: PoolVersion?, change: @Sendable (inout PoolSpec) -> Void,
    origin: Origin)
  case pausePool(name: String, origin: Origin)
  case resumePool(name: String, origin: Origin)
  case drainPool(name: String, origin: Origin)
  case deletePool(name: String, force: Bool, origin: Origin)
  /// Gives the pool the spec again that it had at `revision`.
  case rollbackPool(PoolRollback, origin: Origin)
  case submit(
    pool: String, tasks: [TaskDraft], request: RequestStamp?, history: RequestHistory?,
    origin: Origin)
  case cancel(TaskID, origin: Origin)
  case pause(TaskID, origin: Origin)
  case resume(TaskID, origin: Origin)
  indirect case retry(TaskHistory, origin: Origin)
  /// Of a task that waits; nothing is changed unless its last change is the expected one, if one
  /// is.
  case update(TaskID, TaskUpdate, expected: Revision?, origin: Origin)
  case finish(AttemptToken, AttemptOutcome)
  case report(AttemptToken, Progress)
  /// The attempt does not count; the task waits for so long.
  case release(AttemptToken, delay: Span = .zero)
  case worker(WorkerCommand)
  /// Changes of many tasks at once.
  indirect case bulk(BulkCommand)
  indirect case workflow(WorkflowCommand)
  indirect case group(GroupCommand)
  indirect case schedule(ScheduleCommand)
  case lock(LockCommand)
  indirect case limit(LimitCommand)
  case permits(PermitCommand)
  /// What was running in a process that is gone is lost; the first command after a start.
  case recover
  case purgeTasks(rows: [TasksPurged.Entry], asOf: Revision)
  case purgeEvents(before: Revision)
  /// Time alone: whatever is due by now.
  case tick
}

/// What an accepted command came to.
package enum Answer: Hashable, Sendable {
  indirect case pool(PoolView)
  case submitted([AnsweredTask], repeated: Bool)
  case task(TaskView)
  indirect case bulk(BulkRecord)
  indirect case workflow(WorkflowRecord)
  indirect case group(GroupView)
  indirect case schedule(ScheduleAnswer)
  /// nil: the call stands in line, or there is nothing to tell.
  case lock(LockView?)
  indirect case limit(LimitView)
  /// nil: the call stands in line, or there is nothing to tell.
  case permits(PermitView?)
  case worker(WorkerWelcome)
  case leases(LeaseReport)
  /// Of finishes, in their order: nil, or why it was not taken.
  case finished([Refusal?])
  case done
}

/// A pool as somebody sees it.
package struct PoolView: Hashable, Sendable {
  package var record: PoolRecord
  package var inUse: Int
  package var waiting: Int64
  /// How long the head of the PENDING queue has waited.
  package var oldestAge: Span?

  package init(record: PoolRecord, inUse: Int, waiting: Int64, oldestAge: Span?) {
    self.record = record
    self.inUse = inUse
    self.waiting = waiting
    self.oldestAge = oldestAge
  }
}

/// A task that has not ended, or just ended, as somebody sees it; its fixed half is with its
/// submission.
package struct TaskView: Hashable, Sendable {
  package var id: TaskID
  package var status: TaskStatus
  package var revision: Revision
  package var submitRevision: Revision
  /// As they are now: those of the submission may have been replaced.
  package var labels: LabelSet
  /// Where it is now: it may have been moved.
  package var pool: PoolID
  /// Why it waits; nil if it does not, and in answers to commands.
  package var cause: WaitingCause?

  package init(
    id: TaskID, status: TaskStatus, revision: Revision, submitRevision: Revision,
    labels: LabelSet, pool: PoolID
  ) {
    self.id = id
    self.status = status
    self.revision = revision
    self.submitRevision = submitRevision
    self.labels = labels
    self.pool = pool
  }
}
