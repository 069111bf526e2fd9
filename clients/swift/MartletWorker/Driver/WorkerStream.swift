internal import MartletRPC

/// Keeps a worker's stream open: opens it, reads and writes, and opens the next one.
struct WorkerStream: Sendable {
  private let workers: WorkerClient
  private let driver: WorkerDriver
  private let configuration: MartletWorker.Configuration

  init(
    _ workers: WorkerClient, _ driver: WorkerDriver, _ configuration: MartletWorker.Configuration
  ) {
    self.workers = workers
    self.driver = driver
    self.configuration = configuration
  }

  /// Until nothing is left to be done.
  func run() async throws {
    var connection = Connection(workers: workers, isOwn: false)
    do {
      try await run(over: &connection)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  /// What streams are opened on.
  private struct Connection {
    var workers: WorkerClient
    /// Nobody else uses it.
    var isOwn: Bool

    func close() async { if isOwn { await workers.close() } }

    /// Another one, after the server has been silent on this one: it may swallow all that is sent.
    mutating func replace() async {
      guard let next = try? workers.separate() else { return }
      await close()
      self = Connection(workers: next, isOwn: true)
    }
  }

  private func run(over connection: inout Connection) async throws {
    while !driver.isDone {
      let workers = connection.workers
      let handle = StreamHandle()
      // On the connection's own loop: no hop for any message, and no wait for a busy thread.
      let reading = Task(executorPreference: workers.executor) {
        await runOnce(on: workers, handle)
      }
      let status = await reading.value
      let failures = driver.streamEnded()
      if driver.isDone { return }
      if failures > 0, let status, Self.isForGood(status.code) { throw workers.error(status) }
      let delay = configuration.backoff.delay(
        attempt: max(1, failures), random: Double.random(in: 0..<1))
      let cause =
        status ?? RPCStatus(code: .unavailable, message: "the server ended the stream")
      configuration.observer?.streamLost(workers.error(cause), retryIn: delay)
      if handle.isAbandoned { await connection.replace() }
      await driver.pause(delay)
    }
  }

  /// One stream from its hello to its end. Nil: it ended well.
  private func runOnce(on workers: WorkerClient, _ handle: StreamHandle) async -> RPCStatus? {
    let (number, hello) = driver.streamOpened { handle.abandon() }
    let responses = workers.work(on: workers.executor) { [driver] writer in
      try await writer.write(hello)
      while let request = await driver.nextRequest(on: number) { try await writer.write(request) }
    }
    handle.set { responses.cancel() }
    do {
      for try await response in responses { driver.received(response) }
      return nil
    } catch let status as RPCStatus {
      guard handle.isAbandoned else { return status }
    } catch {}
    return RPCStatus(code: .unavailable, message: "the server has said nothing for too long")
  }

  /// The server will say the same again: it does not know workers, or not this one.
  private static func isForGood(_ code: StatusCode) -> Bool {
    [
      .invalidArgument, .unimplemented, .permissionDenied, .unauthenticated, .failedPrecondition,
      .outOfRange,
    ].contains(code)
  }
}
