import MartletCore
import Testing

@Suite("Leases")
struct LeaseTests {
  let world = World()

  init() throws { try world.createPool(slots: 3, retry: RetryPolicy(jitter: 0)) }

  private var first: WorkerID { world.engine.worker(instance: "w1")?.id ?? WorkerID(rawValue: 0) }

  /// A task that the worker runs.
  private func running(on instance: String = "w1") throws -> (task: TaskID, lease: Lease) {
    if world.engine.worker(instance: instance) == nil { try world.connect(instance) }
    let task = try world.submitOne(.remote())
    let offers = world.offers()
    try world.accept(offers)
    return (task, try #require(offers.first?.lease))
  }

  @Test("a lease that is renewed holds, one that is not is lost and its task queued again")
  func renewal() throws {
    let (task, lease) = try running()
    for _ in 0..<5 {
      world.pass(.seconds(9))
      #expect(try world.lost(.renew(nil, [lease])).isEmpty)
    }
    world.pass(.milliseconds(9_999))
    #expect(world.task(task)?.state == .running)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["lost"])
    #expect(world.task(task)?.notes?.failure?.kind == .workerLost)
    #expect(world.notices().contains(.lost(first, lease)))
    #expect(try world.lost(.renew(nil, [lease])).map(\.lease) == [lease])
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) { try world.finish(lease) }
  }

  @Test("the lost task is offered to another worker, and the first one's finish changes nothing")
  func fencing() throws {
    let (task, old) = try running()
    world.pass(.seconds(5))
    try world.connect("w2", credit: 20)
    world.pass(.seconds(5))
    let offers = world.offers()
    #expect(offers.map(\.lease.attempt) == [2])
    #expect(offers[0].lease.epoch > old.epoch)
    try world.accept(offers)
    #expect(throws: Refusal.leaseLost(task, attempt: 2)) { try world.finish(old) }
    #expect(throws: Refusal.leaseLost(task, attempt: 2)) {
      try world.run(.worker(.release(old)))
    }
    #expect(world.task(task)?.state == .running)
    try world.finish(offers[0].lease)
    #expect(world.newest.words == ["succeeded"])
  }

  @Test("a worker whose stream broke keeps its leases until they end, and gets them back")
  func reconnect() throws {
    let (task, lease) = try running()
    try world.run(.worker(.disconnect(first)))
    world.pass(.seconds(8))
    let welcome = try world.connect("w1", held: [lease])
    #expect(welcome.kept == [lease])
    #expect(welcome.report.lost.isEmpty)
    #expect(welcome.worker == first)
    world.pass(.seconds(8))
    #expect(world.task(task)?.state == .running)
    try world.finish(lease)
  }

  @Test("another process gets nothing of what it does not hold")
  func stranger() throws {
    let (_, lease) = try running()
    let welcome = try world.connect("w2", held: [lease])
    #expect(welcome.kept.isEmpty)
    #expect(welcome.report.lost == [LostLease(lease: lease, attempt: 1)])
  }

  @Test("what a worker that comes back does not name, it does not run")
  func forgotten() throws {
    let (task, _) = try running()
    try world.connect("w1")
    #expect(world.newest.words.first == "lost" || world.task(task)?.state == .pending)
    #expect(world.events.words.contains("lost"))
  }

  @Test("a worker that comes back and does not say what it runs keeps it")
  func saysNothing() throws {
    let (task, lease) = try running()
    let hello = WorkerHello(
      identity: WorkerIdentity(name: "worker", instance: "w1"), kinds: ["remote"], slots: 1,
      held: nil)
    try world.run(.worker(.connect(hello)))
    #expect(world.newest.isEmpty)
    #expect(world.task(task)?.state == .running)
    try world.finish(lease)
  }

  @Test("after a restart of the server each lease has its full length from then on")
  func restart() throws {
    let (task, lease) = try running()
    world.pass(.seconds(9))
    let next = World(restarting: world)
    next.now.elapsed = next.now.elapsed + .seconds(30)
    try next.run(.recover)
    #expect(next.task(task)?.state == .running)
    next.pass(.seconds(9))
    let welcome = try next.connect("w1", held: [lease])
    #expect(welcome.kept == [lease])
    next.pass(.seconds(9))
    try next.finish(lease)
    #expect(next.newest.words == ["succeeded"])
  }

  @Test("after a restart a worker that does not come back has lost its attempt")
  func restartWithoutWorker() throws {
    let (task, _) = try running()
    let next = World(restarting: world)
    try next.run(.recover)
    next.pass(.seconds(10))
    #expect(next.newest.words == ["lost"])
    #expect(next.task(task)?.state == .pending)
  }

  @Test("epochs rise over restarts")
  func epochs() throws {
    let (_, lease) = try running()
    let next = World(restarting: world)
    try next.run(.recover)
    try next.connect("w9")
    try next.submitOne(.remote())
    #expect(try #require(next.offers().first).lease.epoch > lease.epoch)
  }

  @Test("a failure that was taken may be said again, without an effect")
  func repeatedFailure() throws {
    let (task, lease) = try running()
    try world.finish(lease, World.broken)
    #expect(world.newest.words == ["retryScheduled"])
    try world.finish(lease, World.broken)
    #expect(world.newest.isEmpty)
    #expect(world.task(task)?.state == .scheduled)
  }

  @Test("a released attempt does not count")
  func release() throws {
    let (task, lease) = try running()
    try world.run(.worker(.release(lease)))
    #expect(world.newest.words == ["released"])
    #expect(world.task(task)?.attemptsForgiven == 1)
  }

  @Test("a cancelled attempt ends after the grace whatever its worker does, and its slot is free")
  func cancelGrace() throws {
    let (task, lease) = try running()
    try world.cancel(task)
    #expect(world.task(task)?.notes?.assignment != nil)
    for _ in 0..<2 {
      world.pass(.seconds(5))
      _ = try world.lost(.renew(nil, [lease]))
    }
    #expect(world.task(task) == nil)
    #expect(try world.pool().inUse == 0)
    #expect(throws: Refusal.leaseLost(task, attempt: 0)) { try world.finish(lease) }
  }

  @Test("of several finishes in one message each is taken or refused for itself")
  func finishMany() throws {
    let (first, lease) = try running()
    let (second, other) = try running()
    let result = AttemptOutcome.succeeded(TaskResult(data: [1], contentType: ""))
    let stale = Lease(task: second, attempt: 1, epoch: other.epoch + 1)
    let ends = [lease, stale, other, lease].map { LeaseOutcome(lease: $0, outcome: result) }
    let answer = try world.run(.worker(.finish(ends)))
    #expect(
      answer
        == .finished([
          nil, .leaseLost(second, attempt: 1), nil, .leaseLost(first, attempt: 0),
        ]))
    #expect(world.newest.words == ["succeeded", "succeeded"])
  }

  @Test("that an attempt is to stop is said again at each beat and each return of its worker")
  func cancelSaidAgain() throws {
    let (task, lease) = try running()
    try world.cancel(task, reason: "enough")
    world.pass(.seconds(4))
    let expected = StoppingLease(
      lease: lease, purpose: .cancel, origin: Origin(actor: "tester", reason: "enough"),
      grace: .seconds(6))
    #expect(try world.report(.renew(nil, [lease])).stopping == [expected])
    #expect(try world.connect("w1", held: [lease]).report.stopping == [expected])
  }

  @Test("a worker that is gone and holds nothing is forgotten")
  func forget() throws {
    let (_, lease) = try running()
    try world.run(.worker(.disconnect(first)))
    #expect(world.engine.workers.count == 1)
    try world.finish(lease)
    #expect(world.engine.workers.isEmpty)
  }

  @Test("attempts lost with their workers use up the retries")
  func budget() throws {
    try world.createPool("q", slots: 1, retry: RetryPolicy(maxAttempts: 2, jitter: 0))
    try world.connect("w1")
    let task = try world.submitOne(.remote(), to: "q")
    for word in ["lost", "failed"] {
      try world.accept(world.offers())
      world.pass(.seconds(10))
      #expect(world.newest.words.first == word)
      try world.run(.worker(.credit(first, more: 5, seen: nil)))
    }
    #expect(world.task(task) == nil)
  }
}
