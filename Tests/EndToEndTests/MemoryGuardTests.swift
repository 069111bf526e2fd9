import MartletClient
import MartletCore
import MartletRPCServices
import MartletServer
import Synchronization
import Testing

@Suite("Memory pressure", .serialized, .timeLimit(.minutes(2)))
struct MemoryPressureTests {
  @Test("refuses new tasks, goes on with the others, and ends well below the limit")
  func pressure() async throws {
    let held = Mutex(0)
    var limits = Limits()
    limits.memoryBytes = 1_000
    let look: @Sendable () -> Int? = { held.withLock { $0 } }
    try await World.run(on: .memory, limits: limits, residentBytes: look) { world in
      let task = try await world.tasks.submit(.unserved, to: "work").value
      held.withLock { $0 = 1_001 }
      try await world.submissions(are: .notServing)
      #expect(world.health.status() == .serving)
      let error = try await refusal { try await world.tasks.submit(.echo(), to: "work") }
      #expect(error.code == .resourceExhausted && error.reason == .memoryPressure)
      #expect(error.retryDelay != nil)
      #expect(error.metadata == ["what": "bytes", "limit": "1000"])
      let info = try await world.client.serverInfo()
      #expect(info.refusingSubmissions == ["MEMORY_PRESSURE"] && info.memoryBytes == 1_001)
      try await world.tasks.update(task.id, priority: 9)
      try await world.tasks.cancel(task.id)
      try await world.tasks.retry(task.id)
      held.withLock { $0 = 900 }
      try await world.submissions(are: .serving)
      try await world.tasks.submit(.echo(), to: "work")
      #expect(try await world.client.serverInfo().refusingSubmissions == [])
    }
  }
}

extension World {
  /// Returns when health says so.
  fileprivate func submissions(are status: HealthBoard.Status) async throws {
    for await now in health.changes(of: MartletServices.submissions) where now == status { return }
    Issue.record("health says no more")
  }
}
