import Testing

@testable import MartletCore

@Suite("What is said of fairness keys")
struct FairnessExplainTests {
  let world = World(serving: ["work"])

  init() throws {
    try world.createPool(slots: 2)
    for _ in 0..<6 { try submit("a") }
  }

  @discardableResult
  private func submit(_ key: String, weight: Int = 1, priority: UInt8 = 5) throws -> TaskID {
    var draft = TaskDraft(kind: "work", priority: priority)
    draft.fairness = TaskFairness(key: key, weight: weight).unlessPlain
    return try world.submitOne(draft)
  }

  private func causes(of task: TaskID) throws -> [WaitingCause] {
    guard case .explanation(let told?) = try world.see(.explainTask(task)) else { return [] }
    return told.causes
  }

  @Test("a task that waits is told how its key stands")
  func standing() throws {
    try submit("b", weight: 4)
    let id = try submit("b", weight: 4)
    let share = KeyShare(key: "b", weight: 4, running: 0, waiting: 2)
    let standing = FairStanding(share: share, pool: "p", ahead: 1, others: 1)
    #expect(
      try causes(of: id) == [
        .noFreeSlot(
          pool: "p", slots: 2, inUse: 2, position: QueuePosition(ahead: 1, isExact: false)),
        .fairShare(standing),
      ])
    #expect(
      WaitingCause.fairShare(standing).text
        == "slots go to the key with the smallest share: its key b has 0 running "
        + "at weight 4, 1 of its own goes before it, 1 other key waits")
  }

  @Test("what is certain to go before it: higher priorities and its own key's")
  func position() throws {
    try submit("c", priority: 9)
    let id = try submit("a")
    guard case .noFreeSlot(_, _, _, let position)? = try causes(of: id).first else { return }
    #expect(position == QueuePosition(ahead: 5, isExact: false))
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.fairness = .shareFirst }, origin: World.user))
    guard case .noFreeSlot(_, _, _, let other)? = try causes(of: id).first else { return }
    #expect(other == QueuePosition(ahead: 4, isExact: false))
  }

  @Test("a pool tells its keys, those with the most running first, at most 20")
  func pool() throws {
    for number in 0..<30 { try submit("k\(number)") }
    guard case .poolExplanation(let told) = try world.see(.explainPool("p")) else { return }
    #expect(told.shares.count == 20 && told.omittedShares == 11)
    #expect(told.shares[0] == KeyShare(key: "a", weight: 1, running: 2, waiting: 4))
    #expect(told.shares[1] == KeyShare(key: "k0", weight: 1, running: 0, waiting: 1))
  }

  @Test("without keys nothing is said of them")
  func none() throws {
    try world.createPool("q", slots: 1)
    try world.submitOne(to: "q")
    let id = try world.submitOne(to: "q")
    #expect(try causes(of: id).count == 1)
    guard case .poolExplanation(let told) = try world.see(.explainPool("q")) else { return }
    #expect(told.shares.isEmpty)
  }

  @Test("once the last task with a key has ended, the pool keeps nothing of it")
  func forgets() throws {
    #expect(!world.durable.tasks.fairPools.isEmpty)
    for task in world.durable.tasks.all() { try world.cancel(task.id) }
    for task in world.durable.tasks.allRunning() { try world.succeed(task.id) }
    #expect(world.durable.tasks.fairPools.isEmpty)
  }
}
