/// What a connection of a server has done: plain numbers, changed on its loop only. Times are those
/// of the loop's clock; 0: never.
struct ConnectionCounters {
  var streamsStarted = 0
  var streamsSucceeded = 0
  var streamsFailed = 0
  var messagesSent = 0
  var messagesReceived = 0
  var pingsSent = 0
  var lastReadAt: UInt64 = 0
  var lastStreamAt: UInt64 = 0
  var lastMessageReceivedAt: UInt64 = 0
  var lastMessageSentAt: UInt64 = 0
  /// As `messagesSent` was when the output was last written.
  private var messagesFlushed = 0

  mutating func messagesArrived(_ count: Int) {
    guard count > 0 else { return }
    messagesReceived &+= count
    lastMessageReceivedAt = lastReadAt
  }

  /// The clock is read only if there is something new.
  mutating func outputWritten(at now: @autoclosure () -> UInt64) {
    guard messagesSent != messagesFlushed else { return }
    messagesFlushed = messagesSent
    lastMessageSentAt = now()
  }
}
