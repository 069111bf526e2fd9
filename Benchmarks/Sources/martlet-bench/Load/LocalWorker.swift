import MartletWorker

/// A worker within this process, over a connection of its own: it has the bench's clock.
struct LocalWorker: Sendable {
  struct Moment: Sendable {
    var task: String
    var time: ContinuousClock.Instant
  }

  /// When handlers began.
  let starts: AsyncStream<Moment>
  /// When handlers of `bench.hold` were told to stop.
  let stops: AsyncStream<Moment>
  private let client: MartletClient
  private let worker: MartletWorker
  private let running: Task<Void, any Error>

  /// Serves one kind: `bench.hold` until it is told to stop, any other by returning at once.
  init(_ server: ServerProcess, slots: Int, kind: String) throws {
    let (starts, started) = AsyncStream.makeStream(of: Moment.self)
    let (stops, stopped) = AsyncStream.makeStream(of: Moment.self)
    var handlers = TaskHandlers()
    handlers.register(kind) { context in
      started.yield(Moment(task: context.taskID, time: .now))
      guard kind == "bench.hold" else { return TaskContent() }
      try await withTaskCancellationHandler {
        try await Task.sleep(for: .seconds(86_400))
      } onCancel: {
        stopped.yield(Moment(task: context.taskID, time: .now))
      }
      return TaskContent()
    }
    self.starts = starts
    self.stops = stops
    client = try MartletClient(target: server.address)
    let worker = MartletWorker(handlers, of: client, name: "bench", slots: slots)
    self.worker = worker
    running = Task { try await worker.run() }
  }

  /// Gives back what it runs, and waits for the end.
  func stop() async throws {
    worker.shutdown(grace: .zero)
    try await running.value
    await client.close()
  }
}
