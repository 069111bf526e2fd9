import Testing

@testable import MartletCore

@Suite("A waiting task that is changed")
struct UpdateTests {
  let world = World(serving: [])

  init() throws { try world.createPool(slots: 1) }

  private func submit(_ priority: UInt8 = 5, start: TaskSubmission.Start = .now) throws -> TaskID {
    try world.submitOne(TaskDraft(kind: "work", priority: priority, start: start))
  }

  private func update(
    _ task: TaskID, _ change: TaskUpdate, expected: Revision? = nil
  ) throws {
    try world.run(
      .update(task, change, expected: expected, origin: Origin(actor: "tester", reason: "so")))
  }

  /// Restarts with a handler, and tells in which order the tasks run.
  private func order(_ world: World) throws -> [TaskID] {
    let next = World(restarting: world, serving: ["work"])
    try next.run(.recover)
    var order: [TaskID] = []
    while let task = next.durable.tasks.allRunning().first {
      order.append(task.id)
      try next.succeed(task.id)
    }
    return order
  }

  @Test("goes to the tail of its new priority's queue")
  func priority() throws {
    let (a, b, c) = (try submit(3), try submit(3), try submit(8))
    let d = try submit(8)
    try update(a, TaskUpdate(priority: 8))
    #expect(world.newest.words == ["updated"])
    #expect(world.newest[0].origin == Origin(actor: "tester", reason: "so"))
    #expect(world.task(a)?.priority == 8)
    #expect(try order(world) == [c, d, a, b])
    try update(c, TaskUpdate(priority: 0))
    #expect(try order(world) == [d, a, b, c])
  }

  @Test("keeps its place when only its labels are others, whatever comes after")
  func labels() throws {
    let (a, b) = (try submit(), try submit())
    let labels = LabelSet(["customer": "7"])
    try update(a, TaskUpdate(labels: labels))
    try update(a, TaskUpdate(labels: LabelSet.none))
    try update(a, TaskUpdate(labels: labels))
    #expect(world.task(a).map(world.durable.tasks.labels) == labels)
    #expect(world.durable.tasks.labels.count == 2)
    #expect(try order(world) == [a, b])
    // Once it has left the queue and come back, it has no place to keep.
    try world.run(.pause(a, origin: World.user))
    try world.run(.resume(a, origin: World.user))
    #expect(try order(world) == [b, a])
  }

  @Test("is SCHEDULED for a time to come, and PENDING when that is past")
  func due() throws {
    let a = try submit()
    try update(a, TaskUpdate(due: .at(world.now.wall + .seconds(30))))
    #expect(world.task(a)?.state == .scheduled)
    #expect(world.task(a)?.dueTime == world.now.wall + .seconds(30))
    world.pass(.seconds(29))
    #expect(world.task(a)?.state == .scheduled)
    try update(a, TaskUpdate(due: .at(world.now.wall + .seconds(5))))
    world.pass(.seconds(1))
    #expect(world.task(a)?.state == .scheduled)
    world.pass(.seconds(4))
    #expect(world.task(a)?.state == .pending)
    try update(a, TaskUpdate(due: .at(world.now.wall + .seconds(60))))
    try update(a, TaskUpdate(due: .now))
    #expect(world.task(a)?.state == .pending)
    #expect(world.task(a)?.due == world.now.elapsed)
    #expect(world.engine.nextDeadline == nil)
  }

  @Test("waits for its new time when it is resumed")
  func paused() throws {
    let a = try submit()
    try world.run(.pause(a, origin: World.user))
    try update(a, TaskUpdate(priority: 9, due: .at(world.now.wall + .seconds(30))))
    #expect(world.task(a)?.state == .paused)
    #expect(world.task(a)?.notes?.pause != nil)
    try world.run(.resume(a, origin: World.user))
    #expect(world.task(a)?.state == .scheduled)
    world.pass(.seconds(30))
    #expect(world.task(a)?.state == .pending)
    #expect(world.task(a)?.priority == 9)
  }

  @Test("to what it is already is not changed, and says nothing")
  func same() throws {
    let a = try submit()
    for change in [
      TaskUpdate(), TaskUpdate(priority: 5, labels: LabelSet.none), TaskUpdate(due: .now),
      TaskUpdate(due: .at(WallTime(nanoseconds: .min))),
    ] {
      try update(a, change)
      #expect(world.newest.isEmpty)
    }
  }

  @Test("only if it is as it was read, where that is asked")
  func expected() throws {
    let a = try submit()
    let read = try #require(world.task(a)?.revision)
    try update(a, TaskUpdate(priority: 6), expected: read)
    #expect(throws: Refusal.revisionMismatch(a, world.revision)) {
      try update(a, TaskUpdate(priority: 7), expected: read)
    }
    #expect(world.task(a)?.priority == 6)
  }

  @Test("that runs, or has ended, is refused")
  func refused() throws {
    let world = World()
    try world.createPool()
    let task = try world.submitOne()
    let change = Command.update(
      task, TaskUpdate(priority: 1), expected: nil, origin: World.user)
    #expect(throws: Refusal.taskRunning(task)) { try world.run(change) }
    try world.succeed(task)
    #expect(throws: Refusal.taskNotLive(task)) { try world.run(change) }
  }

  @Test("keeps its priority through attempts and a retry by hand")
  func lasting() throws {
    let a = try submit()
    try update(a, TaskUpdate(priority: 9, labels: LabelSet(["a": "b"])))
    let next = World(restarting: world, serving: ["work"])
    try next.run(.recover)
    #expect(next.task(a)?.priority == 9)
    try next.fail(a, retryable: false)
    try next.retry(a)
    #expect(next.task(a)?.notes?.priority == 9)
    #expect(next.task(a).map(next.durable.tasks.labels) == LabelSet(["a": "b"]))
  }

  @Test("is taken back from the worker that it was offered to, and offered as it is now")
  func offered() throws {
    try world.connect(credit: 5)
    let a = try world.submitOne(.remote())
    let old = world.offers()[0]
    try update(a, TaskUpdate(labels: LabelSet(["a": "b"])))
    let new = try #require(world.offers().first)
    #expect(new.labels == LabelSet(["a": "b"]))
    #expect(new.lease.epoch > old.lease.epoch)
    #expect(try world.lost(.accept(old.worker, [old.lease])).map(\.lease) == [old.lease])
    #expect(try world.accept([new]).isEmpty)
    #expect(world.task(a)?.state == .running)
    #expect(try world.pool().inUse == 1)
  }
}
