/// The bucket of a channel's `RetryThrottling`.
struct RetryThrottle: Equatable {
  private let settings: RetryThrottling
  private var tokens: Double

  init(_ settings: RetryThrottling) {
    self.settings = settings
    tokens = settings.maxTokens
  }

  var allowsRetries: Bool { tokens > settings.maxTokens / 2 }

  mutating func succeeded() { tokens = min(settings.maxTokens, tokens + settings.tokenRatio) }

  mutating func failed() { tokens = max(0, tokens - 1) }
}

/// Decides whether a call is made again. A value, one for each call.
struct RetryMachine: Equatable {
  /// What the server said about trying again.
  enum Pushback: Equatable {
    case nothing
    case never
    /// Nanoseconds.
    case after(UInt64)

    /// The value of `grpc-retry-pushback-ms`; what is no number of milliseconds means never.
    init(_ text: UnsafeRawBufferPointer) {
      guard let milliseconds = UInt32(String(decoding: text, as: UTF8.self)) else {
        self = .never
        return
      }
      self = .after(UInt64(milliseconds) * 1_000_000)
    }
  }

  enum Verdict: Equatable {
    case giveUp
    /// Nanoseconds.
    case retry(after: UInt64)
  }

  /// Attempts that have failed and were repeated; the server is told.
  private(set) var previousAttempts = 0
  private var backoffSteps = 0

  static let attemptsMax = 5

  mutating func attemptFailed(
    _ code: StatusCode, _ pushback: Pushback, canRepeat: Bool, _ policy: RetryPolicy,
    _ throttle: inout RetryThrottle?, using random: inout SeededRandom
  ) -> Verdict {
    let isRetryable = policy.codes.contains(code)
    if isRetryable || pushback == .never { throttle?.failed() }
    let hasAttempts = previousAttempts + 1 < min(policy.attemptsMax, Self.attemptsMax)
    guard isRetryable, canRepeat, hasAttempts, throttle?.allowsRetries ?? true else {
      return .giveUp
    }
    switch pushback {
    case .never: return .giveUp
    case .after(let delay):
      previousAttempts += 1
      backoffSteps = 0
      return .retry(after: delay)
    case .nothing:
      previousAttempts += 1
      return .retry(after: nextDelay(policy, using: &random))
    }
  }

  private mutating func nextDelay(
    _ policy: RetryPolicy, using random: inout SeededRandom
  ) -> UInt64 {
    let limit = Double(max(0, policy.backoffMax.nanosecondsClamped))
    var delay = Double(max(0, policy.backoff.nanosecondsClamped))
    for _ in 0..<backoffSteps { delay = min(limit, delay * policy.backoffFactor) }
    backoffSteps += 1
    return random.vary(UInt64(min(limit, delay)), by: 0.2)
  }
}
