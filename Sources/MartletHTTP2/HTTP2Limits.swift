/// What one session grants its peer, and what it takes from it before it ends the connection.
package struct HTTP2Limits: Sendable {
  /// Bytes of one stream that may be on the way unread: 64 KiB to 1 GiB. Beyond it the peer must
  /// wait.
  package var streamWindow: Int32 = 1 << 20
  /// The same for the whole connection.
  package var connectionWindow: Int32 = 4 << 20
  /// Bytes of whole messages that nobody took yet, over all streams; beyond it the connection's
  /// window shrinks.
  package var unreadBytesMax = 16 << 20
  /// Streams that the peer may have open at once; one more is refused.
  package var concurrentStreams: UInt32 = 1000
  /// Size of a header block as HTTP/2 counts it (name + value + 32 each). Beyond it the fields are
  /// not kept and the stream says so; at four times that the stream is reset.
  package var headerListSize = 16 << 10
  /// Number of fields in a header block; the same happens beyond it.
  package var headerFields = 100
  /// RST_STREAM frames: so many at once, and so many a second; beyond it GOAWAY.
  package var resetBurst: UInt64 = 10_000
  package var resetsPerSecond: UInt64 = 1_000
  /// Frames that carry nothing (PING, SETTINGS, PRIORITY, empty DATA, unknown types), and protocol
  /// errors on a stream: so many at once, and so many a second; beyond it GOAWAY with
  /// ENHANCE_YOUR_CALM.
  package var idleFrameBurst = 2_000
  package var idleFramesPerSecond = 200
  /// Entries in one SETTINGS frame, and CONTINUATION frames of one header block; beyond it GOAWAY.
  package var settingsEntries = 32
  package var continuations = 8

  package init() {}
}

/// A bucket of tokens that fills with time; a flood empties it.
struct TokenBucket {
  private let burst: Double
  private let perNanosecond: Double
  private var tokens: Double
  private var filledAt: UInt64

  init(burst: Int, perSecond: Int) {
    self.burst = Double(burst)
    perNanosecond = Double(perSecond) / 1e9
    tokens = Double(burst)
    filledAt = 0
  }

  /// Takes one token; false when there is none. `now` is in nanoseconds of any clock that never
  /// goes back.
  mutating func take(at now: UInt64) -> Bool {
    if now > filledAt {
      tokens = min(burst, tokens + Double(now - filledAt) * perNanosecond)
      filledAt = now
    }
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }
}

/// What is left of the flow-control windows of a connection (RFC 9113, section 5.2), in bytes.
package struct HTTP2Windows: Sendable, Equatable {
  /// What may be sent before the peer allows more.
  package let sendBytes: Int
  /// What the peer may send before it is allowed more; negative after a limit has shrunk.
  package let receiveBytes: Int
}
