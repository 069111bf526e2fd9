package import MartletCore

/// The half of a task that changes after its submission only by hand (`TaskEdit`).
package struct TaskSubmissionRow: Hashable, Sendable {
  package var id: TaskID
  package var pool: PoolID
  package var kind: KindID
  package var priority: UInt8
  package var createTime: WallTime
  /// The revision of the event that submitted it.
  package var submitRevision: Revision
  /// When the task ends whatever it does; `.never` without one.
  package var deadline: Elapsed
  package var labels: LabelSet
  /// Key and scope, if the task is to be the only one of them.
  package var unique: UniqueMark?
  /// Retry policy and run timeout, as the server encodes them.
  package var policy: [UInt8]
  /// All that only people and handlers read, as the server encodes it.
  package var spec: [UInt8]
  package var payload: [UInt8]

  package init(
    id: TaskID, pool: PoolID, kind: KindID, priority: UInt8, createTime: WallTime,
    submitRevision: Revision, deadline: Elapsed, labels: LabelSet, unique: UniqueMark? = nil,
    policy: [UInt8], spec: [UInt8], payload: [UInt8]
  ) {
    self.id = id
    self.pool = pool
    self.kind = kind
    self.priority = priority
    self.createTime = createTime
    self.submitRevision = submitRevision
    self.deadline = deadline
    self.labels = labels
    self.unique = unique
    self.policy = policy
    self.spec = spec
    self.payload = payload
  }
}

extension TaskSubmissionRow {
  /// The workflow that the task is of, read from its policy.
  package var workflow: WorkflowID? {
    NoteField.workflow.number(in: policy).map(WorkflowID.init(rawValue:))
  }
}

/// What somebody changed of a task; what is nil is as before.
package struct TaskEdit: Hashable, Sendable {
  package var priority: UInt8?
  package var labels: LabelSet?
  package var move: Move?

  /// From pool to pool; what was moved twice went from the first to the last.
  package struct Move: Hashable, Sendable {
    package var from: PoolID
    package var to: PoolID

    package init(from: PoolID, to: PoolID) {
      self.from = from
      self.to = to
    }
  }

  package init(priority: UInt8? = nil, labels: LabelSet? = nil, move: Move? = nil) {
    self.priority = priority
    self.labels = labels
    self.move = move
  }

  /// The newer one counts.
  package mutating func add(_ newer: TaskEdit) {
    priority = newer.priority ?? priority
    labels = newer.labels ?? labels
    if let newest = newer.move { move = Move(from: move?.from ?? newest.from, to: newest.to) }
  }

  package func apply(to row: inout TaskSubmissionRow) {
    if let priority { row.priority = priority }
    if let labels { row.labels = labels }
    if let move {
      row.pool = move.to
      row.unique = row.unique?.moved(from: move.from, to: move.to)
    }
  }
}

/// The half of a task that changes by itself; replaced as a whole.
package struct TaskStatusRow: Hashable, Sendable {
  package var state: TaskState
  package var attempt: UInt32
  /// Attempts made before the newest reopening: they do not count against the retry budget.
  package var attemptsForgiven: UInt32
  /// The revision of the last change.
  package var revision: Revision
  /// When a SCHEDULED task becomes PENDING, else when it last did.
  package var due: Elapsed
  package var dueTime: WallTime
  package var startTime: WallTime?
  /// Set exactly while the state is terminal; a reopening clears it.
  package var finishTime: WallTime?
  /// Failure, progress, cancel request, as the server encodes them.
  package var status: [UInt8]
  /// Data and content type, as the server encodes them; nil without a result.
  package var result: [UInt8]?

  package init(
    state: TaskState, attempt: UInt32, attemptsForgiven: UInt32, revision: Revision,
    due: Elapsed, dueTime: WallTime, startTime: WallTime?, finishTime: WallTime?,
    status: [UInt8], result: [UInt8]?
  ) {
    self.state = state
    self.attempt = attempt
    self.attemptsForgiven = attemptsForgiven
    self.revision = revision
    self.due = due
    self.dueTime = dueTime
    self.startTime = startTime
    self.finishTime = finishTime
    self.status = status
    self.result = result
  }
}

/// A task as the index keeps it.
package struct TaskRow: Hashable, Sendable {
  package var submission: TaskSubmissionRow
  package var status: TaskStatusRow

  package init(submission: TaskSubmissionRow, status: TaskStatusRow) {
    self.submission = submission
    self.status = status
  }

  package var id: TaskID { submission.id }
}
