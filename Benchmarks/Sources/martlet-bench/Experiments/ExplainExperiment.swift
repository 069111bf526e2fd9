import MartletClient

/// Why tasks of the long queue do not run, one call after the other, wherever in it they are: one
/// task has the pool's only slot, so that each answer says how many go before.
struct ExplainExperiment {
  let bench: Bench
  let client: Client

  private static let clock = ContinuousClock()
  private static let pool = LongQueueExperiment.pool

  func run() async throws {
    guard bench.wants(.explainP99) else { return }
    let ids = try await waitingTasks()
    let holder = try await holdSlot()
    try await bench.measure("explanations") {
      let (latencies, farthest) = try await client.onLoop { [client] in
        try await Self.explain(ids, client)
      }
      bench.record(
        .init(
          .explainP99, latencies.percentile(0.99),
          note: "\(latencies.count) calls, p50 \(latencies.percentile(0.5).shown) ms,"
            + " up to \(farthest) tasks ahead"))
    }
    _ = try await client.pools.pausePool(.init(name: Self.pool))
    _ = try await client.tasks.cancelTask(.init(id: holder))
  }

  /// Of both ends of the queue, mixed.
  private func waitingTasks() async throws -> [String] {
    let count = Int32(min(1_000, bench.scale.listCalls / 2))
    var ids: [String] = []
    for order in ["create_time desc", "create_time asc"] {
      let page = try await client.tasks.listTasks(
        .init(
          filter: "pool = \"\(Self.pool)\" AND state = PENDING", orderBy: order, pageSize: count))
      ids += page.tasks.map(\.id)
    }
    return zip(ids.prefix(ids.count / 2), ids.suffix(ids.count / 2)).flatMap { [$0, $1] }
  }

  private func holdSlot() async throws -> String {
    let pool = Self.pool
    _ = try await client.pools.updatePool(
      .init(name: pool, spec: .init(slots: 1), updateMask: .init(paths: ["slots"])))
    let spec = API.TaskSpec(
      kind: "sleep", payload: Array("{\"seconds\": 3600}".utf8), priority: 10)
    let task = try await client.tasks.submitTask(.init(pool: pool, spec: spec)).task
    _ = try await client.pools.resumePool(.init(name: pool))
    guard let task else { throw BenchProblem("a task was submitted and not told") }
    return task.id
  }

  private static func explain(
    _ ids: [String], _ client: Client
  ) async throws -> (Latencies, farthest: Int64) {
    var latencies = Latencies()
    var farthest: Int64 = 0
    for id in ids {
      let start = clock.now
      let answer = try await client.tasks.explainTask(.init(id: id))
      latencies.add(clock.now - start)
      guard let cause = answer.causes.first, cause.type == .noFreeSlot, let ahead = cause.tasksAhead
      else { throw BenchProblem("\(id) waits for something else than a slot") }
      farthest = max(farthest, ahead)
    }
    return (latencies, farthest)
  }
}
