internal import MartletHTTP2
internal import NIOCore

extension ServerConnection {
  /// On the loop.
  func snapshot() -> RPCConnectionSnapshot {
    RPCConnectionSnapshot(
      id: id, local: ownAddress(localAddress), remote: ownAddress(remoteAddress), counters,
      session.windows, context.flatMap { serverLoop.security.describe($0.channel) },
      LoopTimes(of: serverLoop.loop))
  }

  /// A call, or a stream that never became one, ended otherwise than with OK.
  func callFailed() {
    counters.streamsFailed &+= 1
    serverLoop.failedCalls.add(1)
  }

  private func ownAddress(_ address: SocketAddress?) -> String {
    peer == "in-process" ? peer : address?.text ?? "unix:"
  }
}

extension RPCConnectionSnapshot {
  init(
    id: Int, local: String, remote: String, _ counters: ConnectionCounters,
    _ windows: HTTP2Windows, _ security: RPCConnectionSecurity?, _ times: LoopTimes
  ) {
    self.id = id
    localAddress = local
    remoteAddress = remote
    streamsStarted = counters.streamsStarted
    streamsSucceeded = counters.streamsSucceeded
    streamsFailed = counters.streamsFailed
    messagesSent = counters.messagesSent
    messagesReceived = counters.messagesReceived
    pingsSent = counters.pingsSent
    lastStreamAt = times.optional(counters.lastStreamAt)
    lastMessageSentAt = times.optional(counters.lastMessageSentAt)
    lastMessageReceivedAt = times.optional(counters.lastMessageReceivedAt)
    sendWindowBytes = windows.sendBytes
    receiveWindowBytes = windows.receiveBytes
    self.security = security
  }
}
