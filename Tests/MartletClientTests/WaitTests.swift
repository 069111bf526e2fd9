import MartletClient
import MartletFakes
import Testing

@Suite("Waits")
struct WaitTests {
  @Test("a wait shows the task as it is and ends with its end")
  func wait() async throws {
    try await ClientWorld.with(FakeNode { _ in .hang }) { world in
      try await world.client.pools.create("p", slots: 1)
      let task = try await world.client.tasks.submit(.init(kind: "x"), to: "p")
      var states: [API.TaskState] = []
      for try await seen in world.client.tasks.wait(task.id) {
        states.append(seen.state)
        if seen.state == .running { world.node.finish(task.id, .succeed([42])) }
      }
      #expect(states == [.running, .succeeded])
      let ended = try await world.client.tasks.waitUntilEnded(task.id)
      #expect(ended.result?.data == [42])
    }
  }

  @Test("a wait outlives streams that break", arguments: UInt64(1)...20)
  func resumes(seed: UInt64) async throws {
    try await ClientWorld.with(FakeNode { _ in .hang }) { world in
      try await world.client.pools.create("p", slots: 1)
      let task = try await world.client.tasks.submit(.init(kind: "x"), to: "p")
      world.node.breakStreams(seed: seed)
      var states: [API.TaskState] = []
      for try await seen in world.stubborn.tasks.wait(task.id) {
        states.append(seen.state)
        if seen.state == .running { world.node.finish(task.id, .fail(API.Failure(code: "NO"))) }
      }
      #expect(states == [.running, .failed])
    }
  }

  @Test(
    "each of many tasks is handed out once, through streams that break",
    arguments: UInt64(1)...20)
  func many(seed: UInt64) async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      let specs = Array(repeating: API.TaskSpec(kind: "echo"), count: 20)
      let ids = try await world.client.tasks.submitBatch(specs, to: "p").value
      world.node.breakStreams(seed: seed)
      var seen: [String] = []
      var remaining: [Int] = []
      for try await ended in world.stubborn.tasks.wait(ids) {
        seen += ended.tasks.map(\.id)
        remaining.append(ended.remaining)
      }
      #expect(seen.sorted() == ids)
      #expect(remaining.last == 0)
    }
  }

  @Test("waiting for any ends with the first")
  func any() async throws {
    try await ClientWorld.with(FakeNode { _ in .hang }) { world in
      try await world.client.pools.create("p", slots: 1)
      let specs = Array(repeating: API.TaskSpec(kind: "x"), count: 3)
      let ids = try await world.client.tasks.submitBatch(specs, to: "p").value
      world.node.finish(ids[1], .succeed([]))
      var seen: [String] = []
      for try await ended in world.client.tasks.wait(ids, mode: .any) {
        seen += ended.tasks.map(\.id)
      }
      #expect(seen == [ids[1]])
    }
  }

  @Test("an unknown task ends a wait with its reason; among many it is counted as ended")
  func unknown() async throws {
    try await ClientWorld.with { world in
      let error = await #expect(throws: MartletError.self) {
        try await world.client.tasks.waitUntilEnded("nosuchtask000")
      }
      #expect(error?.reason == .taskNotFound)
      var unknown: [String] = []
      for try await ended in world.client.tasks.wait(["nosuchtask000", "nosuchtask001"]) {
        unknown += ended.unknownIDs
      }
      #expect(unknown.sorted() == ["nosuchtask000", "nosuchtask001"])
    }
  }

  @Test("a wait that is cancelled ends")
  func cancelled() async throws {
    try await ClientWorld.with(FakeNode { _ in .hang }) { world in
      try await world.client.pools.create("p", slots: 1)
      let id = try await world.client.tasks.submit(.init(kind: "x"), to: "p").id
      let (started, sign) = AsyncStream.makeStream(of: Void.self)
      let waiting = Task {
        for try await _ in world.client.tasks.wait(id) { sign.yield() }
      }
      for await _ in started { break }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
    }
  }
}
