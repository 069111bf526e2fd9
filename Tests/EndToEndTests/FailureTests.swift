import MartletClient
import MartletCore
import MartletServer
import Testing

@Suite("Failures and retries", .serialized, .timeLimit(.minutes(2)))
struct FailureTests {
  @Test("an attempt that fails is repeated until one succeeds", arguments: StoreKind.allCases)
  func succeedsAtLast(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let spec = API.TaskSpec.fail(#"{"code": "BUSY", "times": 2}"#, retry: .quick(attempts: 5))
      let task = try await world.ended(spec)
      #expect(task.state == .succeeded)
      #expect(task.attempt == 3)
      #expect(
        try await world.story(of: task.id) == [
          .taskSubmitted, .taskStarted, .taskRetryScheduled, .taskDue, .taskStarted,
          .taskRetryScheduled, .taskDue, .taskStarted, .taskSucceeded,
        ])
      #expect(try await world.pools.get("work").status?.totalRetried == 2)
    }
  }

  @Test("a task fails when its attempts are used up", arguments: StoreKind.allCases)
  func usesUpAttempts(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let spec = API.TaskSpec.fail(
        #"{"code": "BROKEN", "message": "no such luck"}"#, retry: .quick(attempts: 3))
      let task = try await world.ended(spec)
      #expect(task.state == .failed)
      #expect(task.attempt == 3)
      #expect(
        task.failure
          == API.Failure(
            kind: .handler, code: "BROKEN", message: "no such luck", attempt: 3, retryable: true))
      let failed = try await world.events(.init(types: [.taskRetryScheduled, .taskFailed]))
      #expect(failed.map { $0.failure?.attempt } == [1, 2, 3])
      #expect(failed.map(\.state) == [.scheduled, .scheduled, .failed])
    }
  }

  @Test(
    "neither a code that is not retried nor a handler that says so is repeated",
    arguments: StoreKind.allCases)
  func notRetried(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let codes = try await world.ended(
        .fail(#"{"code": "GONE"}"#, retry: .quick(attempts: 9, nonRetryable: ["LOST", "GONE"])))
      #expect(codes.state == .failed && codes.attempt == 1)
      let told = try await world.ended(
        .fail(#"{"retryable": false}"#, retry: .quick(attempts: 9)))
      #expect(told.state == .failed && told.attempt == 1)
      #expect(told.failure?.retryable == false)
      let nonsense = try await world.ended(.init(kind: "sleep", json: "[]"))
      #expect(nonsense.state == .failed && nonsense.failure?.code == "INVALID_PAYLOAD")
    }
  }

  @Test("back-offs grow by the factor, up to the longest", arguments: StoreKind.allCases)
  func backoff(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let policy = API.RetryPolicy(
        maxAttempts: 4, initialBackoff: .init(.milliseconds(10)), factor: 3,
        maxBackoff: .init(.milliseconds(40)), jitter: 0)
      let task = try await world.ended(.fail(retry: policy))
      let events = try await world.events(.init(taskIDs: [task.id], types: [.taskRetryScheduled]))
      let waits = try events.map { event in
        try #require(event.dueTime).since(try #require(event.time))
      }
      // A due time counts from when the command was decided, which the feed's time may be ahead of
      // by no more than the rounding of a clock.
      let expected = [10, 30, 40].map { Duration.milliseconds($0) }
      #expect(zip(waits, expected).allSatisfy { abs(($0 - $1) / .milliseconds(1)) < 1 })
    }
  }

  @Test(
    "a failure waits as it asks, or as its pool says for its class", arguments: StoreKind.allCases)
  func ownDelay(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.update(
        "work", spec: .init(failureClassDelays: ["network": .init(.milliseconds(40))]),
        fields: ["failure_class_delays"])
      let policy = API.RetryPolicy(maxAttempts: 2, initialBackoff: .init(.seconds(60)))
      let own = try await world.ended(
        .fail(#"{"class": "network", "retry_delay_ms": 10}"#, retry: policy))
      #expect(own.failure?.failureClass == "network")
      #expect(own.failure?.retryDelay == .init(.milliseconds(10)))
      let pools = try await world.ended(.fail(#"{"class": "network"}"#, retry: policy))
      #expect(pools.state == .failed && pools.attempt == 2)
      let repeats = try await world.events(.init(types: [.taskRetryScheduled]))
      let waits = try repeats.map { event in
        try #require(event.dueTime).since(try #require(event.time)) / .milliseconds(1)
      }
      #expect(zip(waits, [10, 40]).allSatisfy { abs($0 - $1) < 1 })
    }
  }

  @Test("an attempt that is given back for a while does not count", arguments: StoreKind.allCases)
  func snooze(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let task = try await world.ended(.fail(#"{"snooze_ms": 5, "times": 2}"#, retry: .never))
      #expect(task.state == .succeeded && task.attempt == 3)
      #expect(
        try await world.story(of: task.id) == [
          .taskSubmitted, .taskStarted, .taskReleased, .taskDue, .taskStarted, .taskReleased,
          .taskDue, .taskStarted, .taskSucceeded,
        ])
      let released = try await world.events(.init(types: [.taskReleased]))
      #expect(released.map(\.state) == [.scheduled, .scheduled])
      #expect(released.allSatisfy { $0.dueTime != nil && $0.failure == nil })
    }
  }

  @Test(
    "an attempt that runs too long is stopped, fails and is repeated", arguments: StoreKind.allCases
  )
  func runTimeout(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      var spec = API.TaskSpec.gate
      spec.runTimeout = .init(.milliseconds(100))
      spec.retryPolicy = .quick(attempts: 2)
      let task = try await world.ended(spec)
      #expect(task.state == .failed)
      #expect(task.failure?.kind == .runTimeout)
      #expect(task.failure?.attempt == 2)
      // An attempt that is over before its handler could be started is not started.
      await gate.left(gate.order.count)
      #expect(gate.stops.allSatisfy { $0 == .runTimeout })
    }
  }

  @Test("a task that waits too long for a slot fails for good", arguments: StoreKind.allCases)
  func queueTimeout(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var spec = API.TaskSpec.unserved
      spec.queueTimeout = .init(.milliseconds(100))
      let task = try await world.ended(spec)
      #expect(task.state == .failed && task.attempt == 0)
      #expect(task.failure?.kind == .queueTimeout)
      #expect(task.failure?.retryable == false)
      #expect(task.spec?.queueTimeout == .init(.milliseconds(100)))
      let waited = try #require(task.finishTime).since(try #require(task.createTime))
      #expect(waited >= .milliseconds(100))
      #expect(try await world.story(of: task.id) == [.taskSubmitted, .taskFailed])
    }
  }

  @Test(
    "a handler that is silent for too long is stopped, fails and is repeated",
    arguments: StoreKind.allCases)
  func heartbeatTimeout(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      try await world.pools.update(
        "work", spec: .init(defaultHeartbeatTimeout: .init(.milliseconds(100))),
        fields: ["default_heartbeat_timeout"])
      var spec = API.TaskSpec.gate
      spec.retryPolicy = .quick(attempts: 2)
      let task = try await world.ended(spec)
      #expect(task.state == .failed && task.attempt == 2)
      #expect(task.failure?.kind == .heartbeatTimeout)
      await gate.left(gate.order.count)
      #expect(gate.stops.allSatisfy { $0 == .heartbeatTimeout })
      // One that says something now and then is left alone.
      var talker = API.TaskSpec(kind: "sleep", json: #"{"milliseconds": 1500, "steps": 30}"#)
      talker.heartbeatTimeout = .init(.milliseconds(800))
      talker.retryPolicy = .never
      #expect(try await world.ended(talker).state == .succeeded)
    }
  }

  @Test(
    "a task whose deadline passes fails, whether it waits or runs", arguments: StoreKind.allCases)
  func deadline(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate]) { world in
      let now = try #require(try await world.client.serverInfo().time)
      var running = API.TaskSpec.gate
      running.deadline = now.adding(milliseconds: 300)
      var waiting = API.TaskSpec.unserved
      waiting.deadline = running.deadline
      let tasks = try await world.finished([running, waiting])
      #expect(tasks.map(\.state) == [.failed, .failed])
      #expect(tasks.map { $0.failure?.kind } == [.deadline, .deadline])
      #expect(tasks.map { $0.failure?.attempt } == [tasks[0].attempt, 0])
    }
  }

  @Test("RetryTask reopens a failed task with fresh attempts", arguments: StoreKind.allCases)
  func reopen(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let spec = API.TaskSpec.fail(#"{"times": 3}"#, retry: .quick(attempts: 2))
      let failed = try await world.ended(spec)
      #expect(failed.state == .failed && failed.attempt == 2)
      let reopened = try await world.tasks.retry(failed.id, reason: "once more")
      #expect(reopened.finishTime == nil)
      let task = try await world.tasks.waitUntilEnded(failed.id)
      #expect(task.state == .succeeded && task.attempt == 4)
      let reopening = try await world.events(.init(types: [.taskReopened]))
      #expect(reopening.map(\.reason) == ["once more"])
      #expect(reopening.map(\.actor) == ["tester"])
      let status = try #require(try await world.pools.get("work").status)
      #expect(status.totalFailed == 1 && status.totalSucceeded == 1)
      #expect(status.totalSubmitted == 1)
    }
  }

  @Test("only a failed or cancelled task can be retried", arguments: StoreKind.allCases)
  func notRetryable(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      let succeeded = try await world.ended(.echo())
      let waiting = try await world.tasks.submit(.unserved, to: "work")
      for id in [succeeded.id, waiting.id] {
        let error = try await refusal { try await world.tasks.retry(id) }
        #expect(error.code == .failedPrecondition && error.reason == .taskNotRetryable)
      }
      try await world.tasks.cancel(waiting.id)
      #expect(try await world.tasks.retry(waiting.id).state == .pending)
    }
  }

  @Test("a result that is too large fails the attempt for good", arguments: StoreKind.allCases)
  func largeResult(on store: StoreKind) async throws {
    var limits = Limits()
    limits.resultBytes = 10
    try await World.run(on: store, limits: limits) { world in
      let task = try await world.ended(.echo("more than ten bytes"))
      #expect(task.state == .failed && task.attempt == 1)
      #expect(task.failure?.kind == .rejected)
    }
  }
}
