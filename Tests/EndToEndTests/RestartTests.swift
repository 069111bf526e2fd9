import MartletClient
import MartletCore
import MartletServer
import Testing

@Suite("Stop and restart", .serialized, .timeLimit(.minutes(2)))
struct RestartTests {
  @Test("tasks, pools, counters and content are as they were", arguments: StoreKind.allCases)
  func keepsState(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("other", spec: .init(slots: 2, labels: ["a": "b"]))
      try await world.finished((0..<50).map { .echo("\($0)") })
      try await world.finished([.fail(retry: .quick(attempts: 2))], in: "other")
      try await world.pools.pause("work", reason: "night")
      try await world.tasks.submitBatch((0..<20).map { .echo("later \($0)") }, to: "work")
      let before = try await world.snapshot()
      try await world.restart()
      let after = try await world.snapshot()
      #expect(after.tasks == before.tasks)
      #expect(after.events == before.events)
      #expect(after.counts == before.counts)
      #expect(after.pools == before.pools)
      try await world.restart()
      #expect(try await world.snapshot().tasks == before.tasks)
    }
  }

  @Test("the queue goes on in its order", arguments: StoreKind.allCases)
  func keepsOrder(on store: StoreKind) async throws {
    let gate = GateHandler()
    gate.open()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("line", slots: 1)
      try await world.pools.pause("line")
      var ids: [String] = []
      for priority in [3, 9, 3, 5, 9, 3] {
        let spec = API.TaskSpec(kind: "gate", priority: Int32(priority))
        ids.append(try await world.tasks.submit(spec, to: "line").id)
      }
      try await world.restart()
      try await world.pools.resume("line")
      for try await _ in world.tasks.wait(ids) {}
      #expect(gate.order == [1, 4, 3, 0, 2, 5].map { ids[$0] })
    }
  }

  @Test("request ids are remembered", arguments: StoreKind.allCases)
  func keepsRequestIDs(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let first = try await world.tasks.submit(.echo("a"), to: "work", requestID: "r1")
      let batch = try await world.tasks.submitBatch(
        [.echo(), .echo()], to: "work", requestID: "r2")
      for _ in 0..<2 {
        try await world.restart()
        let again = try await world.tasks.submit(.echo("a"), to: "work", requestID: "r1")
        #expect(again.id == first.id)
        let repeated = try await world.tasks.submitBatch(
          [.echo(), .echo()], to: "work", requestID: "r2")
        #expect(repeated.value == batch.value)
        let error = try await refusal {
          try await world.tasks.submit(.echo("b"), to: "work", requestID: "r1")
        }
        #expect(error.reason == .requestIDReused)
      }
      #expect(try await world.tasks.count().total == 3)
    }
  }

  @Test("delays and deadlines go on", arguments: StoreKind.allCases)
  func keepsTimers(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var delayed = API.TaskSpec.echo()
      delayed.start = .delay(.init(.milliseconds(300)))
      var bounded = API.TaskSpec.unserved
      bounded.deadline = try #require(try await world.client.serverInfo().time)
        .adding(milliseconds: 300)
      let ids = try await world.tasks.submitBatch([delayed, bounded], to: "work").value
      try await world.restart()
      #expect(try await world.tasks.waitUntilEnded(ids[0]).state == .succeeded)
      let failed = try await world.tasks.waitUntilEnded(ids[1])
      #expect(failed.state == .failed && failed.failure?.kind == .deadline)
    }
  }

  @Test("a stop lets running attempts finish within the grace", arguments: StoreKind.allCases)
  func grace(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      let queued = try await world.tasks.submit(.unserved, to: "work").id
      var watch = world.taskCalls.waitTask(.init(id: queued)).makeAsyncIterator()
      _ = try await watch.next()
      let node = world.node
      let stop = Task { await node.stop(grace: .seconds(60)) }
      gate.open()
      await stop.value
      try await world.restart()
      let task = try await world.tasks.get(id).value
      #expect(task.state == .succeeded && task.attempt == 1)
    }
  }

  @Test(
    "what does not finish in time is given back and does not count", arguments: StoreKind.allCases)
  func release(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      var spec = API.TaskSpec.gate
      spec.retryPolicy = .never
      let id = try await world.started(spec)
      await gate.came(1)
      try await world.restart(grace: .milliseconds(1))
      try await world.reached(id, .running)
      gate.open()
      let task = try await world.tasks.waitUntilEnded(id)
      #expect(task.state == .succeeded && task.attempt == 2)
      await gate.left(2)
      #expect(gate.stops == [.shutdown])
      #expect(
        try await world.story(of: id)
          == [.taskSubmitted, .taskStarted, .taskReleased, .taskStarted, .taskSucceeded])
    }
  }

  @Test("a second signal cuts the grace short, still without loss", arguments: StoreKind.allCases)
  func hurry(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      let node = world.node
      let stop = Task { await node.stop(grace: .seconds(3_600)) }
      node.hurry()
      await stop.value
      gate.open()
      try await world.restart()
      #expect(try await world.tasks.waitUntilEnded(id).state == .succeeded)
      #expect(try await world.story(of: id).contains(.taskReleased))
    }
  }

  @Test("no attempt is lost by a stop in the middle of work", arguments: StoreKind.allCases)
  func stopUnderLoad(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let ids = try await world.tasks.submitBatch(
        Array(repeating: .echo(), count: 3_000), to: "work"
      ).value
      for _ in 0..<5 { try await world.restart() }
      var states: Set<API.TaskState> = []
      for try await some in world.tasks.wait(ids) { states.formUnion(some.tasks.map(\.state)) }
      #expect(states == [.succeeded])
      #expect(try await world.events(.init(types: [.taskLost])).isEmpty)
      #expect(try await world.tasks.count(filter: "state = SUCCEEDED").total == 3_000)
    }
  }

  @Test(
    "feeds and waits resume by themselves, without gap or double", arguments: StoreKind.allCases)
  func clientsResume(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      let client = world.client
      let feed = Task {
        var revisions: [UInt64] = []
        for try await event in client.watchEvents(from: .beginning) {
          revisions.append(event.revision)
          if event.type == .taskSucceeded, event.taskId == id { break }
        }
        return revisions
      }
      let wait = Task { try await client.tasks.waitUntilEnded(id).state }
      try await world.restart()
      for text in ["a", "b"] { try await world.finished([.echo(text)]) }
      try await world.restart()
      gate.open()
      #expect(try await wait.value == .succeeded)
      let revisions = try await feed.value
      #expect(revisions == Array(1...UInt64(revisions.count)))
    }
  }

  @Test("a stopping server says that it does not serve", arguments: StoreKind.allCases)
  func health(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let health = GRPCHealth.HealthClient(channel: world.channel)
      #expect(try await health.check(.init()).status == .serving)
      #expect(try await health.check(.init(service: "martlet.v1.TaskService")).status == .serving)
      let unknown = try await refusal { try await health.check(.init(service: "nobody")) }
      #expect(unknown.code == .notFound)
      var watch = health.watch(.init()).makeAsyncIterator()
      #expect(try await watch.next()?.status == .serving)
      world.health.set(.notServing)
      #expect(try await watch.next()?.status == .notServing)
      try await world.restart()
      #expect(try await health.check(.init()).status == .serving)
    }
  }
}

extension World {
  /// All that a caller can see.
  struct Snapshot: Equatable {
    var tasks: [API.Task] = []
    var pools: [API.Pool] = []
    var counts: [API.CountTasksResponse.Count] = []
    var events: [API.Event] = []
  }

  func snapshot() async throws -> Snapshot {
    var snapshot = Snapshot()
    for try await task in tasks.list(view: .full) { snapshot.tasks.append(task) }
    snapshot.pools = try await pools.list().map { pool in
      var pool = pool
      pool.status?.oldestQueuedAge = nil
      return pool
    }
    snapshot.counts = try await tasks.count().counts
    snapshot.events = try await events(includeContent: true)
    return snapshot
  }
}
