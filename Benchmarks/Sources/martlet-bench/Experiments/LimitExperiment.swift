import MartletClient

/// What limits cost that never bind: tasks that do nothing, as in `BatchExperiment`, in a pool that
/// a rate and a concurrency limit are attached to, in percent of those in a pool without; and with
/// a limit of which each of 100,000 tasks has its own key.
struct LimitExperiment {
  let bench: Bench

  private static let (plain, limited) = ("plain", "limited")
  private static let keys = 100_000

  func run() async throws {
    if bench.wants(.unboundLimits) {
      try await measure(.unboundLimits, "tasks within two limits", BatchLoad(pools: [])) { client in
        try await create(
          "rate", .rate(.init(units: 1_000_000, per: .init(seconds: 1), burst: 1_000_000)), "",
          client)
        try await create("count", .concurrency(.init(units: 1_000_000)), "", client)
      }
    }
    if bench.wants(.limitKeyTasks, .limitKeys) {
      var load = BatchLoad(pools: [])
      load.specsOf = { number in
        (0..<100).map {
          API.TaskSpec(kind: "echo", labels: ["customer": "c\((number * 100 + $0) % Self.keys)"])
        }
      }
      try await measure(.limitKeys, "a key for each task", load) { client in
        try await create(
          "each", .rate(.init(units: 1_000, per: .init(seconds: 1), burst: 1_000)), "customer",
          client)
      }
    }
  }

  private func create(
    _ name: String, _ rule: API.LimitSpec.OneOf_Rule, _ label: String, _ client: Client
  ) async throws {
    _ = try await client.limits.createLimit(
      .init(name: name, spec: .init(rule: rule, pools: [Self.limited], keyLabel: label)))
  }

  /// One after the other, so that both see the same machine.
  private func measure(
    _ row: Row, _ title: String, _ load: BatchLoad, _ prepare: (Client) async throws -> Void
  ) async throws {
    try await bench.withServer { _, client in
      for pool in [Self.plain, Self.limited] { try await client.createPool(pool) }
      try await prepare(client)
      var (plain, limited) = (load, load)
      plain.pools = [Self.plain]
      limited.pools = [Self.limited]
      let extent = BatchLoad.Extent.tasks(Self.keys)
      for load in [plain, limited] { _ = try await load.run(client, extent) }
      try await bench.measure(title) {
        let without = try await plain.run(client, extent).rate
        let with = try await limited.run(client, extent).rate
        bench.record(
          .init(
            row, 100 * with / without, note: "\(with.shown) tasks/s, \(without.shown) without"))
        if row == .limitKeys { bench.record(.init(.limitKeyTasks, with)) }
      }
    }
  }
}
