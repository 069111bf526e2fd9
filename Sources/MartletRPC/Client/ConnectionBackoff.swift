/// The time between two attempts to connect to one address, as gRPC's connection-backoff.md has it:
/// counted from the beginning of the failed attempt.
struct ConnectionBackoff: Sendable, Equatable {
  /// Nanoseconds, and what they are multiplied with.
  struct Times: Sendable, Equatable {
    var initial: UInt64
    var factor: Double
    var max: UInt64
    var jitter: Double
    /// Every attempt gets at least so long.
    var connectTimeout: UInt64

    init(_ configuration: RPCChannelConfiguration) {
      initial = UInt64(clamping: configuration.backoff.nanosecondsClamped)
      factor = configuration.backoffFactor
      max = UInt64(clamping: configuration.backoffMax.nanosecondsClamped)
      jitter = configuration.backoffJitter
      connectTimeout = UInt64(clamping: configuration.connectTimeout.nanosecondsClamped)
    }
  }

  struct Attempt: Equatable {
    /// When the next attempt may begin, should this one fail.
    var retryAt: UInt64
    /// How long this one may take.
    var timeout: UInt64
  }

  private var base: UInt64 = 0

  /// An attempt begins.
  mutating func begin(at now: UInt64, _ times: Times, using random: inout SeededRandom) -> Attempt {
    if base == 0 {
      base = Swift.max(1, times.initial)
    } else {
      base = UInt64(min(Double(times.max), Double(base) * Swift.max(1, times.factor)))
    }
    let delay = random.vary(min(base, times.max), by: times.jitter)
    return Attempt(retryAt: now &+ delay, timeout: Swift.max(times.connectTimeout, delay))
  }

  /// The server has spoken: the next attempt is a first one.
  mutating func reset() { base = 0 }
}
