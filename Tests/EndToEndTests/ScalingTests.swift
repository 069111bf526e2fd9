import MartletClient
import MartletServer
import Testing

@Suite("Scaling, groups and history", .serialized, .timeLimit(.minutes(2)))
struct ScalingTests {
  @Test(
    "a pool goes up with its demand, in as many threads, and its limit outlives a restart",
    arguments: StoreKind.allCases)
  func scales(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      let scaling = API.PoolScaling(
        mode: .on, minSlots: 1, maxSlots: 3, step: .stepSlots(9), upCooldown: .init(),
        downCooldown: .init(seconds: 3_600))
      try await world.pools.create("tide", spec: .init(slots: 1, scaling: scaling))
      try await world.tasks.submitBatch(
        (0..<5).map { _ in API.TaskSpec(kind: "gate") }, to: "tide")
      await gate.came(3)
      let pool = try await world.pools.get("tide").value
      #expect(pool.status?.slotsLimit == 3 && pool.spec?.slots == 1)
      #expect(try await world.pools.explain("tide").scaling?.reason == .atMaximum)
      try await world.restart()
      #expect(try await world.pools.get("tide").status?.slotsLimit == 3)
      let revisions = try await world.pools.history(of: "tide").revisions
      #expect(revisions.map(\.type) == [.scaled, .created])
      #expect(revisions[0].scaling?.reason == .demand && revisions[0].actor.isEmpty)
      #expect(revisions[1].actor == "tester")
    }
  }

  @Test(
    "the history outlives a restart, and any of its specs can be had again",
    arguments: StoreKind.allCases)
  func history(on store: StoreKind) async throws {
    try await World.run(on: store) { world in
      try await world.pools.update(
        "work", spec: .init(slots: 2), fields: ["slots"], reason: "less")
      try await world.pools.pause("work", reason: "a fault")
      let before = try await world.pools.history(of: "work").revisions
      try await world.restart()
      let after = try await world.pools.history(of: "work")
      #expect(after.revisions == before && after.nextPageToken.isEmpty)
      #expect(before.map(\.reason) == ["a fault", "less", ""])
      #expect(before[1].before?.spec?.slots == 8 && before[1].after?.spec?.slots == 2)
      let first = try #require(before.last?.revision)
      let pool = try await world.pools.rollback("work", to: first, reason: "back").value
      #expect(pool.spec?.slots == 8 && pool.state == .paused)
      let error = try await refusal { try await world.pools.rollback("work", to: 1 << 40) }
      #expect(error.code == .notFound && error.reason == .poolRevisionNotFound)
    }
  }

  @Test(
    "a lender's tasks get the slots that fall free, also after a restart",
    arguments: StoreKind.allCases)
  func lends(on store: StoreKind) async throws {
    let gate = GateHandler()
    try await World.run(on: store, handlers: [gate], pool: nil) { world in
      try await world.client.groups.create("shared", budget: 2)
      for (name, minimum) in [("lender", Int32(1)), ("borrower", 0)] {
        try await world.pools.create(
          name, spec: .init(slots: 9, group: "shared", groupMinimum: minimum))
      }
      let specs = (0..<4).map { _ in API.TaskSpec(kind: "gate") }
      try await world.tasks.submitBatch(specs, to: "borrower")
      await gate.came(2)
      try await world.tasks.submitBatch(specs, to: "lender")
      let group = try await world.client.groups.get("shared").value
      #expect(group.status?.slotsInUse == 2 && group.status?.slotsOwed == 1)
      #expect(group.status?.pools.map(\.slotsBorrowed) == [2, 0])
      try await world.restart()
      let lender = try await world.pools.get("lender").value
      #expect(lender.status?.slotsInUse == 1)
      let error = try await refusal { try await world.client.groups.delete("shared") }
      #expect(error.code == .failedPrecondition && error.reason == .groupNotEmpty)
      gate.open()
      for name in ["lender", "borrower"] { try await world.pools.drain(name) }
      for name in ["lender", "borrower"] { try await world.happened(.poolClosed, in: name) }
      for name in ["lender", "borrower"] { try await world.pools.delete(name) }
      try await world.client.groups.delete("shared")
      #expect(try await world.client.groups.list().isEmpty)
    }
  }
}
