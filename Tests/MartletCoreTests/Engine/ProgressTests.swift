import MartletCore
import Testing

@Suite("Progress")
struct ProgressTests {
  let world = World()

  init() throws { try world.createPool(slots: 5_000, capacity: 10_000) }

  private func report(_ task: TaskID, _ percent: Double) throws {
    try world.run(
      .report(world.token(task), Progress(percent: percent, step: "", counters: [])))
  }

  private func percent(_ task: TaskID) -> Double? { world.status(task)?.notes?.progress?.percent }

  @Test("the first value of an attempt is an event at once")
  func first() throws {
    let task = try world.submitOne()
    try report(task, 10)
    #expect(world.newest.words == ["progressed"])
    #expect(percent(task) == 10)
    #expect(world.task(task)?.state == .running)
  }

  @Test("of what follows within a second only the newest becomes an event, when the second is over")
  func coalesced() throws {
    let task = try world.submitOne()
    try report(task, 10)
    for value in 11...30 {
      try report(task, Double(value))
      #expect(world.newest.isEmpty)
    }
    world.pass(.milliseconds(999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["progressed"])
    #expect(percent(task) == 30)
    world.pass(.seconds(5))
    #expect(world.newest.isEmpty)
  }

  @Test("the engine asks to be woken when a held value may leave")
  func deadline() throws {
    let task = try world.submitOne()
    try report(task, 10)
    try report(task, 20)
    #expect(world.engine.nextDeadline == world.now.elapsed + .seconds(1))
  }

  @Test("the newest value is never lost at the end, whatever the end is")
  func atTheEnd() throws {
    let ends: [(TaskID) throws -> Void] = [
      { try world.succeed($0) }, { try world.fail($0) }, { try world.fail($0, retryable: false) },
      { _ in world.pass(.seconds(60)) },
    ]
    for end in ends {
      let task = try world.submitOne()
      try report(task, 10)
      try report(task, 99)
      try end(task)
      #expect(percent(task) == 99)
      try? world.cancel(task)
    }
  }

  @Test("a held value ends with its attempt: the next attempt starts without it")
  func nextAttempt() throws {
    let task = try world.submitOne()
    try report(task, 10)
    try report(task, 20)
    try world.run(.release(world.token(task)))
    #expect(world.newest.words == ["released", "started"])
    #expect(world.task(task)?.notes?.progress == nil)
    world.pass(.seconds(3))
    #expect(world.newest.isEmpty)
    try report(task, 1)
    #expect(world.newest.words == ["progressed"])
  }

  @Test("a node makes so many progress events in a second, and the others follow in order")
  func nodeLimit() throws {
    var limits = Limits()
    limits.progressEventsPerSecond = 3
    let world = World(limits: limits)
    try world.createPool(slots: 10)
    let tasks = try (0..<8).map { _ in try world.submitOne() }
    for task in tasks {
      try world.run(
        .report(world.token(task), Progress(percent: 5, step: "", counters: [])))
    }
    var counts: [Int] = []
    for _ in 0..<3 {
      world.pass(.seconds(1))
      #expect(world.newest.allSatisfy { $0.word == "progressed" })
      counts.append(world.newest.count)
    }
    #expect(counts == [3, 2, 0])
    #expect(tasks.allSatisfy { world.status($0)?.notes?.progress?.percent == 5 })
  }

  @Test("progress keeps what is known of the attempt")
  func keepsNotes() throws {
    let task = try world.submitOne()
    try world.cancel(task)
    try report(task, 50)
    let notes = world.task(task)?.notes
    #expect(notes?.cancel != nil && notes?.startTime == World.start.wall)
    world.pass(.seconds(10))
    #expect(world.newest.words == ["cancelled"])
  }
}
