/// Delays that grow from try to try, each varied at random so that many clients do not come back
/// at the same moment.
public struct Backoff: Sendable, Equatable {
  /// Before the second try.
  public var initial: Duration
  /// Each delay is the one before times this: 1.0 or more.
  public var factor: Double
  /// No delay is longer, before it is varied.
  public var maximum: Duration
  /// Each delay is varied by up to this share of it, both ways: 0.0 to 1.0.
  public var jitter: Double

  public init(
    initial: Duration = .milliseconds(100), factor: Double = 2, maximum: Duration = .seconds(5),
    jitter: Double = 0.2
  ) {
    self.initial = initial
    self.factor = factor
    self.maximum = maximum
    self.jitter = jitter
  }

  /// The delay after a try.
  ///
  /// - Parameters:
  ///   - attempt: The number of the try that failed, from 1.
  ///   - random: What varies the delay: 0.0 to 1.0.
  public func delay(attempt: Int, random: Double) -> Duration {
    var delay = initial
    for _ in 1..<max(1, min(attempt, 64)) where delay < maximum { delay = delay * factor }
    return min(delay, maximum) * (1 + jitter * (2 * random - 1))
  }
}
