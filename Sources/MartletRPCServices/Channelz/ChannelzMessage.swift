internal import Glibc
internal import MartletRPC

/// What the runtime says about itself, in channelz' messages.
enum ChannelzMessage {
  static func server(_ server: RPCServer) async -> GRPCChannelz.Server {
    let statistics = server.statistics
    let ended = statistics.startedCalls - statistics.activeCalls
    let latest = await server.connectionSnapshots().compactMap(\.lastStreamAt).max()
    return .init(
      ref: .init(serverId: Int64(server.id), name: server.addresses.first ?? ""),
      data: .init(
        callsStarted: Int64(statistics.startedCalls),
        callsSucceeded: Int64(max(0, ended - statistics.failedCalls)),
        callsFailed: Int64(statistics.failedCalls),
        lastCallStartedTimestamp: timestamp(latest)),
      listenSocket: server.listenerSnapshots.map {
        .init(socketId: Int64($0.id), name: $0.address)
      })
  }

  static func listener(_ listener: RPCListenerSnapshot) -> GRPCChannelz.Socket {
    .init(
      ref: .init(socketId: Int64(listener.id), name: listener.address), data: .init(),
      local: address(listener.address))
  }

  /// Streams are begun by the client: by this side or by the other.
  static func connection(
    _ connection: RPCConnectionSnapshot, isClient: Bool
  ) -> GRPCChannelz.Socket {
    let lastStreamAt = timestamp(connection.lastStreamAt)
    return .init(
      ref: reference(connection),
      data: .init(
        streamsStarted: Int64(connection.streamsStarted),
        streamsSucceeded: Int64(connection.streamsSucceeded),
        streamsFailed: Int64(connection.streamsFailed),
        messagesSent: Int64(connection.messagesSent),
        messagesReceived: Int64(connection.messagesReceived),
        keepAlivesSent: Int64(connection.pingsSent),
        lastLocalStreamCreatedTimestamp: isClient ? lastStreamAt : nil,
        lastRemoteStreamCreatedTimestamp: isClient ? nil : lastStreamAt,
        lastMessageSentTimestamp: timestamp(connection.lastMessageSentAt),
        lastMessageReceivedTimestamp: timestamp(connection.lastMessageReceivedAt),
        // Each is named after the side that may send, so that ours is what the other side grants.
        localFlowControlWindow: .init(value: Int64(connection.sendWindowBytes)),
        remoteFlowControlWindow: .init(value: Int64(connection.receiveWindowBytes))),
      local: address(connection.localAddress), remote: address(connection.remoteAddress),
      security: connection.security.map(security))
  }

  private static func security(_ security: RPCConnectionSecurity) -> GRPCChannelz.Security {
    .init(
      model: .tls(
        .init(
          cipherSuite: .otherName(security.version),
          remoteCertificate: security.remoteCertificate)))
  }

  static func reference(_ connection: RPCConnectionSnapshot) -> GRPCChannelz.SocketRef {
    .init(socketId: Int64(connection.id), name: connection.remoteAddress)
  }

  /// By the wall clock as it is now.
  static func timestamp(_ instant: ContinuousClock.Instant?) -> GRPCWellKnown.Timestamp? {
    guard let instant else { return nil }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let age = (ContinuousClock.now - instant).components
    let nanoseconds =
      Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
      - age.seconds * 1_000_000_000 - age.attoseconds / 1_000_000_000
    return .init(
      seconds: nanoseconds / 1_000_000_000, nanos: Int32(nanoseconds % 1_000_000_000))
  }

  private static func address(_ text: String) -> GRPCChannelz.Address {
    if text.hasPrefix("unix:") {
      return .init(address: .udsAddress(.init(filename: String(text.dropFirst(5)))))
    }
    guard let colon = text.lastIndex(of: ":"), let port = Int32(text[text.index(after: colon)...])
    else { return .init(address: .otherAddress(.init(name: text))) }
    let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
    return .init(address: .tcpipAddress(.init(ipAddress: bytes(ofIP: host), port: port)))
  }

  /// 4 or 16 bytes in network order; none for what is no address.
  private static func bytes(ofIP text: String) -> [UInt8] {
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var bytes = [UInt8](repeating: 0, count: count)
      if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return []
  }
}
