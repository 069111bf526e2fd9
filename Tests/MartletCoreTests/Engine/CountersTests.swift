import MartletCore
import Testing

@Suite("Counters")
struct CountersTests {
  private func recount(_ world: World) -> Counters {
    var states: [TaskID: (Counters.Key, TaskState)] = [:]
    for event in world.events {
      switch event.body {
      case .task(let change):
        states[change.task] = (.init(pool: change.pool, kind: change.kind), change.status.state)
      case .tasksPurged(let purge):
        for entry in purge.entries { states[entry.task] = nil }
      case .pool, .eventsPurged, .bulk, .workflow, .group, .schedule, .lock, .limit: break
      }
    }
    var counts: [Counters.Key: Counters.States] = [:]
    for (key, state) in states.values { counts[key, default: .init()][state] += 1 }
    return Counters(counts)
  }

  @Test("they equal a recount after anything that happens", arguments: 1...5 as ClosedRange<UInt64>)
  func recounted(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let world = World(serving: ["a", "b"])
    try world.createPool("p", slots: 2)
    try world.createPool("q", slots: 3, retry: RetryPolicy(maxAttempts: 2))
    var tasks: [TaskID] = []
    for _ in 0..<150 {
      let task = tasks.randomElement(using: &random) ?? TaskID(rawValue: 1)
      switch Int.random(in: 0..<9, using: &random) {
      case 0...2:
        let draft = TaskDraft(
          kind: ["a", "b", "nobody"].randomElement(using: &random) ?? "a",
          start: Bool.random(using: &random) ? .now : .delay(.seconds(3)))
        let pool = Bool.random(using: &random) ? "p" : "q"
        if let id = try? world.submitOne(draft, to: pool) { tasks.append(id) }
      case 3: try? world.succeed(task)
      case 4: try? world.fail(task)
      case 5: try? world.cancel(task)
      case 6: world.pass(.seconds(Int64.random(in: 0...4, using: &random)))
      case 7: if world.history(of: task) != nil { try? world.retry(task) }
      default: purge(task, in: world)
      }
      #expect(world.durable.catalog.counters == recount(world))
    }
    #expect(world.durable.catalog.counters.live == Int64(world.durable.tasks.count))
  }

  private func purge(_ task: TaskID, in world: World) {
    guard let history = world.history(of: task) else { return }
    let entry = TasksPurged.Entry(
      task: task, pool: history.pool, kind: history.kind, state: history.status.state)
    _ = try? world.run(.purgeTasks(rows: [entry], asOf: history.asOf))
  }
}
