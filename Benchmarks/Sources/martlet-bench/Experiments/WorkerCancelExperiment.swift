import MartletClient

/// How long after the acknowledgement of its cancellation a task's handler is told to stop, on a
/// worker in this process, while two worker processes run the batch load.
struct WorkerCancelExperiment {
  let bench: Bench

  private static let held = "held"

  func run() async throws {
    guard bench.wants(.workerCancelP99) else { return }
    let count = bench.scale.heldTasks
    try await bench.withServer { server, client in
      try await client.createPool(WorkerBatchExperiment.pool)
      try await client.createPool(Self.held, slots: Int32(count))
      let canceller = try Client(server.address)
      let worker = try LocalWorker(server, slots: count, kind: "bench.hold")
      try await client.waitForWorkers(1)
      try await bench.withWorkers(
        WorkerBatchExperiment.processes, slots: WorkerBatchExperiment.slots,
        kind: "bench.nothing", server, client
      ) { _ in
        try await bench.measure("cancels of running tasks under load") {
          let ids = try await client.hold(count, in: Self.held, worker)
          let time = bench.scale.loadTime
          async let outcome = WorkerBatchExperiment.load.run(client, .time(time))
          let (latencies, fromCall) = try await Self.cancel(canceller, worker, ids, for: time)
          let rate = try await outcome.rate
          bench.record(
            .init(
              .workerCancelP99, latencies.percentile(0.99),
              note: "\(latencies.count) cancels beside \(rate.shown) tasks/s,"
                + " p99 from the call on \(fromCall.percentile(0.99).shown) ms"))
        }
      }
      try await worker.stop()
      await canceller.channel.close()
    }
  }

  /// All of them; those within the time are timed.
  private static func cancel(
    _ client: Client, _ worker: LocalWorker, _ ids: [String], for time: Duration
  ) async throws -> (latencies: Latencies, fromCall: Latencies) {
    let end = ContinuousClock.now + time
    return try await client.onLoop {
      var latencies = Latencies()
      var fromCall = Latencies()
      var stops = worker.stops.makeAsyncIterator()
      for id in ids {
        let called = ContinuousClock.now
        _ = try await client.tasks.cancelTask(.init(id: id))
        let acknowledged = ContinuousClock.now
        guard let stop = await stops.next(), stop.task == id else {
          throw BenchProblem("another task was told to stop than was cancelled")
        }
        if called >= end { continue }
        latencies.add(stop.time - acknowledged)
        fromCall.add(stop.time - called)
      }
      return (latencies, fromCall)
    }
  }
}

extension Client {
  /// Submits tasks that end when they are stopped; returns when the worker runs all of them.
  func hold(_ count: Int, in pool: String, _ worker: LocalWorker) async throws -> [String] {
    let ids = try await submitHolds(count, in: pool)
    var starts = worker.starts.makeAsyncIterator()
    for _ in ids { _ = await starts.next() }
    return ids
  }

  func submitHolds(_ count: Int, in pool: String) async throws -> [String] {
    let specs = [API.TaskSpec](repeating: .hold, count: count)
    return try await tasks.batchSubmitTasks(.init(pool: pool, specs: specs)).taskIds
  }
}
