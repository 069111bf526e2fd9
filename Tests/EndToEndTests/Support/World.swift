import Logging
import MartletClient
import MartletCore
import MartletRPC
import MartletRPCServices
import MartletServer
import MartletStore

/// One server as `martletd` puts it together, on loopback, with a client; both can be started anew
/// on the same data.
final class World {
  /// Of the server as it is now; goes on over a restart, since the address stays.
  let client: MartletClient
  /// The same connection for calls as the contract has them.
  let channel: RPCChannel
  private(set) var node: Node
  private(set) var rpc: RPCServer
  let health: HealthBoard
  private var store: TestStore
  private let handlers: HandlerRegistry
  private let limits: Limits
  private let residentBytes: @Sendable () -> Int?

  var tasks: TaskClient { client.tasks }
  var pools: PoolClient { client.pools }
  /// Calls as the contract has them, without the client's request ids and repeats.
  var taskCalls: API.TaskServiceClient { .init(channel: channel) }
  var poolCalls: API.PoolServiceClient { .init(channel: channel) }
  var eventCalls: API.EventServiceClient { .init(channel: channel) }

  /// Runs a test against a server of its own.
  ///
  /// - Parameters:
  ///   - handlers: Served beside those that every server has.
  ///   - residentBytes: What the process is taken to hold.
  ///   - pool: The name of a pool with eight slots that is there from the start; nil: none is.
  static func run(
    on kind: StoreKind, handlers: [any TaskHandler] = [], limits: Limits = Limits(),
    residentBytes: @escaping @Sendable () -> Int? = { nil }, pool: String? = "work",
    _ body: (World) async throws -> Void
  ) async throws {
    let store = try TestStore(kind)
    defer { store.remove() }
    let world = try await World(store, handlers, limits, residentBytes)
    do {
      if let pool { try await world.pools.create(pool, slots: 8) }
      try await body(world)
    } catch {
      await world.stop(grace: .zero)
      await world.close()
      throw error
    }
    await world.stop(grace: .zero)
    await world.close()
  }

  private init(
    _ store: TestStore, _ more: [any TaskHandler], _ limits: Limits,
    _ residentBytes: @escaping @Sendable () -> Int?
  ) async throws {
    var handlers = HandlerRegistry.standard(fileRoots: try FileRoots([]))
    for handler in more { handlers.register(handler) }
    (self.store, self.handlers, self.limits) = (store, handlers, limits)
    self.residentBytes = residentBytes
    health = HealthBoard(services: MartletServices.names)
    (node, rpc) = try await Self.start(
      store, handlers, limits, residentBytes, health, address: "127.0.0.1:0")
    let target = rpc.addresses[0]
    client = try MartletClient(target: target, configuration: .init(actor: "tester"))
    channel = try RPCChannel(target: target)
  }

  private static func start(
    _ store: TestStore, _ handlers: HandlerRegistry, _ limits: Limits,
    _ residentBytes: @escaping @Sendable () -> Int?, _ health: HealthBoard, address: String
  ) async throws -> (Node, RPCServer) {
    let node = Node(
      recovery: try Recovery(log: store.log, index: store.index, limits: limits),
      log: store.log,
      index: store.index, directory: store.directory, handlers: handlers, limits: limits,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      residentBytes: residentBytes)
    var router = ServerRouter()
    MartletServices.register(in: &router, node: node, health: health)
    let rpc = try await RPCServer.start(
      router: router, configuration: RPCServerConfiguration(addresses: [address]))
    await node.start(
      onFailure: { _ in }, onPressure: { rpc.setReading(!$0) },
      onSubmissions: { health.set($0 ? .serving : .notServing, for: MartletServices.submissions) })
    health.setAll(.serving)
    return (node, rpc)
  }

  /// Stops the server as a signal does, and starts another one on its data and address.
  func restart(grace: Span = .zero) async throws {
    let address = rpc.addresses[0]
    await stop(grace: grace)
    store = try store.reopened()
    (node, rpc) = try await Self.start(
      store, handlers, limits, residentBytes, health, address: address)
  }

  /// As `martletd` does on SIGTERM.
  func stop(grace: Span) async {
    health.setAll(.notServing)
    let (rpc, node) = (rpc, node)
    async let closed: Void = rpc.shutdownGracefully(
      grace: .nanoseconds(grace.nanoseconds) + .seconds(2))
    await node.stop(grace: grace)
    await closed
  }

  private func close() async {
    await client.close()
    await channel.close()
  }
}
