import MartletClient
import MartletServer
import Testing

@Suite("Pools", .serialized, .timeLimit(.minutes(2)))
struct PoolTests {
  @Test(
    "a pool is what its creator said, with the defaults for the rest", arguments: StoreKind.allCases
  )
  func creation(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      let created = try await world.pools.create(
        "mails", spec: .init(slots: 3, labels: ["team": "a"]))
      let pool = try await world.pools.get("mails").value
      #expect(pool.name == "mails" && pool.state == .active)
      #expect(pool.spec?.slots == 3 && pool.spec?.queueCapacity == 100_000)
      #expect(pool.spec?.labels == ["team": "a"])
      #expect(pool.spec?.defaultRetryPolicy?.maxAttempts == 4)
      #expect(pool.spec?.defaultRunTimeout?.duration == .seconds(7_200))
      #expect(pool.status?.slotsLimit == 3 && pool.status?.slotsFree == 3)
      #expect(pool.etag == created.etag && !pool.etag.isEmpty)
      #expect(pool.createTime != nil)
      let error = try await refusal { try await world.pools.create("mails", slots: 1) }
      #expect(error.code == .alreadyExists && error.reason == .poolExists)
    }
  }

  @Test("a pool that is only checked is not created", arguments: StoreKind.allCases)
  func validateOnly(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.create("new", spec: .init(slots: 1), validateOnly: true)
      let error = try await refusal {
        try await world.pools.create("work", spec: .init(slots: 1), validateOnly: true)
      }
      #expect(error.reason == .poolExists)
      let update = try await world.pools.update(
        "work", spec: .init(slots: 2), fields: ["slots"], validateOnly: true)
      #expect(update.spec?.slots == 2)
      #expect(try await world.pools.get("work").spec?.slots == 8)
      #expect(try await world.pools.list().map(\.name) == ["work"])
    }
  }

  @Test("pools are listed by name, page by page", arguments: StoreKind.allCases)
  func list(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      for name in ["b", "d", "a-1", "c", "a"] { try await world.pools.create(name, slots: 1) }
      #expect(try await world.pools.list().map(\.name) == ["a", "a-1", "b", "c", "d"])
      var names: [[String]] = []
      var request = API.ListPoolsRequest(pageSize: 2)
      repeat {
        let page = try await world.pools.page(request)
        #expect(page.totalSize == 5)
        names.append(page.pools.map(\.name))
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(names == [["a", "a-1"], ["b", "c"], ["d"]])
    }
  }

  @Test("the status counts slots, queue and outcomes", arguments: StoreKind.allCases)
  func status(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("p", slots: 3)
      try await world.finished([.echo(), .echo(), .fail(retry: .quick(attempts: 3))], in: "p")
      let first = try await world.started(.gate, in: "p")
      _ = try await world.started(.gate, in: "p")
      let waiting = try await world.tasks.submit(.unserved, to: "p")
      try await world.tasks.cancel(try await world.tasks.submit(.unserved, to: "p").id)
      let status = try #require(try await world.pools.get("p").status)
      #expect(status.slotsLimit == 3 && status.slotsInUse == 2 && status.slotsFree == 1)
      #expect(status.queued == 1)
      #expect(status.oldestQueuedAge != nil)
      #expect(status.totalSubmitted == 7 && status.totalSucceeded == 2)
      #expect(status.totalFailed == 1 && status.totalCancelled == 1 && status.totalRetried == 2)
      try await world.tasks.cancel(waiting.id)
      gate.open()
      #expect(try await world.tasks.waitUntilEnded(first).state == .succeeded)
      let after = try #require(try await world.pools.get("p").status)
      #expect(after.queued == 0 && after.oldestQueuedAge == nil)
    }
  }

  @Test(
    "more slots start more tasks at once; fewer let running ones finish",
    arguments: StoreKind.allCases)
  func resize(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("p", slots: 1)
      let ids = try await world.tasks.submitBatch(Array(repeating: .gate, count: 5), to: "p").value
      try await world.reached(ids[0], .running)
      try await world.pools.update("p", spec: .init(slots: 3), fields: ["slots"])
      #expect(try await world.pools.get("p").status?.slotsInUse == 3)
      try await world.reached(ids[2], .running)
      #expect(try await world.tasks.get(ids[3]).state == .pending)
      let narrow = try await world.pools.update("p", spec: .init(slots: 1), fields: ["slots"])
      #expect(narrow.status?.slotsInUse == 3 && narrow.status?.slotsFree == 0)
      try await world.tasks.cancel(ids[0])
      try await world.tasks.cancel(ids[1])
      for id in ids[0...1] {
        #expect(try await world.tasks.waitUntilEnded(id).state == .cancelled)
      }
      #expect(try await world.pools.get("p").status?.slotsInUse == 1)
      #expect(try await world.tasks.get(ids[3]).state == .pending)
      gate.open()
      for try await _ in world.tasks.wait(ids) {}
    }
  }

  @Test("an update changes what its mask names, and its etag", arguments: StoreKind.allCases)
  func update(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      let created = try await world.pools.create(
        "p", spec: .init(slots: 2, queueCapacity: 10, labels: ["a": "1"]))
      let updated = try await world.pools.update(
        "p", spec: .init(slots: 9, queueCapacity: 20, labels: [:]), fields: ["queue_capacity"],
        etag: created.etag)
      #expect(updated.spec?.queueCapacity == 20)
      #expect(updated.spec?.slots == 2 && updated.spec?.labels == ["a": "1"])
      #expect(updated.etag != created.etag && updated.revision > created.revision)
      let stale = try await refusal {
        try await world.pools.update(
          "p", spec: .init(slots: 5), fields: ["slots"], etag: created.etag)
      }
      #expect(stale.code == .aborted && stale.reason == .etagMismatch)
      let whole = try await world.pools.update("p", spec: .init(slots: 5), fields: ["*"])
      #expect(whole.spec?.slots == 5 && whole.spec?.queueCapacity == 100_000)
      #expect(whole.spec?.labels == [:])
      let paused = try await world.pools.pause("p")
      #expect(paused.etag == whole.etag, "the etag is the spec's")
      let error = try await refusal {
        try await world.pools.update("p", spec: .init(slots: 1), fields: ["slots", "state"])
      }
      #expect(error.code == .invalidArgument)
      #expect(error.violations.map(\.field) == ["update_mask.paths[1]"])
    }
  }

  @Test("a paused pool takes tasks and starts none", arguments: StoreKind.allCases)
  func pause(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      #expect(try await world.pools.pause("work", reason: "x").state == .paused)
      #expect(try await world.pools.pause("work").state == .paused)
      let id = try await world.tasks.submit(.echo(), to: "work").id
      #expect(try await world.tasks.get(id).state == .pending)
      #expect(try await world.events(.init(types: [.poolPaused, .taskStarted])).count == 1)
      #expect(try await world.pools.resume("work").state == .active)
      #expect(try await world.pools.resume("work").state == .active)
      #expect(try await world.tasks.waitUntilEnded(id).state == .succeeded)
    }
  }

  @Test(
    "a draining pool refuses, finishes what it has and is closed", arguments: StoreKind.allCases)
  func drain(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("p", slots: 1)
      let ids = try await world.tasks.submitBatch([.gate, .echo(), .echo()], to: "p").value
      #expect(try await world.pools.drain("p").state == .draining)
      let draining = try await refusal { try await world.tasks.submit(.echo(), to: "p") }
      #expect(draining.code == .failedPrecondition && draining.reason == .poolDraining)
      gate.open()
      for id in ids { #expect(try await world.tasks.waitUntilEnded(id).state == .succeeded) }
      try await world.happened(.poolClosed, in: "p")
      #expect(try await world.pools.get("p").state == .closed)
      #expect(try await world.pools.drain("p").state == .closed, "a repeat changes nothing")
      let closed = try await refusal { try await world.tasks.submit(.echo(), to: "p") }
      #expect(closed.code == .failedPrecondition && closed.reason == .poolClosed)
      #expect(try await world.pools.resume("p").state == .active)
      #expect(try await world.ended(.echo(), in: "p").state == .succeeded)
    }
  }

  @Test(
    "a pool with unfinished tasks is deleted by force only, which cancels them",
    arguments: StoreKind.allCases)
  func delete(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.pools.create("p", slots: 1)
      let running = try await world.started(.gate, in: "p")
      let waiting = try await world.tasks.submitBatch(
        Array(repeating: .unserved, count: 100), to: "p"
      ).value
      let error = try await refusal { try await world.pools.delete("p") }
      #expect(error.code == .failedPrecondition && error.reason == .poolNotEmpty)
      #expect(error.metadata["unfinished"] == "101")
      await gate.came(1)
      let deleted = try await world.pools.delete("p", force: true, reason: "gone")
      #expect(deleted.state == .deleting)
      for id in waiting + [running] {
        let task = try await world.tasks.waitUntilEnded(id)
        #expect(task.state == .cancelled)
        #expect(task.cancelReason == "gone")
        #expect(task.pool == "p", "its tasks still say where they were")
      }
      try await world.happened(.poolDeleted, in: "p")
      let gone = try await refusal { try await world.pools.get("p") }
      #expect(gone.code == .notFound && gone.reason == .poolNotFound)
      #expect(gate.stops == [.cancelRequested])
    }
  }

  @Test("a new pool of an old name starts from nothing", arguments: StoreKind.allCases)
  func sameName(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      let old = try await world.pools.create("p", slots: 1)
      let task = try await world.ended(.echo(), in: "p")
      try await world.pools.delete("p")
      try await world.pools.create("p", slots: 1)
      #expect(try await world.pools.get("p").status?.totalSubmitted == 0)
      let error = try await refusal {
        try await world.pools.update("p", spec: .init(slots: 2), fields: ["slots"], etag: old.etag)
      }
      #expect(error.reason == .etagMismatch)
      #expect(try await world.tasks.get(task.id).pool == "p")
      let reopening = try await refusal { try await world.tasks.retry(task.id) }
      #expect(reopening.reason == .taskNotRetryable)
    }
  }

  @Test("every verb on a pool that is not there says so", arguments: StoreKind.allCases)
  func notFound(on store: StoreKind) async throws {
    try await World.run(on: store, pool: nil) { world in
      let pools = world.pools
      let calls: [() async throws -> Void] = [
        { _ = try await pools.get("p") }, { try await pools.pause("p") },
        { try await pools.resume("p") }, { try await pools.drain("p") },
        { try await pools.delete("p") },
        { try await pools.update("p", spec: .init(slots: 1), fields: ["slots"]) },
        { try await world.tasks.submit(.echo(), to: "p") },
      ]
      for call in calls {
        let error = try await refusal(call)
        #expect(error.code == .notFound && error.reason == .poolNotFound)
        #expect(error.metadata["pool"] == "p")
      }
    }
  }
}
