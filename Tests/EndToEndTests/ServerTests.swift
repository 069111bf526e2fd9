import MartletClient
import MartletCore
import MartletServer
import Testing

@Suite("The server itself", .serialized, .timeLimit(.minutes(2)))
struct ServerTests {
  @Test(
    "GetServerInfo tells version, limits, kinds, clocks and the ends of the feed",
    arguments: StoreKind.allCases)
  func info(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      _ = try await world.ended(.echo())
      let info = try await world.client.serverInfo()
      #expect(!info.version.isEmpty)
      #expect(info.kinds == ["echo", "fail", "file.digest", "sleep"])
      #expect(info.newestRevision == 4 && info.oldestRevision == 1)
      #expect(try await world.events(from: .cursor(info.oldestCursor)).count == 4)
      #expect(try await world.events(from: .cursor(info.cursor)).isEmpty)
      #expect(Set(info.limits.map(\.name)) == Set(Limits.all.map(\.name)))
      #expect(info.limits.allSatisfy { !$0.unit.isEmpty && !$0.beyond.isEmpty })
      #expect(try #require(info.uptime).duration > .zero)
      #expect(info.lastFlush != nil && info.startTime != nil)
      let later = try await world.client.serverInfo()
      #expect(try #require(later.elapsed).duration > (try #require(info.elapsed).duration))
    }
  }

  @Test("the log's clock goes on over a restart", arguments: StoreKind.allCases)
  func clock(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let before = try #require(try await world.client.serverInfo().elapsed).duration
      try await world.restart()
      let info = try await world.client.serverInfo()
      #expect(try #require(info.elapsed).duration >= before)
      #expect(try #require(info.uptime).duration < (try #require(info.elapsed).duration))
    }
  }

  @Test("a deadline of the caller ends its call, not the task", arguments: StoreKind.allCases)
  func callDeadline(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let id = try await world.tasks.submit(.unserved, to: "work").id
      var options = CallOptions()
      options.timeout = .milliseconds(50)
      let error = try await refusal {
        for try await _ in world.taskCalls.waitTask(.init(id: id), options: options) {}
      }
      #expect(error.code == .deadlineExceeded)
      #expect(try await world.tasks.get(id).state == .pending)
    }
  }
}
