/// How a channel connects and what it takes.
public struct RPCChannelConfiguration: Sendable {
  /// Which of a target's addresses get a connection, and which connection gets a call.
  public var loadBalancing = LoadBalancing.pickFirst
  /// Finds the addresses behind a name.
  public var resolver = NameResolver.system
  /// Names are not looked up more often than this, however often connections fail (0 to 1 h).
  public var resolutionInterval = Duration.seconds(5)
  /// Plain text, or TLS by `MartletRPCTLS`.
  public var transportSecurity = TransportSecurity.none
  /// Value of `:authority`; nil: what the target says.
  public var authority: String?

  /// Time from the beginning of an attempt to connect that failed to the next one at the same
  /// address (1 ms to 1 h).
  public var backoff = Duration.seconds(1)
  /// Each further failure makes that time so many times as long (1 to 10), up to `backoffMax`, ±
  /// `backoffJitter`. A connection on which the server has spoken starts afresh.
  public var backoffFactor = 1.6
  public var backoffMax = Duration.seconds(120)
  /// Part of the time by which it varies at random (0 to 1).
  public var backoffJitter = 0.2
  /// Time for a connection to be made, the server's first frame included; longer while the
  /// back-off is longer.
  public var connectTimeout = Duration.seconds(20)
  /// With `pickFirst`: an address that takes longer than this is joined by the next one, and the
  /// first connection wins.
  public var connectionAttemptDelay = Duration.milliseconds(250)

  /// What stands between callers and the network, the first one nearest to the callers.
  public var interceptors: [any ClientInterceptorFactory] = []

  /// Which failed calls are made again; nil: none, but for those that no server has seen.
  public var retryPolicy: RetryPolicy?
  /// Stops repeats while most calls fail; nil: they do not stop.
  public var retryThrottling: RetryThrottling? = RetryThrottling()
  /// Request bytes of one call that are kept for another attempt (0 to 1 GiB). A call whose
  /// requests are larger is not made again.
  public var retryBufferBytes = 256 << 10

  /// PING after so long without a byte from the server (10 ms to 1 day); nil: never. A server may
  /// end connections that send more PINGs than it likes (GOAWAY with `too_many_pings`); each time
  /// the channel doubles this interval.
  public var keepaliveInterval: Duration?
  /// Time for the answer to that PING; beyond it the connection is given up. While there is
  /// keepalive, TCP gives unacknowledged data no longer either.
  public var keepaliveTimeout = Duration.seconds(20)
  /// PING also while no call is under way. Few servers like that.
  public var keepaliveWithoutCalls = false
  /// A channel without a call for so long closes its connections; the next call makes them again.
  /// Nil: never.
  public var idleTimeout: Duration? = .seconds(1800)

  /// Bytes of one stream, and of the connection, that may be on the way unread (64 KiB to 1 GiB).
  public var streamWindowBytes = 1 << 20
  public var connectionWindowBytes = 4 << 20
  /// Request bytes of one call that may wait to be sent. Beyond it the writer is suspended.
  public var writerBufferBytes = 256 << 10
  /// Value of `user-agent`.
  public var userAgent = "martlet-rpc"
  /// Where chance begins; nil: anywhere. For tests.
  package var seed: UInt64?

  public init() {}
}

/// Which of a target's addresses get a connection, and which connection gets a call.
public enum LoadBalancing: Sendable, Hashable {
  /// The first address that can be reached, for all calls.
  case pickFirst
  /// All addresses, one call after the other.
  case roundRobin
}
