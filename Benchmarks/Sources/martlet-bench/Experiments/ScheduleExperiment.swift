import Foundation
import MartletClient

/// What schedules cost that do nothing, and how late those fire that have much to do.
struct ScheduleExperiment {
  let bench: Bench

  private static let pool = "schedules"

  func run() async throws {
    try await runIdle()
    try await runBusy()
  }

  // MARK: - Idle

  private func runIdle() async throws {
    guard bench.wants(.idleSchedulesCPU) else { return }
    let count = bench.scale.schedules
    try await bench.measure("CPU of \(count) idle schedules", runs: 1) {
      try await bench.withServer { server, client in
        let schedules = API.ScheduleServiceClient(channel: client.channel)
        let before = try server.residentBytes()
        let lanes = 100
        try await client.inParallel(lanes) { lane in
          for number in stride(from: lane, to: count, by: lanes) {
            // From 100 days to a year: none of them fires meanwhile.
            let days = Int64(100 + number % 265)
            let spec = Self.spec(every: days * 86_400, jitter: 0)
            _ = try await schedules.createSchedule(.init(name: "idle-\(number)", spec: spec))
          }
        }
        try await bench.settle(client)
        try await Task.sleep(for: bench.scale.loadTime)
        let start = try server.processorTime()
        let clock = ContinuousClock()
        let began = clock.now
        try await Task.sleep(for: bench.scale.loadTime * 4)
        let used = try server.processorTime() - start
        let share = used.inSeconds / (clock.now - began).inSeconds
        let bytes = Double(try server.residentBytes() - before) / Double(count)
        bench.record(
          .init(
            .idleSchedulesCPU, share * 100,
            note: "\(count) schedules, \(bytes.shown) bytes of RAM each"))
      }
    }
  }

  // MARK: - Busy

  private func runBusy() async throws {
    guard bench.wants(.scheduleLateness) else { return }
    let count = bench.scale.firingSchedules
    try await bench.measure("lateness of \(count) fires/s") {
      try await bench.withServer { _, client in
        try await client.createPool(Self.pool)
        let schedules = API.ScheduleServiceClient(channel: client.channel)
        let due = DueTimes()
        try await client.inParallel(20) { lane in
          for number in stride(from: lane, to: count, by: 20) {
            let made = try await schedules.createSchedule(
              .init(name: "busy-\(number)", spec: Self.spec(every: 1, jitter: 1)))
            await due.set("busy-\(number)", made.schedule?.nextFireTime)
          }
        }
        let begin = Date().timeIntervalSince1970 + 2
        let end = begin + (bench.scale.loadTime * 2).inSeconds
        var seen = Latencies()
        var decided = Latencies()
        let feed = client.events.watchEvents(
          .init(from: .beginning(true), types: [.scheduleFired]))
        reading: for try await batch in feed {
          let now = Date().timeIntervalSince1970
          for event in batch.events {
            guard let told = event.scheduleRun?.fireTime?.inSeconds,
              let time = await due.exchange(
                event.schedule, event.scheduleChange?.nextFireTime)?.inSeconds
            else { continue }
            if time > begin {
              seen.add(.seconds(max(0, now - time)))
              decided.add(.seconds(max(0, told - time)))
            }
            if time > end { break reading }
          }
        }
        let rate = Double(seen.count) / (end - begin)
        bench.record(
          .init(
            .scheduleLateness, seen.percentile(0.99),
            note: "\(rate.shown) fires/s, p50 \(seen.percentile(0.5).shown) ms; p99 of the "
              + "decision \(decided.percentile(0.99).shown) ms"))
      }
    }
  }

  private static func spec(every seconds: Int64, jitter: Int64) -> API.ScheduleSpec {
    API.ScheduleSpec(
      timing: .interval(.init(seconds: seconds)), jitter: .init(seconds: jitter),
      overlapPolicy: .allowAll, pool: pool, task: .nothing)
  }
}

/// When each schedule is to fire next.
private actor DueTimes {
  private var times: [String: WellKnown.Timestamp] = [:]

  /// What an event said meanwhile is newer.
  func set(_ name: String, _ time: WellKnown.Timestamp?) {
    if times[name] == nil { times[name] = time }
  }

  func exchange(_ name: String, _ next: WellKnown.Timestamp?) -> WellKnown.Timestamp? {
    defer { times[name] = next }
    return times[name]
  }
}

extension WellKnown.Timestamp {
  fileprivate var inSeconds: Double { Double(seconds) + Double(nanos) / 1e9 }
}
