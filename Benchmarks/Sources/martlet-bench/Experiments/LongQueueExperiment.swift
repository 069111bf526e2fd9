import MartletClient
import MartletRPCServices

/// What a queue of a million tasks costs: RAM, restart, lists, snapshots.
struct LongQueueExperiment {
  let bench: Bench

  static let pool = "long"
  private static let payloadBytes = 100
  /// Submitted right before each crash, so that the index is behind the log as it would be.
  private static let burst = 10_000
  private static let clock = ContinuousClock()

  func run() async throws {
    guard
      bench.wants(
        .memoryPerQueuedTask, .restart, .listP99, .explainP99, .commitDuringSnapshotP99,
        .countP99, .overviewP99)
    else { return }
    let data = bench.newDataDirectory()
    // The newest events, up to 64 MiB, are kept in memory whether tasks are queued or not. With a
    // ring of 1 MiB, the difference between a full and an empty queue is the queue.
    let server = try await bench.start(data, ["--limit-feed-ring-bytes", "1048576"])
    let client = try Client(server.address)
    try await client.createPool(Self.pool, paused: true)
    try await measureMemory(server, client)
    let restarted = try await measureRestart(server, client, data)
    try await ListExperiment(bench: bench, client: restarted.client).run()
    try await ExplainExperiment(bench: bench, client: restarted.client).run()
    try await StatsExperiment(bench: bench, client: restarted.client).run()
    try await SnapshotExperiment(
      bench: bench, address: restarted.server.address, data: data, client: restarted.client
    ).run()
    await restarted.client.channel.close()
    await restarted.server.crash()
    try bench.remove(data)
  }

  private func fill(_ client: Client, _ count: Int) async throws {
    let specs = [API.TaskSpec](repeating: .echo(payloadBytes: Self.payloadBytes), count: 1_000)
    let load = BatchLoad(pools: [Self.pool], specs: specs, inFlight: 8)
    _ = try await load.submit(client, .tasks(count))
  }

  private func measureMemory(_ server: ServerProcess, _ client: Client) async throws {
    bench.say("queueing \(bench.scale.queued) tasks")
    try await bench.settle(client)
    let empty = try server.residentBytes()
    let start = Self.clock.now
    try await fill(client, bench.scale.queued)
    let rate = Double(bench.scale.queued) / (Self.clock.now - start).inSeconds
    try await bench.settle(client)
    let full = try server.residentBytes()
    let bytes = Double(full - empty) / Double(bench.scale.queued)
    bench.record(
      .init(
        .memoryPerQueuedTask, bytes,
        note: "RSS \(full / 1_000_000) MB, \(empty / 1_000_000) MB without tasks;"
          + " queued at \(rate.shown) tasks/s"))
  }

  /// Crashes the server and starts it again, some times.
  private func measureRestart(
    _ first: ServerProcess, _ firstClient: Client, _ data: String
  ) async throws -> (server: ServerProcess, client: Client) {
    var server = first
    var client = firstClient
    try await bench.measure("restart", runs: bench.wants(.restart) ? bench.scale.runs : 1) {
      try await fill(client, Self.burst)
      await server.crash()
      await client.channel.close()
      let start = Self.clock.now
      server = try await bench.start(data)
      client = try Client(server.address)
      let health = GRPCHealth.HealthClient(channel: client.channel)
      guard try await health.check(.init()).status == .serving else {
        throw BenchProblem("the server says that it serves, its health says that it does not")
      }
      let time = Self.clock.now - start
      let processor = try server.processorTime()
      let resident = try server.residentBytes() / 1_000_000
      let pool = try await client.pools.getPool(.init(name: Self.pool)).pool
      bench.record(
        .init(
          .restart, time.inSeconds,
          note: "\(pool?.status?.queued ?? 0) tasks were there;"
            + " \(processor.inSeconds.shown) s of CPU, RSS \(resident) MB"))
    }
    return (server, client)
  }
}
