import MartletClient

/// The load of `BatchExperiment`, with two worker processes of 50 slots that run the tasks.
struct WorkerBatchExperiment {
  let bench: Bench

  static let pool = "batches"
  static let load = BatchLoad(
    pools: [pool], specs: [API.TaskSpec](repeating: .nothingElsewhere, count: 100))
  static let processes = 2
  static let slots = 50

  func run() async throws {
    guard bench.wants(.workerTasks) else { return }
    try await bench.withServer { server, client in
      try await client.createPool(Self.pool)
      try await bench.withWorkers(
        Self.processes, slots: Self.slots, kind: "bench.nothing", server, client
      ) { _ in
        _ = try await Self.load.run(client, .time(bench.scale.loadTime / 5))
        try await bench.measure("batches, two workers") {
          let before = try server.processorTime()
          let outcome = try await Self.load.run(client, .time(bench.scale.loadTime))
          let processor = try server.processorTime() - before
          let cost = processor.inMicroseconds / Double(outcome.tasks)
          bench.record(
            .init(
              .workerTasks, outcome.rate, note: "server: \(cost.text(1)) us of CPU a task"))
        }
      }
    }
  }
}
