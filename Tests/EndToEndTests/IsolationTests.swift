import MartletClient
import Testing

@Suite("What blocks nobody", .serialized, .timeLimit(.minutes(2)))
struct IsolationTests {
  @Test(
    "a handler that blocks its thread delays neither pools nor calls nor timers",
    arguments: StoreKind.allCases)
  func blockedHandler(on store: StoreKind) async throws {
    let block = BlockHandler()
    try await World.run(on: store, handlers: [block]) { world in
      try await world.pools.create("slow", slots: 16)
      let stuck = try await world.tasks.submitBatch(
        Array(repeating: .init(kind: "block"), count: 40), to: "slow"
      ).value
      try await world.reached(stuck[15], .running)
      // Another pool.
      try await world.finished(Array(repeating: .echo(), count: 100))
      // Calls, reads of the index among them.
      #expect(try await world.tasks.count(filter: "state = RUNNING").total == 16)
      #expect(try await world.events(.init(kinds: ["echo"])).count == 300)
      try await world.pools.update("slow", spec: .init(slots: 20), fields: ["slots"])
      try await world.reached(stuck[19], .running)
      // Timers.
      var delayed = API.TaskSpec.echo()
      delayed.start = .delay(.init(.milliseconds(5)))
      #expect(try await world.ended(delayed).state == .succeeded)
      // Also in the same pool: what waits can be cancelled, what runs be asked to stop.
      #expect(try await world.tasks.cancel(stuck[39]).state == .cancelled)
      #expect(try await world.tasks.cancel(stuck[0]).state == .running)
      block.release(40)
      for try await _ in world.tasks.wait(stuck) {}
      #expect(try await world.pools.get("slow").status?.totalSucceeded == 38)
    }
  }

  @Test("a subscriber that does not read holds up nobody", arguments: StoreKind.allCases)
  func slowSubscriber(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var request = API.WatchEventsRequest(includeContent: true)
      request.from = .beginning(true)
      var slow = world.eventCalls.watchEvents(request).makeAsyncIterator()
      let first = try #require(try await slow.next())
      let payload = [UInt8](repeating: 65, count: 20_000)
      for _ in 0..<10 {
        try await world.finished(Array(repeating: .init(kind: "echo", payload: payload), count: 40))
      }
      var revisions = first.events.map(\.revision)
      let newest = try await world.client.serverInfo().newestRevision
      while revisions.last != newest {
        revisions += try #require(try await slow.next()).events.map(\.revision)
      }
      #expect(revisions == Array(1...newest))
    }
  }
}
