/// Whether a failed attempt is repeated, and how long after it.
///
/// The wait that the failure itself asks for comes first, then the pool's for the class of the
/// failure, then the back-off of the task's retry policy. Whichever it is, the attempt counts, and
/// the policy says how many there are.
package struct RetryDelay: Hashable, Sendable {
  package var policy: RetryPolicy
  /// Of the pool, as it is when the attempt fails.
  package var classDelays: [String: Span]

  package init(policy: RetryPolicy, classDelays: [String: Span] = [:]) {
    self.policy = policy
    self.classDelays = classDelays
  }

  /// nil: it is not repeated. `attemptsMade` are those since the submission or the reopening, the
  /// failed one included.
  package func wait(after failure: Failure, attemptsMade: Int, randomBits: UInt64) -> Span? {
    guard failure.retryable,
      policy.allowsRetry(code: failure.code, attemptsMade: attemptsMade)
    else { return nil }
    return failure.retryDelay ?? classDelays[failure.failureClass]
      ?? policy.delay(afterAttempt: attemptsMade, randomBits: randomBits)
  }
}
