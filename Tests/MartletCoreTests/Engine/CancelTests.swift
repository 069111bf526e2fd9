import MartletCore
import Testing

@Suite("Cancel")
struct CancelTests {
  let world = World()

  init() throws { try world.createPool(slots: 1, retry: RetryPolicy(jitter: 0)) }

  @Test("a task that waits is cancelled at once, with who asked and why")
  func waiting() throws {
    try world.submitOne()
    let pending = try world.submitOne()
    let scheduled = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(9))))
    for task in [pending, scheduled] {
      let answer = try world.run(
        .cancel(task, origin: Origin(actor: "ann", reason: "no need")))
      #expect(world.newest.words == ["cancelled"])
      guard case .task(let view) = answer else { return }
      #expect(view.status.state == .cancelled)
      #expect(view.revision == world.revision)
      #expect(view.status.notes?.cancel?.origin == Origin(actor: "ann", reason: "no need"))
      #expect(world.task(task) == nil)
    }
    world.pass(.seconds(20))
    #expect(world.newest.isEmpty)
  }

  @Test("a task that runs is asked to stop and stays RUNNING")
  func running() throws {
    let task = try world.submitOne()
    let answer = try world.run(.cancel(task, origin: Origin(actor: "ann")))
    #expect(world.newest.words == ["cancelRequested"])
    guard case .task(let view) = answer else { return }
    #expect(view.status.state == .running)
    #expect(view.status.notes?.cancel?.time == world.now.wall)
    #expect(view.status.notes?.cancel?.graceEnd == world.now.elapsed + .seconds(10))
  }

  @Test("a repeated cancel changes nothing, and the grace is not made longer")
  func repeated() throws {
    let task = try world.submitOne()
    try world.cancel(task)
    world.pass(.seconds(9))
    try world.cancel(task, reason: "again")
    #expect(world.newest.isEmpty)
    world.pass(.seconds(1))
    #expect(world.newest.words == ["cancelled"])
  }

  @Test("the task ends CANCELLED when its handler returns, whatever it says")
  func handlerReturns() throws {
    let outcomes: [AttemptOutcome] = [
      .succeeded(TaskResult(data: [1], contentType: "")),
      .failed(kind: .handler, code: "", message: "", retryable: true),
    ]
    for outcome in outcomes {
      let task = try world.submitOne()
      try world.cancel(task, reason: "enough")
      try world.run(.finish(world.token(task), outcome))
      #expect(world.newest.words == ["cancelled"])
      #expect(world.status(task)?.notes?.cancel?.origin.reason == "enough")
    }
  }

  @Test("a handler that does not return is not waited for beyond the grace")
  func grace() throws {
    let task = try world.submitOne()
    let next = try world.submitOne()
    let token = world.token(task)
    try world.cancel(task)
    world.pass(.milliseconds(9_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["cancelled", "started"])
    #expect(world.newest.started == [next])
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) { try world.run(.release(token)) }
  }

  @Test("a cancelled attempt that runs into its timeout, is released or lost, ends CANCELLED")
  func otherEnds() throws {
    let slow = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(5)))
    try world.cancel(slow)
    world.pass(.seconds(5))
    #expect(world.newest.words == ["cancelled"])

    let released = try world.submitOne()
    try world.cancel(released)
    try world.run(.release(world.token(released)))
    #expect(world.newest.words == ["cancelled"])

    let lost = try world.submitOne()
    try world.cancel(lost)
    let after = World(restarting: world)
    try after.run(.recover)
    #expect(after.newest.words == ["cancelled"])
  }

  @Test("a finish that was recorded earlier wins")
  func finishedFirst() throws {
    let task = try world.submitOne()
    try world.succeed(task)
    #expect(throws: Refusal.taskNotLive(task)) { try world.cancel(task) }
    #expect(throws: Refusal.taskNotLive(TaskID(rawValue: 1))) {
      try world.cancel(TaskID(rawValue: 1))
    }
  }

  @Test("a failed attempt that waits for its back-off keeps its failure when it is cancelled")
  func backingOff() throws {
    let task = try world.submitOne()
    try world.fail(task)
    try world.cancel(task)
    #expect(world.status(task)?.state == .cancelled)
    #expect(world.status(task)?.notes?.failure?.message == "it broke")
  }
}
