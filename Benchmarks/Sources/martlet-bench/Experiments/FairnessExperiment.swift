import MartletClient

/// How evenly slots go to a thousand keys of one pool, one of which was there first with as many
/// tasks as all others have together.
struct FairnessExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let pool = "fair"
  private static let keys = 1_000

  private func key(_ number: Int) -> String { "tenant-\(number)" }

  func run() async throws {
    guard bench.wants(.fairness) else { return }
    try await bench.measure("a flood of one key") {
      try await bench.withServer { _, client in
        try await client.createPool(Self.pool, paused: true)
        let each = max(2, bench.scale.fairTasks / Self.keys)
        let keyOf = try await fill(client, each: each)
        try await measure(client, keyOf, starts: each * Self.keys / 2)
      }
    }
  }

  /// The flood, then so many tasks of each other key, turn and turn about.
  private func fill(_ client: Client, each: Int) async throws -> [String: Int] {
    var keyOf: [String: Int] = [:]
    let flood = [API.TaskSpec](
      repeating: .init(kind: "echo", fairnessKey: key(0)), count: Self.keys)
    for _ in 0..<each {
      let reply = try await client.tasks.batchSubmitTasks(.init(pool: Self.pool, specs: flood))
      for id in reply.taskIds { keyOf[id] = 0 }
    }
    let others = (1..<Self.keys).map { API.TaskSpec(kind: "echo", fairnessKey: key($0)) }
    for _ in 0..<each {
      let reply = try await client.tasks.batchSubmitTasks(.init(pool: Self.pool, specs: others))
      for (number, id) in reply.taskIds.enumerated() { keyOf[id] = number + 1 }
    }
    return keyOf
  }

  /// Of the first starts, up to when each key has had half of its tasks if all are equal.
  private func measure(
    _ client: Client, _ keyOf: [String: Int], starts: Int
  ) async throws {
    let cursor = try await client.server.getServerInfo(.init()).cursor
    _ = try await client.pools.resumePool(.init(name: Self.pool))
    let start = Self.clock.now
    var counts = [Int](repeating: 0, count: Self.keys)
    var left = starts
    let request = API.WatchEventsRequest(
      from: .cursor(cursor), pools: [Self.pool], types: [.taskStarted])
    events: for try await batch in client.events.watchEvents(request) {
      for event in batch.events {
        guard let key = keyOf[event.taskId] else { throw BenchProblem("a task that nobody made") }
        counts[key] += 1
        left -= 1
        if left == 0 { break events }
      }
    }
    guard left == 0 else { throw BenchProblem("the feed ended before all had started") }
    let rate = Double(starts) / (Self.clock.now - start).inSeconds
    bench.record(
      .init(
        .fairness, Self.jain(counts),
        note: "\(starts) starts at \(rate.shown) a second; \(counts[0]) of the flood, "
          + "\(counts.dropFirst().min() ?? 0) to \(counts.dropFirst().max() ?? 0) of each other key"
      ))
  }

  /// Jain's index: 1 if all have the same, 1 over their number if one has all.
  private static func jain(_ counts: [Int]) -> Double {
    let sum = Double(counts.reduce(0, +))
    let squares = counts.reduce(0.0) { $0 + Double($1) * Double($1) }
    return sum * sum / (Double(counts.count) * squares)
  }
}
