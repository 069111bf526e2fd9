internal import MartletHTTP2

/// The limits of a server: each with its unit, range and default, and what happens beyond it.
public struct ServerLimits: Sendable {
  /// Size of a request message in bytes (1 to 2³¹) for methods that set none of their own. Beyond
  /// it: RESOURCE_EXHAUSTED, decided from the length prefix before any of the message is read.
  public var requestBytesMax = 4 << 20

  /// Connections of the server (1 to 1,000,000). One more is closed at once.
  public var connections = 10_000

  /// Those of them from one IP address (1 to 1,000,000). One more is closed at once. A proxy in
  /// front makes all clients one address.
  public var connectionsPerAddress = 10_000

  /// Streams that one connection may have open (1 to 1,000,000); announced. One more is refused
  /// (REFUSED_STREAM).
  public var streamsPerConnection = 1_000

  /// Handlers that one connection may have running, counted from their start to their end even if
  /// their stream is reset (1 to 1,000,000). Beyond it: REFUSED_STREAM before any work. A handler
  /// hears a little later than its stream ends, so that more of them than `streamsPerConnection`
  /// are lawful.
  public var handlersPerConnection = 2_000

  /// The same for the whole server, shared evenly by its event loops (1 to 10,000,000).
  public var handlers = 100_000

  /// Bytes of one stream on the way unread (64 KiB to 1 GiB). Beyond it the client waits.
  public var streamWindowBytes = 1 << 20

  /// Bytes of one connection on the way unread (64 KiB to 1 GiB). Beyond it the client waits.
  public var connectionWindowBytes = 4 << 20

  /// Bytes of requests that have come in part, over all calls of one connection (1 MiB to 64 GiB).
  /// Beyond it: the call whose bytes come is RESOURCE_EXHAUSTED.
  public var partialRequestBytes = 64 << 20

  /// Response bytes of one call that may wait to be sent (1 KiB to 1 GiB). Beyond it the writer is
  /// suspended.
  public var writerBufferBytes = 256 << 10

  /// Response bytes of all calls of one connection that may wait to be sent (1 MiB to 64 GiB).
  /// Beyond it new streams are refused (REFUSED_STREAM).
  public var connectionOutputBytes = 64 << 20

  /// Size of a request's header list as HTTP/2 counts it, and number of fields. Beyond it:
  /// RESOURCE_EXHAUSTED.
  public var headerListBytes = 16 << 10
  public var headerFields = 100

  /// RST_STREAM frames of one connection at once, and a second. Beyond it: GOAWAY.
  public var resetBurst = 10_000
  public var resetsPerSecond = 1_000

  /// Frames of one connection that carry nothing (PING, SETTINGS, PRIORITY, empty DATA,
  /// WINDOW_UPDATE without need, unknown types) or break the rules of a stream, at once, and a
  /// second. Beyond it: GOAWAY (ENHANCE_YOUR_CALM).
  public var idleFrameBurst = 2_000
  public var idleFramesPerSecond = 200

  /// Time of its event loop that the input of one connection may take at once (1 µs to 1 s); what
  /// handlers take is not counted. Beyond it: the rest waits until the loop has served its other
  /// connections, and the socket is not read until then.
  public var inputShare = Duration.microseconds(500)

  /// Time for the client to begin the connection, and to complete a header block once begun. Beyond
  /// it: closed.
  public var handshakeTimeout = Duration.seconds(10)

  /// Time in which the output that a client has not taken must shrink from 512 to 128 KiB. Beyond
  /// it: closed.
  public var writeStallTimeout = Duration.seconds(30)

  /// Time for a request message to be complete once its call, or in a stream the message, has
  /// begun; the time that a handler does not read does not count. Beyond it: DEADLINE_EXCEEDED.
  public var requestTimeout = Duration.seconds(60)

  /// A connection from which nothing came for so long gets a PING; nil: never.
  public var keepaliveInterval: Duration? = .seconds(7200)
  /// Time for anything to come after it. Beyond it: closed, and its calls cancelled.
  public var keepaliveTimeout = Duration.seconds(20)

  /// The time that a client must leave between its PINGs while it has calls; without calls two
  /// hours, unless `permitsKeepaliveWithoutCalls`.
  public var keepaliveMinimum = Duration.seconds(300)
  public var permitsKeepaliveWithoutCalls = false
  /// PINGs too early that are forgiven until something is sent to the client (0 to 1,000). Beyond
  /// it: GOAWAY (ENHANCE_YOUR_CALM, `too_many_pings`), closed.
  public var pingStrikes = 2

  /// A connection without calls for so long is asked to end; nil: never.
  public var idleTimeout: Duration?
  /// A connection so old (give or take a tenth, so that not all end at once) is asked to end: new
  /// calls go elsewhere, those it has go on; nil: never.
  public var connectionAge: Duration?
  /// Time for its calls to end after that. Beyond it: UNAVAILABLE. Nil: as long as they take.
  public var connectionAgeGrace: Duration?

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
    limits.idleFrameBurst = idleFrameBurst
    limits.idleFramesPerSecond = idleFramesPerSecond
    return limits
  }
}
