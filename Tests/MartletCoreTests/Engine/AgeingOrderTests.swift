import MartletCore
import Testing

@Suite("Start order with ageing")
struct AgeingOrderTests {
  let world = World(serving: ["work", "other"])

  init() throws {
    try world.createPool(slots: 1, priorityAgeing: .seconds(60))
    // Its slot is taken for the time being.
    try world.submitOne(TaskDraft(kind: "work", priority: 10, runTimeout: .seconds(86_400)))
  }

  @discardableResult
  private func submit(_ priority: UInt8, kind: String = "work") throws -> TaskID {
    try world.submitOne(
      TaskDraft(kind: kind, priority: priority, runTimeout: .seconds(86_400)))
  }

  /// Finishes each task as it starts, the clock standing still; returns the order of the starts.
  private func order() throws -> [TaskID] {
    var order: [TaskID] = []
    var running = try #require(world.events.started.last)
    while true {
      try world.succeed(running)
      guard let next = world.newest.started.first else { return order }
      order.append(next)
      running = next
    }
  }

  @Test("who has waited for long enough goes before a higher priority that has not")
  func passes() throws {
    let old = try submit(3)
    world.pass(.seconds(180))
    let new = try submit(5)
    #expect(try order() == [old, new])
  }

  @Test("before that the higher priority goes first")
  func notYet() throws {
    let old = try submit(3)
    world.pass(.milliseconds(119_999))
    let new = try submit(5)
    #expect(try order() == [new, old])
  }

  @Test("within one level it is who joined first, whatever the priorities were")
  func fifo() throws {
    let first = try submit(3)
    world.pass(.seconds(60))
    let second = try submit(4, kind: "other")
    world.pass(.seconds(60))
    let third = try submit(5)
    #expect(try order() == [first, second, third])
  }

  @Test("at the highest level it is who joined first")
  func highest() throws {
    let old = try submit(0)
    world.pass(.seconds(600))
    let tens = [try submit(10), try submit(10, kind: "other")]
    world.pass(.seconds(86_400 - 700))
    #expect(try order() == [old] + tens)
  }

  @Test("a task that queues again begins anew")
  func again() throws {
    let released = try #require(world.events.started.last)
    let low = try submit(0)
    world.pass(.seconds(600))
    try world.run(.release(world.token(released)))
    // Both have level 10 now, and `low` joined first.
    #expect(world.newest.started == [low])
  }

  @Test("what nobody serves blocks no other, however old it is")
  func unserved() throws {
    try submit(9, kind: "nobody")
    world.pass(.seconds(3_600))
    let task = try submit(0)
    #expect(try order() == [task])
  }

  @Test("without ageing no wait helps")
  func off() throws {
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.priorityAgeing = nil }, origin: World.user))
    let old = try submit(3)
    world.pass(.seconds(3_600))
    let new = try submit(4)
    #expect(try order() == [new, old])
  }

  @Test("ageing sets no timer")
  func noTimer() throws {
    let before = world.engine.nextDeadline
    try submit(3)
    #expect(world.engine.nextDeadline == before)
  }
}
