import MartletClient

/// Cancels 100,000 waiting tasks by one operation, beside unary submissions: how long it takes, and
/// what these feel of it.
struct BulkExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let pool = "bulk"
  private static let submits = "submits"

  func run() async throws {
    guard bench.wants(.bulkCancel) else { return }
    try await bench.withServer { server, client in
      try await client.createPool(Self.pool, paused: true)
      try await client.createPool(Self.submits, paused: true)
      let submitter = try Client(server.address)
      let bulks = API.BulkServiceClient(channel: client.channel)
      try await bench.measure("bulk cancels") {
        let specs = [API.TaskSpec](repeating: .nothing, count: 1_000)
        _ = try await BatchLoad(pools: [Self.pool], specs: specs, inFlight: 8)
          .submit(client, .tasks(bench.scale.bulkTasks))
        try await bench.settle(client)
        let idle = try await submitter.onLoop {
          try await Self.submit(submitter, while: { $0 < 1_000 })
        }
        let isDone = Flag()
        async let busy = submitter.onLoop {
          try await Self.submit(submitter, while: { _ in !isDone.isSet })
        }
        let start = Self.clock.now
        let operation = try await Self.cancelAll(bulks)
        let time = Self.clock.now - start
        isDone.set()
        let latencies = try await busy
        guard operation.done == operation.total, operation.failed == 0 else {
          throw BenchProblem("\(operation.done) of \(operation.total) tasks were cancelled")
        }
        bench.record(
          .init(
            .bulkCancel, time.inSeconds * 100_000 / Double(bench.scale.bulkTasks),
            note: "other submits \(Self.shown(latencies)), idle \(Self.shown(idle))"))
      }
      await submitter.channel.close()
    }
  }

  private static func shown(_ latencies: Latencies) -> String {
    "p50 \(latencies.percentile(0.5).shown), p99 \(latencies.percentile(0.99).shown) ms"
  }

  private static func cancelAll(_ bulks: API.BulkServiceClient) async throws -> API.BulkOperation {
    let started = try await bulks.startBulk(
      .init(action: .init(action: .cancel(.init())), filter: "pool = \(pool) state = PENDING"))
    var last = started.operation
    for try await response in bulks.watchBulk(.init(id: last?.id ?? "")) {
      last = response.operation
    }
    guard let last else { throw BenchProblem("an operation was not told") }
    return last
  }

  private static func submit(
    _ client: Client, while goesOn: @Sendable (Int) -> Bool
  ) async throws -> Latencies {
    var latencies = Latencies()
    var count = 0
    while goesOn(count) {
      let start = clock.now
      _ = try await client.tasks.submitTask(.init(pool: submits, spec: .nothing))
      latencies.add(clock.now - start)
      count += 1
    }
    return latencies
  }
}

/// Set once, from any thread.
private final class Flag: Sendable {
  private let tally = Tally()

  var isSet: Bool { tally.value > 0 }

  func set() { tally.add(1) }
}
