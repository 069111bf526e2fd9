internal import MartletAPI
internal import MartletRPC
internal import Synchronization

/// One worker process, and the server that is played to it.
final class Stage: Sendable {
  let timing: CheckTiming
  let relay: Relay
  private let launcher: any WorkerLauncher
  private let state = Mutex(Scene())
  private let server: Mutex<RPCServer?>
  private let process: Mutex<(any LaunchedWorker)?>

  /// Starts a server and a worker that is told its address.
  static func open(_ launcher: any WorkerLauncher, _ timing: CheckTiming) async throws -> Stage {
    let stage = try await Stage(launcher, timing, relay: .open())
    try await stage.startServer()
    return stage
  }

  private init(_ launcher: any WorkerLauncher, _ timing: CheckTiming, relay: Relay) {
    self.launcher = launcher
    self.timing = timing
    self.relay = relay
    server = Mutex(nil)
    process = Mutex(nil)
    relay.onConnect { [weak self] in self?.change { $0.connectionCount += 1 } }
  }

  /// Ends the process, by force, and the server.
  func close() async {
    change { $0.mayExit = true }
    killWorker()
    await waitForExit()
    await relay.close()
    await stopServer()
  }

  // MARK: - The server

  func startServer() async throws {
    var router = ServerRouter()
    router.bidirectional(API.WorkerServiceMethods.work) {
      [weak self] (requests: RequestStream<API.WorkRequest>, response, _) in
      try await self?.serve(requests, response)
    }
    var configuration = RPCServerConfiguration()
    configuration.eventLoops = 1
    // It is the worker that is looked at, not how it keeps its connection alive.
    configuration.limits.pingStrikes = .max
    configuration.limits.permitsKeepaliveWithoutCalls = true
    let started = try await RPCServer.start(router: router, configuration: configuration)
    server.withLock { $0 = started }
    relay.forward(to: started.port)
  }

  /// GOAWAY to all connections; their calls end with UNAVAILABLE.
  func stopServer() async {
    change { scene in
      scene.add(.did("stops"))
      scene.forgetLines()
    }
    let running = server.withLock { server in
      defer { server = nil }
      return server
    }
    await running?.shutdownGracefully(grace: .zero)
  }

  // MARK: - The process

  func startWorker() throws {
    let started = try launcher.launch(server: "127.0.0.1:\(relay.port)")
    change { $0.exit = nil }
    process.withLock { $0 = started }
    Task { [weak self] in
      let status = await started.waitForExit()
      self?.change { scene in
        scene.exit = status
        scene.add(.exited(status))
      }
    }
  }

  func terminateWorker() {
    change { scene in
      scene.mayExit = true
      scene.add(.did("SIGTERM to the worker"))
    }
    process.withLock { $0 }?.terminate()
  }

  func killWorker() { process.withLock { $0 }?.kill() }

  /// The newest of what it wrote to its outputs.
  var workerOutput: String { process.withLock { $0 }?.output ?? "" }

  private func waitForExit() async {
    guard let process = process.withLock({ $0 }) else { return }
    _ = await process.waitForExit()
  }

  // MARK: - The state

  var scene: Scene { state.withLock { $0 } }

  /// Changes the state and wakes who waits for that.
  @discardableResult
  func change<Result: Sendable>(_ body: (inout Scene) -> Result) -> Result {
    let (result, woken) = state.withLock { scene in
      let result = body(&scene)
      scene.version += 1
      defer { scene.waiters.removeAll() }
      return (result, Array(scene.waiters.values))
    }
    for waiter in woken { waiter.resume() }
    return result
  }

  func look<Result: Sendable>(_ body: (Scene) -> Result) -> Result {
    state.withLock { body($0) }
  }

  /// Waits until `body` finds something; a breach with `expected` if it does not in time.
  func wait<Result: Sendable>(
    _ expected: String, within limit: Duration? = nil, _ body: (Scene) -> Result?
  ) async throws -> Result {
    let deadline = ContinuousClock.now + (limit ?? timing.step)
    let alarm = Task { [weak self] in
      try await Task.sleep(until: deadline, clock: .continuous)
      self?.change { _ in }
    }
    defer { alarm.cancel() }
    while true {
      let (found, exit, version) = look { scene in
        (body(scene), scene.mayExit ? nil : scene.exit, scene.version)
      }
      if let found { return found }
      if let exit {
        throw breach("\(expected); but the worker ended with status \(exit)")
      }
      guard ContinuousClock.now < deadline else { throw breach(expected) }
      try Task.checkCancellation()
      await nextChange(after: version)
    }
  }

  private func nextChange(after version: UInt64) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let isLate = state.withLock { scene in
          guard scene.version == version else { return true }
          scene.waiterCount += 1
          scene.waiters[scene.waiterCount] = continuation
          return false
        }
        if isLate { continuation.resume() }
      }
    } onCancel: {
      change { _ in }
    }
  }

  /// What was expected, and what was heard instead.
  func breach(_ expected: String) -> Breach {
    look { scene in
      let entries = scene.entries[min(scene.start, scene.entries.count)...]
      let start = entries.first?.time ?? .now
      return Breach(
        expected: expected, heard: entries.suffix(16).map { $0.text(since: start) })
    }
  }

  func require(_ condition: Bool, _ expected: @autoclosure () -> String) throws {
    if !condition { throw breach(expected()) }
  }
}

/// A rule that the worker did not keep.
struct Breach: Error {
  var expected: String
  /// What happened, newest last, each on a line.
  var heard: [String]
}
