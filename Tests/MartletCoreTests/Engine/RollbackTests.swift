import Testing

@testable import MartletCore

@Suite("Rollback of a pool")
struct RollbackTests {
  let world = World()

  private func update(_ change: @escaping @Sendable (inout PoolSpec) -> Void) throws {
    try world.run(.updatePool(name: "p", expected: nil, change: change, origin: World.user))
  }

  private func rollback(
    to spec: PoolSpec, of pool: PoolID, expected: PoolVersion? = nil
  ) throws -> PoolView {
    let rollback = PoolRollback(
      name: "p", pool: pool, revision: Revision(1), spec: spec, expected: expected)
    return try world.run(.rollbackPool(rollback, origin: World.user)).pool
  }

  @Test("gives the pool the spec again, as a change of its own")
  func rollsBack() throws {
    let id = try world.createPool()
    let first = try world.pool().record.spec
    try update { $0.slots = 9 }
    let view = try rollback(to: first, of: id)
    #expect(view.record.spec == first && view.record.specVersion == 3)
    #expect(view.record.slotLimit == 2)
    guard case .pool(let event) = world.newest[0].body else { throw Refusal.stopping }
    #expect(event.change == .rolledBack && event.restored == Revision(1))
  }

  @Test("to the spec that it has changes nothing")
  func same() throws {
    let id = try world.createPool()
    _ = try rollback(to: world.pool().record.spec, of: id)
    #expect(world.newest.isEmpty)
  }

  @Test("does not resume what is paused")
  func paused() throws {
    let id = try world.createPool()
    let first = try world.pool().record.spec
    try update { $0.slots = 9 }
    try world.run(.pausePool(name: "p", origin: World.user))
    #expect(try rollback(to: first, of: id).record.state == .paused)
  }

  @Test("is refused with another version, of another pool, and of a pool that goes")
  func refused() throws {
    let id = try world.createPool()
    var spec = try world.pool().record.spec
    spec.slots = 7
    #expect(throws: Refusal.etagMismatch(pool: "p")) {
      try rollback(to: spec, of: id, expected: PoolVersion(pool: id, specVersion: 2))
    }
    try world.run(.deletePool(name: "p", force: false, origin: World.user))
    try world.createPool()
    #expect(throws: Refusal.poolRevisionNotFound(pool: "p", Revision(1))) {
      try rollback(to: spec, of: id)
    }
  }

  @Test("to a group that has gone, or has no room left, is refused")
  func group() throws {
    try world.createGroup(budget: 4)
    let id = try world.createPool()
    try update {
      $0.group = "g"
      $0.groupMinimum = 2
    }
    let grouped = try world.pool().record.spec
    try update {
      $0.group = ""
      $0.groupMinimum = 0
    }
    try world.run(
      .group(
        .update(name: "g", expected: nil, change: { $0.budget = 1 }, origin: World.user)))
    #expect(throws: Refusal.groupBudgetExceeded("g", budget: 1, guaranteed: 2)) {
      try rollback(to: grouped, of: id)
    }
    try world.run(.group(.delete(name: "g", origin: World.user)))
    #expect(throws: Refusal.groupNotFound("g")) { try rollback(to: grouped, of: id) }
  }
}
