import MartletAPI
import MartletProtobuf
package import MartletRPC

extension FakeNode {
  /// A status with details as Martlet's errors have them.
  package static func status(
    _ code: StatusCode, _ reason: String, _ message: String, retryAfter: Duration? = nil,
    violations: [(field: String, description: String)] = [], metadata: [String: String] = [:]
  ) -> RPCStatus {
    var status = GoogleRPC.Status(code: Int32(code.rawValue), message: message)
    status.details.append(
      pack(GoogleRPC.ErrorInfo(reason: reason, domain: "martlet", metadata: metadata)))
    if let retryAfter {
      let (seconds, attoseconds) = retryAfter.components
      let delay = WellKnown.Duration(
        seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
      status.details.append(pack(GoogleRPC.RetryInfo(retryDelay: delay)))
    }
    if !violations.isEmpty {
      let listed = violations.map {
        GoogleRPC.BadRequest.FieldViolation(field: $0.field, description: $0.description)
      }
      status.details.append(pack(GoogleRPC.BadRequest(fieldViolations: listed)))
    }
    return RPCStatus(code: code, message: message, details: status.protobufBytes())
  }

  package static func queueFull(retryAfter: Duration = .seconds(2)) -> RPCStatus {
    status(
      .resourceExhausted, "QUEUE_FULL",
      "The pool \"p\" has no room for that: 7 of at most 7 tasks wait; try again later.",
      retryAfter: retryAfter, metadata: ["waiting": "7"])
  }

  package static let unavailable = RPCStatus(code: .unavailable, message: "connection refused")

  static func notFound(pool: String) -> RPCStatus {
    status(
      .notFound, "POOL_NOT_FOUND", "The pool \"\(pool)\" does not exist: create it first.",
      metadata: ["pool": pool])
  }

  static func notFound(task: String) -> RPCStatus {
    status(
      .notFound, "TASK_NOT_FOUND",
      "The task \(task) does not exist, or is no longer kept: check its id.",
      metadata: ["task_id": task])
  }

  private static func pack(_ message: some ProtobufMessage) -> WellKnown.`Any` {
    WellKnown.`Any`(
      typeUrl: "type.googleapis.com/\(type(of: message).protobufName)",
      value: message.protobufBytes())
  }
}
