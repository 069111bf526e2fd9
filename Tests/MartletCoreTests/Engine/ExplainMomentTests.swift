import Testing

@testable import MartletCore

/// Causes that come and go with the moment, and those of tasks that run.
@Suite("Why a task is where it is")
struct ExplainMomentTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 2, retry: RetryPolicy(initialBackoff: .seconds(5), jitter: 0))
  }

  @Test("a task that runs here tells since when, and what ends its attempt")
  func running() throws {
    let deadline = world.now.wall + .seconds(20)
    let task = try world.submitOne(TaskDraft(kind: "work", deadline: deadline))
    let since = world.now.wall
    world.pass(.seconds(1))
    #expect(
      try world.explain(task) == [
        .running(
          .init(
            number: 1, since: since, worker: nil,
            timers: [
              .init(kind: .deadline, at: deadline),
              .init(kind: .runTimeout, at: since + .seconds(60)),
            ]))
      ])
  }

  @Test("a task that a worker runs tells which, and when its lease ends")
  func runningOnWorker() throws {
    try world.connect("w1", name: "ann")
    let task = try world.submitOne(.remote())
    try world.accept(world.offers())
    let since = world.now.wall
    guard case .running(let attempt)? = try world.explain(task).first else {
      Issue.record("it runs")
      return
    }
    #expect(attempt.worker == "ann")
    #expect(attempt.timers.first == .init(kind: .lease, at: since + .seconds(10)))
  }

  @Test("a running task that was asked to stop tells by whom, and how long it may take")
  func cancelRequested() throws {
    let task = try world.submitOne()
    try world.cancel(task, reason: "enough")
    let causes = try world.explain(task)
    #expect(causes.count == 2)
    #expect(
      causes.last
        == .cancelRequested(
          Origin(actor: "tester", reason: "enough"), since: world.now.wall,
          until: world.now.wall + .seconds(10)))
  }

  @Test("a running task that was asked to pause tells by whom")
  func pauseRequested() throws {
    let task = try world.submitOne()
    try world.run(.pause(task, origin: World.user))
    #expect(
      try world.explain(task).last
        == .pauseRequested(
          World.user, since: world.now.wall, until: world.now.wall + .seconds(10)))
  }

  @Test("a task in back-off tells after which failure, and until when; paused, it tells both")
  func backOff() throws {
    let task = try world.submitOne()
    try world.fail(task, code: "BUSY")
    let until = world.now.wall + .seconds(5)
    let failure = Failure(
      kind: .handler, code: "BUSY", message: "it broke", attempt: 1, retryable: true)
    #expect(try world.explain(task) == [.backOff(until: until, failure)])
    try world.run(.pause(task, origin: World.user))
    let since = world.now.wall
    world.pass(.seconds(1))
    #expect(
      try world.explain(task) == [
        .paused(World.user, since: since), .backOff(until: until, failure),
      ])
    world.pass(.seconds(9))
    #expect(try world.explain(task) == [.paused(World.user, since: since)])
  }

  @Test("when a wall clock is set, a time is told as that clock will show it")
  func clockSet() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(60))))
    world.now.wall = world.now.wall + .seconds(3_600)
    #expect(try world.explain(task) == [.delayed(until: world.now.wall + .seconds(60))])
  }

  @Test("an offered task tells to whom, and until when; a pool paused since is told too")
  func offered() throws {
    try world.connect("w1", name: "ann")
    let task = try world.submitOne(.remote())
    let offered = WaitingCause.offered(worker: "ann", until: world.now.wall + .seconds(2))
    #expect(try world.explain(task) == [offered])
    try world.run(.pausePool(name: "p", origin: World.user))
    #expect(try world.explain(task) == [.poolPaused("p"), offered])
  }

  @Test("after a start nothing runs before it is known what did")
  func serverStarts() throws {
    try world.run(.pausePool(name: "p", origin: World.user))
    let task = try world.submitOne()
    let next = World(restarting: world)
    #expect(try next.explain(task) == [.serverStarting, .poolPaused("p")])
    try next.run(.recover)
    try next.run(.resumePool(name: "p", origin: World.user))
    guard case .running? = try next.explain(task).first else {
      Issue.record("it runs")
      return
    }
  }

  @Test("what waits in a pool that is deleted in slices tells that")
  func deleting() throws {
    try world.run(.pausePool(name: "p", origin: World.user))
    let tasks = try world.submit(
      TaskDraft(kind: "work"), TaskDraft(kind: "work"), TaskDraft(kind: "work"))
    world.pipeline.inform { $0.state.session.cancelsPerStep = 1 }
    try world.run(.deletePool(name: "p", force: true, origin: World.user))
    #expect(try world.explain(tasks[2]) == [.poolDeleting("p")])
    #expect(try world.explain(tasks[0]) == [], "it is cancelled already")
  }

  @Test("while timers are left for the next step, nothing holds a task but that step")
  func starting() throws {
    world.pipeline.inform { $0.state.session.timersPerStep = 1 }
    let delayed = try world.submit(
      TaskDraft(kind: "work", start: .delay(.seconds(1))),
      TaskDraft(kind: "work", start: .delay(.seconds(1))))
    world.pass(.seconds(1))
    #expect(try world.explain(delayed[0]) == [.starting])
    world.tick()
    guard case .running? = try world.explain(delayed[0]).first else {
      Issue.record("it runs")
      return
    }
  }

  @Test(
    "a task that has ended tells as what, why or by whom",
    arguments: [TaskState.succeeded, .failed, .cancelled])
  func ended(as state: TaskState) throws {
    let task = try world.submitOne()
    switch state {
    case .succeeded: try world.succeed(task)
    case .failed: try world.fail(task, code: "BROKEN", retryable: false)
    default:
      try world.cancel(task, reason: "enough")
      try world.succeed(task)
    }
    #expect(try world.explain(task) == [], "the engine has let it go")
    let status = try #require(world.status(task))
    guard case .ended(state, world.now.wall, let failure, let origin) = WaitingCause(ended: status)
    else {
      Issue.record("it has ended")
      return
    }
    #expect(failure?.code == (state == .failed ? "BROKEN" : nil))
    #expect(origin?.reason == (state == .cancelled ? "enough" : nil))
  }

  @Test("what is seen of a waiting task says its first cause; of one that runs, none")
  func seen() throws {
    func cause(_ id: TaskID) throws -> WaitingCause? {
      guard case .task(let view?) = try world.see(.task(id)) else { return nil }
      return view.cause
    }
    let task = try world.submitOne(.remote())
    #expect(try cause(task) == .noWorker(kind: "remote", byServer: false))
    let worker = try world.connect(credit: 0).worker
    #expect(try cause(task) == .workersBusy(kind: "remote", 1))
    try world.run(.worker(.disconnect(worker)))
    #expect(try cause(task) == .noWorker(kind: "remote", byServer: false))
    #expect(try cause(try world.submitOne()) == nil, "it runs")
  }
}
