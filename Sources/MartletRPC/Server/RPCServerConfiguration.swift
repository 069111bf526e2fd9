internal import MartletHTTP2

/// What a server listens on and what it takes. Every limit says its unit, range and what happens
/// beyond it.
public struct RPCServerConfiguration: Sendable {
  /// Addresses: `host:port` (`127.0.0.1:7411`, `[::1]:0`; port 0: any free one) or `unix:/path`. At
  /// least one.
  public var addresses: [String]

  /// Event loops: 1 to 64; nil: as many as cores, at least 2 and at most 8.
  public var eventLoops: Int?

  public var limits = ServerLimits()

  /// What responses are compressed with if the caller takes it and the handler does not say
  /// otherwise. Requests may be compressed in any case.
  public var responseEncoding = MessageEncoding.identity

  public init(addresses: [String] = ["127.0.0.1:0"]) { self.addresses = addresses }
}

/// The limits of a server.
public struct ServerLimits: Sendable {
  /// Size of a request message in bytes (1 to 2³¹) for methods that set none of their own. Beyond
  /// it: RESOURCE_EXHAUSTED, decided from the length prefix before any of the message is read.
  public var requestBytesMax = 4 << 20

  /// Connections of the server (1 to 1,000,000). One more is closed at once.
  public var connections = 10_000

  /// Streams that one connection may have open (1 to 1,000,000); announced. One more is refused
  /// (REFUSED_STREAM).
  public var streamsPerConnection = 1_000

  /// Handlers that one connection may have running, counted from their start to their end even if
  /// their stream is reset (1 to 1,000,000). Beyond it: REFUSED_STREAM before any work.
  public var handlersPerConnection = 1_000

  /// Bytes of one stream on the way unread (64 KiB to 1 GiB). Beyond it the client waits.
  public var streamWindowBytes = 1 << 20

  /// Bytes of one connection on the way unread (64 KiB to 1 GiB). Beyond it the client waits.
  public var connectionWindowBytes = 4 << 20

  /// Response bytes of one call that may wait to be sent (1 KiB to 1 GiB). Beyond it the writer is
  /// suspended.
  public var writerBufferBytes = 256 << 10

  /// Size of a request's header list as HTTP/2 counts it, and number of fields. Beyond it:
  /// RESOURCE_EXHAUSTED.
  public var headerListBytes = 16 << 10
  public var headerFields = 100

  /// RST_STREAM frames of one connection at once, and a second. Beyond it: GOAWAY.
  public var resetBurst = 10_000
  public var resetsPerSecond = 1_000

  /// Time for the client to begin the connection, and to complete a header block once begun. Beyond
  /// it: closed.
  public var handshakeTimeout = Duration.seconds(10)

  /// Time in which the output that a client has not taken must shrink from 512 to 128 KiB. Beyond
  /// it: closed.
  public var writeStallTimeout = Duration.seconds(30)

  public init() {}

  var http2: HTTP2Limits {
    var limits = HTTP2Limits()
    limits.streamWindow = Int32(clamping: max(65_535, min(streamWindowBytes, 1 << 30)))
    limits.connectionWindow = Int32(clamping: max(65_535, min(connectionWindowBytes, 1 << 30)))
    limits.concurrentStreams = UInt32(clamping: max(1, streamsPerConnection))
    limits.headerListSize = headerListBytes
    limits.headerFields = headerFields
    limits.resetBurst = UInt64(clamping: resetBurst)
    limits.resetsPerSecond = UInt64(clamping: resetsPerSecond)
    return limits
  }
}

/// What a server has done and is doing.
public struct RPCServerStatistics: Sendable, Equatable {
  /// Open connections.
  public var connections = 0
  /// Calls whose handler is running, parked streams included.
  public var activeCalls = 0
  /// Those of them that stream responses (watches, waits), and so may stay for long.
  public var parkedStreams = 0
  /// Calls since the start whose handler was started.
  public var startedCalls = 0
  /// Calls since the start whose handler has ended.
  public var finishedCalls = 0
  /// Calls since the start that ended with a status other than OK, those without a handler
  /// included.
  public var failedCalls = 0
}
