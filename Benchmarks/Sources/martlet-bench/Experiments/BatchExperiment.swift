import MartletClient

/// Tasks that do nothing, submitted in batches of 100 by one client with 16 batches in flight, to
/// the end of the last one: in one pool of 100 slots, and in 200 of them.
struct BatchExperiment {
  let bench: Bench

  func run() async throws {
    if bench.wants(.batchTasks) {
      try await bench.withServer { server, client in
        try await client.createPool("batches")
        try await measure(
          .batchTasks, "batches, one pool", BatchLoad(pools: ["batches"]), server, client)
      }
    }
    if bench.wants(.batchTasksIn200Pools) {
      try await bench.withServer { server, client in
        let pools = (1...bench.scale.pools).map { "batches-\($0)" }
        for pool in pools { try await client.createPool(pool) }
        try await measure(
          .batchTasksIn200Pools, "batches, \(pools.count) pools", BatchLoad(pools: pools), server,
          client)
      }
    }
  }

  private func measure(
    _ row: Row, _ title: String, _ load: BatchLoad, _ server: ServerProcess, _ client: Client
  ) async throws {
    _ = try await load.run(client, .time(bench.scale.loadTime / 5))
    try await bench.measure(title) {
      let before = try server.processorTime()
      let outcome = try await load.run(client, .time(bench.scale.loadTime))
      let processor = try server.processorTime() - before
      let cost = processor.inMicroseconds / Double(outcome.tasks)
      bench.record(
        .init(row, outcome.rate, note: "server: \(cost.text(1)) us of CPU a task"))
    }
  }
}
