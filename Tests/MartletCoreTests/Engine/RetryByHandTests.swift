import MartletCore
import Testing

@Suite("Retry by hand")
struct RetryByHandTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 1, retry: RetryPolicy(maxAttempts: 2, jitter: 0))
  }

  private func failedTask(_ draft: TaskDraft = TaskDraft(kind: "work")) throws -> TaskID {
    let task = try world.submitOne(draft)
    try world.fail(task, retryable: false)
    return task
  }

  @Test("a failed task is reopened with a fresh budget; its attempts go on counting")
  func failed() throws {
    let labels = LabelSet(["a": "b"])
    let task = try failedTask(TaskDraft(kind: "work", labels: labels, priority: 9))
    let created = World.start.wall
    world.pass(.seconds(100))
    try world.retry(task)
    #expect(world.newest.words == ["reopened", "started"])
    let live = try #require(world.task(task))
    #expect(live.attempt == 2 && live.attemptsForgiven == 1)
    #expect(live.priority == 9 && live.createTime == created)
    #expect(world.durable.tasks.labels(of: live) == labels)
    #expect(live.notes?.failure == nil)
    try world.fail(task)
    #expect(world.newest.words == ["retryScheduled"])
    world.pass(.seconds(1))
    try world.fail(task)
    #expect(world.newest.words == ["failed"])
  }

  @Test("a cancelled task is reopened, and the old request to stop is forgotten")
  func cancelled() throws {
    let task = try world.submitOne()
    try world.cancel(task)
    try world.succeed(task)
    try world.retry(task)
    #expect(world.task(task)?.notes?.cancel == nil)
    try world.succeed(task)
    #expect(world.newest.words == ["succeeded"])
  }

  @Test("a reopened task has no deadline any more: the old one would end it at once")
  func deadline() throws {
    let task = try world.submitOne(
      TaskDraft(kind: "work", deadline: World.start.wall + .seconds(1)))
    world.pass(.seconds(1))
    try world.retry(task)
    #expect(world.newest.words == ["reopened", "started"])
    #expect(world.task(task)?.deadline == .never)
  }

  @Test("a task that succeeded, or has not ended, is refused")
  func states() throws {
    let good = try world.submitOne()
    let history = try #require(world.history(of: good))
    #expect(throws: Refusal.taskNotRetryable(good, .running)) {
      try world.run(.retry(history, origin: World.user))
    }
    try world.succeed(good)
    #expect(throws: Refusal.taskNotRetryable(good, .succeeded)) { try world.retry(good) }
  }

  @Test("a repeat does no harm: the task is live by then")
  func repeated() throws {
    let task = try failedTask()
    let history = try #require(world.history(of: task))
    try world.run(.retry(history, origin: World.user))
    #expect(throws: Refusal.taskNotRetryable(task, .running)) {
      try world.run(.retry(history, origin: World.user))
    }
  }

  @Test("history from before the task's last end is stale")
  func stale() throws {
    let task = try failedTask()
    let old = try #require(world.history(of: task))
    try world.retry(task)
    try world.succeed(task)
    #expect(throws: Refusal.staleHistory) { try world.run(.retry(old, origin: World.user)) }
  }

  @Test("history from before a purge is stale: a purged task stays gone")
  func purged() throws {
    let task = try failedTask()
    let history = try #require(world.history(of: task))
    let entry = TasksPurged.Entry(
      task: task, pool: history.pool, kind: history.kind, state: .failed)
    try world.run(.purgeTasks(rows: [entry], asOf: world.revision))
    #expect(throws: Refusal.staleHistory) { try world.run(.retry(history, origin: World.user)) }
  }

  @Test("a pool that takes no tasks takes none back")
  func closedPool() throws {
    let task = try failedTask()
    try world.run(.pausePool(name: "p", origin: World.user))
    try world.retry(task)
    #expect(world.newest.words == ["reopened"])
    try world.cancel(task)
    let waiting = try world.submitOne()
    try world.run(.drainPool(name: "p", origin: World.user))
    #expect(throws: Refusal.poolDraining("p")) { try world.retry(task) }
    try world.succeed(waiting)
    #expect(throws: Refusal.poolClosed("p")) { try world.retry(task) }
    try world.run(.deletePool(name: "p", force: false, origin: World.user))
    #expect(throws: Refusal.poolNotFound("p")) { try world.retry(task) }
  }
}
