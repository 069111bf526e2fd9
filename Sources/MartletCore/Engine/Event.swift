/// When a segment was decided: what its events share.
package struct Stamp: Hashable, Sendable {
  package var elapsed: Elapsed
  /// The feed's time: max(that of the segment before, wall clock).
  package var time: WallTime

  package init(elapsed: Elapsed, time: WallTime) {
    self.elapsed = elapsed
    self.time = time
  }
}

/// One thing that happened. States the outcome, so that `evolve` needs no policy to apply it.
package struct Event: Hashable, Sendable {
  package var revision: Revision
  package var body: Body

  package enum Body: Hashable, Sendable {
    indirect case pool(PoolEvent)
    /// In a box: an event is handed from list to list, and copied with one reference.
    indirect case task(TaskEvent)
    indirect case tasksPurged(TasksPurged)
    indirect case bulk(BulkEvent)
    indirect case workflow(WorkflowEvent)
    indirect case group(GroupEvent)
    indirect case schedule(ScheduleEvent)
    indirect case lock(LockEvent)
    indirect case limit(LimitEvent)
    /// Segments wholly before the revision are deleted; `count` events.
    case eventsPurged(before: Revision, count: Int64)
  }

  package init(revision: Revision, body: Body) {
    self.revision = revision
    self.body = body
  }
}

package struct PoolEvent: Hashable, Sendable {
  package enum Change: UInt8, Hashable, Sendable, CaseIterable {
    case created = 1
    case updated = 2
    case paused = 3
    case resumed = 4
    case draining = 5
    case closed = 6
    case deleting = 7
    case deleted = 8
    /// The number of slots moved within the bounds of the spec.
    case scaled = 9
    /// A dry run would have moved it; nothing has changed.
    case scalingSuggested = 10
    /// The spec is again what it was at an earlier revision.
    case rolledBack = 11

    /// Whether the spec may be another one after it.
    package var changesSpec: Bool { self == .created || self == .updated || self == .rolledBack }
  }

  package var change: Change
  package var pool: PoolID
  package var name: String
  /// After the event.
  package var spec: PoolSpec
  package var state: PoolState
  package var specVersion: UInt32
  package var origin: Origin
  /// How many slots there are after the event.
  package var slotLimit: Int
  /// Of `scaled` and `scalingSuggested`: what was looked at, and what came of it.
  package var scaling: ScalingVerdict?
  /// Of `rolledBack`: the revision whose spec it is.
  package var restored: Revision?

  package init(
    change: Change, pool: PoolID, name: String, spec: PoolSpec, state: PoolState,
    specVersion: UInt32, origin: Origin, slotLimit: Int? = nil, scaling: ScalingVerdict? = nil,
    restored: Revision? = nil
  ) {
    self.change = change
    self.pool = pool
    self.name = name
    self.spec = spec
    self.state = state
    self.specVersion = specVersion
    self.origin = origin
    self.slotLimit = slotLimit ?? spec.startLimit
    self.scaling = scaling
    self.restored = restored
  }
}

package struct TaskEvent: Hashable, Sendable {
  package enum Change: Hashable, Sendable {
    indirect case submitted(TaskSubmission)
    /// SCHEDULED → PENDING.
    case due
    case started
    case progressed
    case cancelRequested(Origin)
    /// An attempt failed; the next one waits for its back-off. The failure is in the notes.
    case retryScheduled
    /// A stopping server gave the attempt back.
    case released
    /// The process that ran the attempt is gone; the task is PENDING again.
    case lost
    case succeeded(TaskResult)
    case failed
    case cancelled(Origin)
    indirect case reopened(TaskRevival, Origin)
    /// The attempt saved what it has come to.
    indirect case checkpointed(Checkpoint)
    case pauseRequested(Origin)
    /// Of a task that waited, or of an attempt that was given back or ended when it was to pause.
    case paused(Origin)
    /// PAUSED → PENDING or SCHEDULED; or a running task need not pause after all.
    case resumed(Origin)
    /// It waits in another pool from here on; the event is of that one.
    case moved(from: PoolID, Origin)
    /// Lines that the handler wrote, and how many before them came too fast.
    case logged([LogLine], dropped: Int64)
    /// Of a task that waits: its priority as it is now; labels and due time are in the event.
    case updated(priority: UInt8, Origin)
    /// BLOCKED → PENDING or SCHEDULED: what it waited for has ended.
    case unblocked
  }

  package var task: TaskID
  package var pool: PoolID
  package var kind: KindID
  package var labels: LabelSet
  /// The state before; nil for a submission.
  package var from: TaskState?
  /// After the event, whole.
  package var status: TaskStatus
  package var change: Change
  /// Its place in a workflow, if it is of one.
  package var member: WorkflowMember?
  /// When the task was submitted: of an event that ends it, for who measures how long it took.
  package var createTime: WallTime?

  package init(
    task: TaskID, pool: PoolID, kind: KindID, labels: LabelSet, from: TaskState?,
    status: TaskStatus, change: Change, member: WorkflowMember? = nil,
    createTime: WallTime? = nil
  ) {
    self.task = task
    self.pool = pool
    self.kind = kind
    self.labels = labels
    self.from = from
    self.status = status
    self.change = change
    self.member = member
    self.createTime = createTime
  }
}

/// What the engine needs again of a task that had left its memory.
package struct TaskRevival: Hashable, Sendable {
  package var priority: UInt8
  package var policy: TaskPolicy
  package var createTime: WallTime
  package var submitRevision: Revision
  package var unique: UniqueMark?
  /// What it waited for; only in history that comes with a command.
  package var dependencies: [TaskID] = []
  /// How it had ended: in the event of a reopening only.
  package var pastEnd: PastEnd?

  package init(
    priority: UInt8, policy: TaskPolicy, createTime: WallTime, submitRevision: Revision,
    unique: UniqueMark? = nil, dependencies: [TaskID] = [], pastEnd: PastEnd? = nil
  ) {
    self.priority = priority
    self.policy = policy
    self.createTime = createTime
    self.submitRevision = submitRevision
    self.unique = unique
    self.dependencies = dependencies
    self.pastEnd = pastEnd
  }
}

/// Finished tasks that are no longer kept.
package struct TasksPurged: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var task: TaskID
    package var pool: PoolID
    package var kind: KindID
    package var state: TaskState

    package init(task: TaskID, pool: PoolID, kind: KindID, state: TaskState) {
      self.task = task
      self.pool = pool
      self.kind = kind
      self.state = state
    }
  }

  package var entries: [Entry]

  package init(entries: [Entry]) { self.entries = entries }
}
