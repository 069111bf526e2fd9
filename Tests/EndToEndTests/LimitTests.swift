import MartletClient
import MartletCore
import MartletServer
import Testing

/// How many were inside at the same time.
private actor Tally {
  private(set) var most = 0
  private(set) var count = 0
  private var inside = 0

  func enter() {
    inside += 1
    count += 1
    most = max(most, inside)
  }

  func leave() { inside -= 1 }
}

@Suite("Limits through the client", .serialized, .timeLimit(.minutes(2)))
struct LimitTests {
  @Test("no more are inside than the limit says", arguments: StoreKind.allCases)
  func concurrency(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let client = world.client
      try await client.limits.create(
        "gateway", .init(rule: .concurrency(.init(units: 3))), reason: "test")
      let tally = Tally()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await client.withPermit("gateway") { _ in
              await tally.enter()
              try await Task.sleep(for: .milliseconds(5))
              await tally.leave()
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(await tally.most == 3)
      #expect(await tally.count == 20)
      let limit = try await client.limits.get("gateway").value
      #expect(limit.status?.available == 3 && limit.reason == "test")
    }
  }

  @Test("what is thrown with a permit gives it back, and what is taken is refused")
  func refusals() async throws {
    try await World.run(on: .memory) { world in
      let limits = world.client.limits
      try await limits.create("c", .init(rule: .concurrency(.init(units: 1))))
      let permits = try await limits.acquire("c", owner: "a").value
      let taken = await #expect(throws: MartletError.self) {
        try await limits.withPermit("c", wait: .zero) { _ in }
      }
      #expect(taken?.reason == .limitExceeded)
      try await limits.release("c", owner: "a", token: permits.token)
      await #expect(throws: CancellationError.self) {
        try await limits.withPermit("c") { _ in throw CancellationError() }
      }
      #expect(try await limits.get("c").value.status?.inUse == 0)
    }
  }

  @Test("permits of a rate are spent, and its change takes effect at once")
  func rate() async throws {
    try await World.run(on: .memory) { world in
      let limits = world.client.limits
      let slow = API.RateLimit(units: 1, per: .init(seconds: 3_600), burst: 1)
      try await limits.create("r", .init(rule: .rate(slow)))
      try await limits.withPermit("r") { permits in #expect(permits.lease == nil) }
      let refused = await #expect(throws: MartletError.self) {
        try await limits.acquire("r", owner: "a")
      }
      #expect(refused?.reason == .limitExceeded)
      let fast = API.RateLimit(units: 1_000, per: .init(seconds: 1), burst: 10)
      try await limits.update("r", .init(rule: .rate(fast)), paths: ["rate"])
      try await limits.acquire("r", owner: "a", wait: .seconds(10))
    }
  }
}
