import MartletClient

/// Cancels waiting tasks, one at a time on a connection of its own, while the batch load runs.
struct CancelExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let waiting = "waiting"
  private static let load = BatchLoad(pools: ["batches"])

  func run() async throws {
    guard bench.wants(.cancelP99) else { return }
    try await bench.withServer { server, client in
      try await client.createPool("batches")
      try await client.createPool(Self.waiting, paused: true)
      let canceller = try Client(server.address)
      try await bench.measure("cancels under load") {
        let ids = try await submit(client)
        let time = bench.scale.loadTime
        async let outcome = Self.load.run(client, .time(time))
        let end = Self.clock.now + time
        let latencies = try await canceller.onLoop {
          try await Self.cancel(canceller, ids, until: end)
        }
        let rate = try await outcome.rate
        bench.record(
          .init(
            .cancelP99, latencies.percentile(0.99), lessFlushes: 2,
            note: "\(latencies.count) cancels beside \(rate.shown) tasks/s,"
              + " p50 \(latencies.percentile(0.5).shown) ms with flushes"))
      }
      await canceller.channel.close()
    }
  }

  private func submit(_ client: Client) async throws -> [String] {
    var ids: [String] = []
    let specs = [API.TaskSpec](repeating: .nothing, count: 1_000)
    while ids.count < bench.scale.cancellable {
      ids += try await client.tasks.batchSubmitTasks(.init(pool: Self.waiting, specs: specs))
        .taskIds
    }
    return ids
  }

  private static func cancel(
    _ client: Client, _ ids: [String], until end: ContinuousClock.Instant
  ) async throws -> Latencies {
    var latencies = Latencies()
    for id in ids {
      let start = clock.now
      if start >= end { break }
      _ = try await client.tasks.cancelTask(.init(id: id))
      latencies.add(clock.now - start)
    }
    return latencies
  }
}
