/// What a connection has done: plain numbers, changed on its loop only. Times are those of the
/// loop's clock; 0: never.
struct ConnectionCounters {
  var streamsStarted = 0
  var streamsSucceeded = 0
  var streamsFailed = 0
  /// Calls whose attempt on this connection ended with OK; counted by clients only.
  var callsSucceeded = 0
  var messagesSent = 0
  var messagesReceived = 0
  var pingsSent = 0
  var lastReadAt: UInt64 = 0
  var lastStreamAt: UInt64 = 0
  var lastMessageReceivedAt: UInt64 = 0
  var lastMessageSentAt: UInt64 = 0
  /// As `messagesSent` was when the output was last written.
  private var messagesFlushed = 0
  private var streamsFlushed = 0

  mutating func messagesArrived(_ count: Int) {
    guard count > 0 else { return }
    messagesReceived &+= count
    lastMessageReceivedAt = lastReadAt
  }

  @inline(__always)
  mutating func streamClosed(hasEnded: Bool) {
    if hasEnded { streamsSucceeded &+= 1 } else { streamsFailed &+= 1 }
  }

  /// The clock is read only if there is something new.
  mutating func outputWritten(at now: @autoclosure () -> UInt64) {
    guard messagesSent != messagesFlushed else { return }
    messagesFlushed = messagesSent
    lastMessageSentAt = now()
  }

  /// The same on a client, whose streams begin with what is written.
  mutating func requestsWritten(at now: @autoclosure () -> UInt64) {
    let hasNewStreams = streamsStarted != streamsFlushed
    guard hasNewStreams || messagesSent != messagesFlushed else { return }
    let now = now()
    if hasNewStreams { lastStreamAt = now }
    if messagesSent != messagesFlushed { lastMessageSentAt = now }
    streamsFlushed = streamsStarted
    messagesFlushed = messagesSent
  }

  /// Counts the streams and calls of another connection as well.
  mutating func add(_ other: Self) {
    streamsStarted &+= other.streamsStarted
    streamsSucceeded &+= other.streamsSucceeded
    streamsFailed &+= other.streamsFailed
    callsSucceeded &+= other.callsSucceeded
    lastStreamAt = max(lastStreamAt, other.lastStreamAt)
  }
}
