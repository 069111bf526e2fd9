internal import ArgumentParser
internal import MartletClient

/// How often a failed attempt is repeated.
struct RetryOptions: ParsableArguments {
  @Option(help: .init("Attempts in all, 1 to 1,000 (4 if unset).", valueName: "n"))
  var maxAttempts: Int32?

  @Option(
    help: .init("Delay before the second attempt (1s if unset).", valueName: "duration"))
  var initialBackoff: DurationArgument?

  @Option(
    help: .init("Each delay is the one before times this (2.0 if unset).", valueName: "x"))
  var backoffFactor: Double?

  @Option(help: .init("No delay is longer (60s if unset).", valueName: "duration"))
  var maxBackoff: DurationArgument?

  @Option(
    help: .init("Vary each delay by up to this share (0.2 if unset).", valueName: "0…1"))
  var jitter: Double?

  @Option(
    help: .init("A failure code that ends the task at once; may be repeated.", valueName: "code"))
  var nonRetryable: [String] = []

  /// Nil if nothing is set.
  var policy: API.RetryPolicy? {
    let policy = API.RetryPolicy(
      maxAttempts: maxAttempts,
      initialBackoff: initialBackoff.map { WellKnown.Duration($0.duration) },
      factor: backoffFactor, maxBackoff: maxBackoff.map { WellKnown.Duration($0.duration) },
      jitter: jitter, nonRetryableCodes: nonRetryable)
    return policy == API.RetryPolicy() ? nil : policy
  }
}
