public import MartletRPC

/// Why a call failed, in one sentence for people and in fields for programs.
public struct MartletError: Error, Sendable, Equatable {
  /// A field of the request that the server does not accept.
  public struct FieldViolation: Sendable, Equatable {
    /// Its path, such as `spec.retry_policy.factor`.
    public var field: String
    public var description: String

    public init(field: String, description: String) {
      self.field = field
      self.description = description
    }
  }

  /// The canonical code of gRPC.
  public var code: StatusCode
  /// What exactly, as Martlet names it; nil for errors of the connection.
  public var reason: Reason?
  /// What the server, or the connection, said.
  public var message: String
  /// Every violation at once; empty unless the request was invalid.
  public var violations: [FieldViolation]
  /// How long to wait before it makes sense to try again.
  public var retryDelay: Duration?
  /// Facts about the error, such as `oldest_cursor`.
  public var metadata: [String: String]
  /// The server that was called.
  public var target: String

  public init(
    code: StatusCode, reason: Reason? = nil, message: String, violations: [FieldViolation] = [],
    retryDelay: Duration? = nil, metadata: [String: String] = [:], target: String = ""
  ) {
    self.code = code
    self.reason = reason
    self.message = message
    self.violations = violations
    self.retryDelay = retryDelay
    self.metadata = metadata
    self.target = target
  }
}

extension MartletError {
  /// What Martlet names exactly. Open: a newer server may know more.
  public struct Reason: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// The pool's queue is at its capacity; `retryDelay` says when to try again.
    public static let queueFull = Self(rawValue: "QUEUE_FULL")
    /// More calls than the server allows in this time.
    public static let rateLimited = Self(rawValue: "RATE_LIMITED")
    /// The server holds as many tasks, pools or kinds as its limits allow.
    public static let memoryPressure = Self(rawValue: "MEMORY_PRESSURE")
    /// The server's disk is almost full: it accepts no tasks, and goes on with those it has.
    public static let diskLow = Self(rawValue: "DISK_LOW")
    /// The server cannot read or write its log.
    public static let logUnavailable = Self(rawValue: "LOG_UNAVAILABLE")
    /// There is a pool of that name.
    public static let poolExists = Self(rawValue: "POOL_EXISTS")
    /// There is no pool of that name.
    public static let poolNotFound = Self(rawValue: "POOL_NOT_FOUND")
    /// The pool has unfinished tasks; only a forced deletion cancels them.
    public static let poolNotEmpty = Self(rawValue: "POOL_NOT_EMPTY")
    /// The pool finishes what it has and accepts nothing.
    public static let poolDraining = Self(rawValue: "POOL_DRAINING")
    /// The pool was drained, or is being deleted.
    public static let poolClosed = Self(rawValue: "POOL_CLOSED")
    /// The pool has no such revision, or it is no longer kept.
    public static let poolRevisionNotFound = Self(rawValue: "POOL_REVISION_NOT_FOUND")
    /// There is no group of that name.
    public static let groupNotFound = Self(rawValue: "GROUP_NOT_FOUND")
    /// There is a group of that name.
    public static let groupExists = Self(rawValue: "GROUP_EXISTS")
    /// Pools are in the group, deleted ones included that have yet to go.
    public static let groupNotEmpty = Self(rawValue: "GROUP_NOT_EMPTY")
    /// The group's pools would be guaranteed more than its budget.
    public static let groupBudgetExceeded = Self(rawValue: "GROUP_BUDGET_EXCEEDED")
    /// There is no task of that id, or no longer.
    public static let taskNotFound = Self(rawValue: "TASK_NOT_FOUND")
    /// The task has ended already.
    public static let taskTerminal = Self(rawValue: "TASK_TERMINAL")
    /// The task runs: only a waiting one can be changed.
    public static let taskRunning = Self(rawValue: "TASK_RUNNING")
    /// The task has changed since its revision was read.
    public static let revisionMismatch = Self(rawValue: "REVISION_MISMATCH")
    /// The task was asked to stop.
    public static let taskNotPausable = Self(rawValue: "TASK_NOT_PAUSABLE")
    /// The task is not PAUSED.
    public static let taskNotPaused = Self(rawValue: "TASK_NOT_PAUSED")
    /// The task is neither FAILED nor CANCELLED.
    public static let taskNotRetryable = Self(rawValue: "TASK_NOT_RETRYABLE")
    /// The attempt is no longer this worker's.
    public static let leaseLost = Self(rawValue: "LEASE_LOST")
    /// There is no worker of that id, or no longer.
    public static let workerNotFound = Self(rawValue: "WORKER_NOT_FOUND")
    /// There is no such operation on many tasks, or no longer.
    public static let bulkNotFound = Self(rawValue: "BULK_NOT_FOUND")
    /// What a task is to wait for is not there, or no longer kept.
    public static let dependencyNotFound = Self(rawValue: "DEPENDENCY_NOT_FOUND")
    /// The task did not succeed, and others that depend on it wait.
    public static let taskNeeded = Self(rawValue: "TASK_NEEDED")
    /// There is no workflow of that id, or no longer.
    public static let workflowNotFound = Self(rawValue: "WORKFLOW_NOT_FOUND")
    /// None of the workflow's tasks is FAILED or CANCELLED.
    public static let workflowNotRetryable = Self(rawValue: "WORKFLOW_NOT_RETRYABLE")
    /// There is no schedule of that name.
    public static let scheduleNotFound = Self(rawValue: "SCHEDULE_NOT_FOUND")
    /// A schedule of that name is there.
    public static let scheduleExists = Self(rawValue: "SCHEDULE_EXISTS")
    /// No time is to come at which the schedule would fire.
    public static let scheduleNeverFires = Self(rawValue: "SCHEDULE_NEVER_FIRES")
    /// Somebody else holds the lock, and the call may not wait longer.
    public static let lockHeld = Self(rawValue: "LOCK_HELD")
    /// The lock is not held by that owner with that token, or no longer.
    public static let lockNotHeld = Self(rawValue: "LOCK_NOT_HELD")
    /// There is no limit of that name.
    public static let limitNotFound = Self(rawValue: "LIMIT_NOT_FOUND")
    public static let limitExists = Self(rawValue: "LIMIT_EXISTS")
    /// A rate stays a rate: delete it and create another.
    public static let limitSortFixed = Self(rawValue: "LIMIT_SORT_FIXED")
    /// It never has so many permits at once.
    public static let limitTooSmall = Self(rawValue: "LIMIT_TOO_SMALL")
    /// There are not so many permits now, and the call may not wait longer.
    public static let limitExceeded = Self(rawValue: "LIMIT_EXCEEDED")
    /// Of rates and windows nothing is held.
    public static let limitNotHeld = Self(rawValue: "LIMIT_NOT_HELD")
    /// The permits are not held by that owner with that token, or no longer.
    public static let permitsNotHeld = Self(rawValue: "PERMITS_NOT_HELD")
    /// Nobody holds a lock of that name.
    public static let lockNotFound = Self(rawValue: "LOCK_NOT_FOUND")
    /// The server has no time zone of that name.
    public static let timeZoneUnknown = Self(rawValue: "TIME_ZONE_UNKNOWN")
    /// The pool's or schedule's spec has changed since the etag was read.
    public static let etagMismatch = Self(rawValue: "ETAG_MISMATCH")
    /// There is a task like it, where only one may be.
    public static let duplicateTask = Self(rawValue: "DUPLICATE_TASK")
    /// The request id was used for another request.
    public static let requestIDReused = Self(rawValue: "REQUEST_ID_REUSED")
    /// The events after the cursor are no longer kept.
    public static let revisionCompacted = Self(rawValue: "REVISION_COMPACTED")
    /// The filter cannot be read; the message says where.
    public static let filterInvalid = Self(rawValue: "FILTER_INVALID")
    /// The page token is of another list, or nobody's.
    public static let pageTokenInvalid = Self(rawValue: "PAGE_TOKEN_INVALID")
    /// Fields are not as they must be; `violations` names each.
    public static let fieldInvalid = Self(rawValue: "FIELD_INVALID")
    /// The server could not yet answer from the state that the call must see.
    public static let indexBehind = Self(rawValue: "INDEX_BEHIND")
    /// The server is stopping.
    public static let serverStopping = Self(rawValue: "SERVER_STOPPING")
  }
}
