import Foundation
import MartletClient

/// Gives a pool other slots again and again while a batch load runs in it: every task that was
/// acknowledged is to end, once.
struct ResizeExperiment {
  let bench: Bench

  private static let pool = "resized"

  func run() async throws {
    guard bench.wants(.resizeLostTasks) else { return }
    try await bench.withServer { server, client in
      try await client.createPool(Self.pool)
      let resizer = try Client(server.address)
      try await bench.measure("random resizes", runs: 1) {
        let load = BatchLoad(pools: [Self.pool])
        let (count, time) = (bench.scale.resizes, bench.scale.loadTime)
        async let submitted = load.submit(client, .time(time))
        try await resizer.onLoop {
          for _ in 0..<count {
            _ = try await resizer.pools.updatePool(
              .init(
                name: Self.pool, spec: .init(slots: .random(in: 1...200)),
                updateMask: .init(paths: ["slots"])))
          }
        }
        let tasks = try await submitted
        let lost = try await lost(of: tasks, client)
        bench.record(
          .init(.resizeLostTasks, lost, note: "\(count) resizes while \(tasks) tasks ran"))
      }
      await resizer.channel.close()
    }
  }

  /// When nothing is left: those of so many that did not succeed, or did more than once.
  private func lost(of tasks: Int, _ client: Client) async throws -> Double {
    while true {
      let status = try await client.pools.getPool(.init(name: Self.pool)).pool?.status
      guard let status else { throw BenchProblem("the pool has no status") }
      if status.queued == 0, status.slotsInUse == 0 {
        return Double(abs(Int(status.totalSucceeded) - tasks))
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
