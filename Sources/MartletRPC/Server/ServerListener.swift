internal import Glibc
internal import NIOCore
internal import NIOPosix

/// What a server listens on.
enum ServerListener: Sendable {
  case tcp(any Channel, host: String)
  case unix(any Channel, path: String)
  case inProcess(InProcessListener)

  /// Listens at an address; each connection goes to one of the loops.
  static func open(
    _ address: RPCAddress, group: MultiThreadedEventLoopGroup, loops: [ServerLoop],
    _ security: TransportSecurity
  ) async throws -> ServerListener {
    let bootstrap = bootstrap(group: group, loops: loops, security)
    switch address {
    case .tcp(let host, let port):
      // What is sent to a machine that has vanished fails as early as a PING to it would (gRPC's
      // A18).
      let patience = loops.first?.limits.keepaliveTimeout ?? .seconds(20)
      let milliseconds = max(1, patience.nanosecondsClamped / 1_000_000)
      let channel = try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(
          .tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)),
          value: Int(clamping: milliseconds)
        )
        .bind(host: host, port: port).get()
      return .tcp(channel, host: host)
    case .unix(let path):
      let channel = try await bootstrap.bind(
        unixDomainSocketPath: path, cleanupExistingSocketFile: true
      ).get()
      return .unix(channel, path: path)
    case .inProcess(let name):
      return .inProcess(try InProcessListener(name: name, loops: loops, security))
    }
  }

  private static func bootstrap(
    group: MultiThreadedEventLoopGroup, loops: [ServerLoop], _ security: TransportSecurity
  ) -> ServerBootstrap {
    let byLoop = Dictionary(
      uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.loop.eventLoop), $0) })
    return ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.recvAllocator, value: SocketOptions.receiveAllocator)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(.writeBufferWaterMark, value: SocketOptions.writeWaterMark)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let serverLoop = byLoop[ObjectIdentifier(channel.eventLoop)] else {
            throw ChannelError.ioOnClosedChannel
          }
          try serverLoop.prepare(channel, security, peer: nil)
        }
      }
  }

  /// As a channel's target.
  var address: String {
    switch self {
    case .tcp(let channel, let host):
      let port = channel.localAddress?.port ?? 0
      return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(_, let path): return "unix:\(path)"
    case .inProcess(let listener): return "in-process:\(listener.name)"
    }
  }

  /// Of TCP.
  var port: Int? {
    if case .tcp(let channel, _) = self { channel.localAddress?.port } else { nil }
  }

  /// Takes no more connections.
  func close() async {
    switch self {
    case .tcp(let channel, _), .unix(let channel, _): try? await channel.close()
    case .inProcess(let listener): listener.close()
    }
  }
}

extension ServerLoop {
  /// Makes a new socket a connection of the server, if there is room for it.
  func prepare(_ channel: any Channel, _ security: TransportSecurity, peer: String?) throws {
    let client = channel.remoteAddress?.ipAddress
    guard server.connectionOpened(from: client, limits) else {
      throw ChannelError.ioOnClosedChannel
    }
    channel.closeFuture.whenComplete { [server] _ in server.connectionClosed(from: client) }
    try security.install(channel, nil)
    let connection = try ServerConnection(
      serverLoop: self, peer: peer, hasHandshake: security.hasHandshake)
    try channel.pipeline.syncOperations.addHandler(connection)
  }
}
