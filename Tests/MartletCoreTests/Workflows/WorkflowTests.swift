import Testing

@testable import MartletCore

@Suite("Workflows")
struct WorkflowTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 10)
    try world.createPool("q", slots: 10)
  }

  private func task(
    _ pool: String = "p", after dependencies: Int..., level: UInt8 = 0, weight: UInt32 = 1
  ) -> WorkflowDraft.Task {
    var draft = TaskDraft(kind: "work")
    draft.dependencies = dependencies.map { .batch($0) }
    return WorkflowDraft.Task(pool: pool, draft: draft, level: level, weight: weight)
  }

  private func submit(
    _ tasks: WorkflowDraft.Task..., levels: [UInt32] = [1], tolerates: Bool = false,
    request: String = "", fingerprint: UInt64 = 0
  ) throws -> WorkflowRecord {
    let draft = WorkflowDraft(
      name: "flow",
      levels: levels.enumerated().map { WorkflowLevel(name: "l\($0)", weight: $1) },
      toleratesFailures: tolerates, requestID: request, fingerprint: fingerprint, tasks: tasks)
    guard
      case .workflow(let record) = try world.run(
        .workflow(.submit(draft, origin: World.user)))
    else { preconditionFailure("a submission is answered with its workflow") }
    return record
  }

  private func now(_ record: WorkflowRecord) -> WorkflowRecord {
    world.durable.catalog.workflows[record.id] ?? record
  }

  @Test("its tasks go to their pools, and it ends when the last of them does")
  func life() throws {
    let record = try submit(task(), task("q", after: 0))
    #expect(record.state == .running && record.live == 2)
    let tasks = record.tasks
    #expect(world.task(tasks[0])?.state == .running)
    try world.succeed(tasks[0])
    #expect(now(record).progress == 0.5)
    try world.succeed(tasks[1])
    #expect(world.newest.words == ["succeeded", "workflow ended"])
    #expect(now(record).state == .succeeded && now(record).finishTime == world.now.wall)
  }

  @Test("levels weigh what they are said to, and their tasks too")
  func progress() throws {
    let record = try submit(
      task(level: 0), task(level: 1, weight: 3), task(level: 1), levels: [10, 30, 60])
    let tasks = record.tasks
    // A level without tasks is done.
    #expect(record.progress == 0.6)
    try world.succeed(tasks[0])
    #expect(now(record).progress == 0.7)
    try world.succeed(tasks[1])
    #expect(now(record).progress == 0.925)
  }

  @Test("one failure fails it, and what came after is cancelled")
  func failure() throws {
    let record = try submit(task(), task(after: 0), task())
    let tasks = record.tasks
    try world.fail(tasks[0], retryable: false)
    #expect(now(record).state == .running)
    try world.succeed(tasks[2])
    #expect(now(record).state == .failed)
    #expect(now(record).counts[.failed] == 1 && now(record).counts[.cancelled] == 1)
  }

  @Test("where it says so, failures are only counted, unless nothing succeeds")
  func tolerated() throws {
    let record = try submit(task(), task(), tolerates: true)
    try world.fail(record.tasks[0], retryable: false)
    try world.succeed(record.tasks[1])
    #expect(now(record).state == .succeeded && now(record).counts[.failed] == 1)
    let other = try submit(task(), tolerates: true)
    try world.fail(other.tasks[0], retryable: false)
    #expect(now(other).state == .failed)
  }

  @Test("a cancel reaches those that wait at once, and those that run as any cancel does")
  func cancel() throws {
    let record = try submit(task(), task(after: 0))
    try world.run(.workflow(.cancel(record.id, origin: World.user)))
    #expect(world.newest.words == ["workflow cancelRequested", "cancelRequested", "cancelled"])
    #expect(now(record).state == .running)
    try world.succeed(record.tasks[0])
    #expect(now(record).state == .cancelled)
    try world.run(.workflow(.cancel(record.id, origin: World.user)))
    #expect(world.newest.isEmpty, "it has ended")
  }

  @Test("a retry reopens what failed and what came after it, in its order")
  func retry() throws {
    // The first stands last.
    let record = try submit(task(after: 1), task(after: 2), task(), task())
    let tasks = record.tasks
    try world.fail(tasks[2], retryable: false)
    try world.succeed(tasks[3])
    #expect(now(record).state == .failed)
    let histories = tasks.compactMap { world.history(of: $0) }
    try world.run(.workflow(.retry(record.id, histories, origin: World.user)))
    #expect(now(record).state == .running && now(record).finishTime == nil)
    #expect(tasks.map { world.status($0)?.state } == [.blocked, .blocked, .running, .succeeded])
    for task in tasks.prefix(3).reversed() { try world.succeed(task) }
    #expect(now(record).state == .succeeded && now(record).progress == 1)
  }

  @Test("without a failure there is nothing to retry")
  func nothingToRetry() throws {
    let record = try submit(task())
    #expect(throws: Refusal.workflowNotRetryable(record.id, .running)) {
      try world.run(.workflow(.retry(record.id, [], origin: World.user)))
    }
  }

  @Test("a task that is retried by itself takes its workflow along")
  func resumed() throws {
    let record = try submit(task())
    try world.fail(record.tasks[0], retryable: false)
    try world.retry(record.tasks[0])
    #expect(now(record).state == .running)
    try world.succeed(record.tasks[0])
    #expect(now(record).state == .succeeded)
  }

  @Test("the same request again returns it; with another body it is refused")
  func repeated() throws {
    let record = try submit(task(), request: "r", fingerprint: 1)
    #expect(try submit(task(), request: "r", fingerprint: 1).id == record.id)
    #expect(throws: Refusal.requestIDReused("r")) {
      try submit(task(), request: "r", fingerprint: 2)
    }
  }

  @Test("all pools have room, or nothing is stored")
  func room() throws {
    try world.createPool("small", slots: 1, capacity: 1)
    try world.run(.pausePool(name: "small", origin: World.user))
    let before = world.revision
    #expect(throws: Refusal.queueFull(pool: "small", capacity: 1, waiting: 0)) {
      try submit(task(), task("small"), task("small"))
    }
    #expect(throws: Refusal.poolNotFound("x")) { try submit(task(), task("x")) }
    #expect(world.revision == before)
  }

  @Test("of those that have ended only so many are kept")
  func kept() throws {
    world.pipeline.inform { $0.state.session.limits.keptWorkflows = 1 }
    for _ in 0..<3 {
      let record = try submit(task())
      try world.succeed(record.tasks[0])
    }
    #expect(world.durable.catalog.workflows.all.map(\.id.rawValue) == [3, 2])
  }

  @Test("the durations of those of its name that succeeded are known")
  func durations() throws {
    for seconds in [2, 4] {
      let record = try submit(task())
      world.pass(.seconds(Int64(seconds)))
      try world.succeed(record.tasks[0])
    }
    #expect(
      world.durable.catalog.workflows.durations(of: "flow", limit: 10)
        == [.seconds(4), .seconds(2)])
  }
}
