import MartletClient

/// How long after the acknowledgement of its submission a task's handler starts on a worker, on an
/// idle system. The worker is in this process, over a connection of its own.
struct DispatchExperiment {
  let bench: Bench

  private static let pool = "dispatches"

  func run() async throws {
    guard bench.wants(.dispatchP50, .dispatchP99) else { return }
    try await bench.withServer { server, client in
      try await client.createPool(Self.pool)
      let worker = try LocalWorker(server, slots: 4, kind: "bench.nothing")
      try await client.waitForWorkers(1)
      _ = try await starts(client, worker, bench.scale.startSamples / 10)
      try await bench.measure("dispatches, one at a time") {
        let latencies = try await starts(client, worker, bench.scale.startSamples)
        let note = "\(latencies.count) tasks a run"
        bench.record(.init(.dispatchP50, latencies.percentile(0.5), note: note))
        bench.record(.init(.dispatchP99, latencies.percentile(0.99), note: note))
      }
      try await worker.stop()
    }
  }

  private func starts(_ client: Client, _ worker: LocalWorker, _ count: Int) async throws
    -> Latencies
  {
    let request = API.SubmitTaskRequest(pool: Self.pool, spec: .nothingElsewhere)
    return try await client.onLoop {
      var latencies = Latencies()
      var starts = worker.starts.makeAsyncIterator()
      for _ in 0..<count {
        let reply = try await client.tasks.submitTask(request)
        let acknowledged = ContinuousClock.now
        let id = reply.task?.id ?? ""
        guard let started = await starts.next(), started.task == id else {
          throw BenchProblem("another task was started than was submitted")
        }
        latencies.add(started.time - acknowledged)
        for try await change in client.tasks.waitTask(.init(id: id))
        where change.task?.state == .failed { throw BenchProblem("a task failed") }
        // Idle is what was asked for: commits and the index come to rest.
        try await Task.sleep(for: .milliseconds(2))
      }
      return latencies
    }
  }
}
