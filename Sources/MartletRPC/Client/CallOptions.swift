/// How one call is made.
public struct CallOptions: Sendable {
  /// Time until the call must have ended, waiting for a connection included; the server learns of
  /// it. Beyond it: DEADLINE_EXCEEDED. Nil: no limit.
  public var timeout: Duration?
  /// Metadata of the request.
  public var metadata: RPCMetadata
  /// Size of a response message in bytes (1 to 2³¹). Beyond it: RESOURCE_EXHAUSTED, from the length
  /// prefix alone.
  public var maxResponseBytes: Int
  /// Wait for a connection instead of failing with UNAVAILABLE when none can be had at once.
  public var waitForReady: Bool
  /// What requests are compressed with. Responses may come compressed in any case.
  public var encoding: MessageEncoding

  public init(
    timeout: Duration? = nil, metadata: RPCMetadata = [:], maxResponseBytes: Int = 4 << 20,
    waitForReady: Bool = false, encoding: MessageEncoding = .identity
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.maxResponseBytes = maxResponseBytes
    self.waitForReady = waitForReady
    self.encoding = encoding
  }
}

/// How a channel connects and what it takes.
public struct RPCChannelConfiguration: Sendable {
  /// Wait after the first failure to connect (1 ms to 1 h).
  public var firstRetryDelay = Duration.milliseconds(50)
  /// Wait after the second; each further one is `backoffFactor` times as long, up to `backoffMax`,
  /// ± `backoffJitter`.
  public var backoff = Duration.seconds(1)
  public var backoffFactor = 1.6
  public var backoffMax = Duration.seconds(120)
  /// Part of the wait by which it varies at random (0 to 1).
  public var backoffJitter = 0.2
  /// Time for a connection to be made, the server's first frame included.
  public var connectTimeout = Duration.seconds(20)
  /// PING after so long without a byte from the server; nil: never.
  public var keepaliveInterval: Duration?
  /// Time for the answer to that PING; beyond it the connection is given up.
  public var keepaliveTimeout = Duration.seconds(20)
  /// Bytes of one stream, and of the connection, that may be on the way unread (64 KiB to 1 GiB).
  public var streamWindowBytes = 1 << 20
  public var connectionWindowBytes = 4 << 20
  /// Request bytes of one call that may wait to be sent. Beyond it the writer is suspended.
  public var writerBufferBytes = 256 << 10
  /// Value of `user-agent`.
  public var userAgent = "martlet-rpc"

  public init() {}
}

/// The wait between attempts to connect.
struct Backoff: Sendable {
  private let configuration: RPCChannelConfiguration
  private(set) var failures = 0

  init(_ configuration: RPCChannelConfiguration) { self.configuration = configuration }

  /// The wait after one more failure. `random` is from 0 to 1.
  mutating func next(random: Double) -> Duration {
    failures += 1
    guard failures > 1 else { return configuration.firstRetryDelay }
    var delay = configuration.backoff
    for _ in 2..<min(failures, 64) where delay < configuration.backoffMax {
      delay = delay * configuration.backoffFactor
    }
    let jitter = 1 + configuration.backoffJitter * (2 * random - 1)
    return min(delay, configuration.backoffMax) * jitter
  }

  mutating func reset() { failures = 0 }
}
