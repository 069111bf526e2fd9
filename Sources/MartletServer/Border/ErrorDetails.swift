import MartletAPI
import MartletCore
import MartletProtobuf
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
  case taskNotRetryable = "TASK_NOT_RETRYABLE"
  case leaseLost = "LEASE_LOST"
  case etagMismatch = "ETAG_MISMATCH"
  case requestIDReused = "REQUEST_ID_REUSED"
  case revisionCompacted = "REVISION_COMPACTED"
  case filterInvalid = "FILTER_INVALID"
  case pageTokenInvalid = "PAGE_TOKEN_INVALID"
  case fieldInvalid = "FIELD_INVALID"
  case indexBehind = "INDEX_BEHIND"
  case serverStopping = "SERVER_STOPPING"
}

/// The details of a `google.rpc.Status`, put together one by one.
struct ErrorDetails {
  static let domain = "martlet"

  private var code: StatusCode
  private var message: String
  private var details: [WellKnown.`Any`] = []

  init(
    _ code: StatusCode, _ reason: ErrorReason, _ message: String, metadata: [String: String] = [:]
  ) {
    self.code = code
    self.message = message
    add(GoogleRPC.ErrorInfo(reason: reason.rawValue, domain: Self.domain, metadata: metadata))
  }

  private mutating func add(_ detail: some ProtobufMessage) {
    details.append(
      .init(
        typeUrl: "type.googleapis.com/" + type(of: detail).protobufName,
        value: detail.protobufBytes()))
  }

  /// The caller may try again after so long.
  func retry(after delay: Span) -> Self {
    adding(GoogleRPC.RetryInfo(retryDelay: .init(delay)))
  }

  func quota(subject: String, _ description: String) -> Self {
    adding(
      GoogleRPC.QuotaFailure(violations: [.init(subject: subject, description: description)]))
  }

  func badRequest(_ violations: [FieldViolation]) -> Self {
    adding(
      GoogleRPC.BadRequest(
        fieldViolations: violations.map { .init(field: $0.field, description: $0.description) }))
  }

  private func adding(_ detail: some ProtobufMessage) -> Self {
    var copy = self
    copy.add(detail)
    return copy
  }

  var status: RPCStatus {
    let status = GoogleRPC.Status(
      code: Int32(truncatingIfNeeded: code.rawValue), message: message, details: details)
    return RPCStatus(code: code, message: message, details: status.protobufBytes())
  }
}
