import MartletCore
import Testing

/// What a process that starts on top of a log does first.
@Suite("Restart")
struct RestartTests {
  let world = World()

  init() throws { try world.createPool(slots: 1) }

  @Test("what a stopping server gave back starts again after the restart, with nobody's help")
  func gaveBack() throws {
    let task = try world.submitOne()
    world.pipeline.inform { $0.stopStarting() }
    try world.run(.release(world.token(task)))
    #expect(world.newest.words == ["released"])
    let after = World(restarting: world)
    try after.run(.recover)
    #expect(after.newest.words == ["started"])
  }

  @Test("nothing starts before the recovery, which would take it for lost")
  func recoveryFirst() throws {
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(5))))
    let after = World(restarting: world)
    after.pass(.seconds(5))
    #expect(after.newest.words == ["due"])
    try after.run(.recover)
    #expect(after.newest.words == ["started"])
    #expect(after.task(task)?.attempt == 1)
  }

  @Test("while nothing starts, free slots give no room")
  func noRoom() throws {
    try world.createPool("q", slots: 5, capacity: 1)
    let after = World(restarting: world)
    try after.submitOne(to: "q")
    #expect(throws: Refusal.queueFull(pool: "q", capacity: 1, waiting: 1)) {
      try after.submitOne(to: "q")
    }
  }

  @Test("a second recovery loses nothing")
  func twice() throws {
    try world.submitOne()
    let after = World(restarting: world)
    try after.run(.recover)
    try after.run(.recover)
    #expect(after.newest.isEmpty)
  }

  @Test("a restart with other handlers starts what only they serve")
  func otherHandlers() throws {
    try world.submitOne(TaskDraft(kind: "other"))
    let after = World(restarting: world, serving: ["other"])
    try after.run(.recover)
    #expect(after.newest.words == ["started"])
  }

  @Test("a replay of the events gives the state that was live")
  func replay() throws {
    let tasks = try (0..<4).map { _ in try world.submitOne() }
    try world.fail(tasks[0])
    try world.cancel(tasks[1])
    world.pass(.seconds(30))
    let after = World(restarting: world)
    #expect(after.durable.catalog == world.durable.catalog)
    #expect(after.durable.tasks.all() == world.durable.tasks.all())
    #expect(after.engine.nextDeadline == world.engine.nextDeadline)
  }
}
