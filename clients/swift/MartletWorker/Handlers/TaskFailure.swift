/// What a handler throws to say why its attempt failed. Any other error fails it as well, with the
/// error's own description and no code, and may be retried.
public struct TaskFailure: Error, Sendable, Equatable {
  /// For programs, such as `NOT_A_FILE`: `non_retryable_codes` of a retry policy names these. At
  /// most 63 bytes.
  public var code: String
  /// For people, in one sentence. At most 4 KiB; what is beyond is cut.
  public var message: String
  /// Whether the retry policy may repeat the attempt.
  public var isRetryable: Bool
  /// How long to wait before the next attempt, if there is one: at most 10 years. Nil: as the pool
  /// says for `failureClass`, else as the retry policy does.
  public var retryDelay: Duration?
  /// What it failed of, such as `network`: `[a-z][a-z0-9_-]{0,62}`. The pool may have a delay for
  /// it. What is written otherwise is left out.
  public var failureClass: String

  public init(
    code: String, message: String, isRetryable: Bool = true, retryDelay: Duration? = nil,
    failureClass: String = ""
  ) {
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
    self.retryDelay = retryDelay
    self.failureClass = failureClass
  }
}
