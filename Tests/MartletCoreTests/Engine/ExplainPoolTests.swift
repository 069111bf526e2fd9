import Testing

@testable import MartletCore

@Suite("What holds a pool back")
struct ExplainPoolTests {
  let world = World()

  @Test("nothing holds back a pool whose tasks run, or that has none")
  func nothing() throws {
    try world.createPool(slots: 2)
    #expect(try world.explain().causes.isEmpty)
    try world.submitOne()
    let explanation = try world.explain()
    #expect(explanation.causes.isEmpty)
    #expect(explanation.inUse == 1 && explanation.counts[.running] == 1)
  }

  @Test("kinds that nobody takes are told with their tasks, those with the most first")
  func kinds() throws {
    try world.createPool(slots: 2)
    try world.connect("w1", credit: 0)
    try world.submit(.remote("rare"), .remote("remote"), .remote("remote"))
    try world.submit(
      TaskDraft(kind: "remote", priority: 9), .remote("remote", selector: LabelSet(["a": "b"])))
    #expect(
      try world.explain().causes == [
        .init(cause: .workersBusy(kind: "remote", 1), tasks: 3),
        .init(cause: .noWorker(kind: "rare", byServer: false), tasks: 1),
        .init(
          cause: .selectorUnmatched(
            kind: "remote", missing: LabelSet(["a": "b"]), workers: 1), tasks: 1),
      ])
  }

  @Test("a full pool tells how many wait for its slots, and what of them is only offered")
  func full() throws {
    try world.createPool(slots: 2)
    try world.connect("w1", credit: 1)
    try world.submit(.remote(), TaskDraft(kind: "work"), TaskDraft(kind: "work"))
    let explanation = try world.explain()
    #expect(explanation.offered == 1 && explanation.inUse == 2)
    #expect(
      explanation.causes == [
        .init(cause: .noFreeSlot(pool: "p", slots: 2, inUse: 2, position: nil), tasks: 1)
      ])
  }

  @Test("what of its own state holds a pool back comes first", arguments: [true, false])
  func state(isPaused: Bool) throws {
    try world.createPool(slots: 1)
    if isPaused {
      try world.run(.pausePool(name: "p", origin: World.user))
      try world.submitOne(.remote())
      #expect(
        try world.explain().causes == [
          .init(cause: .poolPaused("p"), tasks: 1),
          .init(cause: .noWorker(kind: "remote", byServer: false), tasks: 1),
        ])
    } else {
      try world.run(.drainPool(name: "p", origin: World.user))
      #expect(try world.explain().causes == [.init(cause: .poolClosed("p"), tasks: 0)])
    }
  }

  @Test("of very many kinds the hundred with the most tasks are told, and how many more there are")
  func many() throws {
    try world.createPool(slots: 1, capacity: 1_000)
    for kind in 0..<150 {
      for _ in 0...(kind == 77 ? 1 : 0) { try world.submitOne(.remote("kind.\(kind)")) }
    }
    let explanation = try world.explain()
    #expect(explanation.causes.count == 100 && explanation.omittedCauses == 50)
    #expect(
      explanation.causes.first
        == .init(cause: .noWorker(kind: "kind.77", byServer: false), tasks: 2))
  }

  @Test("a pool that is not there is not found")
  func missing() {
    #expect(throws: Refusal.poolNotFound("x")) { try world.see(.explainPool("x")) }
  }
}
