import MartletClient
import MartletCore
import MartletServer
import Testing

@Suite("The feed", .serialized, .timeLimit(.minutes(2)))
struct FeedTests {
  @Test("revisions have no gaps and times never decrease", arguments: StoreKind.allCases)
  func gapless(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.finished((0..<300).map { .echo("\($0)") })
      try await world.finished([.fail(retry: .quick(attempts: 3))])
      let events = try await world.events()
      #expect(events.map(\.revision) == (1...UInt64(events.count)).map { $0 })
      let times = try events.map { try #require($0.time) }
      #expect(zip(times, times.dropFirst()).allSatisfy { $1.since($0) >= .zero })
      #expect(events.count == 910)
      #expect(try await world.client.serverInfo().newestRevision == UInt64(events.count))
    }
  }

  @Test("a feed goes on behind any reply's cursor", arguments: StoreKind.allCases)
  func cursors(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let created = try await world.pools.create("other", slots: 1)
      let submitted = try await world.tasks.submit(.unserved, to: "other")
      let cancelled = try await world.tasks.cancel(submitted.id)
      let listed = try await world.tasks.count()
      let after: (String) async throws -> [API.EventType] = { cursor in
        try await world.events(from: .cursor(cursor)).map(\.type)
      }
      #expect(try await after(created.cursor) == [.taskSubmitted, .taskCancelled])
      #expect(try await after(submitted.cursor) == [.taskCancelled])
      #expect(try await after(cancelled.cursor) == [])
      #expect(try await after(listed.cursor) == [])
      #expect(try await after(world.client.serverInfo().oldestCursor).count == 4)
    }
  }

  @Test(
    "from any batch's cursor the rest follows, without gap or double", arguments: StoreKind.allCases
  )
  func resume(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      for text in ["a", "b", "c"] { try await world.finished([.echo(text), .echo(text)]) }
      let all = try await world.events()
      for revision in [0, 1, all.count / 2, all.count - 1] {
        var request = API.WatchEventsRequest(untilNow: true)
        request.from = .cursor(Cursor(Revision(UInt64(revision))).text)
        var rest: [API.Event] = []
        for try await batch in world.eventCalls.watchEvents(request) { rest += batch.events }
        #expect(rest == Array(all.dropFirst(revision)))
      }
    }
  }

  @Test("a live feed brings what happens, as it happens", arguments: StoreKind.allCases)
  func live(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let before = try await world.client.serverInfo().cursor
      let id = try await world.tasks.submit(.gate, to: "work").id
      var seen: [API.EventType] = []
      for try await event in world.client.watchEvents(from: .cursor(before)) {
        #expect(event.taskId == id && event.pool == "work" && event.kind == "gate")
        seen.append(event.type)
        if event.type == .taskStarted { gate.open() }
        if event.type == .taskSucceeded { break }
      }
      #expect(seen == [.taskSubmitted, .taskStarted, .taskSucceeded])
    }
  }

  @Test("a feed from now brings only what comes after", arguments: StoreKind.allCases)
  func fromNow(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      _ = try await world.ended(.echo("old"))
      var request = API.WatchEventsRequest(heartbeatInterval: .init(.milliseconds(100)))
      request.types = [.taskSubmitted]
      var hasBegun = false
      for try await batch in world.eventCalls.watchEvents(request) {
        guard let event = batch.events.first else {
          if !hasBegun { try await world.tasks.submit(.echo(labels: ["new": "1"]), to: "work") }
          hasBegun = true
          continue
        }
        #expect(event.labels == ["new": "1"])
        return
      }
    }
  }

  @Test(
    "a feed from a time begins with the first event at or after it", arguments: StoreKind.allCases)
  func fromTime(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      _ = try await world.ended(.echo("a"))
      _ = try await world.ended(.echo("b"))
      let all = try await world.events()
      for event in all {
        let time = try #require(event.time)
        let found = try await world.events(from: .time(time))
        #expect(found == all.filter { $0.time?.since(time) ?? .zero >= .zero })
      }
      #expect(try await world.events(from: .time(.init(seconds: 1))).count == all.count)
      #expect(try await world.events(from: .time(.init(seconds: 4_000_000_000))).isEmpty)
    }
  }

  @Test("filters leave out what does not pass all of them", arguments: StoreKind.allCases)
  func filters(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("other", slots: 2)
      let red = try await world.tasks.submit(
        .echo(labels: ["colour": "red", "size": "s"]), to: "work"
      ).id
      let blue = try await world.tasks.submit(.echo(labels: ["colour": "blue"]), to: "other").id
      let plain = try await world.tasks.submit(.fail(retry: .never), to: "other").id
      for try await _ in world.tasks.wait([red, blue, plain]) {}
      let all = try await world.events()
      func expect(_ filter: EventFilter, _ passes: (API.Event) -> Bool) async throws {
        let found = try await world.events(filter)
        #expect(found == all.filter(passes))
        #expect(!found.isEmpty)
      }
      try await expect(.init(pools: ["other"])) { $0.pool == "other" }
      try await expect(.init(taskIDs: [red, plain])) { [red, plain].contains($0.taskId) }
      try await expect(.init(kinds: ["fail"])) { $0.kind == "fail" }
      try await expect(.init(types: [.poolCreated, .taskFailed])) {
        [.poolCreated, .taskFailed].contains($0.type)
      }
      try await expect(.init(labels: ["colour": "red"])) { $0.labels["colour"] == "red" }
      try await expect(.init(pools: ["work", "other"], kinds: ["echo"], types: [.taskStarted])) {
        $0.kind == "echo" && $0.type == .taskStarted
      }
      try await expect(.init(expression: "type = TASK_FAILED OR labels.size = s")) {
        $0.type == .taskFailed || $0.labels["size"] == "s"
      }
      try await expect(.init(pools: ["other"], expression: "NOT kind = echo attempt >= 1")) {
        $0.pool == "other" && $0.kind == "fail" && $0.attempt >= 1
      }
      let error = await #expect(throws: MartletError.self) {
        try await world.events(.init(expression: "type = TASK_FALED"))
      }
      #expect(error?.reason == .filterInvalid)
      #expect(try await world.events(.init(labels: ["colour": "red", "size": "l"])).isEmpty)
      #expect(try await world.events(.init(pools: ["nowhere"])).isEmpty)
    }
  }

  @Test("payloads and results come only on request", arguments: StoreKind.allCases)
  func content(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let task = try await world.ended(.echo("the payload"))
      let filter = EventFilter(taskIDs: [task.id])
      let bare = try await world.events(filter)
      #expect(bare.allSatisfy { $0.payload.isEmpty && $0.result == nil })
      let full = try await world.events(filter, includeContent: true)
      #expect(full.map(\.payload) == [Array("the payload".utf8), [], []])
      #expect(full.map(\.result) == [nil, nil, task.result])
    }
  }

  @Test(
    "an idle feed says where it is, past what its filters leave out", arguments: StoreKind.allCases)
  func heartbeat(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var request = API.WatchEventsRequest(
        pools: ["silent"], heartbeatInterval: .init(.milliseconds(100)))
      request.from = .beginning(true)
      _ = try await world.ended(.echo())
      let now = try await world.client.serverInfo().cursor
      for try await batch in world.eventCalls.watchEvents(request) {
        #expect(batch.events.isEmpty)
        if batch.cursor == now { return }
      }
    }
  }

  @Test("ten subscribers read the same feed while it grows", arguments: StoreKind.allCases)
  func manySubscribers(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let client = world.client
      let readers = (0..<10).map { _ in
        Task {
          var revisions: [UInt64] = []
          for try await event in client.watchEvents(from: .beginning) {
            revisions.append(event.revision)
            if event.type == .poolDeleted { break }
          }
          return revisions
        }
      }
      try await world.pools.create("end", slots: 1)
      for _ in 0..<20 { try await world.finished((0..<50).map { .echo("\($0)") }) }
      try await world.pools.delete("end")
      let newest = try await world.client.serverInfo().newestRevision
      for reader in readers { #expect(try await reader.value == Array(1...newest)) }
    }
  }

  @Test(
    "a pool's events tell its spec, its state and who changed it", arguments: StoreKind.allCases)
  func poolEvents(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      try await world.pools.create("p", slots: 1)
      let updated = try await world.pools.update("p", spec: .init(slots: 3), fields: ["slots"])
      try await world.pools.pause("p", reason: "night")
      try await world.pools.resume("p")
      try await world.pools.drain("p")
      try await world.pools.delete("p", reason: "done")
      let events = try await world.events()
      #expect(
        events.map(\.type) == [
          .poolCreated, .poolUpdated, .poolPaused, .poolResumed, .poolDraining, .poolClosed,
          .poolDeleted,
        ])
      #expect(events.map { $0.poolChange?.spec?.slots } == [1, 3, 3, 3, 3, 3, 3])
      #expect(
        events.map { $0.poolChange?.state }
          == [.active, .active, .paused, .active, .draining, .closed, .deleting])
      #expect(events[1].poolChange?.etag == updated.etag)
      #expect(events.map(\.reason) == ["", "", "night", "", "", "", "done"])
      #expect(
        events.map(\.actor) == ["tester", "tester", "tester", "tester", "tester", "", "tester"])
    }
  }
}
