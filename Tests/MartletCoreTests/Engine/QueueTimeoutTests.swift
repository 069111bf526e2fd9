import Testing

@testable import MartletCore

@Suite("Time in the queue")
struct QueueTimeoutTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 1, retry: RetryPolicy(jitter: 0))
    // The only slot is taken.
    try world.submitOne(TaskDraft(kind: "work", priority: 10, runTimeout: .seconds(1 << 20)))
  }

  private func draft(
    _ seconds: Int64 = 5, kind: String = "work", start: TaskSubmission.Start = .now
  ) -> TaskDraft {
    TaskDraft(kind: kind, start: start, queueTimeout: .seconds(seconds))
  }

  private func failure(of task: TaskID) -> Failure? { world.status(task)?.notes?.failure }

  @Test("a task that waits too long fails with QUEUE_TIMEOUT at that instant, and is not repeated")
  func fails() throws {
    let task = try world.submitOne(draft())
    #expect(world.engine.nextDeadline == world.now.elapsed + .seconds(5))
    world.pass(.milliseconds(4_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["failed"])
    #expect(world.status(task)?.state == .failed)
    #expect(failure(of: task)?.kind == .queueTimeout)
    #expect(failure(of: task)?.attempt == 0)
    #expect(failure(of: task)?.retryable == false)
    #expect(failure(of: task)?.message == "the task waited longer than 5 s for a slot")
  }

  @Test("a task that starts in time may run on, and queues with a fresh time after a failure")
  func eachStay() throws {
    try world.createPool("q", slots: 1, retry: RetryPolicy(initialBackoff: .seconds(60), jitter: 0))
    let task = try world.submitOne(draft(), to: "q")
    world.pass(.seconds(30))
    #expect(world.task(task)?.state == .running)
    try world.fail(task)
    // The back-off is not a stay in the queue.
    world.pass(.seconds(59))
    #expect(world.task(task)?.state == .scheduled)
    try world.run(.pausePool(name: "q", origin: World.user))
    world.pass(.seconds(1))
    #expect(world.task(task)?.state == .pending)
    world.pass(.milliseconds(4_999))
    #expect(world.task(task)?.state == .pending)
    world.pass(.milliseconds(1))
    #expect(failure(of: task)?.kind == .queueTimeout)
  }

  @Test("the pool's default counts as it was at the submission, and a task's own comes first")
  func defaults() throws {
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.queueTimeout = .seconds(3) }, origin: World.user))
    let pools = try world.submitOne()
    let own = try world.submitOne(draft(9))
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.queueTimeout = nil }, origin: World.user))
    let unlimited = try world.submitOne()
    world.pass(.seconds(3))
    #expect(world.status(pools)?.state == .failed)
    world.pass(.seconds(6))
    #expect(world.status(own)?.state == .failed)
    world.pass(.seconds(86_400))
    #expect(failure(of: unlimited) == nil)
  }

  @Test("a task that is offered to a worker still waits, and an acceptance too late is none")
  func offered() throws {
    var limits = Limits()
    limits.offerMilliseconds = 60_000
    let world = World(limits: limits)
    try world.createPool("q", slots: 3)
    try world.connect()
    let task = try world.submitOne(draft(kind: "remote"), to: "q")
    let offers = world.offers()
    #expect(offers.count == 1)
    world.now.elapsed = world.now.elapsed + .seconds(5)
    #expect(try world.accept(offers).map(\.lease) == offers.map(\.lease))
    #expect(world.status(task)?.notes?.failure?.kind == .queueTimeout)
    #expect(try world.pool("q").inUse == 0)
  }

  @Test("a paused task does not wait, and has its full time again when it is resumed")
  func paused() throws {
    let task = try world.submitOne(draft())
    world.pass(.seconds(4))
    try world.run(.pause(task, origin: World.user))
    world.pass(.seconds(3_600))
    #expect(world.task(task)?.state == .paused)
    try world.run(.resume(task, origin: World.user))
    world.pass(.milliseconds(4_999))
    #expect(world.task(task)?.state == .pending)
    world.pass(.milliseconds(1))
    #expect(world.status(task)?.state == .failed)
  }

  @Test("a task that became due while nobody looked has waited since then")
  func late() throws {
    let task = try world.submitOne(draft(start: .delay(.seconds(10))))
    world.pass(.seconds(15))
    #expect(world.newest.words == ["due", "failed"])
    #expect(failure(of: task)?.kind == .queueTimeout)
  }

  @Test("RetryTask gives a fresh time in the queue")
  func reopened() throws {
    let task = try world.submitOne(draft())
    world.pass(.seconds(5))
    try world.retry(task)
    world.pass(.milliseconds(4_999))
    #expect(world.task(task)?.state == .pending)
    world.pass(.milliseconds(1))
    #expect(world.status(task)?.state == .failed)
  }

  @Test("a deadline at the same instant comes first")
  func deadline() throws {
    var draft = draft()
    draft.deadline = world.now.wall + .seconds(5)
    let task = try world.submitOne(draft)
    world.pass(.seconds(5))
    #expect(failure(of: task)?.kind == .deadline)
  }

  @Test("a restart neither stops nor restarts the clock of the queue")
  func restart() throws {
    let task = try world.submitOne(draft())
    world.pass(.seconds(3))
    let after = World(restarting: world)
    try after.run(.pausePool(name: "p", origin: World.user))
    try after.run(.recover)
    after.pass(.milliseconds(1_999))
    #expect(after.task(task)?.state == .pending)
    after.pass(.milliseconds(1))
    #expect(after.status(task)?.notes?.failure?.kind == .queueTimeout)
  }

  @Test("a wall clock that jumps moves nothing", arguments: [-86_400, 86_400])
  func wallJumps(seconds: Int64) throws {
    let task = try world.submitOne(draft())
    world.now.wall = world.now.wall + .seconds(seconds)
    world.pass(.milliseconds(4_999))
    #expect(world.task(task)?.state == .pending)
    world.pass(.milliseconds(1))
    #expect(world.status(task)?.state == .failed)
  }

  @Test("a task without a limit has no timer, one with a limit leaves none behind")
  func cost() throws {
    let before = world.durable.tasks.timers.count
    let plain = try world.submitOne()
    #expect(world.durable.tasks.timers.count == before)
    let limited = try world.submitOne(draft())
    #expect(world.durable.tasks.timers.count == before + 1)
    try world.cancel(limited)
    try world.cancel(plain)
    #expect(world.durable.tasks.timers.count == before)
  }
}
