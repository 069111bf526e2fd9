import MartletCore
import Testing

@Suite("Attempts")
struct AttemptTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 1, retry: RetryPolicy(maxAttempts: 3, jitter: 0))
  }

  @Test("a finished task leaves memory, its result is in the event")
  func succeeded() throws {
    let task = try world.submitOne()
    let token = world.token(task)
    let result = TaskResult(data: [7], contentType: "a/b")
    try world.run(.finish(token, .succeeded(result)))
    #expect(world.task(task) == nil)
    guard case .task(let event) = world.newest[0].body else { return }
    #expect(event.change == .succeeded(result))
    #expect(event.status.state == .succeeded)
    #expect(event.status.finishTime == world.now.wall)
    #expect(throws: Refusal.taskNotLive(task)) { try world.cancel(task) }
  }

  @Test("a second report of an attempt, and one of an attempt that is not running, are refused")
  func leaseLost() throws {
    let task = try world.submitOne()
    let waiting = try world.submitOne()
    let first = world.token(task)
    try world.fail(task)
    let lost = Refusal.leaseLost(task, attempt: 1)
    let succeeded = AttemptOutcome.succeeded(TaskResult(data: [], contentType: ""))
    #expect(throws: lost) { try world.run(.finish(first, succeeded)) }
    #expect(throws: lost) { try world.run(.release(first)) }
    #expect(throws: lost) {
      try world.run(.report(first, Progress(percent: 1, step: "", counters: [])))
    }
    let other = AttemptToken(task: waiting, attempt: 2)
    #expect(throws: Refusal.leaseLost(waiting, attempt: 2)) {
      try world.run(.finish(other, succeeded))
    }
  }

  @Test("a failed attempt is repeated after its back-off, and the slot goes to the next task")
  func retried() throws {
    let task = try world.submitOne()
    let next = try world.submitOne()
    try world.fail(task)
    #expect(world.newest.words == ["retryScheduled", "started"])
    #expect(world.status(task)?.due == world.now.elapsed + .seconds(1))
    #expect(world.status(task)?.notes?.failure?.message == "it broke")
    try world.succeed(next)
    world.pass(.milliseconds(999))
    #expect(world.task(task)?.state == .scheduled)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["due", "started"])
    #expect(world.task(task)?.attempt == 2)
    #expect(world.task(task)?.notes?.failure?.attempt == 1)
  }

  @Test("the back-off doubles, and the last attempt that is allowed ends the task")
  func exhausted() throws {
    let task = try world.submitOne()
    try world.fail(task)
    world.pass(.seconds(1))
    try world.fail(task)
    #expect(world.status(task)?.due == world.now.elapsed + .seconds(2))
    world.pass(.seconds(2))
    try world.fail(task)
    #expect(world.newest.words == ["failed"])
    #expect(world.status(task)?.attempt == 3)
    #expect(world.status(task)?.notes?.failure?.attempt == 3)
  }

  @Test("the same task and attempt wait equally long in every replay, others differ")
  func jitter() throws {
    try world.createPool("q", slots: 2, retry: RetryPolicy(jitter: 0.5))
    let tasks = try world.submit(.init(kind: "work"), .init(kind: "work"), to: "q")
    let twin = World(restarting: world)
    try world.fail(tasks[0])
    try world.fail(tasks[1])
    try twin.fail(tasks[0])
    #expect(world.status(tasks[0])?.due == twin.status(tasks[0])?.due)
    #expect(world.status(tasks[0])?.due != world.status(tasks[1])?.due)
  }

  @Test("a failure that may not be repeated ends the task at once")
  func notRetryable() throws {
    let task = try world.submitOne()
    try world.fail(task, retryable: false)
    #expect(world.newest.words == ["failed"])
  }

  @Test("a code that the policy names ends the task at once, others do not")
  func code() throws {
    let policy = RetryPolicy(nonRetryableCodes: ["BAD_INPUT"])
    let task = try world.submitOne(TaskDraft(kind: "work", retry: policy))
    try world.fail(task, code: "BUSY")
    world.pass(.seconds(2))
    try world.fail(task, code: "BAD_INPUT")
    #expect(world.newest.words == ["failed"])
    #expect(world.status(task)?.notes?.failure?.code == "BAD_INPUT")
  }

  @Test("an attempt that runs too long fails with RUN_TIMEOUT and is repeated")
  func runTimeout() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(3)))
    world.pass(.milliseconds(2_999))
    #expect(world.newest.isEmpty)
    let token = world.token(task)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["retryScheduled"])
    #expect(world.status(task)?.notes?.failure?.kind == .runTimeout)
    #expect(world.status(task)?.notes?.failure?.message == "the attempt ran longer than 3 s")
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) { try world.run(.release(token)) }
  }

  @Test("each attempt has the whole run timeout")
  func runTimeoutAgain() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(3)))
    world.pass(.seconds(2))
    try world.fail(task)
    world.pass(.seconds(1))
    world.pass(.milliseconds(2_999))
    #expect(world.task(task)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.task(task)?.state == .scheduled)
  }

  @Test("a finish that was recorded before its timeout wins")
  func finishFirst() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(3)))
    world.now.elapsed = world.now.elapsed + .seconds(3)
    try world.succeed(task)
    #expect(world.newest.words == ["succeeded"])
  }

  @Test("a released attempt does not count against the budget")
  func released() throws {
    let task = try world.submitOne()
    for attempt in 1...5 {
      try world.run(.release(AttemptToken(task: task, attempt: UInt32(attempt))))
      #expect(world.newest.words == ["released", "started"])
    }
    #expect(world.task(task)?.attempt == 6)
    #expect(world.task(task)?.attemptsForgiven == 5)
    try world.fail(task)
    #expect(world.newest.words == ["retryScheduled"])
    #expect(world.status(task)?.due == world.now.elapsed + .seconds(1))
  }

  @Test("what ran in a process that is gone is lost, counts, and runs again")
  func lost() throws {
    let task = try world.submitOne()
    let after = World(restarting: world)
    try after.run(.recover)
    #expect(after.newest.words == ["lost", "started"])
    #expect(after.task(task)?.attempt == 2)
    #expect(after.task(task)?.attemptsForgiven == 0)
    #expect(after.task(task)?.notes?.failure?.kind == .workerLost)
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) {
      try after.run(.release(AttemptToken(task: task, attempt: 1)))
    }
  }

  @Test("a task that kills its process cannot loop: lost attempts use up the budget")
  func lostForever() throws {
    let task = try world.submitOne()
    var last = world
    for _ in 0..<3 {
      last = World(restarting: last)
      try last.run(.recover)
    }
    #expect(last.newest.words == ["failed"])
    #expect(last.status(task)?.attempt == 3)
    #expect(last.status(task)?.notes?.failure?.kind == .workerLost)
  }

  @Test("a recovery where nothing ran starts what waits")
  func recoverIdle() throws {
    try world.run(.pausePool(name: "p", origin: World.user))
    try world.submitOne()
    let after = World(restarting: world)
    try after.run(.recover)
    #expect(after.newest.isEmpty)
    try after.run(.resumePool(name: "p", origin: World.user))
    #expect(after.newest.words == ["resumed", "started"])
  }
}
