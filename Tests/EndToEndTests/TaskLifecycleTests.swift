import MartletClient
import Testing

@Suite("The life of a task", .serialized, .timeLimit(.minutes(2)))
struct TaskLifecycleTests {
  @Test(
    "a task is submitted, started and succeeds with its handler's result",
    arguments: StoreKind.allCases)
  func succeeds(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let submitted = try await world.tasks.submit(.echo("hello"), to: "work")
      #expect(submitted.state == .pending)
      #expect(submitted.attempt == 0)
      #expect(submitted.pool == "work")
      #expect(submitted.actor == "tester")
      #expect(submitted.createTime != nil)
      let task = try await world.tasks.waitUntilEnded(submitted.id)
      #expect(task.state == .succeeded)
      #expect(task.attempt == 1)
      #expect(task.result == API.TaskResult(data: Array("hello".utf8), contentType: "text/plain"))
      #expect(task.failure == nil)
      #expect(task.startTime != nil && task.finishTime != nil)
      #expect(
        try await world.story(of: task.id) == [.taskSubmitted, .taskStarted, .taskSucceeded])
    }
  }

  @Test("what a submitter says comes back as it was said", arguments: StoreKind.allCases)
  func keepsSpec(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let deadline = WellKnown.Timestamp(seconds: 4_102_444_800, nanos: 5)
      let spec = API.TaskSpec(
        kind: "unserved", payload: [0, 1, 255], contentType: "application/x-bytes",
        labels: ["customer": "ada", "empty": "", "snow ☃": "🪶"], priority: 9,
        start: .delay(.init(.seconds(3_600))),
        retryPolicy: API.RetryPolicy(
          maxAttempts: 7, initialBackoff: .init(.milliseconds(20)), factor: 1.5,
          maxBackoff: .init(.seconds(9)), jitter: 0.25, nonRetryableCodes: ["A", "B"]),
        runTimeout: .init(.seconds(77)), deadline: deadline,
        traceParent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
      let id = try await world.tasks.submit(spec, to: "work", requestID: "mine").id
      let task = try await world.tasks.get(id, view: .full).value
      #expect(task.spec == spec)
      #expect(task.requestId == "mine")
      #expect(task.state == .scheduled)
      let (created, due) = (try #require(task.createTime), try #require(task.dueTime))
      #expect(due.since(created) == .seconds(3_600))
      var basic = spec
      basic.payload = []
      #expect(try await world.tasks.get(id, view: .basic).spec == basic)
    }
  }

  @Test(
    "what a submitter leaves out is what the pool says, then the defaults",
    arguments: StoreKind.allCases)
  func defaults(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let plain = try await world.ended(.echo())
      #expect(plain.spec?.priority == 5)
      #expect(plain.spec?.runTimeout?.duration == .seconds(7_200))
      #expect(plain.spec?.retryPolicy?.maxAttempts == 4)
      #expect(plain.spec?.retryPolicy?.initialBackoff?.duration == .seconds(1))
      #expect(plain.spec?.retryPolicy?.maxBackoff?.duration == .seconds(60))
      var spec = API.PoolSpec(slots: 1)
      spec.defaultRetryPolicy = .quick(attempts: 2)
      spec.defaultRunTimeout = .init(.seconds(5))
      try await world.pools.create("own", spec: spec)
      let own = try await world.ended(.echo(), in: "own")
      #expect(own.spec?.retryPolicy == .quick(attempts: 2))
      #expect(own.spec?.runTimeout?.duration == .seconds(5))
    }
  }

  @Test("a batch is one step, in the order of its tasks", arguments: StoreKind.allCases)
  func batch(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let texts = (0..<200).map { "task \($0)" }
      let tasks = try await world.finished(texts.map { .echo($0) })
      #expect(tasks.map(\.state) == Array(repeating: .succeeded, count: 200))
      #expect(tasks.map(\.id) == tasks.map(\.id).sorted())
      let filter = EventFilter(types: [.taskSubmitted])
      let events = try await world.events(filter, includeContent: true)
      #expect(events.map { String(decoding: $0.payload, as: UTF8.self) } == texts)
      #expect(events.allSatisfy { $0.time == events[0].time })
    }
  }

  @Test("one wrong task refuses the whole batch", arguments: StoreKind.allCases)
  func batchIsAtomic(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let error = try await refusal {
        try await world.tasks.submitBatch([.echo(), .init(kind: "Wrong!"), .echo()], to: "work")
      }
      #expect(error.code == .invalidArgument)
      #expect(error.violations.map(\.field) == ["specs[1].kind"])
      #expect(try await world.tasks.count().total == 0)
    }
  }

  @Test("a delayed task becomes due at its time, not before", arguments: StoreKind.allCases)
  func delay(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var spec = API.TaskSpec.echo()
      spec.start = .delay(.init(.milliseconds(60)))
      let task = try await world.ended(spec)
      let created = try #require(task.createTime)
      #expect(try #require(task.startTime).since(created) >= .milliseconds(60))
      #expect(
        try await world.story(of: task.id)
          == [.taskSubmitted, .taskDue, .taskStarted, .taskSucceeded])
    }
  }

  @Test("a schedule time in the past means at once", arguments: StoreKind.allCases)
  func pastScheduleTime(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var spec = API.TaskSpec.echo()
      spec.start = .scheduleTime(.init(seconds: 1_000_000_000))
      let task = try await world.ended(spec)
      #expect(try await world.story(of: task.id) == [.taskSubmitted, .taskStarted, .taskSucceeded])
    }
  }

  @Test("urgent tasks start first, then the oldest", arguments: StoreKind.allCases)
  func order(on store: StoreKind) async throws {
    let gate = GateHandler()
    gate.open()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("line", slots: 1)
      try await world.pools.pause("line")
      let specs = [0, 10, 5, 10, 0, 7].map { priority in
        API.TaskSpec(kind: "gate", priority: Int32(priority))
      }
      let ids = try await world.tasks.submitBatch(specs, to: "line").value
      try await world.pools.resume("line")
      for try await _ in world.tasks.wait(ids) {}
      #expect(gate.order == [1, 3, 5, 2, 0, 4].map { ids[$0] })
    }
  }

  @Test("a kind that nobody serves blocks no other", arguments: StoreKind.allCases)
  func unservedKind(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      try await world.pools.create("line", slots: 1)
      let stuck = try await world.tasks.submitBatch(
        Array(repeating: .unserved, count: 50), to: "line")
      #expect(try await world.ended(.echo(), in: "line").state == .succeeded)
      #expect(try await world.tasks.get(stuck.value[0]).state == .pending)
    }
  }

  @Test(
    "progress is seen while the task runs, and kept when it ends", arguments: StoreKind.allCases)
  func progress(on store: StoreKind) async throws {
    try await World.run(on: store, handlers: [ReportHandler()]) { world in
      let said = API.Progress(
        percent: 40, step: "reading", counters: ["bytes": 4_096, "files": 2])
      let task = try await world.ended(.init(kind: "report"))
      #expect(task.progress == said)
      let filter = EventFilter(taskIDs: [task.id], types: [.taskProgressed])
      #expect(try await world.events(filter).compactMap(\.progress) == [said])
    }
  }

  @Test("a request id makes a repeat return the first answer", arguments: StoreKind.allCases)
  func requestID(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let first = try await world.tasks.submit(.echo("a"), to: "work", requestID: "r1")
      let again = try await world.tasks.submit(.echo("a"), to: "work", requestID: "r1")
      #expect(again.id == first.id)
      let error = try await refusal {
        try await world.tasks.submit(.echo("b"), to: "work", requestID: "r1")
      }
      #expect(error.code == .alreadyExists && error.reason == .requestIDReused)
      let batch = try await world.tasks.submitBatch(
        [.echo(), .echo()], to: "work", requestID: "r2")
      let repeated = try await world.tasks.submitBatch(
        [.echo(), .echo()], to: "work", requestID: "r2")
      #expect(repeated.value == batch.value)
      #expect(try await world.events(.init(types: [.taskSubmitted])).count == 3)
    }
  }

  @Test("a task that is only checked is not stored", arguments: StoreKind.allCases)
  func validateOnly(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let response = try await world.taskCalls.submitTask(
        .init(pool: "work", spec: .echo("x"), validateOnly: true))
      #expect(response.task?.id == "")
      #expect(response.task?.spec?.priority == 5)
      try await world.tasks.validate([.echo(), .echo()], for: "work")
      let error = try await refusal { try await world.tasks.validate([.echo()], for: "nowhere") }
      #expect(error.reason == .poolNotFound)
      #expect(try await world.tasks.count().total == 0)
      #expect(try await world.events(.init(types: [.taskSubmitted])).isEmpty)
    }
  }

  @Test(
    "a queue that is full refuses more and says when to come back", arguments: StoreKind.allCases)
  func queueFull(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      try await world.pools.create("small", spec: .init(slots: 1, queueCapacity: 3))
      try await world.pools.pause("small")
      try await world.tasks.submitBatch([.echo(), .echo()], to: "small")
      let error = try await refusal {
        try await world.tasks.submitBatch([.echo(), .echo()], to: "small")
      }
      #expect(error.code == .resourceExhausted && error.reason == .queueFull)
      #expect(error.retryDelay == .seconds(1))
      try await world.tasks.submit(.echo(), to: "small")
      #expect(try await world.pools.get("small").status?.queued == 3)
    }
  }
}
