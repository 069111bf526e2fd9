internal import MartletHTTP2
internal import NIOPosix
internal import Synchronization

/// A gRPC server: answers the methods of a router on one or more addresses.
public final class RPCServer: Sendable {
  private let state: ServerState
  let loops: [ServerLoop]
  private let listeners: [ServerListener]

  /// Where the server listens, in the form that a channel takes: `127.0.0.1:7411`,
  /// `unix:/run/martlet.sock`, `in-process:17`.
  public let addresses: [String]
  /// The port of the first TCP address; 0 if there is none.
  public let port: Int
  /// Unique among all servers, listeners, channels, subchannels and connections of the process;
  /// later ones are greater.
  public let id = InspectionID.next()
  /// Where the server listens, as `addresses` says, each with its number.
  public let listenerSnapshots: [RPCListenerSnapshot]

  private init(state: ServerState, loops: [ServerLoop], listeners: [ServerListener]) {
    self.state = state
    self.loops = loops
    self.listeners = listeners
    addresses = listeners.map(\.address)
    port = listeners.lazy.compactMap(\.port).first ?? 0
    listenerSnapshots = addresses.map { .init(id: InspectionID.next(), address: $0) }
  }

  deinit { Self.registry.remove(id) }

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
    var listeners: [ServerListener] = []
    do {
      for address in addresses {
        listeners.append(
          try await .open(
            address, group: eventLoops.group, loops: loops, configuration.transportSecurity))
      }
    } catch {
      for listener in listeners { await listener.close() }
      throw error
    }
    let server = RPCServer(state: state, loops: loops, listeners: listeners)
    registry.add(server, id: server.id)
    return server
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
    for listener in listeners { await listener.close() }
    onEachConnection { $0.beginShutdown() }
    let limit = Task {
      try await Task.sleep(for: grace)
      onEachConnection { $0.endCalls() }
    }
    await state.waitUntilDrained()
    limit.cancel()
    Self.registry.remove(id)
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
