import Testing

@testable import MartletCore

@Suite("An operation on many tasks")
struct BulkTests {
  let world = World(serving: [])

  init() throws { try world.createPool(slots: 1) }

  @discardableResult
  private func start(
    _ action: BulkDraft.Action = .cancel, _ filter: String = "", total: Int64 = 0,
    request: String = "", fingerprint: UInt64 = 1
  ) throws -> BulkRecord {
    let draft = BulkDraft(
      action: action, filter: filter, rate: 0, requestID: request, fingerprint: fingerprint,
      total: total)
    return try world.run(
      .bulk(.start(draft, origin: Origin(actor: "tester", reason: "so")))
    ).bulk
  }

  /// Hands in tasks as the index would.
  @discardableResult
  private func step(
    _ record: BulkRecord, _ tasks: [TaskID], isLast: Bool = true
  ) throws -> BulkRecord {
    let candidates: [BulkSlice.Candidate] = tasks.compactMap { id in
      record.action.isOnHistory ? world.history(of: id).map { .ended($0) } : .live(id)
    }
    let slice = BulkSlice(
      candidates: candidates, through: isLast ? record.last : tasks.last ?? record.through,
      isLast: isLast)
    return try world.run(.bulk(.step(record.id, slice))).bulk
  }

  private func submit(_ count: Int, _ draft: TaskDraft = TaskDraft(kind: "work")) throws
    -> [TaskID]
  {
    try (0..<count).map { _ in try world.submitOne(draft) }
  }

  @Test("changes its tasks and counts them in the same commit, slice after slice")
  func slices() throws {
    let tasks = try submit(4)
    let record = try start(total: 4)
    #expect(world.newest.words == ["bulk started"])
    #expect(world.newest[0].origin == Origin(actor: "tester", reason: "so"))
    #expect(record.id.description == "b1")
    #expect(record.state == .running)
    let half = try step(record, Array(tasks[..<2]), isLast: false)
    #expect(world.newest.words == ["cancelled", "cancelled", "bulk progressed"])
    #expect(world.newest[0].origin == Origin(actor: "tester", reason: "so"))
    #expect((half.done, half.through) == (2, tasks[1]))
    let whole = try step(half, Array(tasks[2...]))
    #expect(world.newest.words == ["cancelled", "cancelled", "bulk ended"])
    #expect((whole.state, whole.done, whole.failed) == (.succeeded, 4, 0))
    #expect(whole.finishTime != nil)
    #expect(tasks.allSatisfy { world.status($0)?.state == .cancelled })
  }

  @Test("goes on after a restart where it was, and a slice that comes twice does nothing")
  func restart() throws {
    let tasks = try submit(4)
    let record = try start(total: 4)
    try step(record, Array(tasks[..<2]), isLast: false)
    let next = World(restarting: world, serving: [])
    try next.run(.recover)
    let known = try #require(next.durable.catalog.bulks.running.first)
    #expect((known.done, known.through) == (2, tasks[1]))
    let slice = BulkSlice(
      candidates: tasks.map { .live($0) }, through: tasks[1], isLast: false)
    #expect(try next.run(.bulk(.step(known.id, slice))).bulk == known)
    #expect(next.newest.isEmpty)
    let rest = BulkSlice(candidates: tasks.map { .live($0) }, through: known.last, isLast: true)
    #expect(try next.run(.bulk(.step(known.id, rest))).bulk.done == 4)
    #expect(next.newest.words == ["cancelled", "cancelled", "bulk ended"])
  }

  @Test("asks its filter of each task again when its turn comes")
  func asksAgain() throws {
    let tasks = try submit(3, TaskDraft(kind: "work", labels: LabelSet(["a": "x"])))
    let record = try start(.cancel, "labels.a = x AND priority = 5", total: 3)
    try world.run(
      .update(tasks[0], TaskUpdate(priority: 9), expected: nil, origin: World.user))
    try world.run(
      .update(tasks[1], TaskUpdate(labels: LabelSet.none), expected: nil, origin: World.user))
    let ended = try step(record, tasks)
    #expect((ended.done, ended.failed, ended.total) == (1, 0, 3))
    #expect(world.task(tasks[0]) != nil)
    #expect(world.task(tasks[1]) != nil)
    #expect(world.task(tasks[2]) == nil)
  }

  @Test("does not touch tasks that came after its start")
  func later() throws {
    let old = try submit(1)
    let record = try start(total: 1)
    #expect(record.last == old[0])
    let new = try submit(1)
    #expect(try step(record, old).state == .succeeded)
    #expect(world.task(new[0]) != nil)
  }

  @Test("reopens what has ended, and says why it could not")
  func retries() throws {
    let tasks = try submit(2)
    for task in tasks { try world.cancel(task) }
    let record = try start(.retry, "state = CANCELLED", total: 2)
    let half = try step(record, [tasks[0]], isLast: false)
    #expect(world.newest.words == ["reopened", "bulk progressed"])
    try world.run(.drainPool(name: "p", origin: World.user))
    let ended = try step(half, [tasks[1]])
    #expect((ended.done, ended.failed) == (1, 1))
    #expect(ended.failures == [.poolDraining: 1])
    #expect(ended.state == .succeeded)
  }

  @Test("is told to read again if the index was behind")
  func stale() throws {
    let tasks = try submit(1)
    let record0 = try start(.retry, "state = FAILED OR state = CANCELLED", total: 1)
    try world.cancel(tasks[0])
    var history = try #require(world.history(of: tasks[0]))
    history.asOf = Revision(1)
    let slice = BulkSlice(candidates: [.ended(history)], through: record0.last, isLast: true)
    #expect(throws: Refusal.staleHistory) {
      try world.run(.bulk(.step(record0.id, slice)))
    }
    #expect(world.durable.catalog.bulks[record0.id]?.state == .running)
  }

  @Test("forgets finished tasks with one event for a slice")
  func deletes() throws {
    let tasks = try submit(3)
    for task in tasks[..<2] { try world.cancel(task) }
    let record = try start(.delete, "kind = work", total: 2)
    let ended = try step(record, Array(tasks[..<2]))
    #expect(world.newest.words == ["tasksPurged", "bulk ended"])
    #expect(ended.done == 2)
    #expect(world.history(of: tasks[0]) == nil)
    #expect(world.task(tasks[2]) != nil)
  }

  @Test("moves waiting tasks to the end of the queue of another pool")
  func moves() throws {
    try world.createPool("q", slots: 1, capacity: 3)
    let there = try world.submitOne(to: "q")
    let tasks = try submit(4)
    let record = try start(.move(pool: "q"), "pool = p", total: 4)
    let ended = try step(record, tasks)
    #expect(world.newest.words == ["moved", "moved", "bulk ended"])
    #expect((ended.done, ended.failed) == (2, 2))
    #expect(ended.failures == [.queueFull: 2])
    let (p, q) = (try world.pool("p"), try world.pool("q"))
    #expect((p.waiting, q.waiting) == (2, 3))
    #expect(world.task(tasks[0])?.pool == q.record.id)
    let next = World(restarting: world, serving: ["work"])
    try next.run(.recover)
    var order: [TaskID] = []
    while let task = next.durable.tasks.running(in: q.record.id).first {
      order.append(task.id)
      try next.succeed(task.id)
    }
    #expect(order == [there, tasks[0], tasks[1]])
    #expect(next.durable.catalog.counters == world.recounted(next))
  }

  @Test("a moved task starts at once where there is a free slot")
  func movedStarts() throws {
    let world = World()
    try world.createPool(slots: 1)
    try world.createPool("q", slots: 1)
    _ = try world.submitOne()
    let waiting = try world.submitOne()
    let draft = BulkDraft(
      action: .move(pool: "q"), filter: "state = PENDING", rate: 0, requestID: "",
      fingerprint: 0, total: 1)
    let record = try world.run(.bulk(.start(draft, origin: World.user))).bulk
    let slice = BulkSlice(candidates: [.live(waiting)], through: record.last, isLast: true)
    try world.run(.bulk(.step(record.id, slice)))
    #expect(world.newest.words == ["moved", "bulk ended", "started"])
    try world.succeed(waiting)
    #expect(try world.pool("q").record.totals.succeeded == 1)
  }

  @Test("changes priority and due time of waiting tasks")
  func updates() throws {
    let tasks = try submit(2)
    let due = world.now.wall + .seconds(60)
    let record = try start(.update(priority: 9, due: due), "pool = p", total: 2)
    #expect(try step(record, tasks).done == 2)
    #expect(world.newest.words == ["updated", "updated", "bulk ended"])
    #expect(world.task(tasks[1])?.priority == 9)
    #expect(world.task(tasks[1])?.state == .scheduled)
  }

  @Test("stops where it is, and is not stopped twice")
  func stops() throws {
    let tasks = try submit(2)
    let record = try start(total: 2)
    let half = try step(record, [tasks[0]], isLast: false)
    let stopped = try world.run(.bulk(.stop(record.id, origin: World.user))).bulk
    #expect(world.newest.words == ["bulk ended"])
    #expect((stopped.state, stopped.done) == (.stopped, 1))
    try step(half, [tasks[1]])
    #expect(world.newest.isEmpty)
    #expect(world.task(tasks[1]) != nil)
    try world.run(.bulk(.stop(record.id, origin: World.user)))
    #expect(world.newest.isEmpty)
    #expect(throws: Refusal.bulkNotFound(BulkID(rawValue: 7))) {
      try world.run(.bulk(.stop(BulkID(rawValue: 7), origin: World.user)))
    }
  }

  @Test("a request that is repeated gets the same operation, another one is refused")
  func repeats() throws {
    let first = try start(request: "r", fingerprint: 5)
    #expect(try start(request: "r", fingerprint: 5) == first)
    #expect(world.newest.isEmpty)
    #expect(throws: Refusal.requestIDReused("r")) { try start(request: "r", fingerprint: 6) }
    #expect(try start(request: "s", fingerprint: 5).id.description == "b2")
  }

  @Test("only so many run at once, and only so many are remembered")
  func limits() throws {
    var limits = Limits()
    limits.runningBulks = 2
    limits.keptBulks = 1
    let world = World(limits: limits)
    let draft = BulkDraft(action: .cancel, filter: "", rate: 0, requestID: "", fingerprint: 0)
    for _ in 0..<2 { try world.run(.bulk(.start(draft, origin: World.user))) }
    #expect(throws: Refusal.self) { try world.run(.bulk(.start(draft, origin: World.user))) }
    for number in 1...2 as ClosedRange<UInt64> {
      try world.run(.bulk(.stop(BulkID(rawValue: number), origin: World.user)))
    }
    try world.run(.bulk(.start(draft, origin: World.user)))
    #expect(world.durable.catalog.bulks.all.map(\.id.rawValue) == [3, 2])
  }

  @Test("cannot move to a pool that takes nothing, or is not there")
  func closedTarget() throws {
    #expect(throws: Refusal.poolNotFound("x")) { try start(.move(pool: "x"), "pool = p") }
    try world.createPool("q")
    try world.run(.drainPool(name: "q", origin: World.user))
    #expect(throws: Refusal.poolClosed("q")) { try start(.move(pool: "q"), "pool = p") }
  }

  @Test("rivals of one slice are not reopened beside each other")
  func rivalsOfOneSlice() throws {
    let draft = TaskDraft(kind: "work", unique: UniqueClaim(rule: UniqueRule(key: "k")))
    var tasks: [TaskID] = []
    for _ in 0..<2 {
      let task = try world.submitOne(draft)
      try world.cancel(task)
      tasks.append(task)
    }
    let record = try start(.retry, "kind = work", total: 2)
    let ended = try step(record, tasks)
    #expect((ended.done, ended.failures) == (1, [.duplicateTask: 1]))
  }

  @Test("a task's rival in the other pool keeps it out")
  func rivals() throws {
    try world.createPool("q")
    let draft = TaskDraft(
      kind: "work", unique: UniqueClaim(rule: UniqueRule(key: "k")))
    let here = try world.submitOne(draft)
    try world.submitOne(draft, to: "q")
    let record = try start(.move(pool: "q"), "pool = p", total: 1)
    #expect(try step(record, [here]).failures == [.duplicateTask: 1])
  }
}

extension World {
  /// The counts that the live tasks and the ends of another world make.
  fileprivate func recounted(_ other: World) -> Counters {
    var states: [TaskID: TaskEvent] = [:]
    for event in other.events {
      if case .task(let change) = event.body { states[change.task] = change }
    }
    var counts: [Counters.Key: Counters.States] = [:]
    for change in states.values {
      let key = Counters.Key(pool: change.pool, kind: change.kind)
      counts[key, default: .init()][change.status.state] += 1
    }
    return Counters(counts)
  }
}

extension Answer {
  fileprivate var bulk: BulkRecord {
    guard case .bulk(let record) = self else { preconditionFailure("no operation: \(self)") }
    return record
  }
}
