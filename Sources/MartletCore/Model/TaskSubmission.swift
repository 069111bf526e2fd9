/// The half of a task that never changes, as the event of its submission states it.
package struct TaskSubmission: Hashable, Sendable {
  package var kindName: String
  package var priority: UInt8
  package var policy: TaskPolicy
  /// When the task ends whatever it does; `.never` without a deadline.
  package var deadline: Elapsed
  /// The deadline as the submitter said it; nil without one.
  package var deadlineTime: WallTime?
  /// How the submitter said when to start; for people.
  package var start: Start
  package var payload: [UInt8]
  package var contentType: String
  package var traceParent: String
  package var actor: String
  /// Set if the submission had a request id.
  package var request: RequestStamp?
  package var unique: UniqueRule?
  /// What others of its batch called it; empty if nothing.
  package var ref = ""
  /// What it waits for; nil: nothing.
  package var dependencies: TaskDependencies?
  /// Of a task of a workflow: the name of its level.
  package var level = ""
  /// The name of the schedule that submitted it; empty: none did.
  package var schedule = ""

  package enum Start: Hashable, Sendable {
    case now
    case delay(Span)
    case at(WallTime)
  }

  package init(
    kindName: String, priority: UInt8, policy: TaskPolicy, deadline: Elapsed = .never,
    deadlineTime: WallTime? = nil, start: Start = .now, payload: [UInt8] = [],
    contentType: String = "", traceParent: String = "", actor: String = "",
    request: RequestStamp? = nil, unique: UniqueRule? = nil, ref: String = "",
    dependencies: TaskDependencies? = nil, level: String = ""
  ) {
    self.kindName = kindName
    self.priority = priority
    self.policy = policy
    self.deadline = deadline
    self.deadlineTime = deadlineTime
    self.start = start
    self.payload = payload
    self.contentType = contentType
    self.traceParent = traceParent
    self.actor = actor
    self.request = request
    self.unique = unique
    self.ref = ref
    self.dependencies = dependencies
    self.level = level
  }
}

/// The half of a task that changes. Each event of a task states it whole.
package struct TaskStatus: Hashable, Sendable {
  package var state: TaskState
  /// The newest attempt; 0 before the first.
  package var attempt: UInt32
  /// Attempts that do not count against the retry budget: those before a reopening, and released.
  package var attemptsForgiven: UInt32
  /// When a SCHEDULED task becomes PENDING; else when it last did.
  package var due: Elapsed
  package var dueTime: WallTime
  /// Set in terminal states only.
  package var finishTime: WallTime?
  package var notes: TaskNotes?

  package init(
    state: TaskState, attempt: UInt32 = 0, attemptsForgiven: UInt32 = 0, due: Elapsed,
    dueTime: WallTime, finishTime: WallTime? = nil, notes: TaskNotes? = nil
  ) {
    self.state = state
    self.attempt = attempt
    self.attemptsForgiven = attemptsForgiven
    self.due = due
    self.dueTime = dueTime
    self.finishTime = finishTime
    self.notes = notes
  }
}

/// Ties a submission to the request that made it.
package struct RequestStamp: Hashable, Sendable {
  package var id: String
  package var key: RememberedRequest.Key
  package var fingerprint: UInt64
  package var answer: Answer = .ownTasks

  /// How the answer to the request is remembered.
  package enum Answer: Hashable, Sendable {
    /// Task by task, as each is submitted.
    case ownTasks
    /// Some of its tasks were there already: this event says all.
    case whole([AnsweredTask])
    /// Another event of the same commit does.
    case elsewhere
  }

  package init(id: String, key: RememberedRequest.Key, fingerprint: UInt64) {
    self.id = id
    self.key = key
    self.fingerprint = fingerprint
  }
}
