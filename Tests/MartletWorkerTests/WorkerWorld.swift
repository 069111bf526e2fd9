import MartletClient
import MartletRPC
import Synchronization

@testable import MartletWorker

/// A real worker, and a fake server in the same process.
struct WorkerWorld: Sendable {
  let service: FakeWorkService
  let worker: MartletWorker
  let observer: Observer

  /// What the worker said of itself.
  final class Observer: WorkerObserver {
    let endings = Mailbox<AttemptEnding>()
    let losses = Mailbox<MartletError>()
    let refusals = Mailbox<String>()

    func attemptEnded(kind: String, ending: AttemptEnding, duration: Duration) {
      endings.put(ending)
    }
    func streamLost(_ error: MartletError, retryIn delay: Duration) { losses.put(error) }
    func endRefused(kind: String) { refusals.put(kind) }
  }

  /// Runs a worker while `body` plays the server; it is stopped without grace afterwards.
  static func with(
    slots: Int = 4, grace: Duration = .seconds(600), limits: WorkerLimits = WorkerLimits(),
    _ register: (inout TaskHandlers) -> Void,
    _ body: @escaping @Sendable (WorkerWorld) async throws -> Void
  ) async throws {
    let service = FakeWorkService()
    var router = ServerRouter()
    router.add(service)
    let server = try await RPCServer.start(
      router: router, configuration: RPCServerConfiguration(addresses: ["127.0.0.1:0"]))
    var handlers = TaskHandlers()
    register(&handlers)
    let client = try MartletClient(target: "127.0.0.1:\(server.port)")
    let observer = Observer()
    var configuration = MartletWorker.Configuration()
    configuration.tick = .milliseconds(5)
    configuration.backoff = Backoff(initial: .milliseconds(1), maximum: .milliseconds(10))
    configuration.grace = grace
    configuration.observer = observer
    configuration.limits = limits
    let worker = MartletWorker(
      handlers, of: client, name: "tester", slots: slots, configuration: configuration)
    let world = WorkerWorld(service: service, worker: worker, observer: observer)
    do {
      try await body(world)
    } catch {
      await client.close()
      await server.shutdownGracefully(grace: .zero)
      throw error
    }
    await client.close()
    await server.shutdownGracefully(grace: .zero)
  }

  /// Runs the worker beside `body`, and sees that it ends when `body` has drained it.
  func running(_ body: @escaping @Sendable (FakeWorkService.Stream) async throws -> Void)
    async throws
  {
    async let running: Void = worker.run()
    let stream = try await service.stream()
    stream.welcome()
    try await body(stream)
    try await running
  }
}

/// Opened once; then whoever waits goes on.
final class Gate: Sendable {
  private let mailbox = Mailbox<Void>()
  func open() { mailbox.put(()) }
  func wait() async { _ = await mailbox.next() }
}
