package import MartletCore

/// Code inside the server that runs the tasks of one kind.
///
/// `run` is called once per attempt, on a thread of the pool's `HandlerExecutor`, so it may block:
/// no RPC, timer, commit or other pool waits for it. It is told to stop by cancellation of its
/// Swift task, and should then return or throw soon; after the grace the attempt ends without it.
package protocol TaskHandler: Sendable {
  /// The kind that it serves: `[a-z][a-z0-9_.-]{0,126}`.
  var kind: String { get }

  func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult
}

/// What a handler made.
package struct HandlerResult: Hashable, Sendable {
  /// At most 1 MiB.
  package var data: [UInt8]
  /// Media type of `data`.
  package var contentType: String

  package init(data: [UInt8] = [], contentType: String = "") {
    self.data = data
    self.contentType = contentType
  }
}

/// Why an attempt failed, as its handler says.
package struct HandlerFailure: Error, Hashable, Sendable {
  /// For programs: `NOT_FOUND`. A retry policy names these.
  package var code: String
  /// For people, in one sentence.
  package var message: String
  /// Whether another attempt may end better.
  package var retryable: Bool
  /// What it failed of, such as `network`: `[a-z][a-z0-9_-]{0,62}`, or empty. A pool may have a
  /// delay for it.
  package var failureClass: String
  /// How long to wait before the next attempt, at most 10 years; nil: as pool and policy say.
  package var retryDelay: Span?
  /// Set: the attempt did not fail but is given back, and does not count; the task waits for so
  /// long.
  package private(set) var snooze: Span?

  package init(
    code: String, message: String, retryable: Bool, failureClass: String = "",
    retryDelay: Span? = nil
  ) {
    self.code = code
    self.message = message
    self.retryable = retryable
    self.failureClass = failureClass
    self.retryDelay = retryDelay
  }

  /// It is too early: another attempt after so long, at most 10 years, and this one does not count.
  package static func snooze(for span: Span) -> HandlerFailure {
    var failure = HandlerFailure(code: "SNOOZED", message: "it is too early", retryable: true)
    failure.snooze = span
    return failure
  }

  /// The handler stopped because it was told to. Its attempt ends by the reason for that, not by
  /// this.
  package static let cancelled = HandlerFailure(
    code: "CANCELLED", message: "stopped as asked", retryable: true)

  /// The payload makes no sense to this kind of task.
  package static func invalidPayload(_ message: String) -> HandlerFailure {
    HandlerFailure(code: "INVALID_PAYLOAD", message: message, retryable: false)
  }
}
