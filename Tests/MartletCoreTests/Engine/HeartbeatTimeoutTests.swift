import Testing

@testable import MartletCore

@Suite("Silent handlers")
struct HeartbeatTimeoutTests {
  let world = World()
  let progress = Progress(percent: 1, step: "", counters: [])

  init() throws {
    try world.createPool(slots: 4, retry: RetryPolicy(maxAttempts: 2, jitter: 0))
  }

  private func draft(_ seconds: Int64 = 30, kind: String = "work") -> TaskDraft {
    TaskDraft(
      kind: kind, runTimeout: .seconds(1 << 20), heartbeatTimeout: .seconds(seconds))
  }

  /// One on a worker whose lease is renewed every second.
  private func remote(_ seconds: Int64 = 30) throws -> (task: TaskID, lease: Lease) {
    try world.connect()
    let task = try world.submitOne(draft(seconds, kind: "remote"))
    let offers = world.offers()
    try world.accept(offers)
    return (task, offers[0].lease)
  }

  private func pass(_ seconds: Int, renewing lease: Lease) throws {
    for _ in 0..<seconds {
      world.pass(.seconds(1))
      try world.run(.worker(.renew(nil, [lease])))
    }
  }

  @Test("a handler that is silent for too long fails with HEARTBEAT_TIMEOUT, at that instant")
  func fails() throws {
    let task = try world.submitOne(draft())
    #expect(world.engine.nextDeadline == world.now.elapsed + .seconds(30))
    world.pass(.milliseconds(29_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["retryScheduled"])
    let failure = world.status(task)?.notes?.failure
    #expect(failure?.kind == .heartbeatTimeout)
    #expect(failure?.attempt == 1)
    #expect(failure?.message == "the handler was silent for longer than 30 s")
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) {
      try world.run(
        .finish(
          AttemptToken(task: task, attempt: 1),
          .succeeded(TaskResult(data: [], contentType: ""))))
    }
  }

  @Test("it is repeated as the policy says, and each attempt has its full time")
  func repeated() throws {
    let task = try world.submitOne(draft())
    world.pass(.seconds(30))
    world.pass(.seconds(1))
    #expect(world.task(task)?.attempt == 2)
    world.pass(.milliseconds(29_999))
    #expect(world.task(task)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["failed"])
    #expect(world.status(task)?.notes?.failure?.kind == .heartbeatTimeout)
  }

  @Test("progress is a sign of life, also while it is held back")
  func progressCounts() throws {
    let task = try world.submitOne(draft(2))
    for _ in 1...40 {
      world.pass(.milliseconds(500))
      try world.run(.report(world.token(task), progress))
    }
    world.pass(.milliseconds(1_999))
    #expect(world.task(task)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.task(task)?.state == .scheduled)
  }

  @Test("checkpoints and lines are, a beat of the worker is not")
  func wordsOfWorkers() throws {
    let (task, lease) = try remote()
    try pass(29, renewing: lease)
    try world.run(
      .worker(.checkpoint(lease, Checkpoint(sequence: 1, data: [], contentType: ""))))
    try pass(29, renewing: lease)
    let line = LogLine(time: world.now.wall, level: .info, text: "going on")
    // More than it may write: it is not silent all the same.
    for _ in 1...3 { try world.run(.worker(.log(lease, Array(repeating: line, count: 900)))) }
    try pass(29, renewing: lease)
    #expect(world.task(task)?.state == .running)
    try pass(1, renewing: lease)
    #expect(world.status(task)?.notes?.failure?.kind == .heartbeatTimeout)
    #expect(try world.lost(.renew(nil, [lease])).map(\.lease) == [lease])
  }

  @Test("the words of a lease that is gone are not heard")
  func fenced() throws {
    let (task, lease) = try remote(30)
    world.pass(.seconds(20))
    #expect(world.task(task)?.state != .running || world.task(task)?.attempt != 1)
    let offers = world.offers()
    try world.accept(offers)
    try pass(29, renewing: offers[0].lease)
    #expect(throws: Refusal.self) {
      try world.run(
        .worker(.checkpoint(lease, Checkpoint(sequence: 9, data: [], contentType: ""))))
    }
    try pass(1, renewing: offers[0].lease)
    #expect(world.status(task)?.notes?.failure?.kind == .heartbeatTimeout)
  }

  @Test("a task without a limit may be silent for ever, and costs nothing")
  func unlimited() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", runTimeout: .seconds(86_400)))
    #expect(world.engine.state.session.silences.isEmpty)
    world.pass(.seconds(86_399))
    #expect(world.task(task)?.state == .running)
  }

  @Test("the pool's default holds for tasks that bring none")
  func poolDefault() throws {
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.heartbeatTimeout = .seconds(3) },
        origin: World.user))
    let task = try world.submitOne()
    let own = try world.submitOne(draft(9))
    world.pass(.seconds(3))
    #expect(world.task(task)?.state == .scheduled)
    #expect(world.task(own)?.state == .running)
  }

  @Test("while an attempt is asked to stop its grace holds; gone on, its time begins anew")
  func stopping() throws {
    let cancelled = try world.submitOne(draft(4))
    let paused = try world.submitOne(draft(4))
    try world.cancel(cancelled)
    try world.run(.pause(paused, origin: World.user))
    world.pass(.seconds(9))
    #expect(world.task(cancelled)?.state == .running)
    #expect(world.task(paused)?.state == .running)
    try world.run(.resume(paused, origin: World.user))
    world.pass(.milliseconds(3_999))
    #expect(world.status(cancelled)?.state == .cancelled)
    #expect(world.task(paused)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.task(paused)?.state == .scheduled)
  }

  @Test("after a restart a worker's attempt has its full time again")
  func restart() throws {
    let (task, lease) = try remote()
    try pass(29, renewing: lease)
    let after = World(restarting: world)
    try after.run(.recover)
    for _ in 1...29 {
      after.pass(.seconds(1))
      try after.run(.worker(.renew(nil, [lease])))
    }
    #expect(after.task(task)?.state == .running)
    after.pass(.seconds(1))
    #expect(after.status(task)?.notes?.failure?.kind == .heartbeatTimeout)
  }

  @Test("a wall clock that jumps moves nothing", arguments: [-86_400, 86_400])
  func wallJumps(seconds: Int64) throws {
    let task = try world.submitOne(draft())
    world.now.wall = world.now.wall + .seconds(seconds)
    world.pass(.milliseconds(29_999))
    #expect(world.task(task)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.task(task)?.state == .scheduled)
  }

  @Test("an explanation tells until when the handler may be silent")
  func explained() throws {
    let task = try world.submitOne(draft(30))
    world.pass(.seconds(10))
    try world.run(.report(world.token(task), progress))
    guard case .running(let attempt)? = world.engine.explain(task, at: world.now)?.causes.first
    else {
      Issue.record("it runs")
      return
    }
    #expect(
      attempt.timers.first == .init(kind: .heartbeatTimeout, at: world.now.wall + .seconds(30)))
  }

  @Test("attempts that have ended leave nothing to watch, however many there were")
  func leavesNothing() {
    var watch = SilenceWatch()
    let month = HeartbeatTimeout(limit: .seconds(30 * 86_400))
    for number in 1...50_000 {
      let token = AttemptToken(task: TaskID(rawValue: UInt64(number)), attempt: 1)
      watch.begin(token, month, at: Elapsed(nanoseconds: Int64(number)))
      if number > 10 { watch.end(token.task) }
    }
    #expect(watch.endCount <= 1_025)
    var silent: [UInt64] = []
    let later = Elapsed(nanoseconds: 50_001) + .seconds(30 * 86_400)
    while let (token, _) = watch.firstSilent(at: later) {
      silent.append(token.task.rawValue)
      watch.end(token.task)
    }
    #expect(silent == Array(1...10))
    #expect(watch.nextDeadline == nil)
  }

  @Test("what thousands of silent handlers do at one moment goes in slices")
  func slices() throws {
    try world.createPool("q", slots: 4_500, capacity: 10_000)
    let drafts = Array(repeating: draft(), count: 4_500)
    try world.run(
      .submit(pool: "q", tasks: drafts, request: nil, history: nil, origin: World.user))
    world.pass(.seconds(30))
    #expect(world.newest.count == 2_000)
    world.tick()
    world.tick()
    #expect(world.newest.count == 500)
  }
}
