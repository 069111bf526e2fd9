import MartletClient

/// Counts and overviews of the long queue, one call after the other.
struct StatsExperiment {
  let bench: Bench
  let client: Client

  private static let clock = ContinuousClock()

  func run() async throws {
    guard bench.wants(.countP99) || bench.wants(.overviewP99) else { return }
    try await client.waitForIndex()
    try await bench.measure("statistics") {
      let calls = bench.scale.listCalls
      let queued = Int64(bench.scale.queued)
      let counts = try await client.onLoop { [client] in
        try await Self.time(calls) {
          let filter = "pool = \"\(LongQueueExperiment.pool)\" AND state = PENDING"
          let count = try await client.tasks.countTasks(.init(filter: filter)).total
          if count < queued { throw BenchProblem("\(count) tasks are counted, not \(queued)") }
        }
      }
      let overviews = try await client.onLoop { [client] in
        try await Self.time(calls) {
          let overview = try await client.stats.getOverview(.init(groupBy: .poolAndKind))
          let sum = overview.groups.reduce(0) { $0 + ($1.lifetime?.submitted ?? 0) }
          if sum < queued { throw BenchProblem("\(sum) submissions are counted, not \(queued)") }
        }
      }
      for (row, latencies) in [(Row.countP99, counts), (.overviewP99, overviews)] {
        bench.record(
          .init(
            row, latencies.percentile(0.99),
            note: "\(latencies.count) calls, p50 \(latencies.percentile(0.5).shown) ms"))
      }
    }
  }

  private static func time(
    _ count: Int, _ call: () async throws -> Void
  ) async throws -> Latencies {
    var latencies = Latencies()
    for _ in 0..<count {
      let start = clock.now
      try await call()
      latencies.add(clock.now - start)
    }
    return latencies
  }
}
