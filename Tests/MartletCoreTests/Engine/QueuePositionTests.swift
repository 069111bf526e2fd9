import Testing

@testable import MartletCore

@Suite("A task's place in its queue")
struct QueuePositionTests {
  @Test(
    "it is the number of tasks that go before, whatever joins and leaves",
    arguments: 1...6 as ClosedRange<UInt64>)
  func random(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let world = World(serving: ["a", "b"])
    try world.createPool(slots: 1, capacity: 1_000_000)
    try world.run(.pausePool(name: "p", origin: World.user))
    var waiting: [TaskID] = []
    for _ in 0..<40 {
      var drafts: [TaskDraft] = []
      for _ in 0..<Int.random(in: 1...200, using: &random) {
        let kind = ["a", "a", "a", "b", "nobody"].randomElement(using: &random) ?? "a"
        let priority: UInt8 = [5, 5, 5, 9].randomElement(using: &random) ?? 5
        drafts.append(TaskDraft(kind: kind, priority: priority))
      }
      waiting += try world.run(
        .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user)
      ).tasks
      for _ in 0..<Int.random(in: 0...60, using: &random) where !waiting.isEmpty {
        // Most leave at the head, as they do when they start.
        let head = Int.random(in: 0..<3, using: &random) > 0
        let place = head ? 0 : Int.random(in: 0..<waiting.count, using: &random)
        try world.cancel(waiting.remove(at: place))
      }
      try check(world, waiting, &random)
    }
  }

  private func check(
    _ world: World, _ waiting: [TaskID], _ random: inout SeededRandom
  ) throws {
    let table = world.durable.tasks
    let kinds = world.durable.catalog.kinds
    for _ in 0..<5 {
      guard let id = waiting.randomElement(using: &random), let task = table[id] else { continue }
      let ahead = waiting.compactMap { table[$0] }.filter { other in
        (kinds[other.kind] != "nobody" || other.kind == task.kind)
          && (other.priority > task.priority
            || other.priority == task.priority && other.joined < task.joined)
      }
      let position = table.position(of: id) { kind, _ in kinds[kind] != "nobody" }
      #expect(position == QueuePosition(ahead: ahead.count, isExact: true))
    }
  }

  @Test("a long queue's tasks come back to their places when offers lapse")
  func offers() throws {
    let world = World()
    try world.createPool(slots: 700, capacity: 10_000)
    let drafts = Array(repeating: TaskDraft.remote(), count: 2_000)
    let tasks = try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user)
    ).tasks
    try world.connect("w1", credit: 700)
    let table = { world.durable.tasks }
    #expect(table().position(of: tasks[0]) { _, _ in true } == nil, "it is offered")
    #expect(table().position(of: tasks[1_999]) { _, _ in true }?.ahead == 1_299)
    world.pass(.seconds(2))
    for place in [0, 255, 256, 511, 699, 700, 1_000, 1_999] {
      #expect(table().position(of: tasks[place]) { _, _ in true }?.ahead == place)
    }
  }

  @Test("it is the same after a restart")
  func restored() throws {
    let world = World(serving: [])
    try world.createPool(slots: 1, capacity: 10_000)
    let drafts = Array(repeating: TaskDraft(kind: "work"), count: 1_500)
    let tasks = try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user)
    ).tasks
    var restored = DurableState(catalog: world.durable.catalog)
    // A snapshot has no order of its own.
    for task in world.durable.tasks.all().reversed() {
      restored.restore(
        RestoredTask(
          task: task.id, pool: task.pool, kind: task.kind, labels: .none, status: task.status,
          revision: task.revision, deadline: task.deadline,
          revival: TaskRevival(
            priority: task.priority, policy: world.durable.tasks.policy(of: task),
            createTime: task.createTime, submitRevision: task.submitRevision)))
    }
    restored.sortQueues()
    for place in [0, 256, 777, 1_499] {
      let position = restored.tasks.position(of: tasks[place]) { _, _ in true }
      #expect(position == QueuePosition(ahead: place, isExact: true))
    }
  }

  @Test("is told in words, but not as \"at least 0\"")
  func words() {
    func text(_ ahead: Int, isExact: Bool) -> String {
      let position = QueuePosition(ahead: ahead, isExact: isExact)
      return WaitingCause.noFreeSlot(pool: "p", slots: 1, inUse: 1, position: position).text
    }
    #expect(text(0, isExact: true) == "the pool's one slot is in use, 0 tasks go before it")
    #expect(text(1, isExact: true) == "the pool's one slot is in use, 1 task goes before it")
    #expect(
      text(2, isExact: false) == "the pool's one slot is in use, at least 2 tasks go before it")
    #expect(text(0, isExact: false) == "the pool's one slot is in use")
  }

  @Test("in a pool of very many kinds it is told that there are at least so many")
  func manyQueues() throws {
    let world = World(serving: [])
    try world.createPool(slots: 1, capacity: 100_000)
    let drafts = (0..<5_000).map { TaskDraft(kind: "kind.\($0)") }
    let tasks = try world.run(
      .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: World.user)
    ).tasks
    let position = world.durable.tasks.position(of: tasks[4_999]) { _, _ in true }
    #expect(position == QueuePosition(ahead: 4_096, isExact: false))
  }
}
