import Testing

@testable import MartletCore

@Suite("A task that is paused")
struct PauseTests {
  let world = World()

  private func running() throws -> (task: TaskID, token: AttemptToken) {
    try world.createPool()
    let task = try world.submitOne()
    return (task, AttemptToken(task: task, attempt: 1))
  }

  private func pause(_ task: TaskID, reason: String = "") throws {
    try world.run(.pause(task, origin: Origin(actor: "tester", reason: reason)))
  }

  private func resume(_ task: TaskID) throws {
    try world.run(.resume(task, origin: World.user))
  }

  @Test("and waits is PAUSED at once, starts no more, and waits again when it is resumed")
  func waiting() throws {
    try world.createPool(slots: 1)
    let (first, second) = (try world.submitOne(), try world.submitOne())
    try pause(second, reason: "later")
    #expect(world.task(second)?.state == .paused)
    #expect(world.task(second)?.notes?.pause?.origin.reason == "later")
    try world.succeed(first)
    #expect(world.task(second)?.state == .paused)
    try resume(second)
    #expect(world.task(second)?.state == .running)
    #expect(world.task(second)?.notes?.pause == nil)
  }

  @Test("and waits for a time goes on waiting for it when it is resumed before")
  func scheduled() throws {
    try world.createPool()
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(10))))
    try pause(task)
    world.pass(.seconds(4))
    try resume(task)
    #expect(world.task(task)?.state == .scheduled)
    world.pass(.seconds(6))
    #expect(world.task(task)?.state == .running)
  }

  @Test("stays PAUSED when its time has come, and is PENDING at once when it is resumed after")
  func overdue() throws {
    try world.createPool()
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(10))))
    try pause(task)
    world.pass(.seconds(60))
    #expect(world.task(task)?.state == .paused)
    try resume(task)
    #expect(world.task(task)?.state == .running)
  }

  @Test("while it runs is told so, and is PAUSED when it gives its slot back; that does not count")
  func whileRunning() throws {
    let (task, token) = try running()
    try pause(task)
    #expect(world.task(task)?.state == .running)
    try world.run(.release(token))
    #expect(world.task(task)?.state == .paused)
    #expect(world.task(task)?.attemptsForgiven == 1)
    #expect(try world.pool().inUse == 0)
    try resume(task)
    #expect(world.task(task)?.attempt == 2)
  }

  @Test("is PAUSED after the grace, whatever its handler does, which has lost it then")
  func afterGrace() throws {
    let (task, token) = try running()
    try pause(task)
    world.pass(.seconds(10))
    #expect(world.task(task)?.state == .paused)
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) { try world.run(.release(token)) }
  }

  @Test("and finishes all the same before it gave its slot back has finished")
  func finishes() throws {
    let (task, _) = try running()
    try pause(task)
    try world.succeed(task)
    #expect(world.task(task) == nil)
    #expect(world.newest.words == ["succeeded"])
  }

  @Test("and fails before it gave its slot back is PAUSED, with the failure and its back-off")
  func fails() throws {
    let (task, _) = try running()
    try pause(task)
    try world.fail(task, code: "X")
    #expect(world.task(task)?.state == .paused)
    #expect(world.task(task)?.notes?.failure?.code == "X")
    #expect(world.task(task)?.attemptsForgiven == 0)
    try resume(task)
    #expect(world.task(task)?.state == .scheduled)
  }

  @Test("and resumed before it gave its slot back is queued again when it does")
  func resumedEarly() throws {
    let (task, token) = try running()
    try pause(task)
    try resume(task)
    #expect(world.task(task)?.notes?.pause == nil)
    world.pass(.seconds(11))
    #expect(world.task(task)?.state == .running, "the grace is over, the wish was taken back")
    try world.run(.release(token))
    #expect(world.task(task)?.attempt == 2)
  }

  @Test("again changes nothing")
  func twice() throws {
    let (task, token) = try running()
    try pause(task, reason: "one")
    try pause(task, reason: "two")
    #expect(world.newest.isEmpty)
    try world.run(.release(token))
    try pause(task, reason: "three")
    #expect(world.newest.isEmpty)
    #expect(world.task(task)?.notes?.pause?.origin.reason == "one")
  }

  @Test("can be cancelled, and one that is asked to stop cannot be paused")
  func cancel() throws {
    let (task, _) = try running()
    try pause(task)
    try world.cancel(task)
    #expect(world.task(task)?.notes?.pause == nil)
    #expect(throws: Refusal.taskNotPausable(task)) { try pause(task) }
    let other = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(5))))
    try pause(other)
    try world.cancel(other)
    #expect(world.task(other) == nil)
  }

  @Test("fails at its deadline")
  func deadline() throws {
    try world.createPool()
    let task = try world.submitOne(
      TaskDraft(
        kind: "work", start: .delay(.seconds(5)), deadline: world.now.wall + .seconds(20)))
    try pause(task)
    world.pass(.seconds(21))
    #expect(world.task(task) == nil)
    #expect(world.newest.words == ["failed"])
  }

  @Test("only can be resumed")
  func resumeOthers() throws {
    let (task, _) = try running()
    #expect(throws: Refusal.taskNotPaused(task, .running)) { try resume(task) }
    let nobody = TaskID(rawValue: 5)
    #expect(throws: Refusal.taskNotLive(nobody)) { try resume(nobody) }
    #expect(throws: Refusal.taskNotLive(nobody)) { try pause(nobody) }
  }

  @Test("is PAUSED after a restart too, and one that was to pause is")
  func restart() throws {
    try world.createPool()
    let (running, waiting) = (
      try world.submitOne(),
      try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(5))))
    )
    try pause(running)
    try pause(waiting)
    let next = World(restarting: world)
    try next.run(.recover)
    #expect(next.task(waiting)?.state == .paused)
    #expect(next.task(running)?.state == .paused, "its process is gone")
    #expect(next.task(running)?.notes?.failure?.kind == .workerLost)
  }

  @Test("while a worker was offered it takes the offer back")
  func offered() throws {
    try world.createPool()
    try world.connect("w1", credit: 5)
    let task = try world.submitOne(.remote())
    let offer = try #require(world.offers().first)
    try pause(task)
    #expect(try world.pool().inUse == 0)
    #expect(try world.lost(.accept(offer.worker, [offer.lease])).map(\.lease) == [offer.lease])
    #expect(world.task(task)?.state == .paused)
  }
}
