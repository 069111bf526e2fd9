import MartletCore
import Testing

@Suite("Start order")
struct StartOrderTests {
  let world = World(serving: ["work", "other"])

  init() throws {
    try world.createPool(slots: 1)
    try world.run(.pausePool(name: "p", origin: World.user))
  }

  /// Resumes the pool and finishes each task as it starts; returns the order of the starts.
  private func order() throws -> [TaskID] {
    try world.run(.resumePool(name: "p", origin: World.user))
    var order = world.newest.started
    while let running = order.last, world.task(running)?.state == .running {
      try world.succeed(running)
      order += world.newest.started
    }
    return order
  }

  @Test("equal tasks start in the order of their submission, whatever their kinds")
  func fifo() throws {
    let tasks = try ["work", "other", "other", "work", "other"].map {
      try world.submitOne(TaskDraft(kind: $0))
    }
    #expect(try order() == tasks)
  }

  @Test("a higher priority goes first")
  func priority() throws {
    let low = try world.submitOne(TaskDraft(kind: "work", priority: 0))
    let high = try world.submitOne(TaskDraft(kind: "other", priority: 10))
    let middle = try world.submitOne(TaskDraft(kind: "work"))
    #expect(try order() == [high, middle, low])
  }

  @Test("a kind that nobody serves blocks no other, and starts when a restart brings a handler")
  func unserved() throws {
    let stuck = try world.submitOne(TaskDraft(kind: "nobody", priority: 10))
    let task = try world.submitOne()
    #expect(try order() == [task])
    #expect(world.task(stuck)?.state == .pending)
    let after = World(restarting: world, serving: ["nobody"])
    try after.run(.recover)
    #expect(after.newest.started == [stuck])
  }

  @Test("a delayed task queues when it is due, not when it was submitted")
  func delayed() throws {
    let late = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(1))))
    let early = try world.submitOne()
    world.pass(.seconds(1))
    #expect(try order() == [early, late])
  }

  @Test("a released attempt queues again behind those that wait")
  func released() throws {
    let first = try world.submitOne()
    let second = try world.submitOne()
    try world.run(.resumePool(name: "p", origin: World.user))
    try world.run(.release(world.token(first)))
    #expect(world.newest.words == ["released", "started"])
    #expect(world.newest.started == [second])
  }

  @Test("never more attempts run than there are slots, in each pool for itself")
  func slots() throws {
    try world.createPool("q", slots: 3)
    for _ in 0..<5 { try world.submitOne(to: "q") }
    #expect(try world.pool("q").inUse == 3)
    #expect(try world.pool("q").waiting == 2)
    #expect(try world.pool().inUse == 0)
  }

  @Test("the age of a queue is that of the task that has been PENDING the longest")
  func age() throws {
    try world.submitOne(TaskDraft(kind: "work", priority: 1))
    world.pass(.seconds(3))
    try world.submitOne(TaskDraft(kind: "other", priority: 9))
    world.pass(.seconds(4))
    #expect(try world.pool().oldestAge == .seconds(7))
  }
}
