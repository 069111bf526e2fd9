import Testing

@testable import MartletCore

extension World {
  @discardableResult
  func createGroup(_ name: String = "g", budget: Int) throws -> GroupView {
    try run(.group(.create(name: name, GroupSpec(budget: budget), origin: Self.user))).group
  }

  func createPool(_ name: String, slots: Int = 10, group: String = "g", minimum: Int) throws {
    let spec = PoolSpec(
      slots: slots, queueCapacity: 1_000, retry: .init(), runTimeout: .seconds(3_600),
      group: group, groupMinimum: minimum)
    try run(.createPool(name: name, spec: spec, origin: Self.user))
  }

  func fill(_ pool: String, _ count: Int, kind: String = "work") throws -> [TaskID] {
    try (0..<count).map { _ in try submitOne(TaskDraft(kind: kind), to: pool) }
  }

  func inUse(_ pool: String) throws -> Int { try self.pool(pool).inUse }
}

extension Answer {
  var group: GroupView {
    guard case .group(let view) = self else { preconditionFailure("not a group: \(self)") }
    return view
  }
}

@Suite("Groups")
struct GroupTests {
  let world = World()

  private func group(_ name: String = "g") throws -> GroupView {
    guard case .groups(let views) = try world.see(.group(name)) else { throw Refusal.stopping }
    return views[0]
  }

  @Test("a group has a budget and says what its pools use, are guaranteed and owed")
  func view() throws {
    try world.createGroup(budget: 5)
    try world.createPool("b", minimum: 2)
    try world.createPool("a", minimum: 1)
    _ = try world.fill("b", 7)
    let view = try group()
    #expect(view.record.spec.budget == 5 && view.guaranteed == 3)
    #expect(view.members.map(\.pool) == ["a", "b"])
    #expect(view.inUse == 5 && view.members[1].inUse == 5 && view.members[1].pending == 2)
    _ = try world.fill("a", 3)
    #expect(try group().owed == 1)
  }

  @Test("what is not there, is there twice or is at another version is refused")
  func refused() throws {
    #expect(throws: Refusal.groupNotFound("x")) { try group("x") }
    try world.createGroup(budget: 5)
    #expect(throws: Refusal.groupExists("g")) { try world.createGroup(budget: 1) }
    #expect(throws: Refusal.groupNotFound("x")) {
      try world.createPool("a", group: "x", minimum: 1)
    }
    let other = GroupVersion(group: GroupID(rawValue: 1), specVersion: 2)
    #expect(throws: Refusal.groupEtagMismatch("g")) {
      try world.run(
        .group(.update(name: "g", expected: other, change: { _ in }, origin: World.user)))
    }
    #expect(throws: Refusal.groupNotFound("x")) {
      try world.run(.group(.delete(name: "x", origin: World.user)))
    }
  }

  @Test("more groups than the limit are refused")
  func limit() throws {
    var limits = Limits()
    limits.groups = 1
    let world = World(limits: limits)
    try world.createGroup(budget: 1)
    #expect(throws: Refusal.memoryPressure(what: "groups", limit: 1)) {
      try world.createGroup("h", budget: 1)
    }
  }

  @Test("guarantees above the budget are refused, from both sides")
  func budget() throws {
    try world.createGroup(budget: 5)
    try world.createPool("a", minimum: 3)
    #expect(throws: Refusal.groupBudgetExceeded("g", budget: 5, guaranteed: 6)) {
      try world.createPool("b", minimum: 3)
    }
    #expect(throws: Refusal.groupBudgetExceeded("g", budget: 2, guaranteed: 3)) {
      try world.run(
        .group(.update(name: "g", expected: nil, change: { $0.budget = 2 }, origin: World.user)))
    }
    #expect(throws: Refusal.groupBudgetExceeded("g", budget: 5, guaranteed: 6)) {
      try world.run(
        .updatePool(
          name: "a", expected: nil, change: { $0.groupMinimum = 6 }, origin: World.user))
    }
    try world.createPool("b", minimum: 2)
  }

  @Test("a guarantee without a group, or beyond the pool's own slots, is refused")
  func guarantee() throws {
    try world.createGroup(budget: 50)
    #expect(throws: Refusal.self) { try world.createPool("a", group: "", minimum: 1) }
    #expect(throws: Refusal.self) { try world.createPool("a", slots: 4, minimum: 5) }
    try world.createPool("a", slots: 4, minimum: 4)
  }

  @Test("a group that has pools is not deleted, also while they are being deleted")
  func notEmpty() throws {
    try world.createGroup(budget: 5)
    try world.createPool("a", minimum: 0)
    let tasks = try world.fill("a", 1)
    try world.run(.deletePool(name: "a", force: true, origin: World.user))
    #expect(throws: Refusal.groupNotEmpty("g", pools: ["a"], count: 1)) {
      try world.run(.group(.delete(name: "g", origin: World.user)))
    }
    try world.succeed(tasks[0])
    try world.run(.group(.delete(name: "g", origin: World.user)))
    #expect(world.newest.words == ["group deleted"])
    let view = try world.createGroup(budget: 1)
    #expect(view.record.id == GroupID(rawValue: 2), "numbers are not given again")
  }

  @Test("a pool that is being deleted has no claim to its guarantee")
  func deleting() throws {
    try world.createGroup(budget: 5)
    try world.createPool("a", minimum: 5)
    _ = try world.fill("a", 1)
    try world.run(.deletePool(name: "a", force: true, origin: World.user))
    try world.createPool("b", minimum: 5)
  }
}
