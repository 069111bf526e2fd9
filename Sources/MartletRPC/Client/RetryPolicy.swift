/// Which failed calls are made again, and when (gRPC's retry design, A6). Only for methods that do
/// no harm when a server runs them twice.
///
/// A call is made again until the first header block of a response has come, or its requests have
/// outgrown `RPCChannelConfiguration.retryBufferBytes`. Its deadline goes on.
public struct RetryPolicy: Sendable, Hashable {
  /// Attempts in all, the first included: 1 (none is repeated) to 5 (more count as 5).
  public var attemptsMax: Int
  /// Wait before the second attempt, ± 20 %; each further one is `backoffFactor` times as long, up
  /// to `backoffMax`. A server may ask for another wait, or for none (`grpc-retry-pushback-ms`).
  public var backoff: Duration
  public var backoffFactor: Double
  public var backoffMax: Duration
  /// The outcomes after which it is worth another attempt.
  public var codes: Set<StatusCode>

  public init(
    attemptsMax: Int = 3, backoff: Duration = .milliseconds(100), backoffFactor: Double = 2,
    backoffMax: Duration = .seconds(5), codes: Set<StatusCode> = [.unavailable]
  ) {
    self.attemptsMax = attemptsMax
    self.backoff = backoff
    self.backoffFactor = backoffFactor
    self.backoffMax = backoffMax
    self.codes = codes
  }
}

/// Stops a channel from repeating calls while most of them fail: each failure takes a token from a
/// bucket, each success gives `tokenRatio` of one back, and no call is repeated unless the bucket
/// is more than half full.
public struct RetryThrottling: Sendable, Hashable {
  /// Tokens in a full bucket (1 to 1000).
  public var maxTokens: Double
  /// Part of a token that a success gives back (above 0).
  public var tokenRatio: Double

  public init(maxTokens: Double = 10, tokenRatio: Double = 0.1) {
    self.maxTokens = maxTokens
    self.tokenRatio = tokenRatio
  }
}
