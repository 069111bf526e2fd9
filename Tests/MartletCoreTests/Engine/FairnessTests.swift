import Testing

@testable import MartletCore

@Suite("Fairness keys")
struct FairnessTests {
  let world = World(serving: ["work", "other"])

  private func draft(
    _ key: String, weight: Int = 1, priority: UInt8 = 5, kind: String = "work"
  ) -> TaskDraft {
    var draft = TaskDraft(kind: kind, priority: priority, runTimeout: .seconds(86_400))
    draft.fairness = TaskFairness(key: key, weight: weight).unlessPlain
    return draft
  }

  @discardableResult
  private func submit(
    _ key: String, _ count: Int = 1, weight: Int = 1, priority: UInt8 = 5, kind: String = "work"
  ) throws -> [TaskID] {
    try (0..<count).map { _ in
      try world.submitOne(draft(key, weight: weight, priority: priority, kind: kind))
    }
  }

  private func key(of task: TaskID) -> String {
    for event in world.events {
      if case .task(let change) = event.body, change.task == task,
        case .submitted(let submission) = change.change
      {
        return submission.policy.fairness?.key ?? ""
      }
    }
    return "?"
  }

  private var running: [String: Int] {
    Dictionary(
      grouping: world.durable.tasks.allRunning().map { key(of: $0.id) }, by: { $0 }
    ).mapValues(\.count)
  }

  /// Ends the attempt that has run the longest, again and again; returns the keys that start.
  private func order(_ count: Int) throws -> [String] {
    var order: [String] = []
    while order.count < count {
      let oldest = world.durable.tasks.allRunning().min { $0.revision < $1.revision }
      try world.succeed(#require(oldest).id)
      order += world.newest.started.map { key(of: $0) }
      if world.newest.started.isEmpty { return order }
    }
    return order
  }

  private func setMode(_ mode: FairnessMode) throws {
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.fairness = mode }, origin: World.user))
  }

  @Test("a flood of one key does not starve another")
  func flood() throws {
    try world.createPool(slots: 2)
    try submit("flood", 20)
    try submit("few", 3)
    // Both slots are the flood's; the first that falls free goes to the other key.
    #expect(try order(4) == ["few", "flood", "few", "flood"])
  }

  @Test("each of three keys runs a third of the slots, and an idle share goes to the others")
  func thirds() throws {
    try world.createPool(slots: 6)
    for key in ["a", "b", "c"] { try submit(key, key == "c" ? 4 : 20) }
    _ = try order(6)
    #expect(running == ["a": 2, "b": 2, "c": 2])
    _ = try order(10)
    #expect(running == ["a": 3, "b": 3])
  }

  @Test("slots are shared by weight")
  func weights() throws {
    try world.createPool(slots: 8)
    try submit("light", 30)
    try submit("heavy", 30, weight: 3)
    _ = try order(8)
    #expect(running == ["light": 2, "heavy": 6])
  }

  @Test("one slot goes round by weight")
  func oneSlot() throws {
    try world.createPool(slots: 1)
    try submit("x")
    try submit("a", 20)
    try submit("b", 20, weight: 3)
    let order = try order(16)
    #expect(order.filter { $0 == "b" }.count == 12)
    for start in stride(from: 0, to: 16, by: 4) {
      #expect(order[start..<start + 4].filter { $0 == "a" }.count == 1)
    }
  }

  @Test("who submits one task at a time gets no more turns than who has many queued")
  func oneAtATime() throws {
    try world.createPool(slots: 1)
    try submit("many", 40, weight: 3)
    try submit("single")
    var order: [String] = []
    for _ in 0..<24 {
      order += try self.order(1)
      if order.last == "single" { try submit("single") }
    }
    #expect((5...7).contains(order.filter { $0 == "single" }.count))
  }

  @Test("idleness saves up nothing")
  func noSavings() throws {
    try world.createPool(slots: 1)
    try submit("busy", 60)
    try submit("late")
    _ = try order(30)
    try submit("late", 10)
    let order = try order(10)
    #expect((4...6).contains(order.filter { $0 == "late" }.count))
  }

  @Test(
    "with one slot nobody has three turns while one of at least its weight waits",
    arguments: 1...4 as ClosedRange<UInt64>)
  func turns(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let weights = ["a": 1, "b": 1, "c": 2, "d": 5]
    try world.createPool(slots: 1, capacity: 1_000)
    try submit("a")
    // How many turns of each key went by while another waited.
    var passed: [String: [String: Int]] = [:]
    for _ in 0..<150 {
      if Int.random(in: 0..<5, using: &random) < 2 || world.durable.tasks.count < 2 {
        let key = weights.keys.sorted().randomElement(using: &random) ?? "a"
        try submit(key, Int.random(in: 1...3, using: &random), weight: weights[key] ?? 1)
      }
      let waiting = Set(
        world.durable.tasks.waiting(in: PoolID(rawValue: 1), limit: .max).map { key(of: $0.id) })
      guard let started = try order(1).first else { continue }
      for key in weights.keys {
        let isPassed = waiting.contains(key) && key != started
        passed[key, default: [:]][started, default: 0] += 1
        if !isPassed { passed[key] = [:] }
        let turns = passed[key]?[started] ?? 0
        #expect(turns <= 2 * max(1, (weights[started] ?? 1) / (weights[key] ?? 1)))
      }
    }
  }

  @Test("tasks without a key are one key together")
  func plain() throws {
    try world.createPool(slots: 4)
    try submit("", 20)
    try submit("a", 20)
    _ = try order(4)
    #expect(running == ["": 2, "a": 2])
  }

  @Test("priorities go first, unless the pool lets shares go first")
  func modes() throws {
    try world.createPool(slots: 2)
    try submit("a", 10, priority: 9)
    try submit("b", 10, priority: 1)
    #expect(try order(2) == ["a", "a"])
    try setMode(.shareFirst)
    #expect(try order(2) == ["b", "a"])
    try submit("a", 1, priority: 10)
    let best = try #require(world.events.last { $0.word == "submitted" })
    // Of the key whose turn it is the task with the highest priority.
    while !world.newest.started.contains(where: { key(of: $0) == "a" }) { _ = try order(1) }
    guard case .task(let submitted) = best.body else { return }
    #expect(world.newest.started == [submitted.task])
  }

  @Test("in a pool that wants none, keys mean nothing")
  func off() throws {
    try world.createPool(slots: 1)
    try setMode(.off)
    try submit("a", 3)
    try submit("b", 1)
    #expect(try order(3) == ["a", "a", "b"])
    let last = try submit("b", 2).last ?? TaskID(rawValue: 0)
    guard case .explanation(let told?) = try world.see(.explainTask(last)) else { return }
    #expect(told.causes.count == 1)
  }

  @Test("within a key it is who joined first")
  func fifo() throws {
    try world.createPool(slots: 1)
    try submit("x")
    let ids = try submit("a", 3) + submit("a", 2, kind: "other")
    var order: [TaskID] = []
    while order.count < 5 {
      _ = try self.order(1)
      order += world.newest.started
    }
    #expect(order == ids)
  }

  @Test("a key whose kind nobody serves holds nobody up, and gains no turns by it")
  func unserved() throws {
    try world.createPool(slots: 1)
    try submit("stuck", 5, kind: "nobody")
    try submit("a", 10)
    #expect(try order(5) == ["a", "a", "a", "a", "a"])
  }

  @Test("a pool of another key is another line")
  func pools() throws {
    try world.createPool(slots: 1)
    try world.createPool("q", slots: 1)
    try submit("a", 5)
    for _ in 0..<2 { try world.submitOne(draft("a"), to: "q") }
    #expect(world.durable.tasks.allRunning().count == 2)
    try submit("b")
    #expect(try order(1).isEmpty == false)
  }

  @Test("a retry runs for its key again")
  func retried() throws {
    try world.createPool(slots: 1)
    let id = try submit("a")[0]
    try world.fail(id, retryable: false)
    try world.retry(id)
    #expect(world.durable.tasks.standing(of: try #require(world.task(id)), in: "p") != nil)
    #expect(running == ["a": 1])
  }

  @Test("after a restart shares are as they were")
  func restart() throws {
    try world.createPool(slots: 4)
    try submit("flood", 20)
    try submit("few", 4)
    let again = World(restarting: world, serving: ["work", "other"])
    try again.run(.recover)
    #expect(
      again.durable.tasks.shares(in: PoolID(rawValue: 1)).told.map(\.running).reduce(0, +) == 4)
    let keys = again.newest.started.map { key(of: $0) }
    #expect(keys.filter { $0 == "few" }.count == 2)
  }
}
