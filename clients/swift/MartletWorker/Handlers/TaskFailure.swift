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

  public init(code: String, message: String, isRetryable: Bool = true) {
    self.code = code
    self.message = message
    self.isRetryable = isRetryable
  }
}
