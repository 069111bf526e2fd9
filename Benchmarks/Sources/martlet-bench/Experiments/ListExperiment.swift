import MartletClient

/// Pages of 50 of the long queue, by pool and state, newest first, one call after the other.
struct ListExperiment {
  let bench: Bench
  let client: Client

  private static let clock = ContinuousClock()
  /// So many pages are read before it starts anew with the first.
  private static let pages = 20

  func run() async throws {
    guard bench.wants(.listP99) else { return }
    let filter = "pool = \"\(LongQueueExperiment.pool)\" AND state = PENDING"
    try await client.waitForIndex()
    try await bench.measure("lists") {
      let latencies = try await client.onLoop { [client, count = bench.scale.listCalls] in
        try await Self.list(client, filter, count)
      }
      bench.record(
        .init(
          .listP99, latencies.percentile(0.99),
          note: "\(latencies.count) calls, p50 \(latencies.percentile(0.5).shown) ms"))
    }
  }

  private static func list(
    _ client: Client, _ filter: String, _ count: Int
  ) async throws -> Latencies {
    var latencies = Latencies()
    var token = ""
    for number in 0..<count {
      if number % pages == 0 { token = "" }
      let start = clock.now
      let page = try await client.tasks.listTasks(
        .init(filter: filter, pageSize: 50, pageToken: token))
      latencies.add(clock.now - start)
      guard page.tasks.count == 50 else {
        throw BenchProblem("a page has \(page.tasks.count) tasks, not 50")
      }
      token = page.nextPageToken
    }
    return latencies
  }
}
