/// What the owner of a pool decides.
package struct PoolSpec: Hashable, Sendable {
  /// 1 to 10,000.
  package var slots: Int
  /// 1 to 10,000,000.
  package var queueCapacity: Int
  /// What a task gets that brings none of its own.
  package var retry: RetryPolicy
  package var runTimeout: Span
  /// nil: tasks that bring none wait without end.
  package var queueTimeout: Span?
  /// nil: attempts of tasks that bring none may be silent without end.
  package var heartbeatTimeout: Span?
  package var labels: LabelSet
  /// How long a task waits after a failure of such a class, in place of its policy's back-off.
  package var failureClassDelays: [String: Span]
  /// A PENDING task rises by one level of priority for each so long waited; nil: it never does.
  package var priorityAgeing: Span?
  package var retention: Retention
  /// nil: the pool has as many slots as `slots` says.
  package var scaling: PoolScaling?
  /// The name of the group whose budget it shares; empty if none.
  package var group: String
  /// Slots that its group guarantees, 0 to 10,000.
  package var groupMinimum: Int
  /// What comes first where tasks have fairness keys.
  package var fairness: FairnessMode
  /// How long the permits of an attempt that was fenced stay taken, up to 1 h; nil: not at all.
  package var permitGrace: Span?

  package init(
    slots: Int, queueCapacity: Int, retry: RetryPolicy, runTimeout: Span,
    queueTimeout: Span? = nil, heartbeatTimeout: Span? = nil, labels: LabelSet = .none,
    failureClassDelays: [String: Span] = [:], priorityAgeing: Span? = nil,
    retention: Retention = Retention(), scaling: PoolScaling? = nil, group: String = "",
    groupMinimum: Int = 0, fairness: FairnessMode = .priorityFirst, permitGrace: Span? = nil
  ) {
    self.slots = slots
    self.queueCapacity = queueCapacity
    self.retry = retry
    self.runTimeout = runTimeout
    self.queueTimeout = queueTimeout
    self.heartbeatTimeout = heartbeatTimeout
    self.labels = labels
    self.failureClassDelays = failureClassDelays
    self.priorityAgeing = priorityAgeing
    self.retention = retention
    self.scaling = scaling
    self.group = group
    self.groupMinimum = groupMinimum
    self.fairness = fairness
    self.permitGrace = permitGrace
  }
}

/// The raw values are those of the contract, but for `retired`, which nobody is shown.
package enum PoolState: UInt8, Hashable, Sendable, CaseIterable {
  case active = 1
  /// Accepts tasks, starts none.
  case paused = 2
  /// Accepts none, finishes what it has.
  case draining = 3
  case closed = 4
  /// Deleted with force; its last running attempts are ending.
  case deleting = 5
  /// Deleted; only its name is kept, for the finished tasks that are.
  case retired = 6
}

/// A pool in the fold: what its events said, and its lifetime totals.
package struct PoolRecord: Hashable, Sendable {
  package var id: PoolID
  package var name: String
  /// In a box, for records are copied more often than changed.
  private var boxedSpec: RecordBox<PoolSpec>
  package var state: PoolState
  /// Rises by one with each change of the spec, and with nothing else.
  package var specVersion: UInt32
  /// Of the last change of spec or state.
  package var revision: Revision
  package var createTime: WallTime
  package var updateTime: WallTime
  package var totals: PoolTotals
  /// Who deleted it, and why: from the forced deletion on, for the tasks that it has yet to cancel.
  package var deletion: Origin?
  /// How many slots it has now: those of the spec, unless it scales.
  package var slotLimit: Int
  /// When that changed last, or a dry run would have changed it: cool-downs count from here.
  package var scaledAt: Elapsed

  package var spec: PoolSpec {
    _read { yield boxedSpec.record }
    set { boxedSpec = RecordBox(newValue) }
  }

  package var version: PoolVersion { PoolVersion(pool: id, specVersion: specVersion) }

  package init(
    id: PoolID, name: String, spec: PoolSpec, state: PoolState = .active,
    specVersion: UInt32 = 1, revision: Revision, createTime: WallTime, updateTime: WallTime,
    totals: PoolTotals = PoolTotals(), deletion: Origin? = nil, slotLimit: Int? = nil,
    scaledAt: Elapsed = .zero
  ) {
    self.id = id
    self.name = name
    boxedSpec = RecordBox(spec)
    self.state = state
    self.specVersion = specVersion
    self.revision = revision
    self.createTime = createTime
    self.updateTime = updateTime
    self.totals = totals
    self.deletion = deletion
    self.slotLimit = slotLimit ?? spec.startLimit
    self.scaledAt = scaledAt
  }
}

/// One version of the spec of one pool. Another pool of the same name has none of its versions.
package struct PoolVersion: Hashable, Sendable {
  package var pool: PoolID
  package var specVersion: UInt32

  package init(pool: PoolID, specVersion: UInt32) {
    self.pool = pool
    self.specVersion = specVersion
  }
}

/// Outcomes since the pool was created; a reopened task counts again when it ends again.
package struct PoolTotals: Hashable, Sendable {
  package var submitted: Int64
  package var succeeded: Int64
  package var failed: Int64
  package var cancelled: Int64
  /// Attempts that failed or were lost and are repeated.
  package var retried: Int64

  package init(
    submitted: Int64 = 0, succeeded: Int64 = 0, failed: Int64 = 0, cancelled: Int64 = 0,
    retried: Int64 = 0
  ) {
    self.submitted = submitted
    self.succeeded = succeeded
    self.failed = failed
    self.cancelled = cancelled
    self.retried = retried
  }
}
