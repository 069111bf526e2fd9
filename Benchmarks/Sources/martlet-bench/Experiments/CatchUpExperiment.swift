import MartletClient

/// One subscriber that starts at the beginning of a long log and wants one event in a hundred: the
/// events of one kind of tasks, spread evenly.
struct CatchUpExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let eventsOfTask = 3
  private static let rareKind = "sleep"

  /// One task in each batch of 100 is of another kind, which is as short.
  private static let specs: [API.TaskSpec] =
    Array(repeating: .nothing, count: 99)
    + [API.TaskSpec(kind: rareKind, payload: Array(#"{"seconds": 0}"#.utf8))]

  func run() async throws {
    guard bench.wants(.feedCatchUp) else { return }
    let data = bench.newDataDirectory()
    bench.say("catching up: \(bench.scale.oldEvents) events are made")
    try await fill(data)
    // A new process has none of the events in memory.
    let server = try await bench.start(data)
    let client = try Client(server.address)
    let info = try await client.server.getServerInfo(.init())
    try await bench.measure("catching up with \(info.newestRevision) events") {
      bench.record(try await catchUp(client, info.newestRevision))
    }
    await client.channel.close()
    await server.crash()
    try bench.remove(data)
  }

  private func fill(_ data: String) async throws {
    let server = try await bench.start(data)
    let client = try Client(server.address)
    try await client.createPool("batches")
    let load = BatchLoad(pools: ["batches"], specs: Self.specs)
    _ = try await load.run(client, .tasks(bench.scale.oldEvents / Self.eventsOfTask))
    await client.channel.close()
    await server.stop()
  }

  private func catchUp(_ client: Client, _ newest: UInt64) async throws -> Measurement {
    let scanner = try await client.onLoop {
      var scanner = EventScanner(.rising, after: 0)
      let start = Self.clock.now
      let stream = client.channel.serverStreamingEncoded(
        API.EventServiceMethods.watchEvents,
        API.WatchEventsRequest(from: .beginning(true), kinds: [Self.rareKind], untilNow: true))
      for try await message in stream { try scanner.scan(message) }
      return (events: scanner.eventCount, time: Self.clock.now - start)
    }
    let expected = Int(newest) / 100
    guard abs(scanner.events - expected) <= expected / 100 + Self.eventsOfTask else {
      throw BenchProblem("\(scanner.events) events of the rare kind came, not about \(expected)")
    }
    return .init(
      .feedCatchUp, Double(newest) / scanner.time.inSeconds,
      note: "\(newest) events looked at, \(scanner.events) delivered")
  }
}
