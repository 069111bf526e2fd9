import MartletClient

/// What a server with 1,000 queued tasks takes of the machine's RAM.
struct SmallQueueExperiment {
  let bench: Bench

  private static let tasks = 1_000
  private static let payloadBytes = 100

  func run() async throws {
    guard bench.wants(.residentWith1000Tasks) else { return }
    try await bench.measure("RSS with \(Self.tasks) tasks") {
      try await bench.withServer { server, client in
        try await client.createPool("small", paused: true)
        try await bench.settle(client)
        let before = try server.residentBytes()
        let specs = [API.TaskSpec](
          repeating: .echo(payloadBytes: Self.payloadBytes), count: 100)
        _ = try await BatchLoad(pools: ["small"], specs: specs)
          .submit(client, .tasks(Self.tasks))
        try await bench.settle(client)
        let megabytes = Double(try server.residentBytes()) / 1e6
        bench.record(
          .init(
            .residentWith1000Tasks, megabytes, note: "\((Double(before) / 1e6).shown) MB without"))
      }
    }
  }
}
