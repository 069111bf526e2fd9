import MartletCore
import Testing

@Suite("Tallies")
struct TallyTests {
  /// What the events say, counted in the plainest way.
  private func recount(_ world: World) -> [Counters.Key: TaskTally] {
    var tallies: [Counters.Key: TaskTally] = [:]
    for event in world.events {
      guard case .task(let change) = event.body, let lane = TaskTally.Lane(change) else { continue }
      tallies[.init(pool: change.pool, kind: change.kind), default: .init()][lane] += 1
    }
    return tallies
  }

  private func tally(_ world: World) -> TaskTally {
    var sum = TaskTally()
    for tally in world.durable.catalog.tallies.tallies.values { sum += tally }
    return sum
  }

  @Test("they equal a recount after anything that happens", arguments: 1...5 as ClosedRange<UInt64>)
  func recounted(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let world = World(serving: ["a", "b"])
    try world.createPool("p", slots: 2, retry: RetryPolicy(maxAttempts: 2))
    var tasks: [TaskID] = []
    for _ in 0..<150 {
      let task = tasks.randomElement(using: &random) ?? TaskID(rawValue: 1)
      switch Int.random(in: 0..<8, using: &random) {
      case 0...2:
        let kind = ["a", "b", "nobody"].randomElement(using: &random) ?? "a"
        if let id = try? world.submitOne(TaskDraft(kind: kind), to: "p") { tasks.append(id) }
      case 3: try? world.succeed(task)
      case 4: try? world.fail(task)
      case 5: try? world.cancel(task)
      case 6: world.pass(.seconds(Int64.random(in: 0...4, using: &random)))
      default: if world.history(of: task) != nil { try? world.retry(task) }
      }
      #expect(world.durable.catalog.tallies.tallies == recount(world))
    }
    let again = World(restarting: world)
    #expect(again.durable.catalog.tallies == world.durable.catalog.tallies)
    let totals = try #require(world.durable.catalog.pool(named: "p")?.totals)
    let sum = tally(world)
    #expect(sum[.submitted] == totals.submitted && sum[.succeeded] == totals.succeeded)
    #expect(sum.failed == totals.failed && sum[.cancelled] == totals.cancelled)
    #expect(sum.repeated == totals.retried)
  }

  @Test("a purge takes nothing away, and a pool that is gone leaves what it counted")
  func purged() throws {
    let world = World()
    try world.createPool("p", slots: 2)
    let task = try world.submitOne(TaskDraft(kind: "work"), to: "p")
    try world.succeed(task)
    let history = try #require(world.history(of: task))
    _ = try world.run(.deletePool(name: "p", force: false, origin: World.user))
    #expect(world.durable.catalog.tallies.tallies.keys.map(\.pool) == [history.pool])
    let entry = TasksPurged.Entry(
      task: task, pool: history.pool, kind: history.kind, state: .succeeded)
    _ = try world.run(.purgeTasks(rows: [entry], asOf: history.asOf))
    let tallies = world.durable.catalog.tallies.tallies
    #expect(tallies.keys.map(\.pool) == [.gone])
    #expect(tally(world)[.succeeded] == 1 && tally(world)[.started] == 1)
  }

  @Test("an event that ends a task says when it was submitted")
  func createTime() throws {
    let world = World()
    try world.createPool("p", slots: 2)
    let submitted = world.now.wall
    let task = try world.submitOne(TaskDraft(kind: "work"), to: "p")
    world.pass(.seconds(2))
    try world.succeed(task)
    let times = world.events.compactMap { event -> WallTime? in
      guard case .task(let change) = event.body else { return nil }
      return change.createTime
    }
    #expect(times == [submitted])
    let rough = task.roughCreateTime - submitted
    #expect(abs(rough.nanoseconds) < 10_000_000)
  }
}
