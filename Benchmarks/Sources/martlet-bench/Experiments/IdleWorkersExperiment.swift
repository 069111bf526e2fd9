import MartletClient

/// What a connected worker that does nothing takes of the server's RAM. Each has a connection of
/// its own, as processes have.
struct IdleWorkersExperiment {
  let bench: Bench

  func run() async throws {
    guard bench.wants(.memoryPerIdleWorker) else { return }
    let count = bench.scale.idleWorkers
    try await bench.measure("RSS with \(count) idle workers", runs: 1) {
      try await bench.withServer { server, client in
        try await bench.settle(client)
        let before = try server.residentBytes()
        let workers = try (0..<count).map { try IdleWorker(server, number: $0) }
        try await client.waitForWorkers(count)
        try await bench.settle(client)
        let bytes = try server.residentBytes() - before
        bench.record(
          .init(
            .memoryPerIdleWorker, Double(bytes) / Double(count) / 1e3,
            note: "\(count) workers, \((Double(before) / 1e6).shown) MB without"))
        for worker in workers { await worker.stop() }
      }
    }
  }
}

/// A stream on which only the needful is said.
private struct IdleWorker: Sendable {
  private let channel: RPCChannel
  private let reading: Task<Void, any Error>

  init(_ server: ServerProcess, number: Int) throws {
    let channel = try RPCChannel(target: server.address)
    self.channel = channel
    reading = Task(executorPreference: channel.taskExecutor) {
      let hello = API.WorkerHello(
        name: "idle", instance: "idle-\(number)", kinds: ["bench.nothing"], slots: 10)
      let responses = API.WorkerServiceClient(channel: channel).work { writer in
        try await writer.write(.init(hello: hello, credit: .init(more: 10)))
        for number in UInt64(1)... {
          try await Task.sleep(for: .seconds(5))
          try await writer.write(.init(ping: number))
        }
      }
      for try await _ in responses {}
    }
  }

  func stop() async {
    reading.cancel()
    await channel.close()
  }
}
