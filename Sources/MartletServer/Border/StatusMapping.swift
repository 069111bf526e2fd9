import MartletCore
import MartletRPC
import MartletStore

// Every error of the model as a status: the only place where codes and reasons are chosen. A
// message is one sentence that says what to do, and holds nothing that the caller did not say or
// may not know.

// MARK: - Refusals

extension RPCStatus {
  init(_ refusal: Refusal) {
    self = ErrorDetails(refusal).status
  }

  /// There is no task of that id, or no longer.
  static func taskNotFound(_ id: TaskID) -> RPCStatus { RPCStatus(.taskNotLive(id)) }
}

extension ErrorDetails {
  fileprivate init(_ refusal: Refusal) {
    switch refusal {
    case .poolNotFound(let pool):
      self.init(.notFound, .poolNotFound, pool: pool, "does not exist: create it first")
    case .poolExists(let pool):
      self.init(.alreadyExists, .poolExists, pool: pool, "exists already: choose another name")
    case .poolNotEmpty(let pool, let unfinished): self = .poolNotEmpty(pool, unfinished)
    case .poolDraining(let pool):
      self.init(
        .failedPrecondition, .poolDraining, pool: pool,
        "is draining and takes no tasks: resume it, or use another one")
    case .poolClosed(let pool):
      self.init(
        .failedPrecondition, .poolClosed, pool: pool,
        "is closed, or being deleted: resume it, or use another one")
    case .queueFull(let pool, let capacity, let waiting):
      self = .queueFull(pool: pool, capacity: capacity, waiting: waiting)
    case .memoryPressure(let what, let limit): self = .memoryPressure(what: what, limit: limit)
    case .diskLow: self = .diskLow
    case .taskNotLive(let task):
      self.init(
        .notFound, .taskNotFound, task: task, "does not exist, or is no longer kept: check its id")
    case .taskTerminal(let task, let state): self = .taskTerminal(task, state)
    case .duplicateTask(let task, let state, let index): self = .duplicate(task, state, at: index)
    case .duplicateInBatch(let index, let first): self = .duplicate(index, of: first)
    case .taskRunning(let task): self = .taskRunning(task)
    case .revisionMismatch(let task, let revision): self = .revisionMismatch(task, revision)
    case .taskNotRetryable(let task, let state): self = .taskNotRetryable(task, state)
    case .taskNotPausable(let task):
      self.init(
        .failedPrecondition, .taskNotPausable, task: task,
        "was asked to stop and is about to end: it cannot be paused")
    case .taskNotPaused(let task, let state): self = .taskNotPaused(task, state)
    case .checkpointOutOfOrder(let task, let kept): self = .checkpointOutOfOrder(task, kept)
    case .leaseLost(let task, let attempt): self = .leaseLost(task, attempt)
    case .workerNotFound(let worker): self = .workerNotFound(worker)
    case .bulkNotFound(let id): self = .bulkNotFound(id)
    case .dependencyNotFound(let task, let index): self = .dependencyNotFound(task, at: index)
    case .taskNeeded(let task): self = .taskNeeded(task)
    case .workflowNotFound(let id): self = .workflowNotFound(id)
    case .workflowNotRetryable(let id, let state): self = .workflowNotRetryable(id, state)
    case .scheduleNotFound(let name), .scheduleExists(let name), .scheduleNeverFires(let name),
      .scheduleEtagMismatch(let name), .timeZoneUnknown(let name):
      self = .schedule(name, refusal)
    case .lockHeld(let name, let holder): self = .lockHeld(name, by: holder)
    case .lockNotHeld(let name, let token): self = .lockNotHeld(name, token)
    case .lockNotFound(let name): self = .lockNotFound(name)
    case .limitNotFound(let name), .limitExists(let name), .limitEtagMismatch(let name),
      .limitSortFixed(let name), .limitNotHeld(let name), .limitTooSmall(let name, _, _),
      .permitsNotHeld(let name, _):
      self = .limit(name, refusal)
    case .limitExceeded(let shortage): self = .limitExceeded(shortage)
    case .etagMismatch(let pool):
      self.init(
        .aborted, .etagMismatch, pool: pool,
        "has changed since it was read: read it again and repeat the update with its new etag")
    case .poolSpecInvalid(let problem): self = .poolSpecInvalid(problem)
    case .poolRevisionNotFound(let pool, let revision):
      self = .poolRevisionNotFound(pool, revision)
    case .groupNotFound(let group): self = .groupNotFound(group)
    case .groupExists(let group): self = .groupExists(group)
    case .groupNotEmpty(let group, let pools, let count):
      self = .groupNotEmpty(group, pools, count: count)
    case .groupBudgetExceeded(let group, let budget, let guaranteed):
      self = .groupBudgetExceeded(group, budget: budget, guaranteed: guaranteed)
    case .groupEtagMismatch(let group): self = .groupEtagMismatch(group)
    case .requestIDReused(let id): self = .requestIDReused(id)
    case .staleHistory: self = .indexBehind
    case .stopping: self = .stopping
    }
  }

  private static func poolNotEmpty(_ pool: String, _ unfinished: Int64) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .poolNotEmpty, pool: pool,
      "has \(unfinished) unfinished tasks: drain it first, or delete it with `force`",
      metadata: ["unfinished": "\(unfinished)"])
  }

  private static func taskNotPaused(_ task: TaskID, _ state: TaskState) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .taskNotPaused, task: task,
      "is \(state.name): only a PAUSED task can be resumed", state: state)
  }

  private static func checkpointOutOfOrder(_ task: TaskID, _ kept: UInt64) -> ErrorDetails {
    ErrorDetails(
      .invalidArgument, .fieldInvalid, task: task,
      "has a newer checkpoint: its sequence must be above \(kept)")
  }

  private init(
    _ code: StatusCode, _ reason: ErrorReason, pool: String, _ says: String,
    metadata: [String: String] = [:]
  ) {
    self.init(
      code, reason, "The pool \"\(pool)\" \(says).",
      metadata: metadata.merging(["pool": pool]) { _, new in new })
  }

  private init(
    _ code: StatusCode, _ reason: ErrorReason, task: TaskID, _ says: String,
    state: TaskState? = nil, attempt: UInt32? = nil
  ) {
    var metadata = ["task_id": task.description]
    if let state { metadata["state"] = state.name }
    if let attempt { metadata["attempt"] = "\(attempt)" }
    self.init(code, reason, "The task \(task) \(says).", metadata: metadata)
  }

  private static func queueFull(pool: String, capacity: Int, waiting: Int64) -> ErrorDetails {
    ErrorDetails(
      .resourceExhausted, .queueFull, pool: pool,
      "has no room for that: \(waiting) of at most \(capacity) tasks wait; try again later, "
        + "or raise its queue_capacity",
      metadata: ["capacity": "\(capacity)", "waiting": "\(waiting)"]
    )
    .retry(after: .seconds(1))
    .quota(subject: "pool:\(pool)", "At most \(capacity) tasks may wait in this pool.")
  }

  private static func memoryPressure(what: String, limit: Int) -> ErrorDetails {
    ErrorDetails(
      .resourceExhausted, .memoryPressure,
      "The server holds as many \(what) as it may (\(limit)): try again later.",
      metadata: ["what": what, "limit": "\(limit)"]
    )
    .retry(after: .seconds(5))
    .quota(subject: "server:\(what)", "At most \(limit) \(what) on this server.")
  }

  private static func leaseLost(_ task: TaskID, _ attempt: UInt32) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .leaseLost, task: task,
      "is no longer run by attempt \(attempt): drop its work", attempt: attempt)
  }

  private static func workerNotFound(_ worker: WorkerID) -> ErrorDetails {
    ErrorDetails(
      .notFound, .workerNotFound,
      "The worker \(worker) is not there, or no longer: list the workers to see who is.",
      metadata: ["worker_id": worker.description])
  }

  private static func bulkNotFound(_ id: BulkID) -> ErrorDetails {
    ErrorDetails(
      .notFound, .bulkNotFound,
      "The operation \(id) is not there, or no longer: list the operations to see which are.",
      metadata: ["bulk_id": id.description])
  }

  private static func taskTerminal(_ task: TaskID, _ state: TaskState) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .taskTerminal, task: task,
      "has ended as \(state.name) already: nothing is left to stop", state: state)
  }

  private static func taskNotRetryable(_ task: TaskID, _ state: TaskState) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .taskNotRetryable, task: task,
      "is \(state.name): only a FAILED or CANCELLED task can be retried", state: state)
  }

  private static func taskNeeded(_ task: TaskID) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .taskNeeded, task: task,
      "did not succeed, and others that depend on it wait: retry it, or cancel them first")
  }

  private static func dependencyNotFound(_ task: TaskID, at index: Int) -> ErrorDetails {
    ErrorDetails(
      .notFound, .dependencyNotFound,
      "The task \(task), which the task at \(index) depends on, does not exist, or is no longer "
        + "kept: check its id.",
      metadata: ["task_id": task.description, "index": "\(index)"])
  }

  private static func workflowNotFound(_ id: WorkflowID) -> ErrorDetails {
    ErrorDetails(
      .notFound, .workflowNotFound,
      "The workflow \(id) is not there, or no longer: list the workflows to see which are.",
      metadata: ["workflow_id": id.description])
  }

  private static func workflowNotRetryable(
    _ id: WorkflowID, _ state: WorkflowState
  ) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .workflowNotRetryable,
      "None of the tasks of the workflow \(id), which is \(state.name), is FAILED or CANCELLED: "
        + "there is nothing to retry.",
      metadata: ["workflow_id": id.description, "state": state.name])
  }

  private static func schedule(_ name: String, _ refusal: Refusal) -> ErrorDetails {
    if case .timeZoneUnknown = refusal { return timeZoneUnknown(name) }
    let (code, reason, says): (StatusCode, ErrorReason, String) =
      switch refusal {
      case .scheduleExists:
        (.alreadyExists, .scheduleExists, "exists already: choose another name")
      case .scheduleNeverFires:
        (
          .invalidArgument, .scheduleNeverFires,
          "would never fire: give it an `end_time` that is to come, or more `max_runs`"
        )
      case .scheduleEtagMismatch:
        (
          .aborted, .etagMismatch,
          "has changed since it was read: read it again and repeat the update with its new etag"
        )
      default:
        (.notFound, .scheduleNotFound, "does not exist: list the schedules to see which do")
      }
    return ErrorDetails(
      code, reason, "The schedule \"\(name)\" \(says).", metadata: ["schedule": name])
  }

  private static func timeZoneUnknown(_ zone: String) -> ErrorDetails {
    ErrorDetails(
      .invalidArgument, .timeZoneUnknown,
      "The server knows no time zone \"\(zone.shortened)\": use an IANA name like Europe/Vienna.",
      metadata: ["time_zone": zone])
  }

  private static var diskLow: ErrorDetails {
    ErrorDetails(
      .resourceExhausted, .diskLow,
      "The server's disk is almost full: try again when its operator has made room."
    )
    .retry(after: .seconds(30))
    .quota(subject: "server:disk", "Free disk is below the reserve.")
  }

  private static func requestIDReused(_ id: String) -> ErrorDetails {
    ErrorDetails(
      .alreadyExists, .requestIDReused,
      "The request_id \"\(id.shortened)\" came with another request before: "
        + "repeat that one unchanged, or choose a new id.",
      metadata: ["request_id": id])
  }

  private static func duplicate(
    _ task: TaskID, _ state: TaskState, at index: Int?
  ) -> ErrorDetails {
    var metadata = ["task_id": task.description, "state": state.name]
    if let index { metadata["index"] = "\(index)" }
    return ErrorDetails(
      .alreadyExists, .duplicateTask,
      "The task \(task), which is \(state.name), has the same unique key: use that one, or wait "
        + "until it counts no longer.", metadata: metadata)
  }

  private static func duplicate(_ index: Int, of first: Int) -> ErrorDetails {
    ErrorDetails(
      .alreadyExists, .duplicateTask,
      "The task specs[\(index)] has the unique key of specs[\(first)]: leave one of them out.",
      metadata: ["index": "\(index)", "first_index": "\(first)"])
  }

  private static func taskRunning(_ task: TaskID) -> ErrorDetails {
    ErrorDetails(
      .failedPrecondition, .taskRunning, task: task,
      "runs: only a waiting task can be changed", state: .running)
  }

  private static func revisionMismatch(_ task: TaskID, _ revision: Revision) -> ErrorDetails {
    ErrorDetails(
      .aborted, .revisionMismatch,
      "The task \(task) has changed since it was read: read it again and repeat the update with "
        + "its new revision.",
      metadata: ["task_id": task.description, "revision": "\(revision.rawValue)"])
  }

  private static var indexBehind: ErrorDetails {
    ErrorDetails(
      .unavailable, .indexBehind,
      "The server's index is behind: repeat the call in a moment."
    ).retry(after: .seconds(1))
  }

  private static var stopping: ErrorDetails {
    ErrorDetails(
      .unavailable, .serverStopping,
      "The server is stopping: repeat the call when it is back."
    ).retry(after: .seconds(1))
  }
}

// MARK: - Stores

extension RPCStatus {
  /// nil for a broken invariant of ours, of which callers learn nothing but that it is.
  init?(_ failure: StoreFailure) {
    switch failure {
    case .compacted(let oldest):
      self = .compacted(oldest: oldest)
    case .writeFailed, .readFailed:
      self =
        ErrorDetails(
          .unavailable, .logUnavailable,
          "The server cannot reach its data: repeat the call when it is healthy again."
        ).retry(after: .seconds(5)).status
    case .corrupted:
      self =
        ErrorDetails(
          .dataLoss, .logUnavailable,
          "The server's data is damaged: its operator must restore it."
        ).status
    case .inUse, .newerFormat, .notConsecutive:
      return nil
    }
  }

  /// Events from `oldest` on are kept, and earlier ones were asked for.
  static func compacted(oldest: Revision) -> RPCStatus {
    ErrorDetails(
      .outOfRange, .revisionCompacted,
      "These events are no longer kept: start from `oldest_cursor`, or from the beginning.",
      metadata: ["oldest_cursor": Cursor(before: oldest).text]
    ).status
  }
}

// MARK: - Requests

extension RPCStatus {
  /// The message names the first violation; the details have them all.
  init(_ request: InvalidRequest) {
    let violations = request.violations
    let count = violations.count + request.omitted
    var message = violations.first.map { "\($0.field) \($0.description)" } ?? "is not valid"
    if count > 1 { message += " (and \(count - 1) more: see the field violations)" }
    var metadata = ["violations": "\(count)"]
    if let position = violations.lazy.compactMap(\.position).first {
      metadata["position"] = "\(position)"
    }
    message += "."
    if let excerpt = violations.first?.excerpt { message += "\n\(excerpt)" }
    self =
      ErrorDetails(
        .invalidArgument, Self.reason(for: violations), message, metadata: metadata
      ).badRequest(violations).status
  }

  /// The violations' own reason if they agree.
  private static func reason(for violations: [FieldViolation]) -> ErrorReason {
    guard let first = violations.first?.reason, violations.allSatisfy({ $0.reason == first }) else {
      return .fieldInvalid
    }
    return switch first {
    case .field: .fieldInvalid
    case .filter: .filterInvalid
    case .pageToken: .pageTokenInvalid
    }
  }

  /// A filter alone, where nothing else was checked.
  init(_ error: FilterError) {
    self.init(InvalidRequest(violations: [FieldViolation(error)]))
  }

  /// A broken invariant of ours: `fault` is its number in the server's log.
  static func fault(_ number: UInt64) -> RPCStatus {
    RPCStatus(
      code: .internalError,
      message: "The server made a mistake; its log says more under fault \(number).")
  }
}

extension FieldViolation {
  init(_ error: FilterError) {
    self.init(
      field: "filter",
      description: "is wrong at character \(error.offset + 1): \(error.message.shortened(to: 500))",
      reason: .filter, position: error.offset + 1,
      excerpt: error.excerpt.isEmpty ? nil : error.excerpt)
  }
}
