import MartletCore
import Testing

@Suite("Deadlines and clocks")
struct DeadlineTests {
  let world = World()

  init() throws { try world.createPool(slots: 1, retry: RetryPolicy(jitter: 0)) }

  private func draft(_ seconds: Int64, start: TaskSubmission.Start = .now) -> TaskDraft {
    TaskDraft(kind: "work", start: start, deadline: World.start.wall + .seconds(seconds))
  }

  @Test("a task that waits fails with DEADLINE when its deadline passes, not before")
  func waiting() throws {
    try world.submitOne()
    let pending = try world.submitOne(draft(5))
    let scheduled = try world.submitOne(draft(6, start: .delay(.seconds(60))))
    world.pass(.milliseconds(4_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["failed"])
    #expect(world.status(pending)?.notes?.failure?.kind == .deadline)
    #expect(world.status(pending)?.notes?.failure?.attempt == 0)
    world.pass(.seconds(1))
    #expect(world.status(scheduled)?.state == .failed)
  }

  @Test("a task that runs fails with DEADLINE and is not repeated")
  func running() throws {
    let task = try world.submitOne(draft(5))
    world.pass(.seconds(5))
    #expect(world.newest.words == ["failed"])
    #expect(world.status(task)?.notes?.failure?.kind == .deadline)
    #expect(world.status(task)?.notes?.failure?.attempt == 1)
  }

  @Test("a task that was asked to stop is CANCELLED when its deadline passes within the grace")
  func cancelled() throws {
    let task = try world.submitOne(draft(5))
    try world.cancel(task)
    world.pass(.milliseconds(4_999))
    #expect(world.task(task)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["cancelled"])
    #expect(world.status(task)?.state == .cancelled)
    #expect(world.status(task)?.notes?.failure == nil)
  }

  @Test("a deadline that has passed at the submission ends the task before it starts")
  func passed() throws {
    let task = try world.submitOne(draft(-1))
    #expect(world.newest.words == ["submitted", "failed"])
    #expect(world.status(task)?.attempt == 0)
  }

  @Test("a deadline ends a back-off that would last longer")
  func backOff() throws {
    let task = try world.submitOne(draft(5))
    world.pass(.milliseconds(4_500))
    try world.fail(task)
    world.pass(.milliseconds(500))
    #expect(world.newest.words == ["failed"])
  }

  @Test("what is due at the same moment happens in the order of the tasks")
  func sameMoment() throws {
    let tasks = try (0..<4).map { _ in try world.submitOne(draft(5, start: .delay(.seconds(9)))) }
    world.pass(.seconds(7))
    let failed = world.newest.compactMap { event in
      if case .task(let change) = event.body { change.task } else { nil }
    }
    #expect(failed == tasks)
  }

  @Test(
    "a wall clock that jumps neither ends nor lengthens a delay, timeout, grace or deadline",
    arguments: [Span.seconds(-86_400), .seconds(86_400)])
  func wallJumps(jump: Span) throws {
    try world.createPool("q", slots: 9)
    let delayed = try world.submitOne(
      TaskDraft(kind: "work", start: .delay(.seconds(10))), to: "q")
    let timed = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(10)), to: "q")
    let limited = try world.submitOne(draft(10), to: "q")
    let cancelled = try world.submitOne(to: "q")
    try world.cancel(cancelled)
    world.now.wall = world.now.wall + jump
    world.pass(.milliseconds(9_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.task(delayed)?.state == .running)
    #expect(world.task(timed)?.state == .scheduled)
    #expect(world.status(limited)?.state == .failed)
    #expect(world.status(cancelled)?.state == .cancelled)
  }

  @Test("what thousands of timers do at one moment goes in slices, and starts come after them")
  func slices() throws {
    try world.createPool("q", slots: 3, capacity: 10_000)
    let drafts = Array(
      repeating: TaskDraft(kind: "work", start: .delay(.seconds(5))), count: 4_500)
    try world.run(
      .submit(pool: "q", tasks: drafts, request: nil, history: nil, origin: World.user))
    world.pass(.seconds(5))
    #expect(world.newest.words == Array(repeating: "due", count: 2_000))
    #expect(world.engine.nextDeadline.map { $0 <= world.now.elapsed } ?? false)
    try world.submitOne(TaskDraft(kind: "work", priority: 10), to: "q")
    #expect(world.newest.count == 1 + 2_000)
    world.tick()
    #expect(
      world.newest.words == Array(repeating: "due", count: 500) + ["started", "started", "started"])
    #expect(world.task(world.newest.started[0])?.priority == 10)
    #expect(!world.engine.isUnsettled)
  }

  // The simulation's seed 10 taught it: three tasks waited where two may.
  @Test("while timers are left for the next step, no submission counts on a free slot")
  func slicesAndRoom() throws {
    try world.createPool("q", slots: 3, capacity: 4_500)
    let drafts = Array(
      repeating: TaskDraft(kind: "work", start: .delay(.seconds(5))), count: 4_500)
    try world.run(
      .submit(pool: "q", tasks: drafts, request: nil, history: nil, origin: World.user))
    world.pass(.seconds(5))
    #expect(throws: Refusal.queueFull(pool: "q", capacity: 4_500, waiting: 4_500)) {
      try world.submitOne(to: "q")
    }
    world.tick()
    world.tick()
    #expect(try world.pool("q").waiting == 4_497)
  }

  @Test("the feed's time never goes back")
  func feedTime() throws {
    let before = try world.submitOne()
    world.now.wall = world.now.wall + .seconds(-3_600)
    let after = try world.submitOne()
    #expect(world.task(after)?.createTime == world.task(before)?.createTime)
    try world.succeed(before)
    #expect(world.status(before)?.finishTime == World.start.wall)
  }

  @Test("the engine's clock never goes back, whatever it is told")
  func elapsedGoesBack() throws {
    try world.submitOne()
    let stamp = world.durable.catalog.stamp
    world.now.elapsed = .zero
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(1))))
    #expect(world.durable.catalog.stamp.elapsed == stamp.elapsed)
    #expect(world.task(task)?.due == stamp.elapsed + .seconds(1))
  }

  @Test("the next deadline is that of the earliest timer, and there is none without tasks")
  func nextDeadline() throws {
    #expect(world.engine.nextDeadline == nil)
    let delayed = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(9))))
    let running = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(4)))
    #expect(world.engine.nextDeadline == World.start.elapsed + .seconds(4))
    try world.succeed(running)
    #expect(world.engine.nextDeadline == World.start.elapsed + .seconds(9))
    try world.cancel(delayed)
    #expect(world.engine.nextDeadline == nil)
  }
}
