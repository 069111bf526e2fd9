import MartletCore
import Testing

@Suite("Checkpoints and lines of a worker")
struct CheckpointTests {
  let world = World()

  init() throws { try world.createPool(slots: 3, retry: RetryPolicy(initialBackoff: .zero)) }

  private func running() throws -> (task: TaskID, lease: Lease) {
    if world.engine.worker(instance: "w1") == nil { try world.connect("w1") }
    let task = try world.submitOne(.remote())
    let offers = world.offers()
    try world.accept(offers)
    return (task, try #require(offers.first?.lease))
  }

  private func save(_ lease: Lease, _ sequence: UInt64, _ data: [UInt8] = [1]) throws {
    try world.run(
      .worker(
        .checkpoint(lease, Checkpoint(sequence: sequence, data: data, contentType: "a/b"))))
  }

  private func log(_ lease: Lease, lines: Int) throws -> (lines: Int, dropped: Int64)? {
    let line = LogLine(time: world.now.wall, level: .info, text: "x")
    try world.run(.worker(.log(lease, Array(repeating: line, count: lines))))
    guard case .task(let event)? = world.newest.first?.body,
      case .logged(let taken, let dropped) = event.change
    else { return nil }
    return (taken.count, dropped)
  }

  @Test("a checkpoint is an event, and the task knows where its bytes are")
  func saved() throws {
    let (task, lease) = try running()
    try save(lease, 3)
    #expect(world.newest.words == ["checkpointed"])
    #expect(
      world.task(task)?.notes?.checkpoint
        == CheckpointMark(sequence: 3, attempt: 1, revision: world.revision))
  }

  @Test("the same again is taken and changes nothing")
  func repeated() throws {
    let (_, lease) = try running()
    try save(lease, 1)
    try save(lease, 1)
    #expect(world.newest.isEmpty)
  }

  @Test("an older one is refused, and so is the number of another attempt's")
  func older() throws {
    let (task, lease) = try running()
    try save(lease, 5)
    #expect(throws: Refusal.checkpointOutOfOrder(task, kept: 5)) { try save(lease, 4) }
    try world.fail(task)
    world.tick()
    let offers = world.offers()
    try world.accept(offers)
    let second = try #require(offers.first?.lease)
    #expect(throws: Refusal.checkpointOutOfOrder(task, kept: 5)) { try save(second, 5) }
    try save(second, 6)
  }

  @Test("one of a lease that has ended changes nothing")
  func late() throws {
    let (task, lease) = try running()
    try world.run(.worker(.release(lease)))
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) { try save(lease, 1) }
    #expect(throws: Refusal.leaseLost(task, attempt: 1)) { _ = try log(lease, lines: 1) }
  }

  @Test("it stays through failures, losses, releases, pauses and a retry by hand")
  func stays() throws {
    let (task, lease) = try running()
    try save(lease, 1)
    let mark = world.task(task)?.notes?.checkpoint
    func again() throws -> Lease {
      world.tick()
      let offers = world.offers()
      #expect(offers.first?.status.notes?.checkpoint == mark)
      try world.accept(offers)
      #expect(world.task(task)?.notes?.checkpoint == mark)
      return try #require(offers.first?.lease)
    }
    try world.run(.worker(.release(lease)))
    _ = try again()
    try world.fail(task)
    let third = try again()
    try world.run(.pause(task, origin: World.user))
    try world.run(.worker(.release(third)))
    try world.run(.resume(task, origin: World.user))
    _ = try again()
    try world.fail(task, retryable: false)
    #expect(world.task(task) == nil)
    try world.retry(task)
    _ = try again()
  }

  @Test("that an attempt is to pause is said again at each beat and each return of its worker")
  func pauseSaidAgain() throws {
    let (task, lease) = try running()
    try world.run(.pause(task, origin: Origin(actor: "tester", reason: "later")))
    world.pass(.seconds(4))
    let expected = StoppingLease(
      lease: lease, purpose: .pause, origin: Origin(actor: "tester", reason: "later"),
      grace: .seconds(6))
    #expect(try world.report(.renew(nil, [lease])).stopping == [expected])
    #expect(try world.connect("w1", held: [lease]).report.stopping == [expected])
  }

  @Test("lines are events, so many at once and so many a second; the rest is counted")
  func lines() throws {
    let (_, lease) = try running()
    #expect(try log(lease, lines: 900) ?? (0, 0) == (900, 0))
    #expect(try log(lease, lines: 150) ?? (0, 0) == (100, 0))
    #expect(try log(lease, lines: 10) == nil)
    world.pass(.milliseconds(500))
    #expect(try log(lease, lines: 60) ?? (0, 0) == (50, 60))
    world.pass(.seconds(1))
    #expect(try log(lease, lines: 1) ?? (0, 0) == (1, 10))
  }
}
