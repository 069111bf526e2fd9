import Foundation
import MartletClient

/// How long after the acknowledgement of its submission a task's handler runs, on an idle server.
///
/// The handler is `file.digest`, since the first thing that it does, opening its file, can be seen
/// from outside: the kernel tells (inotify). So the value includes that telling, and the handler's
/// reading of its payload. Acknowledgement and start leave the server together; where the start is
/// seen first, the value is negative.
struct StartExperiment {
  let bench: Bench

  private static let clock = ContinuousClock()
  private static let pool = "starts"

  func run() async throws {
    guard bench.wants(.startLatencyP50, .startLatencyP99) else { return }
    let folder = bench.directory + "/files"
    let file = folder + "/watched"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data("watched\n".utf8).write(to: URL(fileURLWithPath: file))
    try await bench.withServer(["--file-root", folder]) { _, client in
      try await client.createPool(Self.pool)
      _ = try await starts(client, file, bench.scale.startSamples / 10)
      try await bench.measure("starts, one at a time") {
        let latencies = try await starts(client, file, bench.scale.startSamples)
        let note = "\(latencies.count) tasks a run; seen by inotify"
        bench.record(.init(.startLatencyP50, latencies.percentile(0.5), note: note))
        bench.record(.init(.startLatencyP99, latencies.percentile(0.99), note: note))
      }
    }
  }

  private func starts(_ client: Client, _ file: String, _ count: Int) async throws -> Latencies {
    let (openings, opening) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
    let watch = try FileWatch(file, .opened) { opening.yield($0) }
    defer { watch.stop() }
    let payload = try JSONEncoder().encode(["path": file])
    let request = API.SubmitTaskRequest(
      pool: Self.pool, spec: .init(kind: "file.digest", payload: Array(payload)))
    return try await client.onLoop {
      var latencies = Latencies()
      var iterator = openings.makeAsyncIterator()
      for _ in 0..<count {
        let reply = try await client.tasks.submitTask(request)
        let acknowledged = Self.clock.now
        guard let started = await iterator.next() else { break }
        latencies.add(started - acknowledged)
        for try await change in client.tasks.waitTask(.init(id: reply.task?.id ?? ""))
        where change.task?.state == .failed { throw BenchProblem("a digest failed") }
        // Idle is what was asked for: commits and the index come to rest.
        try await Task.sleep(for: .milliseconds(2))
      }
      return latencies
    }
  }
}
