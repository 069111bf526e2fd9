import MartletClient

/// How long after the SIGKILL of a worker process under load the last of the tasks that it ran has
/// been started elsewhere, on a worker in this process.
struct LostWorkerExperiment {
  let bench: Bench

  private static let held = "held"

  func run() async throws {
    guard bench.wants(.workerLostRedelivery) else { return }
    try await bench.measure("a killed worker under load") {
      try await bench.withServer(["--limit-lease-ms", "\(bench.scale.leaseMilliseconds)"]) {
        server, client in
        try await client.createPool(WorkerBatchExperiment.pool)
        try await client.createPool(Self.held)
        try await bench.withWorkers(
          WorkerBatchExperiment.processes, slots: WorkerBatchExperiment.slots,
          kind: "bench.nothing", server, client
        ) { _ in
          try await measure(server, client)
        }
      }
    }
  }

  private func measure(_ server: ServerProcess, _ client: Client) async throws {
    let count = min(100, bench.scale.heldTasks)
    let lease = Duration.milliseconds(bench.scale.leaseMilliseconds)
    let victim = try WorkerProcess.start(server, slots: count, kind: "bench.hold")
    let ids = try await client.submitHolds(count, in: Self.held)
    let filter = "pool = \"\(Self.held)\" AND state = RUNNING"
    while try await client.tasks.countTasks(.init(filter: filter)).total < Int64(count) {
      try await Task.sleep(for: .milliseconds(5))
    }
    let successor = try LocalWorker(server, slots: count, kind: "bench.hold")
    try await client.waitForWorkers(WorkerBatchExperiment.processes + 1)

    let time = bench.scale.loadTime + lease
    async let outcome = WorkerBatchExperiment.load.run(client, .time(time))
    try await Task.sleep(for: bench.scale.loadTime / 2)
    let killed = await victim.crash()
    var missing = Set(ids)
    var last = killed
    for await start in successor.starts {
      missing.remove(start.task)
      last = start.time
      if missing.isEmpty { break }
    }
    let rate = try await outcome.rate
    bench.record(
      .init(
        .workerLostRedelivery, (last - killed).inSeconds,
        note: "\(count) tasks, leases of \(lease.inSeconds.shown) s, beside \(rate.shown) tasks/s"))
    try await successor.stop()
  }
}
