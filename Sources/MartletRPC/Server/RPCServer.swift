internal import Glibc
internal import MartletHTTP2
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A gRPC server: answers the methods of a router on one or more addresses.
public final class RPCServer: Sendable {
  private let state: ServerState
  let loops: [ServerLoop]
  private let listeners: [any Channel]
  private let unixPaths: [String]

  /// Where the server listens, in the form that a channel takes: `127.0.0.1:7411`,
  /// `unix:/run/martlet.sock`.
  public let addresses: [String]
  /// The port of the first TCP address; 0 if there is none.
  public let port: Int
  /// Unique among all servers, listeners and connections of the process; later ones are greater.
  public let id = InspectionID.next()
  /// Where the server listens, as `addresses` says, each with its number.
  public let listenerSnapshots: [RPCListenerSnapshot]

  private init(
    state: ServerState, loops: [ServerLoop], listeners: [any Channel], addresses: [String],
    port: Int, unixPaths: [String]
  ) {
    self.state = state
    self.loops = loops
    self.listeners = listeners
    self.addresses = addresses
    self.port = port
    self.unixPaths = unixPaths
    listenerSnapshots = addresses.map { .init(id: InspectionID.next(), address: $0) }
  }

  deinit { ServerRegistry.remove(id) }

  /// Starts listening. Returns when every address is bound; fails if one cannot be, having closed
  /// the others.
  public static func start(
    router: ServerRouter, configuration: RPCServerConfiguration = .init()
  ) async throws -> RPCServer {
    let eventLoops = RPCEventLoops.with(count: configuration.eventLoops)
    let state = ServerState()
    let methods = MethodTable(router, requestBytesMax: configuration.limits.requestBytesMax)
    let loops = eventLoops.loops.map {
      ServerLoop(
        loop: $0, methods: methods, configuration: configuration,
        loopCount: eventLoops.loops.count, server: state)
    }
    let addresses = try configuration.addresses.map { try RPCAddress($0) }
    var listeners: [any Channel] = []
    do {
      for address in addresses {
        listeners.append(
          try await listen(
            on: address, group: eventLoops.group, loops: loops, configuration.transportSecurity))
      }
    } catch {
      for listener in listeners { try? await listener.close() }
      throw error
    }
    let server = RPCServer(
      state: state, loops: loops, listeners: listeners,
      addresses: zip(addresses, listeners).map(Self.describe),
      port: listeners.lazy.compactMap { $0.localAddress?.port }.first ?? 0,
      unixPaths: addresses.compactMap { address in
        if case .unix(let path) = address { path } else { nil }
      })
    ServerRegistry.add(server)
    return server
  }

  private static func listen(
    on address: RPCAddress, group: MultiThreadedEventLoopGroup, loops: [ServerLoop],
    _ security: TransportSecurity
  ) async throws -> any Channel {
    let byLoop = Dictionary(
      uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.loop.eventLoop), $0) })
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10)
      )
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(
        .writeBufferWaterMark, value: .init(low: 128 << 10, high: 512 << 10)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let client = channel.remoteAddress?.ipAddress
          guard let serverLoop = byLoop[ObjectIdentifier(channel.eventLoop)],
            serverLoop.server.connectionOpened(from: client, serverLoop.limits)
          else { throw ChannelError.ioOnClosedChannel }
          channel.closeFuture.whenComplete { _ in serverLoop.server.connectionClosed(from: client) }
          try security.install(channel, nil)
          let connection = try ServerConnection(serverLoop: serverLoop)
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    switch address {
    case .tcp(let host, let port):
      // What is sent to a machine that has vanished fails as early as a PING to it would (gRPC's
      // A18).
      let patience = loops.first?.limits.keepaliveTimeout ?? .seconds(20)
      let milliseconds = max(1, patience.nanosecondsClamped / 1_000_000)
      return try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(
          .tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)),
          value: Int(clamping: milliseconds)
        )
        .bind(host: host, port: port).get()
    case .unix(let path):
      return try await bootstrap.bind(
        unixDomainSocketPath: path, cleanupExistingSocketFile: true
      ).get()
    }
  }

  private static func describe(_ address: RPCAddress, _ listener: any Channel) -> String {
    switch address {
    case .tcp(let host, _):
      let port = listener.localAddress?.port ?? 0
      return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): return "unix:\(path)"
    }
  }

  /// Back pressure for all clients at once: while off, no socket is read; calls that have arrived
  /// go on.
  public func setReading(_ enabled: Bool) {
    let was = state.isReading.exchange(enabled, ordering: .relaxed)
    guard enabled, !was else { return }
    for serverLoop in loops {
      serverLoop.loop.execute {
        for connection in serverLoop.connections { connection.releaseRead() }
      }
    }
  }

  /// Ends the server without losing a call: no new connections; each client is told to open no new
  /// streams (in two steps, so that those on their way are still served); calls go on for up to
  /// `grace`; what is left then ends with UNAVAILABLE. Returns when all connections are closed. May
  /// be called once.
  public func shutdownGracefully(grace: Duration) async {
    state.isShuttingDown.store(true, ordering: .relaxed)
    for listener in listeners { try? await listener.close() }
    onEachConnection { $0.beginShutdown() }
    let limit = Task {
      try await Task.sleep(for: grace)
      onEachConnection { $0.endCalls() }
    }
    await state.waitUntilDrained()
    limit.cancel()
    ServerRegistry.remove(id)
  }

  private func onEachConnection(_ body: @escaping @Sendable (ServerConnection) -> Void) {
    for serverLoop in loops {
      serverLoop.loop.execute { for connection in serverLoop.connections { body(connection) } }
    }
  }

  /// What the server has done and is doing; the numbers are taken one after the other, not at one
  /// instant.
  public var statistics: RPCServerStatistics {
    var statistics = RPCServerStatistics()
    statistics.connections = state.connections
    for serverLoop in loops {
      statistics.activeCalls += serverLoop.activeCalls.current
      statistics.parkedStreams += serverLoop.parkedStreams.current
      statistics.startedCalls += serverLoop.startedCalls.current
      statistics.finishedCalls += serverLoop.finishedCalls.current
      statistics.failedCalls += serverLoop.failedCalls.current
    }
    return statistics
  }
}
