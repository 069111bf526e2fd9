import Testing

@testable import MartletCore

@Suite("Tasks that wait for others")
struct DependencyTests {
  let world = World()

  init() throws { try world.createPool(slots: 10) }

  private func draft(
    after dependencies: DraftDependency..., rule: DependencyRule = .cancel,
    start: TaskSubmission.Start = .now, knowing ends: [TaskID: TaskState]? = nil
  ) -> TaskDraft {
    var draft = TaskDraft(kind: "work", start: start)
    draft.dependencies = dependencies
    draft.onDependencyFailure = rule
    draft.dependencyHistory = ends.map { DependencyHistory(states: $0, asOf: world.revision) }
    return draft
  }

  private func state(_ id: TaskID) -> TaskState? { world.status(id)?.state }

  @Test("a task is BLOCKED until those before it have succeeded, also if they stand behind it")
  func chain() throws {
    let tasks = try world.submit(
      draft(after: .batch(1), .batch(2)), draft(), draft(after: .batch(1)))
    #expect(tasks.map(state) == [.blocked, .running, .blocked])
    try world.succeed(tasks[1])
    #expect(world.newest.words == ["succeeded", "unblocked", "started"])
    #expect(tasks.map(state) == [.blocked, .succeeded, .running])
    try world.succeed(tasks[2])
    #expect(tasks.map(state) == [.running, .succeeded, .succeeded])
  }

  @Test("a task that is live already may be waited for")
  func live() throws {
    let first = try world.submitOne()
    let second = try world.submitOne(draft(after: .task(first)))
    #expect(state(second) == .blocked)
    try world.succeed(first)
    #expect(state(second) == .running)
  }

  @Test("one that has ended is looked up, and counts as it ended")
  func ended() throws {
    let good = try world.submitOne()
    try world.succeed(good)
    let bad = try world.submitOne()
    try world.fail(bad, retryable: false)
    let ends: [TaskID: TaskState] = [good: .succeeded, bad: .failed]
    #expect(throws: Refusal.staleHistory) { try world.submitOne(draft(after: .task(good))) }
    #expect(try state(world.submitOne(draft(after: .task(good), knowing: ends))) == .running)
    #expect(try state(world.submitOne(draft(after: .task(bad), knowing: ends))) == .cancelled)
    #expect(
      try state(world.submitOne(draft(after: .task(bad), rule: .hold, knowing: ends))) == .blocked)
    #expect(
      try state(world.submitOne(draft(after: .task(bad), rule: .runAnyway, knowing: ends)))
        == .running)
  }

  @Test("one that is not kept is refused, and nothing is stored")
  func missing() throws {
    let nobody = TaskID(rawValue: 1 << 22)
    let before = world.revision
    #expect(throws: Refusal.dependencyNotFound(nobody, index: 1)) {
      try world.submit(draft(), draft(after: .task(nobody), knowing: [:]))
    }
    #expect(world.revision == before)
  }

  @Test("when one fails, those after it are cancelled with all that follows, at the same instant")
  func cascade() throws {
    let tasks = try world.submit(
      draft(), draft(after: .batch(0)), draft(after: .batch(1)), draft(after: .batch(2)))
    try world.fail(tasks[0], retryable: false)
    #expect(world.newest.words == ["failed", "cancelled", "cancelled", "cancelled"])
    let notes = world.status(tasks[1])?.notes
    #expect(notes?.failure?.kind == .dependency)
    #expect(notes?.cancel?.origin.reason.contains("\(tasks[0])") == true)
  }

  @Test("a failure that is repeated cancels nobody")
  func retried() throws {
    let tasks = try world.submit(draft(), draft(after: .batch(0)))
    try world.fail(tasks[0])
    #expect(state(tasks[1]) == .blocked)
    world.pass(.seconds(70))
    try world.succeed(tasks[0])
    #expect(state(tasks[1]) == .running)
  }

  @Test("one that runs anyway waits for the end of all, whatever it is")
  func runAnyway() throws {
    let tasks = try world.submit(
      draft(), draft(), draft(after: .batch(0), .batch(1), rule: .runAnyway))
    try world.fail(tasks[0], retryable: false)
    #expect(state(tasks[2]) == .blocked)
    try world.cancel(tasks[1])
    try world.succeed(tasks[1])
    #expect(state(tasks[2]) == .running)
  }

  @Test("one that is held goes on when the other was retried by hand and has succeeded")
  func hold() throws {
    let tasks = try world.submit(draft(), draft(after: .batch(0), rule: .hold))
    try world.fail(tasks[0], retryable: false)
    #expect(state(tasks[1]) == .blocked)
    #expect(try world.explain(tasks[1]) == [.heldByDependencies([tasks[0]], count: 1)])
    try world.retry(tasks[0])
    #expect(try world.explain(tasks[1]) == [.dependencies([tasks[0]], count: 1)])
    try world.succeed(tasks[0])
    #expect(state(tasks[1]) == .running)
  }

  @Test("what others are held by is not purged")
  func needed() throws {
    let tasks = try world.submit(draft(), draft(after: .batch(0), rule: .hold))
    try world.fail(tasks[0], retryable: false)
    let row = TasksPurged.Entry(
      task: tasks[0], pool: try world.pool().record.id, kind: KindID(rawValue: 0), state: .failed)
    try world.run(.purgeTasks(rows: [row], asOf: world.revision))
    #expect(world.newest.isEmpty)
    try world.cancel(tasks[1])
    try world.run(.purgeTasks(rows: [row], asOf: world.revision))
    #expect(world.newest.words == ["tasksPurged"])
  }

  @Test("a task that was cancelled for another runs when somebody retries it alone")
  func retriedAlone() throws {
    let tasks = try world.submit(draft(), draft(after: .batch(0)))
    try world.fail(tasks[0], retryable: false)
    try world.retry(tasks[1])
    #expect(state(tasks[1]) == .running)
  }

  @Test("it waits for those that have been retried before it")
  func retriedAfter() throws {
    let tasks = try world.submit(draft(), draft(after: .batch(0)))
    try world.fail(tasks[0], retryable: false)
    try world.retry(tasks[0])
    try world.retry(tasks[1])
    #expect(state(tasks[1]) == .blocked)
    try world.fail(tasks[0], retryable: false)
    #expect(state(tasks[1]) == .cancelled)
  }

  @Test("a delay counts from the submission; one that is over is over")
  func delay() throws {
    let tasks = try world.submit(
      draft(), draft(after: .batch(0), start: .delay(.seconds(10))),
      draft(after: .batch(0), start: .delay(.seconds(2))))
    world.pass(.seconds(5))
    try world.succeed(tasks[0])
    #expect(tasks.map(state) == [.succeeded, .scheduled, .running])
    world.pass(.seconds(5))
    #expect(state(tasks[1]) == .running)
  }

  @Test("paused, it is BLOCKED again after that, unless all has been met since")
  func paused() throws {
    let tasks = try world.submit(draft(), draft(after: .batch(0)), draft(after: .batch(0)))
    for task in tasks[1...] { try world.run(.pause(task, origin: World.user)) }
    try world.run(.resume(tasks[1], origin: World.user))
    #expect(tasks.map(state) == [.running, .blocked, .paused])
    try world.succeed(tasks[0])
    #expect(tasks.map(state) == [.succeeded, .running, .paused])
    try world.run(.resume(tasks[2], origin: World.user))
    #expect(state(tasks[2]) == .running)
  }

  @Test("its deadline holds while it is BLOCKED")
  func deadline() throws {
    var late = draft(after: .batch(0))
    late.deadline = world.now.wall + .seconds(3)
    let tasks = try world.submit(draft(), late)
    world.pass(.seconds(3))
    #expect(state(tasks[1]) == .failed)
    #expect(world.status(tasks[1])?.notes?.failure?.kind == .deadline)
  }

  @Test("ten thousand wait for one, one waits for ten thousand; a step does no more than it may")
  func fan() throws {
    let world = World()
    try world.createPool(slots: 10_000, capacity: 30_000)
    var drafts = [TaskDraft(kind: "work")]
    for _ in 0..<9_998 {
      var draft = TaskDraft(kind: "work")
      draft.dependencies = [.batch(0)]
      drafts.append(draft)
    }
    var last = TaskDraft(kind: "work")
    last.dependencies = (1..<9_999).map { .batch($0) }
    drafts.append(last)
    let answer = try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user))
    let tasks = answer.tasks
    try world.succeed(tasks[0])
    #expect(world.newest.words.count { $0 == "unblocked" } == 2_000)
    while world.engine.isUnsettled { world.tick() }
    #expect(tasks[1..<9_999].allSatisfy { world.task($0)?.state == .running })
    for task in tasks[1..<9_999] { try world.succeed(task) }
    #expect(world.task(tasks[9_999])?.state == .running)
    try world.succeed(tasks[9_999])
    #expect(world.durable.tasks.dependencies.entries.isEmpty)
  }

  @Test("after a restart all waits as before, and what was left undone is done")
  func restart() throws {
    world.pipeline.inform { $0.state.session.cancelsPerStep = 0 }
    let tasks = try world.submit(draft(), draft(after: .batch(0)), draft(after: .batch(1)))
    try world.succeed(tasks[0])
    #expect(state(tasks[1]) == .blocked, "nobody has come to it")
    let next = World(restarting: world)
    try next.run(.recover)
    #expect(next.status(tasks[1])?.state == .running)
    #expect(next.status(tasks[2])?.state == .blocked)
  }
}
