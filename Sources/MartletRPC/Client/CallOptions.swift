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
  /// Wait for a connection, and for a server that does not refuse the call unseen, instead of
  /// failing with UNAVAILABLE when none can be had at once.
  public var waitForReady: Bool
  /// What requests are compressed with. Responses may come compressed in any case.
  public var encoding: MessageEncoding
  /// Which failures are followed by another attempt; nil: what the channel's configuration says.
  public var retryPolicy: RetryPolicy?
  /// A call that is made while another one is answered, in the handler's task or one that it
  /// started, must have ended by that one's deadline, too.
  public var inheritsDeadline = true

  public init(
    timeout: Duration? = nil, metadata: RPCMetadata = [:], maxResponseBytes: Int = 4 << 20,
    waitForReady: Bool = false, encoding: MessageEncoding = .identity,
    retryPolicy: RetryPolicy? = nil
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.maxResponseBytes = maxResponseBytes
    self.waitForReady = waitForReady
    self.encoding = encoding
    self.retryPolicy = retryPolicy
  }
}
