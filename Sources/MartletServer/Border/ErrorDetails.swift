import MartletCore
import MartletRPC

/// Why a call failed, for programs: `reason` of the `google.rpc.ErrorInfo`.
enum ErrorReason: String, CaseIterable, Sendable {
  case queueFull = "QUEUE_FULL"
  case memoryPressure = "MEMORY_PRESSURE"
  case diskLow = "DISK_LOW"
  case logUnavailable = "LOG_UNAVAILABLE"
  case poolExists = "POOL_EXISTS"
  case poolNotFound = "POOL_NOT_FOUND"
  case poolNotEmpty = "POOL_NOT_EMPTY"
  case poolDraining = "POOL_DRAINING"
  case poolClosed = "POOL_CLOSED"
  case taskNotFound = "TASK_NOT_FOUND"
  case taskTerminal = "TASK_TERMINAL"
  case taskRunning = "TASK_RUNNING"
  case taskNotRetryable = "TASK_NOT_RETRYABLE"
  case taskNotPausable = "TASK_NOT_PAUSABLE"
  case taskNotPaused = "TASK_NOT_PAUSED"
  case leaseLost = "LEASE_LOST"
  case workerNotFound = "WORKER_NOT_FOUND"
  case bulkNotFound = "BULK_NOT_FOUND"
  case dependencyNotFound = "DEPENDENCY_NOT_FOUND"
  case taskNeeded = "TASK_NEEDED"
  case workflowNotFound = "WORKFLOW_NOT_FOUND"
  case workflowNotRetryable = "WORKFLOW_NOT_RETRYABLE"
  case poolRevisionNotFound = "POOL_REVISION_NOT_FOUND"
  case groupNotFound = "GROUP_NOT_FOUND"
  case groupExists = "GROUP_EXISTS"
  case groupNotEmpty = "GROUP_NOT_EMPTY"
  case groupBudgetExceeded = "GROUP_BUDGET_EXCEEDED"
  case scheduleNotFound = "SCHEDULE_NOT_FOUND"
  case scheduleExists = "SCHEDULE_EXISTS"
  case scheduleNeverFires = "SCHEDULE_NEVER_FIRES"
  case lockHeld = "LOCK_HELD"
  case lockNotHeld = "LOCK_NOT_HELD"
  case lockNotFound = "LOCK_NOT_FOUND"
  case limitNotFound = "LIMIT_NOT_FOUND"
  case limitExists = "LIMIT_EXISTS"
  case limitSortFixed = "LIMIT_SORT_FIXED"
  case limitTooSmall = "LIMIT_TOO_SMALL"
  case limitExceeded = "LIMIT_EXCEEDED"
  case limitNotHeld = "LIMIT_NOT_HELD"
  case permitsNotHeld = "PERMITS_NOT_HELD"
  case timeZoneUnknown = "TIME_ZONE_UNKNOWN"
  case revisionMismatch = "REVISION_MISMATCH"
  case etagMismatch = "ETAG_MISMATCH"
  case duplicateTask = "DUPLICATE_TASK"
  case requestIDReused = "REQUEST_ID_REUSED"
  case revisionCompacted = "REVISION_COMPACTED"
  case filterInvalid = "FILTER_INVALID"
  case pageTokenInvalid = "PAGE_TOKEN_INVALID"
  case fieldInvalid = "FIELD_INVALID"
  case indexBehind = "INDEX_BEHIND"
  case serverStopping = "SERVER_STOPPING"
}

/// A failed call's status and its typed details, put together one by one.
struct ErrorDetails {
  static let domain = "martlet"

  private var code: StatusCode
  private var message: String
  private var details: [RPCErrorDetail]

  init(
    _ code: StatusCode, _ reason: ErrorReason, _ message: String, metadata: [String: String] = [:]
  ) {
    self.code = code
    self.message = message
    details = [.errorInfo(reason: reason.rawValue, domain: Self.domain, metadata: metadata)]
  }

  /// The caller may try again after so long.
  func retry(after delay: Span) -> Self {
    adding(.retryInfo(delay: .nanoseconds(delay.nanoseconds)))
  }

  func quota(subject: String, _ description: String) -> Self {
    adding(.quotaFailure([.init(subject: subject, description: description)]))
  }

  func badRequest(_ violations: [FieldViolation]) -> Self {
    adding(.badRequest(violations.map { .init(field: $0.field, description: $0.description) }))
  }

  private func adding(_ detail: RPCErrorDetail) -> Self {
    var copy = self
    copy.details.append(detail)
    return copy
  }

  var status: RPCStatus { RPCStatus(code: code, message: message, errorDetails: details) }
}
