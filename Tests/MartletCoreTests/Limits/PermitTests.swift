import Testing

@testable import MartletCore

@Suite("Permits of calls")
struct PermitTests {
  let world = World()

  @Test("what is there is granted, and no more")
  func grant() throws {
    try world.limit(.concurrency(units: 3))
    let first = try #require(try world.permits(units: 2, owner: "a"))
    #expect(first.available == 1 && first.record.id.token == world.revision)
    #expect(throws: Refusal.self) { _ = try world.permits(units: 2, owner: "b") }
    let second = try #require(try world.permits(units: 1, owner: "b"))
    #expect(second.record.id.token > first.record.id.token)
    try world.giveBack(first)
    #expect(try world.look().available == 2)
    #expect(throws: Refusal.permitsNotHeld("l", first.record.id.token)) {
      try world.giveBack(first)
    }
    #expect(throws: Refusal.limitTooSmall("l", units: 4, most: 3)) {
      _ = try world.permits(units: 4)
    }
  }

  @Test("calls wait in line, first come, first served, however few they want")
  func line() throws {
    try world.limit(.concurrency(units: 3))
    let held = try #require(try world.permits(units: 2, owner: "a"))
    #expect(try world.permits(units: 3, owner: "b", wait: .seconds(9), waiter: 2) == nil)
    #expect(try world.permits(units: 1, owner: "c", wait: .seconds(9), waiter: 3) == nil)
    #expect(throws: Refusal.self) { _ = try world.permits(units: 1, owner: "d") }
    try world.giveBack(held)
    #expect(world.permitted() == [2: "granted"])
    world.pass(.seconds(9))
    world.settle()
    #expect(world.permitted() == [3: "timed out"])
  }

  @Test("a lease that is not renewed ends, and who waits gets it")
  func lease() throws {
    try world.limit(.concurrency(units: 1))
    let held = try #require(try world.permits(owner: "a", lease: .seconds(3)))
    #expect(try world.permits(owner: "b", wait: .seconds(60), waiter: 2) == nil)
    world.pass(.seconds(2))
    try world.run(
      .permits(.renew(PermitGrant(limit: "l", owner: "a", token: held.record.id.token))))
    world.pass(.seconds(2))
    #expect(world.permitted().isEmpty)
    world.pass(.seconds(1))
    world.settle()
    #expect(world.permitted() == [2: "granted"])
    #expect(throws: Refusal.permitsNotHeld("l", held.record.id.token)) {
      try world.giveBack(held)
    }
  }

  @Test("a rate is spent by calls, which wait for its bucket")
  func rate() throws {
    try world.limit(.rate(units: 1, per: .seconds(1), burst: 2))
    #expect(try world.permits(units: 2)?.expires == nil)
    do {
      _ = try world.permits()
      Issue.record("granted")
    } catch .limitExceeded(let shortage) {
      #expect(shortage.retryAfter == .seconds(1))
    }
    #expect(try world.permits(wait: .seconds(5), waiter: 2) == nil)
    #expect(try world.permits(wait: .seconds(5), waiter: 3) == nil)
    world.pass(.seconds(1))
    world.settle()
    #expect(world.permitted() == [2: "granted"])
    world.pass(.seconds(1))
    world.settle()
    #expect(world.permitted() == [3: "granted"])
  }

  @Test("a call that ends leaves the line, or gives back what it was granted")
  func abandon() throws {
    try world.limit(.concurrency(units: 1))
    let held = try #require(try world.permits(owner: "a"))
    #expect(try world.permits(owner: "b", wait: .seconds(60), waiter: 2) == nil)
    #expect(try world.permits(owner: "c", wait: .seconds(60), waiter: 3) == nil)
    try world.run(.permits(.abandon(PermitWaiter(rawValue: 2), origin: World.user)))
    try world.giveBack(held)
    #expect(world.permitted() == [3: "granted"])
    try world.run(.permits(.abandon(PermitWaiter(rawValue: 3), origin: World.user)))
    world.settle()
    #expect(try world.look().available == 1)
    #expect(world.engine.state.session.limitBook.isIdle || world.engine.nextDeadline != nil)
  }

  @Test("a repeat tells the grant that is held")
  func repeated() throws {
    try world.limit(.concurrency(units: 2))
    let first = try #require(try world.permits(owner: "a", request: "r"))
    let again = try #require(try world.permits(owner: "a", request: "r", waiter: 2))
    #expect(first.record == again.record && world.newest.isEmpty)
    #expect(try world.permits(owner: "b", request: "r")?.record != first.record)
  }

  @Test("calls and tasks share one line")
  func shared() throws {
    try world.createPool(slots: 10)
    try world.limit(.concurrency(units: 1), kinds: ["work"])
    let task = try world.submitOne()
    let second = try world.submitOne()
    #expect(try world.permits(owner: "a", wait: .seconds(60), waiter: 2) == nil)
    let third = try world.submitOne()
    try world.succeed(task)
    world.settle()
    #expect(world.runs(second) && world.permitted().isEmpty)
    try world.succeed(second)
    world.settle()
    #expect(world.permitted() == [2: "granted"] && !world.runs(third))
    let holder = try #require(try world.look().holders.first)
    try world.giveBack(PermitView(record: holder.record, limit: "l", expires: nil, available: 0))
    #expect(world.runs(third))
  }

  @Test("who waits for a limit that is deleted is refused")
  func deleted() throws {
    try world.limit(.concurrency(units: 1))
    _ = try world.permits(owner: "a")
    #expect(try world.permits(owner: "b", wait: .seconds(60), waiter: 2) == nil)
    try world.run(.limit(.delete(name: "l", origin: World.user)))
    world.settle()
    #expect(world.permitted() == [2: "refused"])
    #expect(throws: Refusal.limitNotFound("l")) { _ = try world.permits() }
  }

  @Test("a restart grants nothing again, and takes nothing from anybody")
  func restart() throws {
    try world.createPool(slots: 10)
    try world.limit("c", .concurrency(units: 2))
    try world.limit("r", .rate(units: 1, per: .seconds(10), burst: 2))
    try world.limit("w", .window(units: 2, length: .seconds(10)))
    let held = try #require(try world.permits("c", owner: "a", lease: .seconds(5)))
    _ = try world.permits("r", units: 2)
    _ = try world.permits("w", units: 2)
    let again = World(restarting: world)
    #expect(again.durable.catalog == world.durable.catalog)
    try again.run(.recover)
    #expect(try again.look("c").available == 1)
    #expect(try again.look("r").available == 0 && again.look("w").available == 0)
    again.pass(.seconds(4))
    try again.run(
      .permits(.renew(PermitGrant(limit: "c", owner: "a", token: held.record.id.token))))
    again.pass(.seconds(5))
    again.settle()
    #expect(try again.look("c").available == 2)
    #expect(try again.look("r").available == 0)
  }

  @Test("a fenced attempt leaves its permit taken for the grace of its pool")
  func grace() throws {
    try world.run(
      .createPool(
        name: "p",
        spec: PoolSpec(
          slots: 5, queueCapacity: 100, retry: RetryPolicy(maxAttempts: 1),
          runTimeout: .seconds(1), permitGrace: .seconds(30)), origin: World.user))
    try world.limit(.concurrency(units: 1), pools: ["p"])
    let first = try world.submitOne()
    let second = try world.submitOne()
    world.pass(.seconds(1))
    world.settle()
    #expect(world.task(first) == nil && !world.runs(second))
    #expect(try world.look().holders.map(\.record.task) == [first])
    let again = World(restarting: world)
    #expect(again.durable.catalog == world.durable.catalog)
    world.pass(.seconds(29))
    world.settle()
    #expect(!world.runs(second))
    world.pass(.seconds(1))
    world.settle()
    #expect(world.runs(second))
    try world.succeed(second)
    world.settle()
    #expect(world.durable.catalog.limits.grants.isEmpty)
    #expect(world.durable.catalog.limits.states.isEmpty)
  }

  @Test("limits are made, changed and deleted by somebody, for a reason")
  func changes() throws {
    let view = try world.limit(.concurrency(units: 1))
    #expect(throws: Refusal.limitExists("l")) { try world.limit(.concurrency(units: 1)) }
    #expect(throws: Refusal.limitSortFixed("l")) {
      try world.change { $0.rule = .window(units: 1, length: .seconds(1)) }
    }
    try world.change { $0.rule = .concurrency(units: 5) }
    #expect(world.newest.words == ["limit updated"])
    try world.change { $0.rule = .concurrency(units: 5) }
    #expect(world.newest.isEmpty)
    #expect(throws: Refusal.limitEtagMismatch("l")) {
      try world.run(
        .limit(
          .update(
            name: "l", expected: view.record.version, change: { $0.kinds = ["x"] },
            origin: World.user)))
    }
    try world.run(.limit(.delete(name: "l", origin: World.user)))
    let again = try world.limit(.concurrency(units: 1))
    #expect(again.record.id > view.record.id)
  }
}
