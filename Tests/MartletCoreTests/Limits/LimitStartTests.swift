import Testing

@testable import MartletCore

@Suite("Tasks within limits")
struct LimitStartTests {
  let world = World(serving: ["work", "other"])

  @Test("a concurrency limit of a kind runs so many, whatever slots there are")
  func kind() throws {
    try world.createPool(slots: 10)
    try world.limit(.concurrency(units: 2), kinds: ["work"])
    let tasks = try (0..<4).map { _ in try world.submitOne() }
    let other = try world.submitOne(TaskDraft(kind: "other"))
    #expect(tasks.map(world.runs) == [true, true, false, false])
    #expect(world.runs(other))
    try world.succeed(tasks[0])
    world.settle()
    #expect(world.runs(tasks[2]) && !world.runs(tasks[3]))
    #expect(try world.look().inUse == 2)
  }

  @Test("a task whose key has none left does not block those behind it")
  func keyed() throws {
    try world.createPool(slots: 10)
    try world.limit(.concurrency(units: 1), pools: ["p"], key: "customer")
    let first = try world.submitFor("a")
    let second = try world.submitFor("a")
    let other = try world.submitFor("b")
    let free = try world.submitOne()
    #expect(world.runs(first) && !world.runs(second) && world.runs(other) && world.runs(free))
    let view = try world.look(key: "a")
    #expect(view.inUse == 1 && view.waitingTasks == 1 && view.runningTasks == 1)
    try world.succeed(first)
    world.settle()
    #expect(world.runs(second))
    try world.succeed(second)
    world.settle()
    #expect(world.durable.catalog.limits.states.keys.map(\.key) == ["b"])
  }

  @Test("tasks of one key go on in their order as permits come free")
  func order() throws {
    try world.createPool(slots: 10)
    try world.limit(.concurrency(units: 1), key: "customer")
    let tasks = try (0..<5).map { _ in try world.submitFor("a") }
    for task in tasks {
      #expect(world.runs(task))
      try world.succeed(task)
      world.settle()
    }
  }

  @Test("a rate lets tasks start as its bucket fills")
  func rate() throws {
    try world.createPool(slots: 10)
    try world.limit(.rate(units: 10, per: .seconds(1), burst: 2), pools: ["p"])
    let tasks = try (0..<4).map { _ in try world.submitOne() }
    #expect(tasks.map(world.runs) == [true, true, false, false])
    #expect(world.engine.nextDeadline.map { $0 <= world.now.elapsed + .milliseconds(100) } == true)
    world.pass(.milliseconds(99))
    world.settle()
    #expect(tasks.map(world.runs) == [true, true, false, false])
    world.pass(.milliseconds(1))
    world.settle()
    #expect(tasks.map(world.runs) == [true, true, true, false])
    world.pass(.milliseconds(100))
    world.settle()
    #expect(world.runs(tasks[3]))
  }

  @Test("a task that needs several takes all or none")
  func several() throws {
    try world.createPool(slots: 10)
    try world.limit("all", .concurrency(units: 3), pools: ["p"])
    try world.limit("each", .concurrency(units: 1), pools: ["p"], key: "customer")
    let a = try world.submitFor("a")
    let again = try world.submitFor("a")
    let b = try world.submitFor("b")
    let c = try world.submitFor("c")
    let d = try world.submitFor("d")
    #expect([a, again, b, c, d].map(world.runs) == [true, false, true, true, false])
    #expect(try world.look("all").inUse == 3)
    try world.succeed(a)
    world.settle()
    #expect(world.runs(again) != world.runs(d))
    #expect(try world.look("all").inUse == 3)
  }

  @Test("a larger limit lets tasks start at once, and none does when it is gone")
  func changes() throws {
    try world.createPool(slots: 10)
    try world.limit(.concurrency(units: 1), pools: ["p"], key: "customer")
    let tasks = try (0..<4).map { _ in try world.submitFor("a") }
    try world.change { $0.rule = .concurrency(units: 2) }
    world.settle()
    #expect(tasks.map(world.runs) == [true, true, false, false])
    try world.change { $0.keyLabel = "tenant" }
    world.settle()
    #expect(tasks.map(world.runs) == [true, true, true, true])
    try world.run(.limit(.delete(name: "l", origin: World.user)))
    world.settle()
    for task in tasks { try world.succeed(task) }
    #expect(world.durable.catalog.limits.states.isEmpty)
    #expect(world.engine.state.session.limitBook.hasLines == false)
  }

  @Test("a deletion lets all that waited start")
  func deletion() throws {
    try world.createPool(slots: 100)
    try world.limit(.concurrency(units: 0), kinds: ["work"], key: "customer")
    let tasks = try (0..<60).map { try world.submitFor("c\($0 % 7)") }
    #expect(!tasks.contains { world.runs($0) })
    try world.run(.limit(.delete(name: "l", origin: World.user)))
    world.settle()
    #expect(tasks.allSatisfy { world.runs($0) })
  }

  @Test("a parked task can be cancelled, changed and moved")
  func hands() throws {
    try world.createPool(slots: 10)
    try world.createPool("q", slots: 10)
    try world.limit(.concurrency(units: 1), pools: ["p"], key: "customer")
    let tasks = try (0..<4).map { _ in try world.submitFor("a") }
    try world.cancel(tasks[1])
    try world.run(
      .update(
        tasks[2], TaskUpdate(labels: LabelSet(["customer": "b"])), expected: nil,
        origin: World.user))
    world.settle()
    #expect(world.runs(tasks[2]) && !world.runs(tasks[3]))
    try world.succeed(tasks[0])
    world.settle()
    #expect(world.runs(tasks[3]))
  }

  @Test("pools take turns at a limit that they share")
  func turns() throws {
    try world.createPool("p", slots: 10)
    try world.createPool("q", slots: 10)
    try world.limit(.concurrency(units: 1), kinds: ["work"])
    var running = try (0..<3).map { _ in try world.submitOne(to: "p") }
    running += try (0..<3).map { _ in try world.submitOne(to: "q") }
    var order: [String] = []
    for _ in 0..<6 {
      let now = running.filter { world.runs($0) }
      #expect(now.count == 1)
      guard let task = now.first else { return }
      order.append(running.firstIndex(of: task).map { $0 < 3 ? "p" : "q" } ?? "")
      try world.succeed(task)
      world.settle()
    }
    #expect(order == ["p", "q", "p", "q", "p", "q"] || order == ["p", "p", "q", "p", "q", "q"])
  }

  @Test("a pool without slots keeps no other from what is free")
  func dormant() throws {
    try world.createPool("p", slots: 1)
    try world.createPool("q", slots: 10)
    try world.limit(.concurrency(units: 1), key: "customer")
    let a = try world.submitFor("a", to: "p")
    let b = try world.submitFor("a", to: "q")
    let c = try world.submitFor("a", to: "p")
    let d = try world.submitFor("a", to: "q")
    let blocker = try world.submitOne(to: "p")
    try world.succeed(a)
    world.settle()
    #expect(world.runs(b) && world.runs(blocker))
    try world.succeed(b)
    world.settle()
    #expect(!world.runs(c) && world.runs(d))
    try world.succeed(d)
    world.settle()
    #expect(!world.runs(c))
    try world.succeed(blocker)
    world.settle()
    #expect(world.runs(c))
  }

  @Test("tasks that wait for a limit are no demand, and are explained")
  func explained() throws {
    try world.createPool(slots: 10)
    try world.limit("cap", .concurrency(units: 1), pools: ["p"], key: "customer")
    _ = try world.submitFor("a")
    let second = try world.submitFor("a")
    let third = try world.submitFor("a")
    guard case .limit(let wait)? = world.engine.explain(third, at: world.now)?.causes.first else {
      Issue.record("no cause")
      return
    }
    #expect(wait.limit == "cap" && wait.key == "a" && wait.waiting == 2 && wait.ahead?.ahead == 1)
    #expect(
      WaitingCause.limit(wait).text == "the limit cap for a lets 1 run at a time, 1 waits before it"
    )
    let pool = try #require(world.durable.catalog.pool(named: "p"))
    let causes = world.engine.explain(pool: pool, at: world.now).causes
    #expect(causes.map(\.tasks) == [2])
    #expect(world.engine.limitedCount(in: pool.id, at: world.now.elapsed) == 2)
    try world.cancel(second)
  }

  @Test("tasks of kinds that a limit stops are in its line, with their pools")
  func stopped() throws {
    try world.createPool(slots: 10)
    try world.limit("cap", .concurrency(units: 0), pools: ["p"])
    let tasks = try (0..<3).map { _ in try world.submitOne() }
    _ = try world.submitOne(TaskDraft(kind: "other"))
    #expect(try world.look("cap").waitingTasks == 4)
    let page = world.engine.see(LimitListing(limit: 10), at: world.now.elapsed)
    #expect(page.views.map(\.waitingTasks) == [4])
    guard case .limit(let wait)? = world.engine.explain(tasks[0], at: world.now)?.causes.first
    else {
      Issue.record("no cause")
      return
    }
    let cause = WaitingCause.limit(wait)
    #expect(wait.waiting == 4 && cause.text == "the limit cap lets none run")
    #expect(cause.remedy == "a larger limit (UpdateLimit)")
    try world.change("cap") { $0.rule = .concurrency(units: 1) }
    world.settle()
    #expect(world.runs(tasks[0]))
    #expect(try world.look("cap").waitingTasks == 3)
  }

  @Test("while there is no room for keys, a limit that is changed lets the engine rest")
  func changedWhileFull() throws {
    var limits = Limits()
    limits.limitKeys = 1
    let world = World(limits: limits)
    try world.createPool("p", slots: 10)
    try world.createPool("q", slots: 10)
    try world.limit("each", .concurrency(units: 1), pools: ["p"], key: "customer")
    try world.limit("whole", .concurrency(units: 1), pools: ["q"])
    let first = try world.submitFor("a")
    let second = try world.submitOne(to: "q")
    #expect(world.runs(first) && !world.runs(second))
    try world.change("whole") { $0.rule = .concurrency(units: 2) }
    world.settle()
    #expect(!world.engine.isUnsettled)
    #expect(!world.runs(second))
    try world.succeed(first)
    world.pass(.seconds(1))
    world.settle()
    #expect(world.runs(second))
  }

  @Test(
    "a task that waited for a limit which was changed goes before lower ones, once there are slots")
  func changedWhileBusy() throws {
    try world.createPool(slots: 2)
    try world.limit("each", .concurrency(units: 1), pools: ["p"], key: "customer")
    let first = try world.submitFor("a")
    let parked = try world.submitFor("a")
    let busy = try world.submitOne()
    let low = try world.submitOne(TaskDraft(kind: "work", priority: 0))
    #expect(world.runs(first) && !world.runs(parked) && world.runs(busy) && !world.runs(low))
    try world.change("each") { $0.rule = .concurrency(units: 5) }
    world.settle()
    try world.succeed(busy)
    world.settle()
    #expect(world.runs(parked) && !world.runs(low))
  }

  @Test("a million waits are one park each: a step parks only so many")
  func slices() throws {
    try world.createPool(slots: 10, capacity: 10_000)
    try world.limit(.concurrency(units: 1), pools: ["p"], key: "customer")
    let tasks = try world.submit(
      TaskDraft(kind: "work", labels: LabelSet(["customer": "a"])))
    for _ in 0..<5 {
      try world.run(
        .submit(
          pool: "p",
          tasks: Array(
            repeating: TaskDraft(kind: "work", labels: LabelSet(["customer": "a"])), count: 1_000),
          request: nil, history: nil, origin: World.user))
    }
    world.settle()
    #expect(try world.look(key: "a").waitingTasks == 5_000)
    let other = try world.submitFor("b")
    #expect(world.runs(other) && world.runs(tasks[0]))
  }
}
