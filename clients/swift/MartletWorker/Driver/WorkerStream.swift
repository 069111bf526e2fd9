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
    while !driver.isDone {
      let status = await runOnce()
      let failures = driver.streamEnded()
      if driver.isDone { return }
      if failures > 0, let status, Self.isForGood(status.code) {
        throw workers.error(status)
      }
      let delay = configuration.backoff.delay(
        attempt: max(1, failures), random: Double.random(in: 0..<1))
      let cause =
        status ?? RPCStatus(code: .unavailable, message: "the server ended the stream")
      configuration.observer?.streamLost(workers.error(cause), retryIn: delay)
      await driver.pause(delay)
    }
  }

  /// One stream from its hello to its end. Nil: it ended well.
  private func runOnce() async -> RPCStatus? {
    let handle = StreamHandle()
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
      return status
    } catch {
      return RPCStatus(code: .cancelled, message: "the stream was given up")
    }
  }

  /// The server will say the same again: it does not know workers, or not this one.
  private static func isForGood(_ code: StatusCode) -> Bool {
    [
      .invalidArgument, .unimplemented, .permissionDenied, .unauthenticated, .failedPrecondition,
      .outOfRange,
    ].contains(code)
  }
}
