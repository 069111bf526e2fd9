import MartletClient

/// The batch load with nobody and with ten subscribers, one run after the other on one server.
struct FeedExperiment {
  let bench: Bench

  private static let subscribers = 10
  private static let clock = ContinuousClock()
  private static let load = BatchLoad(pools: ["batches"])

  /// A load's rate, and the server's CPU time in it.
  private struct Run {
    var outcome: BatchLoad.Outcome
    var processor: Duration
    var delivered = 0
    var feedTime = Duration.zero
  }

  func run() async throws {
    guard bench.wants(.feedEvents, .feedCPU) else { return }
    try await bench.withServer { server, client in
      try await client.createPool("batches")
      try await client.createPool("bell")
      _ = try await Self.load.run(client, .time(bench.scale.loadTime / 5))
      try await bench.measure("feed, with and without \(Self.subscribers) subscribers") {
        let without = try await alone(server, client)
        let with = try await followed(server, client)
        record(without, with)
      }
    }
  }

  private func alone(_ server: ServerProcess, _ client: Client) async throws -> Run {
    let before = try server.processorTime()
    let outcome = try await Self.load.run(client, .time(bench.scale.loadTime))
    return Run(outcome: outcome, processor: try server.processorTime() - before)
  }

  private func followed(_ server: ServerProcess, _ client: Client) async throws -> Run {
    let subscribers = try await Subscribers(Self.subscribers, address: server.address, client)
    let before = try server.processorTime()
    let start = Self.clock.now
    let outcome = try await Self.load.run(client, .time(bench.scale.loadTime))
    let info = try await client.server.getServerInfo(.init())
    let feed = try await subscribers.finish(at: info.newestRevision) {
      _ = try await client.pools.pausePool(.init(name: "bell"))
      _ = try await client.pools.resumePool(.init(name: "bell"))
    }
    let processor = try server.processorTime() - before
    return Run(
      outcome: outcome, processor: processor, delivered: feed.events, feedTime: feed.end - start)
  }

  private func record(_ without: Run, _ with: Run) {
    let delivered = Double(with.delivered)
    let share = 100 * with.outcome.rate / without.outcome.rate
    let rates =
      "tasks/s \(without.outcome.rate.shown) without, \(with.outcome.rate.shown) with subscribers"
    bench.record(
      .init(
        .feedEvents, delivered / with.feedTime.inSeconds,
        note: "\(rates): \(share.text(0)) % (70 % is to be reached)"))
    // The same load without subscribers costs so much; what is more is the feed's.
    let load = without.processor * (Double(with.outcome.tasks) / Double(without.outcome.tasks))
    let whole = with.processor.inMicroseconds / delivered
    bench.record(
      .init(
        .feedCPU, (with.processor - load).inMicroseconds / delivered,
        note: "\(whole.text(2)) us with the load's own CPU"))
  }
}
