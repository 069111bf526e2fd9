import MartletClient

/// Two that want one lock: from the call that releases it until the other one has it.
struct LockExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let name = "bench"

  func run() async throws {
    guard bench.wants(.lockHandover) else { return }
    try await bench.withServer { server, client in
      let locks = API.LockServiceClient(channel: client.channel)
      let other = try Client(server.address)
      let otherLocks = API.LockServiceClient(channel: other.channel)
      try await bench.measure("a lock changes hands") {
        var latencies = Latencies()
        for _ in 0..<bench.scale.startSamples {
          latencies.add(try await Self.handover(from: locks, to: otherLocks, on: other))
        }
        bench.record(
          .init(
            .lockHandover, latencies.percentile(0.5), lessFlushes: 1,
            note: "with the flush; p99 \(latencies.percentile(0.99).shown) ms"))
      }
      await other.channel.close()
    }
  }

  private static func handover(
    from holder: API.LockServiceClient, to waiter: API.LockServiceClient, on client: Client
  ) async throws -> Duration {
    let first = try await acquire(as: "first", by: holder)
    async let second = client.onLoop {
      let lock = try await acquire(as: "second", by: waiter)
      return (lock: lock, time: clock.now)
    }
    // The line is watched, so that the time begins when the other one really waits.
    while try await holder.getLock(.init(name: name)).lock?.waiters != 1 {}
    let start = clock.now
    _ = try await holder.releaseLock(
      .init(name: name, owner: "first", token: first.token))
    let got = try await second
    _ = try await waiter.releaseLock(
      .init(name: name, owner: "second", token: got.lock.token))
    return got.time - start
  }

  private static func acquire(
    as owner: String, by locks: API.LockServiceClient
  ) async throws -> API.Lock {
    let reply = try await locks.acquireLock(
      .init(name: name, owner: owner, wait: WellKnown.Duration(.seconds(10))))
    guard let lock = reply.lock else { throw BenchProblem("a lock was not told") }
    return lock
  }
}
