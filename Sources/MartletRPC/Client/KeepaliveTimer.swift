/// When a connection is asked whether it still lives, and when it is given up. Knows no clock: told
/// the time, in nanoseconds.
struct KeepaliveTimer {
  enum Due: Equatable {
    case nothing
    case ping
    /// The answer did not come.
    case giveUp
  }

  private let interval: UInt64
  private let timeout: UInt64
  private let withoutCalls: Bool
  private var lastByteAt: UInt64
  private var pingSentAt: UInt64?

  init(interval: Duration, timeout: Duration, withoutCalls: Bool, at now: UInt64) {
    self.interval = UInt64(clamping: max(.milliseconds(10), interval).nanosecondsClamped)
    self.timeout = UInt64(clamping: max(.milliseconds(10), timeout).nanosecondsClamped)
    self.withoutCalls = withoutCalls
    lastByteAt = now
  }

  /// Something came: a sign of life.
  mutating func received(at now: UInt64) {
    lastByteAt = now
    pingSentAt = nil
  }

  /// How often to look.
  var tickInterval: UInt64 { min(interval, timeout) }

  mutating func tick(at now: UInt64, hasCalls: Bool) -> Due {
    if let pingSentAt { return now &- pingSentAt >= timeout ? .giveUp : .nothing }
    guard hasCalls || withoutCalls, now &- lastByteAt >= interval else { return .nothing }
    pingSentAt = now
    return .ping
  }
}
