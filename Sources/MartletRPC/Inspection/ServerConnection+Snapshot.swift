internal import MartletHTTP2
internal import NIOCore

extension ServerConnection {
  /// On the loop.
  func snapshot() -> RPCConnectionSnapshot {
    let now = serverLoop.loop.now
    let instant = ContinuousClock.now
    func at(_ time: UInt64) -> ContinuousClock.Instant? {
      time == 0 ? nil : instant - .nanoseconds(Int64(clamping: now > time ? now - time : 0))
    }
    return RPCConnectionSnapshot(
      id: id, localAddress: shortAddress(localAddress),
      remoteAddress: shortAddress(remoteAddress),
      streamsStarted: counters.streamsStarted, streamsSucceeded: counters.streamsSucceeded,
      streamsFailed: counters.streamsFailed, messagesSent: counters.messagesSent,
      messagesReceived: counters.messagesReceived, pingsSent: counters.pingsSent,
      lastStreamAt: at(counters.lastStreamAt), lastMessageSentAt: at(counters.lastMessageSentAt),
      lastMessageReceivedAt: at(counters.lastMessageReceivedAt))
  }

  /// A call, or a stream that never became one, ended otherwise than with OK.
  func callFailed() {
    counters.streamsFailed &+= 1
    serverLoop.failedCalls.add(1)
  }

  private func shortAddress(_ address: SocketAddress?) -> String {
    if peer == "in-process" { return peer }
    guard let address else { return "unix:" }
    switch address {
    case .v4: return "\(address.ipAddress ?? "?"):\(address.port ?? 0)"
    case .v6: return "[\(address.ipAddress ?? "?")]:\(address.port ?? 0)"
    case .unixDomainSocket: return "unix:\(address.pathname ?? "")"
    }
  }
}
