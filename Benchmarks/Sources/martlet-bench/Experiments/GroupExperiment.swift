import MartletClient

/// How long a pool waits for the slots that its group guarantees, when another pool has borrowed
/// them for tasks of 10 ms: from the call that submits as many tasks as there are slots to the
/// event that the last of them has started.
struct GroupExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let (budget, minimum): (Int32, Int32) = (32, 8)

  func run() async throws {
    guard bench.wants(.groupGuarantee) else { return }
    try await bench.withServer { _, client in
      _ = try await client.groups.createGroup(
        .init(name: "shared", spec: .init(budget: Self.budget)))
      for (name, minimum) in [("borrower", 0), ("lender", Self.minimum)] {
        let spec = API.PoolSpec(
          slots: Self.budget, queueCapacity: 10_000_000, group: "shared", groupMinimum: minimum)
        _ = try await client.pools.createPool(.init(name: name, spec: spec))
      }
      try await bench.measure("a lender's slots") {
        let borrowed = API.TaskSpec(kind: "sleep", payload: Array(#"{"seconds": 0.01}"#.utf8))
        let rounds = max(2, bench.scale.startSamples / 50)
        // Enough for all rounds, and more.
        let specs = [API.TaskSpec](repeating: borrowed, count: 1_000 + 400 * rounds)
        for start in stride(from: 0, to: specs.count, by: 1_000) {
          _ = try await client.tasks.batchSubmitTasks(
            .init(pool: "borrower", specs: Array(specs[start..<min(specs.count, start + 1_000)])))
        }
        var latencies = Latencies()
        for _ in 0..<rounds { latencies.add(try await guarantee(client)) }
        bench.record(
          .init(
            .groupGuarantee, latencies.percentile(1),
            note: "the longest of \(rounds); median \(latencies.percentile(0.5).shown) ms; "
              + "\(Self.minimum) of \(Self.budget) slots"))
        try await emptied("borrower", client)
      }
    }
  }

  private func guarantee(_ client: Client) async throws -> Duration {
    let own = API.TaskSpec(kind: "sleep", payload: Array(#"{"seconds": 0.1}"#.utf8))
    let specs = [API.TaskSpec](repeating: own, count: Int(Self.minimum))
    let cursor = try await client.server.getServerInfo(.init()).cursor
    let start = Self.clock.now
    _ = try await client.tasks.batchSubmitTasks(.init(pool: "lender", specs: specs))
    var started = 0
    var time: Duration?
    let request = API.WatchEventsRequest(
      from: .cursor(cursor), pools: ["lender"], types: [.taskStarted])
    for try await batch in client.events.watchEvents(request) {
      started += batch.events.count
      if started >= specs.count {
        time = Self.clock.now - start
        break
      }
    }
    guard let time else { throw BenchProblem("the feed ended before all had started") }
    try await emptied("lender", client)
    return time
  }

  private func emptied(_ pool: String, _ client: Client) async throws {
    while true {
      let status = try await client.pools.getPool(.init(name: pool)).pool?.status
      if status?.queued == 0, status?.slotsInUse == 0 { return }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
