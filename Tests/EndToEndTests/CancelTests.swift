import MartletClient
import MartletCore
import MartletServer
import Testing

@Suite("Cancelling", .serialized, .timeLimit(.minutes(2)))
struct CancelTests {
  @Test("a waiting task is cancelled at once", arguments: StoreKind.allCases)
  func waiting(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let pending = try await world.tasks.submit(.unserved, to: "work")
      var later = API.TaskSpec.echo()
      later.start = .delay(.init(.seconds(3_600)))
      let scheduled = try await world.tasks.submit(later, to: "work")
      for id in [pending.id, scheduled.id] {
        let task = try await world.tasks.cancel(id, reason: "not needed")
        #expect(task.state == .cancelled)
        #expect(task.cancelReason == "not needed")
        #expect(task.finishTime != nil && task.cancelRequestTime == nil)
        #expect(try await world.story(of: id) == [.taskSubmitted, .taskCancelled])
      }
      #expect(try await world.pools.get("work").status?.totalCancelled == 2)
    }
  }

  @Test(
    "a cancel reaches the handler that runs, and is safe to repeat", arguments: StoreKind.allCases)
  func running(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      await gate.came(1)
      let asked = try await world.tasks.cancel(id, reason: "too late")
      #expect(asked.state == .running)
      #expect(asked.cancelRequestTime != nil)
      let task = try await world.tasks.waitUntilEnded(id)
      #expect(task.state == .cancelled)
      await gate.left(1)
      #expect(task.cancelReason == "too late" && task.cancelRequestTime == nil)
      #expect(gate.stops == [.cancelRequested])
      #expect(
        try await world.story(of: id)
          == [.taskSubmitted, .taskStarted, .taskCancelRequested, .taskCancelled])
      let events = try await world.events(.init(types: [.taskCancelRequested, .taskCancelled]))
      #expect(events.map(\.reason) == ["too late", "too late"])
      #expect(events.map(\.actor) == ["tester", "tester"])
    }
  }

  @Test("a second cancel of a running task changes nothing", arguments: StoreKind.allCases)
  func twice(on store: StoreKind) async throws {
    let gate = GateHandler(heedsStop: false)
    try await World.run(on: store, handlers: [gate]) { world in
      let id = try await world.started(.gate)
      let first = try await world.tasks.cancel(id, reason: "first")
      let second = try await world.tasks.cancel(id, reason: "second")
      #expect(second.value == first.value)
      gate.open()
      let task = try await world.tasks.waitUntilEnded(id)
      #expect(task.state == .cancelled, "whatever the handler says")
      #expect(task.cancelReason == "first" && task.result == nil)
    }
  }

  @Test(
    "a handler that does not heed the cancel is left behind after the grace",
    arguments: StoreKind.allCases)
  func grace(on store: StoreKind) async throws {
    let gate = GateHandler(heedsStop: false)
    var limits = Limits()
    limits.cancelGraceMilliseconds = 30
    try await World.run(on: store, handlers: [gate], limits: limits) { world in
      let id = try await world.started(.gate)
      try await world.tasks.cancel(id)
      #expect(try await world.tasks.waitUntilEnded(id).state == .cancelled)
      gate.open()
      await gate.left(1)
      _ = try await world.ended(.echo())
      #expect(try await world.tasks.get(id).state == .cancelled, "a late end is not heard")
      #expect(try await world.story(of: id).last == .taskCancelled)
    }
  }

  @Test("a task that has ended cannot be cancelled", arguments: StoreKind.allCases)
  func ended(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      for spec in [API.TaskSpec.echo(), .fail(#"{"retryable": false}"#)] {
        let task = try await world.ended(spec)
        let error = try await refusal { try await world.tasks.cancel(task.id) }
        #expect(error.code == .failedPrecondition && error.reason == .taskTerminal)
        #expect(error.metadata["task_id"] == task.id)
      }
      let error = try await refusal { try await world.tasks.cancel("0000000000001") }
      #expect(error.code == .notFound && error.reason == .taskNotFound)
    }
  }

  @Test("a failing attempt that was asked to stop is not repeated", arguments: StoreKind.allCases)
  func noRetryAfterCancel(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      var spec = API.TaskSpec.gate
      spec.retryPolicy = .quick(attempts: 10)
      let id = try await world.started(spec)
      try await world.tasks.cancel(id)
      let task = try await world.tasks.waitUntilEnded(id)
      #expect(task.state == .cancelled && task.attempt == 1)
    }
  }
}
