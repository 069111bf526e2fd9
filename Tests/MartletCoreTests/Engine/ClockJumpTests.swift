import Testing

@testable import MartletCore

/// A small service in the middle of its work, and a clock that jumps by three hours: what goes by
/// time that passes must not be fooled by what only the wall shows, and the other way round.
@Suite("Three hours go by at once")
struct ClockJumpTests {
  private static let hours = Span.seconds(3 * 3_600)
  private let world = World(serving: ["work", "mail"])
  /// Runs in this process, for at most a minute.
  private let task: TaskID
  /// Runs on a worker, whose lease is 10 s.
  private let lease: Lease
  /// A hundred of them want to start, five every half second may.
  private let mails: [TaskID]
  private let lock: LockView
  private let permits: PermitView

  init() throws {
    try world.createPool(slots: 10, retry: RetryPolicy(maxAttempts: 1))
    task = try world.submitOne()
    try world.connect()
    let remote = try world.submitOne(.remote())
    let offers = world.offers()
    try world.accept(offers)
    lease = try #require(offers.first?.lease)
    #expect(lease.task == remote)

    try world.createPool("mails", slots: 1_000, runTimeout: .seconds(86_400))
    try world.limit("rate", .rate(units: 10, per: .seconds(1), burst: 5), kinds: ["mail"])
    mails = try world.run(
      .submit(
        pool: "mails", tasks: Array(repeating: TaskDraft(kind: "mail"), count: 100), request: nil,
        history: nil, origin: World.user)
    ).tasks
    world.settle()

    lock = try #require(try world.acquire("nightly", "a"))
    try world.stand("nightly", "b", 7, wait: .seconds(86_400))
    try world.limit("hourly", .window(units: 3, length: .seconds(3_600)))
    _ = try world.permits("hourly", units: 3)
    try world.limit("doors", .concurrency(units: 1))
    permits = try #require(try world.permits("doors", owner: "a"))
    try world.schedule(ScheduleTests.spec(every: .seconds(600), pool: "mails"))
    #expect(running == 5)
  }

  private var running: Int { mails.count { world.runs($0) } }

  private var runs: [String] {
    world.durable.catalog.schedules[name: "s"]?.runs.map { "\($0.number) \($0.outcome)" } ?? []
  }

  /// Nothing that waits for time to pass has been given any.
  private func expectThatNoTimeHasPassed(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(world.task(task)?.state == .running, sourceLocation: sourceLocation)
    #expect(world.task(lease.task)?.state == .running, sourceLocation: sourceLocation)
    #expect(running == 5, sourceLocation: sourceLocation)
    #expect(world.told().isEmpty, sourceLocation: sourceLocation)
    #expect(try world.look("hourly").available == 0, sourceLocation: sourceLocation)
    #expect(try world.look("doors").available == 0, sourceLocation: sourceLocation)
    try world.renew(lock)
    try world.finish(lease)
    try world.succeed(task)
  }

  @Test("the machine sleeps: leases and time-outs are over, buckets are full and no fuller")
  func sleep() throws {
    world.pass(Self.hours)
    world.settle()
    // Who was silent has lost what it held, and who waited has it.
    #expect(world.status(task)?.notes?.failure?.kind == .runTimeout)
    #expect(throws: Refusal.self) { try world.finish(lease) }
    #expect(world.told() == [7: "granted"])
    #expect(throws: Refusal.self) { try world.renew(lock) }
    #expect(throws: Refusal.self) { try world.giveBack(permits) }
    // Three hours of a rate are not saved up: the bucket holds five.
    #expect(running == 10)
    world.pass(.milliseconds(99))
    world.settle()
    #expect(running == 10)
    world.pass(.milliseconds(1))
    world.settle()
    #expect(running == 11)
    // Neither are three windows.
    #expect(try world.look("hourly").available == 3)
    // Of eighteen times that went by all but the last are missed.
    #expect(runs.filter { $0.hasSuffix("running") }.count == 1)
  }

  @Test("somebody sets the clock forward: only schedules go by it")
  func forward() throws {
    world.now.wall = world.now.wall + Self.hours
    world.tick()
    world.settle()
    #expect(runs.filter { $0.hasSuffix("running") }.count == 1)
    try expectThatNoTimeHasPassed()
  }

  @Test("somebody sets the clock back: nothing comes twice, and time goes on")
  func back() throws {
    let before = world.events.last.map { world.stamp(of: $0).time }
    world.now.wall = world.now.wall + Span(nanoseconds: -Self.hours.nanoseconds)
    world.tick()
    world.settle()
    #expect(runs.isEmpty)
    try expectThatNoTimeHasPassed()
    let after = try #require(world.events.last.map { world.stamp(of: $0).time })
    #expect(after >= (try #require(before)), "the time of the feed never goes back")
    world.pass(.seconds(1))
    world.settle()
    #expect(running == 10, "a second fills the bucket, whatever the wall shows")
  }

  @Test("the server restarts with a clock that is three hours behind: nothing is granted again")
  func restart() throws {
    let next = World(restarting: world, serving: ["work", "mail"])
    next.now.wall = next.now.wall + Span(nanoseconds: -Self.hours.nanoseconds)
    try next.run(.recover)
    next.settle()
    #expect(mails.count { next.runs($0) } <= 5)
    #expect(try next.look("hourly").available == 0)
    #expect(try next.look("doors").available == 0)
    #expect(throws: Refusal.self) { _ = try next.acquire("nightly", "b") }
  }
}
