import Testing

@testable import MartletCore

@Suite("Groups that lend")
struct ShareTests {
  let world = World()

  @Test("a pool uses what others do not, up to the budget")
  func lends() throws {
    try world.createGroup(budget: 5)
    try world.createPool("a", minimum: 2)
    try world.createPool("b", minimum: 2)
    _ = try world.fill("b", 9)
    #expect(try world.inUse("b") == 5)
    #expect(try world.pool("b").waiting == 4)
  }

  @Test("a lender has each slot that falls free, until it has its guarantee")
  func back() throws {
    try world.createGroup(budget: 5)
    try world.createPool("a", minimum: 2)
    try world.createPool("b", minimum: 2)
    let borrowed = try world.fill("b", 20)
    let own = try world.fill("a", 6)
    #expect(try world.inUse("a") == 0)
    try world.succeed(borrowed[0])
    #expect(world.newest.started == [own[0]])
    try world.succeed(borrowed[1])
    #expect(world.newest.started == [own[1]])
    try world.succeed(borrowed[2])
    #expect(world.newest.started == [borrowed[5]], "beyond the guarantees they take turns")
    try world.succeed(borrowed[3])
    #expect(world.newest.started == [own[2]])
  }

  @Test("a pool is owed no more than it has tasks for")
  func owed() throws {
    try world.createGroup(budget: 6)
    try world.createPool("a", minimum: 4)
    try world.createPool("b", minimum: 0)
    let tasks = try world.fill("b", 20)
    let own = try world.fill("a", 1)
    try world.succeed(tasks[0])
    #expect(world.newest.started == own)
    try world.succeed(tasks[1])
    #expect(world.newest.started == [tasks[6]], "a has nothing more to do: its slots are lent")
  }

  @Test("a pool whose tasks nobody runs lends its slots as well")
  func starved() throws {
    try world.createGroup(budget: 3)
    try world.createPool("a", minimum: 3)
    try world.createPool("b", minimum: 0)
    _ = try world.fill("a", 5, kind: "remote")
    let tasks = try world.fill("b", 5)
    #expect(try world.inUse("b") == 3)
    try world.succeed(tasks[0])
    #expect(world.newest.started == [tasks[3]])
  }

  @Test("a worker that comes brings its pool the next slots")
  func worker() throws {
    try world.createGroup(budget: 2)
    try world.createPool("a", minimum: 2)
    try world.createPool("b", minimum: 0)
    _ = try world.fill("a", 5, kind: "remote")
    let tasks = try world.fill("b", 5)
    try world.connect("one", kinds: ["remote"])
    #expect(try world.inUse("a") == 0 && world.inUse("b") == 2)
    try world.succeed(tasks[0])
    #expect(try world.inUse("a") == 1 && world.inUse("b") == 1)
  }

  @Test("a pool that is paused is owed nothing, and its running attempts count until they end")
  func paused() throws {
    try world.createGroup(budget: 2)
    try world.createPool("a", minimum: 2)
    try world.createPool("b", minimum: 0)
    let own = try world.fill("a", 5)
    let others = try world.fill("b", 5)
    #expect(try world.inUse("a") == 2 && world.inUse("b") == 0)
    try world.run(.pausePool(name: "a", origin: World.user))
    #expect(world.newest.started == [])
    try world.succeed(own[0])
    #expect(world.newest.started == [others[0]])
  }

  @Test("a larger budget starts more at once, a smaller one lets what runs go on")
  func budget() throws {
    let change: (Int) throws -> Void = { budget in
      try world.run(
        .group(
          .update(name: "g", expected: nil, change: { $0.budget = budget }, origin: World.user)))
    }
    try world.createGroup(budget: 2)
    try world.createPool("b", minimum: 0)
    let tasks = try world.fill("b", 9)
    try change(4)
    #expect(world.newest.started == [tasks[2], tasks[3]])
    try change(1)
    for task in tasks[0..<3] {
      try world.succeed(task)
      #expect(world.newest.started == [])
    }
    try world.succeed(tasks[3])
    #expect(world.newest.started == [tasks[4]])
  }

  @Test("a pool that leaves its group, or is deleted, leaves its slots to the others")
  func leaves() throws {
    try world.createGroup(budget: 2)
    try world.createPool("a", minimum: 0)
    try world.createPool("b", minimum: 0)
    _ = try world.fill("a", 3)
    let others = try world.fill("b", 3)
    try world.run(
      .updatePool(name: "a", expected: nil, change: { $0.group = "" }, origin: World.user))
    #expect(try world.inUse("a") == 3 && world.inUse("b") == 2)
    #expect(world.newest.started.suffix(2) == others[0..<2])
  }

  @Test("the causes say whether slots are lent, or the budget is in use")
  func explained() throws {
    try world.createGroup(budget: 2)
    try world.createPool("a", minimum: 1)
    try world.createPool("b", minimum: 0)
    let others = try world.fill("b", 3)
    let own = try world.fill("a", 1)
    #expect(
      world.engine.explain(own[0], at: world.now)?.causes
        == [.budgetLent(group: "g", budget: 2, minimum: 1, inUse: 0)])
    #expect(
      world.engine.explain(others[2], at: world.now)?.causes
        == [.budgetInUse(group: "g", budget: 2, inUse: 2, owed: 1)])
    guard case .poolExplanation(let pool) = try world.see(.explainPool("a")) else { return }
    #expect(pool.causes.map(\.tasks) == [1])
  }

  @Test("after a restart the shares are those of before")
  func restart() throws {
    try world.createGroup(budget: 3)
    try world.createPool("a", minimum: 2)
    try world.createPool("b", minimum: 0)
    _ = try world.fill("b", 9)
    _ = try world.fill("a", 9)
    let again = World(restarting: world)
    #expect(again.durable.catalog == world.durable.catalog)
    try again.run(.recover)
    #expect(try again.inUse("a") == 2 && again.inUse("b") == 1)
  }

  @Test("an offer that the budget has no room for any more is not accepted")
  func offer() throws {
    try world.createGroup(budget: 2)
    try world.createPool("a", minimum: 0)
    try world.connect("one", kinds: ["remote"])
    _ = try world.fill("a", 2, kind: "remote")
    let offers = world.offers()
    #expect(try world.inUse("a") == 2)
    try world.run(
      .group(.update(name: "g", expected: nil, change: { $0.budget = 1 }, origin: World.user)))
    #expect(try world.accept(offers).count == 1)
    #expect(world.newest.started.count == 1)
  }

  @Test("pools that scale and share keep to both")
  func scales() throws {
    try world.createGroup(budget: 4)
    try world.createPool("a", slots: 1, minimum: 0)
    try world.run(
      .updatePool(
        name: "a", expected: nil,
        change: {
          $0.scaling = PoolScaling(
            mode: .on, minSlots: 1, maxSlots: 16, step: .percent(100), upCooldown: .zero)
        }, origin: World.user))
    _ = try world.fill("a", 50)
    for _ in 0..<20 { world.pass(.seconds(1)) }
    #expect(try world.inUse("a") == 4)
    #expect(try world.pool("a").record.slotLimit == 8, "then slots are free: it is the group")
  }
}
