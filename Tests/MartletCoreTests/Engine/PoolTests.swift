import MartletCore
import Testing

@Suite("Pools")
struct PoolTests {
  let world = World()

  private func update(
    _ name: String = "p", slots: Int, expected: PoolVersion? = nil
  ) throws {
    try world.run(
      .updatePool(
        name: name, expected: expected, change: { $0.slots = slots }, origin: World.user))
  }

  @Test("a new pool is active, empty and at version 1")
  func created() throws {
    try world.createPool(slots: 3)
    let pool = try world.pool()
    #expect(pool.record.state == .active)
    #expect(pool.record.specVersion == 1)
    #expect(pool.record.createTime == World.start.wall)
    #expect(pool.inUse == 0 && pool.waiting == 0 && pool.oldestAge == nil)
    #expect(world.newest.words == ["created"])
  }

  @Test("a name that is taken is refused")
  func exists() throws {
    try world.createPool()
    #expect(throws: Refusal.poolExists("p")) { try world.createPool() }
  }

  @Test("more pools than the limit are refused")
  func tooMany() throws {
    var limits = Limits()
    limits.pools = 2
    let world = World(limits: limits)
    try world.createPool("a")
    try world.createPool("b")
    #expect(throws: Refusal.memoryPressure(what: "pools", limit: 2)) { try world.createPool("c") }
    try world.run(.deletePool(name: "a", force: false, origin: World.user))
    try world.createPool("c")
  }

  @Test("a pool that is not there is refused by every command")
  func notFound() {
    let missing = Refusal.poolNotFound("x")
    #expect(throws: missing) { try update("x", slots: 1) }
    #expect(throws: missing) { try world.run(.pausePool(name: "x", origin: World.user)) }
    #expect(throws: missing) { try world.run(.resumePool(name: "x", origin: World.user)) }
    #expect(throws: missing) { try world.run(.drainPool(name: "x", origin: World.user)) }
    #expect(throws: missing) {
      try world.run(.deletePool(name: "x", force: true, origin: World.user))
    }
    #expect(throws: missing) { try world.submitOne(to: "x") }
    #expect(throws: missing) { try world.see(.pool("x")) }
  }

  @Test("each change of the spec, and nothing else, raises its version")
  func version() throws {
    try world.createPool(slots: 1)
    try update(slots: 2)
    #expect(try world.pool().record.specVersion == 2)
    try update(slots: 2)
    #expect(world.newest.isEmpty)
    try world.run(.pausePool(name: "p", origin: World.user))
    try world.run(.resumePool(name: "p", origin: World.user))
    #expect(try world.pool().record.specVersion == 2)
  }

  @Test("an update that expects another version is refused")
  func etag() throws {
    try world.createPool(slots: 1)
    let first = try world.pool().record.version
    try update(slots: 2, expected: first)
    #expect(throws: Refusal.etagMismatch(pool: "p")) { try update(slots: 3, expected: first) }
    #expect(try world.pool().record.spec.slots == 2)
  }

  @Test("a version that an earlier pool of the same name had is not this one's")
  func etagOfDeleted() throws {
    try world.createPool(slots: 1)
    let old = try world.pool().record.version
    try world.run(.deletePool(name: "p", force: false, origin: World.user))
    try world.createPool(slots: 1)
    #expect(try world.pool().record.specVersion == old.specVersion)
    #expect(throws: Refusal.etagMismatch(pool: "p")) { try update(slots: 2, expected: old) }
    try update(slots: 2, expected: world.pool().record.version)
  }

  @Test("more slots start waiting tasks at once; fewer interrupt nothing")
  func slots() throws {
    try world.createPool(slots: 1)
    let tasks = try world.submit(.init(kind: "work"), .init(kind: "work"), .init(kind: "work"))
    try update(slots: 2)
    #expect(world.newest.words == ["updated", "started"])
    try update(slots: 1)
    #expect(try world.pool().inUse == 2)
    try world.succeed(tasks[0])
    #expect(world.newest.words == ["succeeded"])
    try world.succeed(tasks[1])
    #expect(world.newest.words == ["succeeded", "started"])
  }

  @Test("a paused pool accepts tasks and starts none until it is resumed")
  func paused() throws {
    try world.createPool()
    try world.run(.pausePool(name: "p", origin: World.user))
    let task = try world.submitOne()
    #expect(world.newest.words == ["submitted"])
    try world.run(.resumePool(name: "p", origin: World.user))
    #expect(world.newest.words == ["resumed", "started"])
    #expect(world.newest.started == [task])
  }

  @Test("a pause leaves running attempts alone, and their retries wait")
  func pausedWhileRunning() throws {
    try world.createPool(retry: RetryPolicy(jitter: 0))
    let task = try world.submitOne()
    try world.run(.pausePool(name: "p", origin: World.user))
    try world.fail(task)
    world.pass(.seconds(1))
    #expect(world.newest.words == ["due"])
    #expect(world.task(task)?.state == .pending)
  }

  @Test("changing to the state that a pool is in changes nothing")
  func sameState() throws {
    try world.createPool()
    try world.run(.resumePool(name: "p", origin: World.user))
    #expect(world.newest.isEmpty)
    try world.run(.pausePool(name: "p", origin: World.user))
    try world.run(.pausePool(name: "p", origin: World.user))
    #expect(world.newest.isEmpty)
    try world.run(.drainPool(name: "p", origin: World.user))
    #expect(world.newest.words == ["draining", "closed"])
    try world.run(.drainPool(name: "p", origin: World.user))
    #expect(world.newest.isEmpty)
  }

  @Test("a draining pool refuses tasks, starts what it has, and closes with its last task")
  func draining() throws {
    try world.createPool(slots: 1)
    let tasks = try world.submit(.init(kind: "work"), .init(kind: "work"))
    try world.run(.drainPool(name: "p", origin: World.user))
    #expect(world.newest.words == ["draining"])
    #expect(throws: Refusal.poolDraining("p")) { try world.submitOne() }
    try world.succeed(tasks[0])
    #expect(world.newest.words == ["succeeded", "started"])
    try world.succeed(tasks[1])
    #expect(world.newest.words == ["succeeded", "closed"])
    #expect(throws: Refusal.poolClosed("p")) { try world.submitOne() }
  }

  @Test("a closed pool works again when it is resumed")
  func reopened() throws {
    try world.createPool()
    try world.run(.drainPool(name: "p", origin: World.user))
    try world.run(.resumePool(name: "p", origin: World.user))
    try world.submitOne()
    #expect(world.newest.words == ["submitted", "started"])
  }

  @Test("an empty pool is deleted at once, and its name is free")
  func deleted() throws {
    let first = try world.createPool()
    try world.run(.deletePool(name: "p", force: false, origin: World.user))
    #expect(world.newest.words == ["deleted"])
    #expect(throws: Refusal.poolNotFound("p")) { try world.pool() }
    #expect(try world.createPool() != first)
  }

  @Test("a pool with unfinished tasks is deleted only with force")
  func notEmpty() throws {
    try world.createPool(slots: 1)
    try world.submit(.init(kind: "work"), .init(kind: "work"))
    #expect(throws: Refusal.poolNotEmpty("p", unfinished: 2)) {
      try world.run(.deletePool(name: "p", force: false, origin: World.user))
    }
  }

  @Test("a forced deletion cancels what waits, asks what runs to stop, and ends with the last task")
  func forced() throws {
    try world.createPool(slots: 1)
    let tasks = try world.submit(.init(kind: "work"), .init(kind: "work"))
    try world.run(.deletePool(name: "p", force: true, origin: World.user))
    #expect(world.newest.words == ["deleting", "cancelRequested", "cancelled"])
    #expect(world.task(tasks[0])?.notes?.cancel?.origin.reason == "pool p was deleted")
    for refused in [Refusal.poolClosed("p")] {
      #expect(throws: refused) { try world.submitOne() }
      #expect(throws: refused) { try update(slots: 9) }
      #expect(throws: refused) { try world.run(.pausePool(name: "p", origin: World.user)) }
    }
    try world.run(.deletePool(name: "p", force: true, origin: World.user))
    #expect(world.newest.isEmpty)
    try world.succeed(tasks[0])
    #expect(world.newest.words == ["cancelled", "deleted"])
    #expect(throws: Refusal.poolNotFound("p")) { try world.pool() }
  }

  @Test("a forced deletion of many waiting tasks goes in slices, one a tick")
  func slices() throws {
    try world.createPool(slots: 1, capacity: 10_000)
    let drafts = Array(repeating: TaskDraft(kind: "nobody"), count: 4_500)
    try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user))
    try world.run(.deletePool(name: "p", force: true, origin: World.user))
    #expect(world.newest.count == 1 + 2_000)
    #expect(world.engine.isUnsettled)
    world.tick()
    #expect(world.newest.count == 2_000)
    world.tick()
    #expect(world.newest.count == 500 + 1)
    #expect(world.newest.last?.word == "deleted")
    #expect(!world.engine.isUnsettled)
  }

  @Test("a deletion that was under way at a restart goes on with the first command")
  func sliceAfterRestart() throws {
    try world.createPool(slots: 1, capacity: 10_000)
    let drafts = Array(repeating: TaskDraft(kind: "nobody"), count: 2_500)
    try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user))
    try world.run(.deletePool(name: "p", force: true, origin: World.user))
    let after = World(restarting: world)
    try after.run(.recover)
    #expect(after.newest.count == 500 + 1)
    #expect(after.newest.last?.word == "deleted")
  }

  @Test("every task that a deletion cancels, and its end, has its caller's name and reason")
  func deletionOrigin() throws {
    try world.createPool(slots: 1, capacity: 10_000)
    let running = try world.submitOne()
    let drafts = Array(repeating: TaskDraft(kind: "nobody"), count: 2_500)
    try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user))
    let caller = Origin(actor: "ann", reason: "the season is over")
    try world.run(.deletePool(name: "p", force: true, origin: caller))
    var origins = world.newest.compactMap(\.origin)
    // The rest is cancelled by a process that has only what is durable.
    let after = World(restarting: world)
    try after.run(.recover)
    origins += after.newest.compactMap(\.origin)
    #expect(after.newest.last?.word == "deleted")
    #expect(after.task(running) == nil)
    // The deletion, its 2,500 + 1 tasks, the request to the one that ran, and the end.
    #expect(origins == Array(repeating: caller, count: 2_504))
  }

  @Test("the name of a deleted pool is kept for its finished tasks until they are purged")
  func retired() throws {
    let id = try world.createPool()
    let task = try world.submitOne()
    try world.succeed(task)
    try world.run(.deletePool(name: "p", force: false, origin: World.user))
    #expect(world.durable.catalog.pools[id]?.state == .retired)
    let kind = try #require(world.durable.catalog.kinds["work"])
    let entry = TasksPurged.Entry(task: task, pool: id, kind: kind, state: .succeeded)
    try world.run(.purgeTasks(rows: [entry], asOf: world.revision))
    #expect(world.durable.catalog.pools[id] == nil)
  }

  @Test("pools are listed by name")
  func listed() throws {
    for name in ["b", "a", "c"] { try world.createPool(name) }
    guard case .pools(let pools) = try world.see(.pools) else { return }
    #expect(pools.map(\.record.name) == ["a", "b", "c"])
  }

  @Test("totals count outcomes, and a task that was reopened counts again when it ends again")
  func totals() throws {
    try world.createPool(retry: RetryPolicy(maxAttempts: 2))
    let good = try world.submitOne()
    let bad = try world.submitOne()
    try world.succeed(good)
    try world.fail(bad)
    world.pass(.seconds(2))
    try world.fail(bad)
    try world.retry(bad)
    try world.cancel(bad)
    world.pass(.seconds(10))
    let totals = try world.pool().record.totals
    #expect(totals == PoolTotals(submitted: 2, succeeded: 1, failed: 1, cancelled: 1, retried: 1))
  }
}
