/// Whether a client sends PINGs more often than it may (gRPC's keepalive.md).
///
/// A PING after something was sent to the client is always welcome: clients measure the connection
/// with it.
struct PingStrikes {
  /// `ServerLimits` in nanoseconds.
  struct Limits {
    var minimum: UInt64
    var minimumWithoutCalls: UInt64
    var strikes: Int

    init(_ limits: ServerLimits) {
      minimum = ConnectionTimers.Limits.nanoseconds(limits.keepaliveMinimum)
      minimumWithoutCalls =
        limits.permitsKeepaliveWithoutCalls ? minimum : max(minimum, 7_200_000_000_000)
      strikes = limits.pingStrikes
    }
  }

  private var lastPingAt: UInt64 = 0
  private var strikes = 0

  /// A PING came. False: one too many.
  mutating func isPingAllowed(
    at now: UInt64, hasCalls: Bool, hasSentSince: Bool, _ limits: Limits
  ) -> Bool {
    defer { lastPingAt = now }
    if hasSentSince {
      strikes = 0
      return true
    }
    let minimum = hasCalls ? limits.minimum : limits.minimumWithoutCalls
    if lastPingAt > 0, now &- lastPingAt < minimum { strikes += 1 }
    return strikes <= limits.strikes
  }
}
