import MartletClient
import MartletFakes
import Testing

@Suite("TaskEvents")
struct TaskEventsTests {
  @Test(
    "a feed whose streams break at random places hands out every event once and in order",
    arguments: UInt64(1)...40)
  func resumes(seed: UInt64) async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 120)
      world.node.breakStreams(seed: seed)
      let events = world.stubborn.watchEvents(from: .beginning)
      var revisions: [UInt64] = []
      for try await event in events {
        revisions.append(event.revision)
        // More keep coming while the first are read.
        if revisions.count <= 80 { world.node.happen(.poolPaused) }
        if revisions.count == 200 { break }
      }
      #expect(revisions == Array(1...200))
    }
  }

  @Test("batches resume too, and each cursor is a place to start from", arguments: UInt64(1)...10)
  func batches(seed: UInt64) async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 100)
      world.node.breakStreams(seed: seed)
      var read: [UInt64] = []
      var place = EventStart.beginning
      // Another process reads each batch, from the cursor of the one before.
      while read.count < 100 {
        for try await batch in world.stubborn.watchEvents(from: place).batches {
          read += batch.events.map(\.revision)
          place = .cursor(batch.cursor)
          break
        }
      }
      #expect(read == Array(1...100))
    }
  }

  @Test("a feed goes on when the server has been restarted")
  func restart() async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 10)
      let events = world.client.watchEvents(from: .beginning)
      var iterator = events.makeAsyncIterator()
      for expected in 1...10 {
        #expect(try await iterator.next()?.revision == UInt64(expected))
      }
      await world.server.stop()
      let second = try await FakeServer.start(world.node, at: world.server.target)
      world.node.happen(.poolUpdated, count: 10)
      for expected in 11...20 {
        #expect(try await iterator.next()?.revision == UInt64(expected))
      }
      await second.stop()
    }
  }

  @Test(
    "now is the moment of the first read, however often the stream breaks before it brings anything"
  )
  func now() async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 5)
      world.node.breakStreams(seed: 3)
      async let first: API.Event? = {
        for try await event in world.client.watchEvents(from: .now) { return event }
        return nil
      }()
      while world.node.unaryCalls == 0 { await Task.yield() }
      world.node.happen(.poolPaused, count: 3)
      let revision = try await first?.revision
      #expect(try #require(revision) >= 6)
    }
  }

  @Test("who stops reading and starts again goes on behind the event read last")
  func readAgain() async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 30)
      let events = world.client.watchEvents(from: .beginning, untilNow: true)
      var revisions: [UInt64] = []
      for try await event in events {
        revisions.append(event.revision)
        if revisions.count == 13 { break }
      }
      for try await event in events { revisions.append(event.revision) }
      #expect(revisions == Array(1...30))
      #expect(events.cursor == "r30")
    }
  }

  @Test("a feed until now ends")
  func untilNow() async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 7)
      var count = 0
      for try await _ in world.client.watchEvents(from: .beginning, untilNow: true) { count += 1 }
      #expect(count == 7)
    }
  }

  @Test("filters and content go to the server")
  func filters() async throws {
    try await ClientWorld.with { world in
      try await world.client.pools.create("p", slots: 1)
      let spec = API.TaskSpec(kind: "echo", json: "7", labels: ["run": "a"])
      try await world.client.tasks.submit(spec, to: "p")
      try await world.client.tasks.submit(.init(kind: "echo", json: "8"), to: "p")
      let filter = EventFilter(types: [.taskSucceeded], labels: ["run": "a"])
      var results: [[UInt8]] = []
      let events = world.client.watchEvents(
        from: .beginning, filter: filter, includeContent: true, untilNow: true)
      for try await event in events { results.append(event.result?.data ?? []) }
      #expect(results == [Array("7".utf8)])
    }
  }

  @Test("events that are no longer kept end the feed with the oldest cursor")
  func compacted() async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 20)
      world.node.forgetEvents(before: 11)
      let error = await #expect(throws: MartletError.self) {
        for try await _ in world.client.watchEvents(from: .cursor("r3")) {}
      }
      #expect(error?.reason == .revisionCompacted)
      #expect(error?.metadata["oldest_cursor"] == "r10")
    }
  }

  @Test("a connection that is lost and back is told of")
  func told() async throws {
    try await ClientWorld.with { world in
      world.node.happen(.poolUpdated, count: 60)
      world.node.breakStreams(seed: 1)
      let (heard, speaker) = AsyncStream.makeStream(of: EventConnection.self)
      let events = world.client.watchEvents(
        from: .beginning, untilNow: true, onConnection: { speaker.yield($0) })
      for try await _ in events {}
      speaker.finish()
      var lost = 0
      var resumed = 0
      for await what in heard {
        if case .lost(let error) = what {
          lost += 1
          #expect(error.code == .unavailable)
        } else {
          resumed += 1
        }
      }
      #expect(lost > 0)
      #expect(resumed == lost)
    }
  }

  @Test("without a server a feed gives up after as many tries as any call")
  func neverThere() async throws {
    try await ClientWorld.with { world in
      await world.server.stop()
      let error = await #expect(throws: MartletError.self) {
        for try await _ in world.client.watchEvents(from: .beginning) {}
      }
      #expect(error?.code == .unavailable)
      #expect(world.pauses.all.count == world.client.configuration.attemptsMax - 1)
    }
  }
}
