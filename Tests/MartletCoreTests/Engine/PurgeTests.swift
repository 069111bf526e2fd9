import MartletCore
import Testing

@Suite("Purge")
struct PurgeTests {
  let world = World()

  init() throws { try world.createPool() }

  private func entry(_ task: TaskID, _ state: TaskState) throws -> TasksPurged.Entry {
    let history = try #require(world.history(of: task))
    return TasksPurged.Entry(task: task, pool: history.pool, kind: history.kind, state: state)
  }

  private func states() throws -> Counters.States {
    world.durable.catalog.counters.states(pool: try world.pool().record.id)
  }

  @Test("purged tasks leave the counters")
  func counters() throws {
    let task = try world.submitOne()
    try world.succeed(task)
    #expect(try states()[.succeeded] == 1)
    try world.run(.purgeTasks(rows: [entry(task, .succeeded)], asOf: world.revision))
    #expect(world.newest.words == ["tasksPurged"])
    #expect(try states().isZero)
  }

  @Test("a task is purged once, also if two purges read it")
  func twice() throws {
    let task = try world.submitOne()
    try world.succeed(task)
    let (row, asOf) = (try entry(task, .succeeded), world.revision)
    try world.run(.purgeTasks(rows: [row], asOf: asOf))
    try world.run(.purgeTasks(rows: [row], asOf: asOf))
    #expect(world.newest.isEmpty)
    #expect(try states().isZero)
  }

  @Test("a task that was reopened since its row was read is left alone, ended again or not")
  func reopened() throws {
    let task = try world.submitOne()
    try world.fail(task, retryable: false)
    let (row, asOf) = (try entry(task, .failed), world.revision)
    try world.retry(task)
    try world.run(.purgeTasks(rows: [row], asOf: asOf))
    #expect(world.newest.isEmpty)
    try world.succeed(task)
    try world.run(.purgeTasks(rows: [row], asOf: asOf))
    #expect(world.newest.isEmpty)
    #expect(try states()[.succeeded] == 1)
  }

  @Test("a task that has not ended is never purged")
  func live() throws {
    let task = try world.submitOne()
    try world.run(.purgeTasks(rows: [entry(task, .running)], asOf: world.revision))
    #expect(world.newest.isEmpty)
  }

  @Test("purging events states from where on they are kept, and how many went")
  func events() throws {
    try world.submitOne()
    try world.run(.purgeEvents(before: Revision(3)))
    guard case .eventsPurged(let before, let count) = world.newest.first?.body else {
      Issue.record("no event")
      return
    }
    #expect(before == Revision(3) && count == 2)
    #expect(world.durable.catalog.oldestEvent == Revision(3))
  }

  @Test("purging events that are gone, or not there yet, changes nothing")
  func outOfRange() throws {
    try world.submitOne()
    try world.run(.purgeEvents(before: Revision(3)))
    try world.run(.purgeEvents(before: Revision(3)))
    #expect(world.newest.isEmpty)
    try world.run(.purgeEvents(before: Revision(2)))
    #expect(world.newest.isEmpty)
    try world.run(.purgeEvents(before: world.revision.next.next))
    #expect(world.newest.isEmpty)
  }
}
