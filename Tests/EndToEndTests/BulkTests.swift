import MartletClient
import MartletCore
import MartletServer
import Testing

extension World {
  /// Starts an operation and waits for its end.
  fileprivate func bulk(
    _ action: API.BulkAction.OneOf_Action, _ filter: String, all: Bool = false
  ) async throws -> API.BulkOperation {
    let started = try await client.bulks.start(action, filter: filter, all: all, reason: "so")
    var last = started.value
    for try await operation in client.bulks.watch(last.id) { last = operation }
    return last
  }
}

@Suite("Operations on many tasks", .serialized, .timeLimit(.minutes(2)))
struct BulkTests {
  @Test("cancel what a filter chooses and nothing else", arguments: StoreKind.allCases)
  func cancels(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      var specs: [API.TaskSpec] = []
      for number in 0..<700 {
        specs.append(.init(kind: "unserved", labels: ["half": "\(number % 2)"]))
      }
      let ids = try await world.tasks.submitBatch(specs, to: "work").value
      let ended = try await world.bulk(.cancel(.init()), "labels.half = 1")
      #expect(ended.state == .succeeded)
      #expect((ended.total, ended.done, ended.failed) == (350, 350, 0))
      #expect(ended.actor == "tester" && ended.reason == "so" && ended.finishTime != nil)
      #expect(try await world.tasks.count(filter: "state = CANCELLED").total == 350)
      #expect(try await world.tasks.count(filter: "state = PENDING labels.half = 0").total == 350)
      #expect(try await world.tasks.get(ids[1]).value.cancelReason == "so")
      let events = try await world.events(
        .init(types: [.bulkStarted, .bulkProgressed, .bulkEnded]))
      #expect(events.first?.type == .bulkStarted && events.last?.type == .bulkEnded)
      #expect(events.last?.bulk == ended)
      #expect(try await world.client.bulks.list() == [ended])
      try await world.restart()
      #expect(try await world.client.bulks.get(ended.id).value == ended)
    }
  }

  @Test("retry, then delete, what has ended", arguments: StoreKind.allCases)
  func retriesAndDeletes(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.finished(Array(repeating: .fail(retry: .never), count: 30))
      try await world.finished(Array(repeating: .echo(), count: 5))
      let retried = try await world.bulk(.retry(.init()), "kind = fail")
      #expect((retried.total, retried.done) == (30, 30))
      for try await task in world.tasks.list(filter: "kind = fail") {
        try await world.reached(task.id, .failed)
      }
      let deleted = try await world.bulk(.delete(.init()), "state = FAILED OR state = PENDING")
      #expect((deleted.total, deleted.done) == (30, 30))
      #expect(try await world.tasks.count().total == 5)
    }
  }

  @Test("move waiting tasks, with all that knows where they are", arguments: StoreKind.allCases)
  func moves(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("other", spec: .init(slots: 1, queueCapacity: 3))
      let ids = try await world.tasks.submitBatch(
        Array(repeating: .unserved, count: 5), to: "work"
      ).value
      let moved = try await world.bulk(.move(.init(pool: "other")), "pool = work")
      #expect((moved.done, moved.failed) == (3, 2))
      #expect(moved.failures == ["QUEUE_FULL": 2])
      #expect(try await world.tasks.get(ids[0]).value.pool == "other")
      #expect(try await world.tasks.count(filter: "pool = other").total == 3)
      #expect(try await world.pools.get("other").value.status?.queued == 3)
      let event = try #require(try await world.events(.init(types: [.taskMoved])).first)
      #expect(event.pool == "other" && event.fromPool == "work" && event.actor == "tester")
      #expect(try await world.events(.init(pools: ["work"], types: [.taskMoved])).count == 3)
      try await world.restart()
      #expect(try await world.tasks.get(ids[2]).value.pool == "other")
      #expect(try await world.tasks.count(filter: "pool = work").total == 2)
    }
  }

  @Test("a wait goes on in the pool that a task was moved to", arguments: StoreKind.allCases)
  func movesWhatIsWaitedFor(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("other", spec: .init(slots: 1))
      let id = try await world.tasks.submit(.unserved, to: "work").id
      var pools: [String?] = []
      for try await response in world.taskCalls.waitTask(.init(id: id)) {
        pools.append(response.task?.pool)
        switch pools.count {
        case 1: _ = try await world.bulk(.move(.init(pool: "other")), "pool = work")
        case 2: _ = try await world.tasks.cancel(id)
        default: break
        }
      }
      #expect(pools == ["work", "other", "other"])
    }
  }

  @Test("change priority and due time of waiting tasks", arguments: StoreKind.allCases)
  func updates(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.tasks.submitBatch(Array(repeating: .unserved, count: 4), to: "work")
      let due = WellKnown.Timestamp(seconds: 2_000_000_000)
      let updated = try await world.bulk(.update(.init(priority: 9, dueTime: due)), "", all: true)
      #expect((updated.total, updated.done) == (4, 4))
      let filter = "priority = 9 AND state = SCHEDULED"
      #expect(try await world.tasks.count(filter: filter).total == 4)
    }
  }

  @Test("a dry run counts, shows ten and changes nothing", arguments: StoreKind.allCases)
  func dryRun(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.tasks.submitBatch(Array(repeating: .unserved, count: 15), to: "work")
      _ = try await world.ended(.echo())
      let (matched, sample) = try await world.client.bulks.rehearse(
        .cancel(.init()), filter: "pool = work")
      #expect(matched == 15)
      #expect(sample.count == 10 && sample.allSatisfy { $0.state == .pending })
      #expect(try await world.client.bulks.list().isEmpty)
      #expect(try await world.tasks.count(filter: "state = PENDING").total == 15)
    }
  }

  @Test("a rate is kept, and a stop ends it where it is", arguments: StoreKind.allCases)
  func stops(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.tasks.submitBatch(Array(repeating: .unserved, count: 200), to: "work")
      let bulks = world.client.bulks
      let started = try await bulks.start(
        .cancel(.init()), filter: "pool = work", ratePerSecond: 20
      ).value
      for try await operation in bulks.watch(started.id) where operation.done > 0 { break }
      let stopped = try await bulks.stop(started.id).value
      #expect(stopped.state == .stopped)
      #expect(stopped.done > 0 && stopped.done < 100)
      let left = try await world.tasks.count(filter: "state = PENDING").total
      #expect(left == 200 - stopped.done)
      #expect(try await bulks.stop(started.id).value == stopped)
    }
  }

  @Test("what is wrong is refused by its field, and nothing is stored")
  func refused() async throws {
    try await World.run(on: .memory) { world in
      let bulks = world.client.bulks
      let cases: [(action: API.BulkAction.OneOf_Action, filter: String, rate: Int, field: String)] =
        [
          (.cancel(.init()), "", 0, "filter"), (.cancel(.init()), "state = DONE", 0, "filter"),
          (.cancel(.init()), "pool = a", -1, "rate_per_second"),
          (.update(.init()), "pool = a", 0, "action"),
          (.update(.init(priority: 11)), "pool = a", 0, "action.update.priority"),
          (.move(.init(pool: "A")), "pool = a", 0, "action.move.pool"),
        ]
      for wrong in cases {
        let error = await #expect(throws: MartletError.self) {
          try await bulks.start(wrong.action, filter: wrong.filter, ratePerSecond: wrong.rate)
        }
        #expect(error?.violations.map(\.field) == [wrong.field])
      }
      let missing = await #expect(throws: MartletError.self) {
        try await bulks.start(.move(.init(pool: "nowhere")), filter: "pool = work")
      }
      #expect(missing?.reason == .poolNotFound)
      let unknown = await #expect(throws: MartletError.self) { try await bulks.get("b7") }
      #expect(unknown?.reason == .bulkNotFound)
      let left = try await bulks.list()
      #expect(left.isEmpty)
    }
  }
}
