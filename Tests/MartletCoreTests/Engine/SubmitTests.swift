import MartletCore
import Testing

@Suite("Submit")
struct SubmitTests {
  let world = World()

  init() throws { try world.createPool(slots: 2, capacity: 3) }

  private func submission(of task: TaskID) throws -> TaskSubmission {
    for event in world.events {
      if case .task(let change) = event.body, change.task == task,
        case .submitted(let submission) = change.change
      {
        return submission
      }
    }
    throw Refusal.taskNotLive(task)
  }

  @Test("a task starts in a free slot in the same commit")
  func startsAtOnce() throws {
    let task = try world.submitOne()
    #expect(world.newest.words == ["submitted", "started"])
    #expect(world.task(task)?.state == .running)
    #expect(world.task(task)?.attempt == 1)
  }

  @Test("ids rise, also when the wall clock goes back")
  func idsRise() throws {
    try world.createPool("big", capacity: 100_000)
    var ids = try world.submit(.init(kind: "x"), .init(kind: "x"), to: "big")
    world.now.wall = world.now.wall + .seconds(-3_600)
    ids += try world.submit(.init(kind: "x"), to: "big")
    world.pass(.seconds(7_200))
    ids += try world.submit(.init(kind: "x"), to: "big")
    #expect(ids == ids.sorted())
    #expect(Set(ids).count == 4)
  }

  @Test("a full counter borrows the next millisecond and stays out of the shard's bits")
  func idsBorrow() throws {
    try world.createPool("big", capacity: 100_000)
    let drafts = Array(repeating: TaskDraft(kind: "x"), count: 9_000)
    let ids = try world.run(
      .submit(pool: "big", tasks: drafts, request: nil, history: nil, origin: World.user)
    ).tasks
    #expect(Set(ids).count == 9_000)
    #expect(ids == ids.sorted())
    #expect(ids.allSatisfy { $0.rawValue >> 12 & 0x3FF == 0 })
    #expect(ids[8_999].rawValue >> 22 == ids[0].rawValue >> 22 + 2)
  }

  @Test("a task is listed with what it was submitted with")
  func fields() throws {
    let labels = LabelSet(["team": "blue"])
    let draft = TaskDraft(
      kind: "work", payload: [1, 2], contentType: "a/b", labels: labels, priority: 7,
      retry: RetryPolicy(maxAttempts: 9), runTimeout: .seconds(5), traceParent: "t")
    let id = try world.submitOne(draft)
    let task = try #require(world.task(id))
    #expect(task.priority == 7)
    #expect(world.durable.tasks.labels(of: task) == labels)
    #expect(
      world.durable.tasks.policy(of: task)
        == TaskPolicy(retry: RetryPolicy(maxAttempts: 9), runTimeout: .seconds(5)))
    let submission = try submission(of: id)
    #expect(submission.payload == [1, 2] && submission.contentType == "a/b")
    #expect(submission.traceParent == "t" && submission.actor == "tester")
    #expect(task.createTime == World.start.wall)
  }

  @Test("what a task brings none of it gets from its pool, as the pool is then")
  func defaults() throws {
    let before = try world.submitOne()
    try world.run(
      .updatePool(
        name: "p", expected: nil,
        change: {
          $0.retry = RetryPolicy(maxAttempts: 2)
          $0.runTimeout = .seconds(7)
        }, origin: World.user))
    let after = try world.submitOne()
    let policies = [before, after].map { world.task($0).map(world.durable.tasks.policy) }
    #expect(policies[0] == TaskPolicy(retry: .default, runTimeout: .seconds(60)))
    #expect(
      policies[1] == TaskPolicy(retry: RetryPolicy(maxAttempts: 2), runTimeout: .seconds(7)))
  }

  @Test("a delayed task is SCHEDULED and starts when it is due, not before")
  func delayed() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(5))))
    #expect(world.task(task)?.state == .scheduled)
    #expect(world.task(task)?.dueTime == World.start.wall + .seconds(5))
    world.pass(.milliseconds(4_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["due", "started"])
  }

  @Test("a task for a time starts at that time; a time that has passed means now")
  func atTime() throws {
    let later = try world.submitOne(
      TaskDraft(kind: "work", start: .at(World.start.wall + .seconds(2))))
    let past = try world.submitOne(
      TaskDraft(kind: "work", start: .at(World.start.wall + .seconds(-2))))
    #expect(world.task(past)?.state == .running)
    #expect(world.task(later)?.state == .scheduled)
    world.pass(.seconds(2))
    #expect(world.task(later)?.state == .running)
  }

  @Test("a queue takes its capacity beside the free slots, and the next task is refused whole")
  func capacity() throws {
    for _ in 0..<5 { try world.submitOne() }
    #expect(try world.pool().waiting == 3)
    #expect(throws: Refusal.queueFull(pool: "p", capacity: 3, waiting: 3)) {
      try world.submitOne()
    }
  }

  @Test("a batch is taken whole or not at all")
  func atomic() throws {
    let six = Array(repeating: TaskDraft(kind: "work"), count: 6)
    #expect(throws: Refusal.queueFull(pool: "p", capacity: 3, waiting: 0)) {
      try world.run(
        .submit(pool: "p", tasks: six, request: nil, history: nil, origin: World.user))
    }
    #expect(world.newest.isEmpty)
    try world.run(
      .submit(
        pool: "p", tasks: Array(six.dropLast()), request: nil, history: nil, origin: World.user))
    #expect(try world.pool().waiting == 3)
  }

  @Test(
    "free slots count only for tasks that take them at once",
    arguments: [
      TaskDraft(kind: "nobody"), TaskDraft(kind: "work", start: .delay(.seconds(1))),
    ])
  func noSlot(draft: TaskDraft) throws {
    try world.submit(draft, draft, draft)
    #expect(throws: Refusal.queueFull(pool: "p", capacity: 3, waiting: 3)) {
      try world.submitOne(draft)
    }
    try world.submitOne()
  }

  @Test("the slots of a paused pool give no room")
  func pausedRoom() throws {
    try world.run(.pausePool(name: "p", origin: World.user))
    try world.submit(.init(kind: "work"), .init(kind: "work"), .init(kind: "work"))
    #expect(throws: Refusal.self) { try world.submitOne() }
  }

  @Test("a full queue never refuses a retry, a release or a reopening")
  func neverRefused() throws {
    let tasks = try (0..<5).map { _ in try world.submitOne() }
    try world.fail(tasks[0], retryable: false)
    try world.submitOne()
    try world.retry(tasks[0])
    #expect(try world.pool().waiting == 4)
    try world.fail(tasks[1])
    #expect(world.newest.words == ["retryScheduled", "started"])
    #expect(try world.pool().waiting == 4)
  }

  @Test("more live tasks than the node's limit are refused")
  func liveLimit() throws {
    var limits = Limits()
    limits.liveTasks = 2
    let world = World(limits: limits)
    try world.createPool()
    let first = try world.submitOne()
    try world.submitOne()
    #expect(throws: Refusal.memoryPressure(what: "tasks", limit: 2)) { try world.submitOne() }
    try world.succeed(first)
    try world.submitOne()
  }

  @Test("more kinds than the node's limit are refused, known ones are not")
  func kindLimit() throws {
    var limits = Limits()
    limits.kinds = 2
    let world = World(limits: limits)
    try world.createPool()
    try world.submit(.init(kind: "a"), .init(kind: "b"))
    #expect(throws: Refusal.memoryPressure(what: "kinds", limit: 2)) {
      try world.submit(.init(kind: "a"), .init(kind: "c"))
    }
    try world.submitOne(.init(kind: "b"))
  }

  @Test("while the disk is almost full submits are refused and finishing goes on")
  func diskLow() throws {
    let task = try world.submitOne()
    world.pipeline.inform { $0.setDiskIsLow(true) }
    #expect(throws: Refusal.diskLow) { try world.submitOne() }
    try world.succeed(task)
    world.pipeline.inform { $0.setDiskIsLow(false) }
    try world.submitOne()
  }

  @Test("kinds that are new with a batch get one number each")
  func newKinds() throws {
    try world.submit(.init(kind: "a"), .init(kind: "b"), .init(kind: "a"))
    #expect(world.durable.catalog.kinds.names == ["a", "b"])
  }

  @Test("a stopping node starts nothing and gives no room for it")
  func stopping() throws {
    world.pipeline.inform { $0.stopStarting() }
    try world.submit(.init(kind: "work"), .init(kind: "work"), .init(kind: "work"))
    #expect(world.newest.words == ["submitted", "submitted", "submitted"])
    #expect(throws: Refusal.self) { try world.submitOne() }
  }
}
