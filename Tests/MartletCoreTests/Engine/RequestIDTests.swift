import MartletCore
import Testing

@Suite("Request ids")
struct RequestIDTests {
  let world = World()

  init() throws { try world.createPool() }

  private func stamp(_ number: UInt64, body: UInt64 = 1) -> RequestStamp {
    RequestStamp(id: "r\(number)", key: .init(high: 0, low: number), fingerprint: body)
  }

  private func submit(
    _ request: RequestStamp, count: Int = 1, history: RequestHistory? = nil, in world: World? = nil
  ) throws -> (tasks: [TaskID], repeated: Bool) {
    let drafts = Array(repeating: TaskDraft(kind: "work"), count: count)
    let answer = try (world ?? self.world).run(
      .submit(pool: "p", tasks: drafts, request: request, history: history, origin: World.user))
    guard case .submitted(let tasks, let repeated) = answer else { return ([], false) }
    return (tasks.map(\.task), repeated)
  }

  @Test("a repeat gets the first answer and changes nothing")
  func repeated() throws {
    let first = try submit(stamp(1), count: 3)
    let again = try submit(stamp(1), count: 3)
    #expect(!first.repeated && again.repeated)
    #expect(again.tasks == first.tasks && first.tasks.count == 3)
    #expect(world.newest.isEmpty)
  }

  @Test("a repeat is answered even if the pool would refuse it by now")
  func repeatedWhenFull() throws {
    let first = try submit(stamp(1))
    try world.run(.drainPool(name: "p", origin: World.user))
    #expect(try submit(stamp(1)).tasks == first.tasks)
  }

  @Test("the same id with another body is refused")
  func reused() throws {
    _ = try submit(stamp(1))
    #expect(throws: Refusal.requestIDReused("r1")) { try submit(stamp(1, body: 2)) }
  }

  @Test("a refused submission leaves its id free")
  func refusedFirst() throws {
    try world.run(.drainPool(name: "p", origin: World.user))
    #expect(throws: Refusal.poolClosed("p")) { try submit(stamp(1)) }
    try world.run(.resumePool(name: "p", origin: World.user))
    #expect(try !submit(stamp(1)).repeated)
  }

  @Test("an id is remembered for 24 h of the feed's time, then it is free")
  func forgotten() throws {
    let first = try submit(stamp(1))
    world.pass(.seconds(24 * 3_600 - 1))
    #expect(try submit(stamp(1)).tasks == first.tasks)
    world.pass(.seconds(1))
    let second = try submit(stamp(1, body: 2))
    #expect(!second.repeated)
    #expect(try submit(stamp(1, body: 2)).tasks == second.tasks)
    #expect(throws: Refusal.requestIDReused("r1")) { try submit(stamp(1)) }
  }

  @Test("a wall clock that goes back forgets nothing and one that came back remembers nothing more")
  func wallGoesBack() throws {
    let first = try submit(stamp(1))
    world.now.wall = world.now.wall + .seconds(-7_200)
    #expect(try submit(stamp(1)).tasks == first.tasks)
    world.now.wall = World.start.wall + .seconds(25 * 3_600)
    _ = try submit(stamp(2))
    world.now.wall = World.start.wall
    #expect(try !submit(stamp(1)).repeated)
  }

  @Test("ids are remembered over a restart")
  func restarted() throws {
    let first = try submit(stamp(1), count: 2)
    let after = World(restarting: world)
    let again = try submit(stamp(1), count: 2, in: after)
    #expect(again.repeated && again.tasks == first.tasks)
  }

  private func shrunk() throws -> [TaskID] {
    var limits = Limits()
    limits.requestMemoryBytes = 300
    let tasks = try submit(stamp(1)).tasks
    _ = try submit(stamp(2))
    world.pipeline = CommitPipeline(
      engine: Engine(
        durable: world.durable, session: SessionState(limits: limits, servedKinds: ["work"])))
    let revision = world.revision
    world.pipeline.inform { $0.indexApplied(through: revision) }
    return tasks
  }

  @Test("an id that has left memory is asked of the index, and the newest ones are not")
  func history() throws {
    let tasks = try shrunk()
    #expect(throws: Refusal.staleHistory) { try submit(stamp(1)) }
    #expect(try submit(stamp(2)).repeated)
    let found = RememberedRequest(
      key: stamp(1).key, fingerprint: 1, tasks: tasks.map { AnsweredTask($0) },
      revision: Revision(2),
      time: World.start.wall)
    let history = RequestHistory(found: found, asOf: world.revision)
    let again = try submit(stamp(1), history: history)
    #expect(again.repeated && again.tasks == tasks)
    #expect(throws: Refusal.requestIDReused("r1")) {
      try submit(stamp(1, body: 2), history: history)
    }
  }

  @Test("an index that is behind what memory has dropped has no say")
  func staleHistory() throws {
    _ = try shrunk()
    #expect(throws: Refusal.staleHistory) {
      try submit(stamp(1), history: RequestHistory(found: nil, asOf: Revision(1)))
    }
    let nothing = RequestHistory(found: nil, asOf: world.revision)
    #expect(try !submit(stamp(3), history: nothing).repeated)
  }

  @Test("memory drops nothing that the index does not have yet")
  func behindIndex() throws {
    var limits = Limits()
    limits.requestMemoryBytes = 0
    let world = World(limits: limits)
    try world.createPool()
    _ = try submit(stamp(1), in: world)
    world.pipeline.inform { $0.indexApplied(through: Revision(1)) }
    #expect(try submit(stamp(1), in: world).repeated)
  }
}
