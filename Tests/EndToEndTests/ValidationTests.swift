import MartletClient
import MartletCore
import MartletServer
import Testing

@Suite("Requests that are wrong", .serialized, .timeLimit(.minutes(2)))
struct ValidationTests {
  @Test("every violation is named at once, by its path, and nothing is stored")
  func allAtOnce() async throws {
    try await World.run(on: .memory) { world in
      let spec = API.TaskSpec(
        kind: "Bad Kind", payload: [UInt8](repeating: 0, count: 1_048_577),
        labels: ["": "x"], priority: 11, start: .delay(.init(seconds: -1)),
        retryPolicy: .init(maxAttempts: 0, factor: 0.5, jitter: 2),
        runTimeout: .init(seconds: 0))
      let error = try await refusal {
        try await world.taskCalls.submitTask(
          .init(pool: "Wrong", spec: spec, requestId: String(repeating: "x", count: 128)))
      }
      #expect(error.code == .invalidArgument && error.reason == .fieldInvalid)
      #expect(
        Set(error.violations.map(\.field)) == [
          "pool", "spec.kind", "spec.payload", #"spec.labels[""]"#, "spec.priority", "spec.delay",
          "spec.retry_policy.max_attempts", "spec.retry_policy.factor", "spec.retry_policy.jitter",
          "spec.run_timeout", "request_id",
        ])
      #expect(error.violations.allSatisfy { !$0.description.isEmpty })
      #expect(try await world.tasks.count().total == 0)
    }
  }

  @Test(
    "each call checks its fields",
    arguments: [
      ("pool name", "name"), ("slots", "spec.slots"), ("capacity", "spec.queue_capacity"),
      ("mask", "update_mask"), ("task id", "id"), ("view", "view"), ("cursor", "min_cursor"),
      ("page size", "page_size"), ("order", "order_by"), ("no ids", "ids"),
      ("feed cursor", "cursor"), ("heartbeat", "heartbeat_interval"), ("event type", "types[0]"),
      ("reason", "reason"), ("no spec", "spec"), ("no batch", "specs"),
    ])
  func fields(call: String, field: String) async throws {
    try await World.run(on: .memory) { world in
      let error = try await refusal { try await Self.make(call, world) }
      #expect(error.code == .invalidArgument)
      #expect(error.violations.map(\.field) == [field])
    }
  }

  private static func make(_ call: String, _ world: World) async throws {
    let (tasks, pools) = (world.taskCalls, world.poolCalls)
    var watch = API.WatchEventsRequest(untilNow: true)
    switch call {
    case "pool name": _ = try await pools.createPool(.init(name: "A", spec: .init(slots: 1)))
    case "slots": _ = try await pools.createPool(.init(name: "a", spec: .init(slots: 0)))
    case "capacity":
      _ = try await pools.createPool(.init(name: "a", spec: .init(slots: 1, queueCapacity: 0)))
    case "mask": _ = try await pools.updatePool(.init(name: "work", spec: .init(slots: 1)))
    case "task id": _ = try await tasks.getTask(.init(id: "not an id"))
    case "view":
      _ = try await tasks.getTask(.init(id: "0000000000001", view: .unrecognized(77)))
    case "cursor": _ = try await tasks.countTasks(.init(minCursor: "later"))
    case "page size": _ = try await tasks.listTasks(.init(pageSize: 1_001))
    case "order": _ = try await tasks.listTasks(.init(orderBy: "colour"))
    case "no ids": for try await _ in tasks.waitTasks(.init()) {}
    case "feed cursor": watch.from = .cursor("x")
    case "heartbeat": watch.heartbeatInterval = .init(.milliseconds(99))
    case "event type": watch.types = [.unrecognized(9_999)]
    case "reason":
      _ = try await pools.pausePool(
        .init(name: "work", reason: String(repeating: "x", count: 1_025)))
    case "no spec": _ = try await tasks.submitTask(.init(pool: "work"))
    default: _ = try await tasks.batchSubmitTasks(.init(pool: "work"))
    }
    for try await _ in world.eventCalls.watchEvents(watch) {}
  }

  @Test("a message that is too large is refused before it is read")
  func tooLarge() async throws {
    try await World.run(on: .memory) { world in
      let spec = API.TaskSpec(kind: "echo", payload: [UInt8](repeating: 0, count: 5 << 20))
      let error = try await refusal {
        try await world.taskCalls.submitTask(.init(pool: "work", spec: spec))
      }
      #expect(error.code == .resourceExhausted && error.reason == nil)
    }
  }

  @Test("a batch may have ten thousand tasks and 16 MiB, not more")
  func batchLimits() async throws {
    try await World.run(on: .memory) { world in
      try await world.pools.pause("work")
      let payload = [UInt8](repeating: 1, count: 1_000_000)
      let large = API.TaskSpec(kind: "echo", payload: payload)
      try await world.tasks.submitBatch(Array(repeating: large, count: 16), to: "work")
      let bytes = try await refusal {
        try await world.tasks.submitBatch(Array(repeating: large, count: 17), to: "work")
      }
      #expect(bytes.code == .resourceExhausted)
      try await world.tasks.submitBatch(Array(repeating: .echo(), count: 10_000), to: "work")
      let count = try await refusal {
        try await world.tasks.submitBatch(Array(repeating: .echo(), count: 10_001), to: "work")
      }
      #expect(count.violations.map(\.field) == ["specs"])
      #expect(try await world.tasks.count().total == 10_016)
    }
  }

  @Test(
    "a cursor beyond the newest event is no cursor of this server: refused, not waited for",
    arguments: [
      ("pool", "min_cursor"), ("pools", "min_cursor"), ("task", "min_cursor"),
      ("tasks", "min_cursor"), ("count", "min_cursor"), ("events", "cursor"),
      ("events until now", "cursor"),
    ])
  func futureCursor(call: String, field: String) async throws {
    try await World.run(on: .memory) { world in
      let newest = try #require(
        Cursor(parsing: try await world.pools.create("p", slots: 1).cursor)?.revision)
      try await Self.read(call, world, cursor: Cursor(newest).text)
      let error = try await refusal {
        try await Self.read(call, world, cursor: Cursor(newest.next).text)
      }
      #expect(error.code == .invalidArgument && error.reason == .fieldInvalid)
      #expect(error.violations.map(\.field) == [field])
    }
  }

  /// Reads what must be as new as the cursor, or comes after it.
  private static func read(_ call: String, _ world: World, cursor: String) async throws {
    switch call {
    case "pool": _ = try await world.poolCalls.getPool(.init(name: "p", minCursor: cursor))
    case "pools": _ = try await world.poolCalls.listPools(.init(minCursor: cursor))
    case "task":
      let error = try await refusal {
        _ = try await world.taskCalls.getTask(.init(id: "0000000000001", minCursor: cursor))
      }
      if error.reason != .taskNotFound { throw error }
    case "tasks": _ = try await world.taskCalls.listTasks(.init(minCursor: cursor))
    case "count": _ = try await world.taskCalls.countTasks(.init(minCursor: cursor))
    default:
      // The heartbeat shows that a stream that stays open has started.
      let watch = API.WatchEventsRequest(
        from: .cursor(cursor), heartbeatInterval: .init(.milliseconds(100)),
        untilNow: call == "events until now")
      for try await _ in world.eventCalls.watchEvents(watch) { break }
    }
  }

  @Test("a call that is not there is UNIMPLEMENTED")
  func unknownMethod() async throws {
    try await World.run(on: .memory) { world in
      let method = MethodDescriptor(
        service: "martlet.v1.TaskService", method: "DropTask", kind: .unary)
      let error = try await refusal {
        let _: API.CancelTaskResponse = try await world.channel.unary(
          method, API.CancelTaskRequest())
      }
      #expect(error.code == .unimplemented)
    }
  }

  @Test("the actor is who the metadata says, else where the call came from")
  func actor() async throws {
    try await World.run(on: .memory) { world in
      let request = API.SubmitTaskRequest(pool: "work", spec: .unserved)
      let peer = try await world.taskCalls.submitTask(request).task?.actor
      #expect(peer?.hasPrefix("ipv4:127.0.0.1:") == true)
      var options = CallOptions()
      options.metadata.append("martlet-actor", "ada")
      let named = try await world.taskCalls.submitTask(request, options: options)
      #expect(named.task?.actor == "ada")
      options.metadata = ["martlet-actor": String(repeating: "x", count: 128)]
      let error = try await refusal {
        try await world.taskCalls.submitTask(request, options: options)
      }
      #expect(error.violations.map(\.field) == ["metadata.martlet-actor"])
    }
  }
}
