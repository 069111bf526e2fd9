import MartletClient

/// Single submissions, into a paused pool: what is measured is the submission alone.
struct SubmitExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let pool = "submits"

  func run() async throws {
    guard
      bench.wants(.unarySubmits, .uniqueSubmits, .unarySubmitP50, .unarySubmitP99)
    else { return }
    try await bench.withServer { server, client in
      try await client.createPool(Self.pool, paused: true)
      _ = try await oneByOne(client, bench.scale.latencySamples / 10)
      if bench.wants(.unarySubmitP50, .unarySubmitP99) {
        try await bench.measure("submits, one at a time") {
          let latencies = try await oneByOne(client, bench.scale.latencySamples)
          let note = "\(latencies.count) submits a run"
          bench.record(
            .init(.unarySubmitP50, latencies.percentile(0.5), lessFlushes: 1, note: note))
          bench.record(
            .init(.unarySubmitP99, latencies.percentile(0.99), lessFlushes: 2, note: note))
        }
      }
      // In turns: what the one takes of the other is what counts.
      if bench.wants(.unarySubmits, .uniqueSubmits) {
        try await bench.measure("submits, 100 in flight, plain and unique") {
          let plain = try await manyAtOnce(.unarySubmits, server, client)
          bench.record(plain)
          guard bench.wants(.uniqueSubmits) else { return }
          var unique = try await manyAtOnce(.uniqueSubmits, server, client)
          unique.note += ", \((unique.value / plain.value * 100).text(0)) % of plain ones"
          bench.record(unique)
        }
      }
    }
  }

  private func oneByOne(_ client: Client, _ count: Int) async throws -> Latencies {
    try await client.onLoop {
      let request = API.SubmitTaskRequest(pool: Self.pool, spec: .nothing)
      var latencies = Latencies()
      for _ in 0..<count {
        let start = Self.clock.now
        _ = try await client.tasks.submitTask(request)
        latencies.add(Self.clock.now - start)
      }
      return latencies
    }
  }

  private func manyAtOnce(
    _ row: Row, _ server: ServerProcess, _ client: Client
  ) async throws -> Measurement {
    let request = API.SubmitTaskRequest(pool: Self.pool, spec: .nothing)
    let run = UInt64.random(in: 0 ... .max)
    let count = Tally()
    let before = try server.processorTime()
    let start = Self.clock.now
    let end = start + bench.scale.loadTime
    try await client.inParallel(100) { number in
      var request = request
      var serial = 0
      while Self.clock.now < end {
        serial += 1
        if row == .uniqueSubmits {
          request.spec?.unique = .init(key: "\(run)-\(number)-\(serial)")
        }
        _ = try await client.tasks.submitTask(request)
        count.add(1)
      }
    }
    let time = Self.clock.now - start
    let cost = (try server.processorTime() - before).inMicroseconds / Double(count.value)
    return .init(
      row, Double(count.value) / time.inSeconds,
      note: "server: \(cost.text(1)) us of CPU a submit")
  }
}
