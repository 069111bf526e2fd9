import Testing

@testable import MartletCore

@Suite("Pools that scale")
struct ScalingTests {
  let world = World()

  private static func scaling(
    _ mode: PoolScaling.Mode = .on, _ bounds: ClosedRange<Int> = 1...8
  ) -> PoolScaling {
    PoolScaling(
      mode: mode, minSlots: bounds.lowerBound, maxSlots: bounds.upperBound,
      upCooldown: .seconds(3), downCooldown: .seconds(5))
  }

  private func create(slots: Int = 2, _ scaling: PoolScaling? = scaling()) throws {
    let spec = PoolSpec(
      slots: slots, queueCapacity: 100, retry: .init(), runTimeout: .seconds(3_600),
      scaling: scaling)
    try world.run(.createPool(name: "p", spec: spec, origin: World.user))
  }

  private func fill(_ count: Int) throws -> [TaskID] {
    try (0..<count).map { _ in try world.submitOne() }
  }

  private var limit: Int { get throws { try world.pool().record.slotLimit } }

  @Test("a pool goes up with its demand, step by step, and starts what it has slots for")
  func up() throws {
    try create()
    _ = try fill(20)
    world.pass(.seconds(2))
    #expect(try limit == 2, "the cool-down counts from the creation")
    world.pass(.seconds(1))
    #expect(world.newest.words == ["scaled", "started"])
    #expect(try limit == 3)
    world.pass(.seconds(3))
    world.pass(.seconds(3))
    world.pass(.seconds(3))
    world.pass(.seconds(3))
    #expect(try limit == 8 && world.pool().inUse == 8)
    world.pass(.seconds(30))
    #expect(world.newest.isEmpty)
  }

  @Test("each change says from what to what, why, and what was looked at")
  func event() throws {
    try create()
    _ = try fill(3)
    world.pass(.seconds(3))
    guard case .pool(let event) = world.newest[0].body, let verdict = event.scaling else {
      Issue.record("no change")
      return
    }
    #expect(verdict.from == 2 && verdict.to == 3 && verdict.reason == .demand)
    #expect(verdict.load == PoolLoad(inUse: 2, pending: 1, oldestAge: .seconds(3)))
    #expect(event.slotLimit == 3 && event.spec.slots == 2 && event.origin == .server)
    #expect(event.specVersion == 1)
  }

  @Test("a pool goes down without any traffic, and what runs goes on")
  func down() throws {
    try create(slots: 8)
    let tasks = try fill(2)
    world.pass(.seconds(5))
    #expect(try limit == 8, "25 % is between the thresholds")
    try world.succeed(tasks[0])
    world.pass(.seconds(1))
    #expect(try limit == 4)
    for _ in 0..<10 { world.pass(.seconds(1)) }
    #expect(try limit == 4, "one of four is 25 %")
    try world.succeed(tasks[1])
    for _ in 0..<30 { world.pass(.seconds(1)) }
    #expect(try limit == 1)
    #expect(world.engine.nextDeadline == nil, "it sleeps until something happens")
  }

  @Test("a dry run says what it would do, once, and changes nothing")
  func dryRun() throws {
    try create(Self.scaling(.dryRun))
    _ = try fill(20)
    for _ in 0..<20 { world.pass(.seconds(1)) }
    #expect(world.events.words.filter { $0 == "scalingSuggested" }.count == 1)
    #expect(try limit == 2 && world.pool().record.specVersion == 1)
  }

  @Test("a suggestion that has gone and comes again is said again")
  func suggestedAgain() throws {
    try create(Self.scaling(.dryRun))
    let first = try fill(2)
    for _ in 0..<5 { world.pass(.seconds(1)) }
    try world.succeed(first[0])
    for _ in 0..<5 { world.pass(.seconds(1)) }
    _ = try world.submitOne()
    for _ in 0..<5 { world.pass(.seconds(1)) }
    #expect(world.events.words.filter { $0 == "scalingSuggested" }.count == 2)
  }

  @Test("tasks that nobody runs are no reason for more slots")
  func starved() throws {
    try create()
    for _ in 0..<9 { try world.submitOne(TaskDraft(kind: "remote")) }
    for _ in 0..<20 { world.pass(.seconds(1)) }
    #expect(try limit == 2)
  }

  @Test("slots of the spec start it, other changes move it only into the bounds")
  func update() throws {
    try create(slots: 20)
    #expect(try limit == 8, "brought between the bounds")
    let change: (@escaping @Sendable (inout PoolSpec) -> Void) throws -> Void = { change in
      try world.run(
        .updatePool(name: "p", expected: nil, change: change, origin: World.user))
    }
    try change { $0.scaling?.maxSlots = 6 }
    #expect(try limit == 6)
    try change { $0.queueCapacity = 7 }
    #expect(try limit == 6)
    try change { $0.slots = 3 }
    #expect(try limit == 3)
    try change { $0.scaling?.mode = .dryRun }
    #expect(try limit == 3)
    try change { $0.slots = 9 }
    #expect(try limit == 9, "a dry run bounds nothing")
    try change { $0.scaling = nil }
    #expect(world.engine.state.session.scaling.nextDeadline == nil)
  }

  @Test("a paused pool stays as it is")
  func paused() throws {
    try create(slots: 8)
    try world.run(.pausePool(name: "p", origin: World.user))
    for _ in 0..<20 { world.pass(.seconds(1)) }
    #expect(try limit == 8)
    let explanation = try explain()
    #expect(explanation.scaling?.reason == .poolState)
  }

  private func explain() throws -> PoolExplanation {
    guard case .poolExplanation(let explanation) = try world.see(.explainPool("p")) else {
      throw Refusal.stopping
    }
    return explanation
  }

  @Test("ExplainPool says what the pool would do and until when it cools down")
  func explained() throws {
    try create()
    _ = try fill(9)
    let explanation = try explain()
    #expect(explanation.scaling?.reason == .coolingDown)
    #expect(explanation.coolsUntil == World.start.wall + .seconds(3))
    world.pass(.seconds(3))
    #expect(try explain().pool.slotLimit == 3)
    #expect(
      try explain().causes.first?.cause
        == .noFreeSlot(
          pool: "p", slots: 3, inUse: 3, position: nil))
  }

  @Test("the limit and its cool-down outlive a restart")
  func restart() throws {
    try create()
    _ = try fill(9)
    world.pass(.seconds(3))
    let again = World(restarting: world)
    #expect(again.durable.catalog == world.durable.catalog)
    #expect(try again.pool().record.slotLimit == 3)
    try again.run(.recover)
    again.pass(.seconds(2))
    #expect(try again.pool().record.slotLimit == 3)
    again.pass(.seconds(1))
    #expect(try again.pool().record.slotLimit == 4)
  }

  @Test("bounds that cross are refused, whoever asks")
  func refused() throws {
    #expect(throws: Refusal.self) { try create(Self.scaling(.on, 1...8).with { $0.minSlots = 9 }) }
    #expect(throws: Refusal.self) { try create(Self.scaling().with { $0.downPercent = 80 }) }
    try create()
    #expect(
      throws: Refusal.poolSpecInvalid(
        PoolSpecProblem(
          field: "scaling.min_slots", text: "must be at most max_slots, which is 8"))
    ) {
      try world.run(
        .updatePool(
          name: "p", expected: nil, change: { $0.scaling?.minSlots = 9 }, origin: World.user))
    }
  }
}

extension PoolScaling {
  func with(_ change: (inout PoolScaling) -> Void) -> PoolScaling {
    var copy = self
    change(&copy)
    return copy
  }
}
