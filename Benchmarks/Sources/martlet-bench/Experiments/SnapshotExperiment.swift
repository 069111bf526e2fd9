import MartletClient
import Synchronization

/// Single submissions to the long queue while a snapshot is taken: while SQLite moves what the index
/// has gathered to `index.db`, which nothing else writes to. A steady 5,000 tasks/s beside them give
/// the index enough to do.
struct SnapshotExperiment {
  let bench: Bench
  let address: String
  let data: String
  let client: Client

  private static let clock = ContinuousClock()
  private static let snapshots = 3
  /// Writes that are no further apart belong to one snapshot, which ends with a flush.
  private static let pause = Duration.milliseconds(300)

  private struct Sample: Sendable {
    var start: ContinuousClock.Instant
    var latency: Duration
  }

  /// When snapshots were written.
  private final class Snapshots: Sendable {
    private let windows = Mutex<[ClosedRange<ContinuousClock.Instant>]>([])

    var all: [ClosedRange<ContinuousClock.Instant>] { windows.withLock { $0 } }

    /// Those that are over by now.
    var ended: Int {
      let now = SnapshotExperiment.clock.now
      return all.count { now - $0.upperBound > SnapshotExperiment.pause }
    }

    func written(at now: ContinuousClock.Instant) {
      windows.withLock { windows in
        if let last = windows.last, now - last.upperBound <= SnapshotExperiment.pause {
          windows[windows.count - 1] = last.lowerBound...now
        } else {
          windows.append(now...now)
        }
      }
    }
  }

  func run() async throws {
    guard bench.wants(.commitDuringSnapshotP99) else { return }
    try await bench.measure("commits during snapshots", runs: 1) {
      let snapshots = Snapshots()
      let watch = try FileWatch(data + "/index.db", .written) { snapshots.written(at: $0) }
      defer { watch.stop() }
      let end = Self.clock.now + bench.scale.snapshotTime
      let isOver = { @Sendable in
        Self.clock.now >= end || snapshots.ended >= Self.snapshots
      }
      let prober = try Client(address)
      let loader = client
      async let load: Void = Self.load(loader, until: isOver)
      let samples = try await prober.onLoop { try await Self.probe(prober, until: isOver) }
      try await load
      await prober.channel.close()
      record(samples, snapshots.all)
    }
  }

  private func record(_ samples: [Sample], _ windows: [ClosedRange<ContinuousClock.Instant>]) {
    var during = Latencies()
    var outside = Latencies()
    for sample in samples {
      let isDuring = windows.contains {
        sample.start <= $0.upperBound + .milliseconds(100)
          && sample.start + sample.latency >= $0.lowerBound
      }
      if isDuring { during.add(sample.latency) } else { outside.add(sample.latency) }
    }
    let time = windows.reduce(Duration.zero) { $0 + ($1.upperBound - $1.lowerBound) }
    let note =
      windows.isEmpty
      ? "no snapshot was taken: \(outside.count) commits without one"
      : "\(windows.count) snapshots of \(time.inMilliseconds.shown) ms in all,"
        + " \(during.count) commits; p99 \(outside.percentile(0.99).shown) ms outside of them"
    let value = windows.isEmpty ? outside.percentile(0.99) : during.percentile(0.99)
    bench.record(.init(.commitDuringSnapshotP99, value, lessFlushes: 1, note: note))
  }

  private static func load(_ client: Client, until isOver: @Sendable () -> Bool) async throws {
    let specs = [API.TaskSpec](repeating: .echo(payloadBytes: 100), count: 100)
    var next = clock.now
    while !isOver() {
      _ = try await client.tasks.batchSubmitTasks(
        .init(pool: LongQueueExperiment.pool, specs: specs))
      next += .milliseconds(20)
      try await Task.sleep(until: next, clock: clock)
    }
  }

  private static func probe(
    _ client: Client, until isOver: @Sendable () -> Bool
  ) async throws -> [Sample] {
    let request = API.SubmitTaskRequest(
      pool: LongQueueExperiment.pool, spec: .echo(payloadBytes: 100))
    var samples: [Sample] = []
    while !isOver() {
      let start = clock.now
      _ = try await client.tasks.submitTask(request)
      samples.append(Sample(start: start, latency: clock.now - start))
    }
    return samples
  }
}
