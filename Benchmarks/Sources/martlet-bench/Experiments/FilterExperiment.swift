import MartletClient

/// Pages of 50 of a queue of a million tasks, by a label that few of them have, that many have, and
/// that half of them have, in turn.
struct FilterExperiment {
  let bench: Bench

  private static let pool = "labelled"
  private static let clock = ContinuousClock()
  /// One customer in so many is asked for; each has some tasks, spread over the whole queue.
  private static let customers = 20_000
  private static let regions = 100

  func run() async throws {
    guard bench.wants(.filterLabelP99) else { return }
    try await bench.withServer { _, client in
      try await client.createPool(Self.pool, paused: true)
      bench.say("queueing \(bench.scale.queued) tasks with labels")
      let start = Self.clock.now
      try await fill(client)
      let rate = Double(bench.scale.queued) / (Self.clock.now - start).inSeconds
      try await bench.settle(client)
      try await bench.measure("filters by label") {
        let latencies = try await client.onLoop { [count = bench.scale.listCalls] in
          try await Self.list(client, count)
        }
        bench.record(
          .init(
            .filterLabelP99, latencies.percentile(0.99),
            note: "\(latencies.count) calls, p50 \(latencies.percentile(0.5).shown) ms;"
              + " queued at \(rate.shown) tasks/s"))
      }
    }
  }

  /// Each with three labels.
  private func fill(_ client: Client) async throws {
    let (queued, batch) = (bench.scale.queued, 1_000)
    let counter = Tally()
    try await client.inParallel(8) { _ in
      while true {
        let first = counter.next() * batch
        if first >= queued { return }
        let specs = (first..<first + batch).map { number in
          API.TaskSpec(
            kind: "echo",
            labels: [
              "customer": "c\(number * 7_919 % Self.customers)",
              "region": "r\(number % Self.regions)", "tier": number % 2 == 0 ? "free" : "paid",
            ])
        }
        _ = try await client.tasks.batchSubmitTasks(.init(pool: Self.pool, specs: specs))
      }
    }
  }

  private static func list(_ client: Client, _ count: Int) async throws -> Latencies {
    var latencies = Latencies()
    for number in 0..<count {
      let customer = "labels.customer = c\(number * 31 % customers)"
      let filter =
        switch number % 4 {
        case 0: customer
        case 1: "\(customer) AND state = PENDING AND NOT labels.tier = free"
        case 2: "labels.region = r\(number % regions) AND pool = \(pool)"
        default: "labels.tier = paid"
        }
      let start = clock.now
      let page = try await client.tasks.listTasks(.init(filter: filter, pageSize: 50))
      latencies.add(clock.now - start)
      guard number % 4 < 2 || !page.tasks.isEmpty else {
        throw BenchProblem("no task has the label of `\(filter)`")
      }
    }
    return latencies
  }
}
