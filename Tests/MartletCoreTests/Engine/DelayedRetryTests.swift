import MartletCore
import Testing

@Suite("Delays of retries")
struct DelayedRetryTests {
  let world = World()

  init() throws {
    try world.createPool(
      slots: 1, retry: RetryPolicy(maxAttempts: 3, jitter: 0),
      failureClassDelays: ["network": .seconds(30), "database": .seconds(5)])
  }

  private func wait(of task: TaskID) -> Span? {
    world.status(task).map { $0.due - world.now.elapsed }
  }

  @Test("a failure waits as it asks, else as the pool says for its class, else as the policy does")
  func order() throws {
    let task = try world.submitOne()
    try world.fail(task, of: "network", retryDelay: .milliseconds(250))
    #expect(wait(of: task) == .milliseconds(250))
    #expect(world.status(task)?.notes?.failure?.retryDelay == .milliseconds(250))
    #expect(world.status(task)?.notes?.failure?.failureClass == "network")
    world.pass(.milliseconds(249))
    #expect(world.task(task)?.state == .scheduled)
    world.pass(.milliseconds(1))
    try world.fail(task, of: "database")
    #expect(wait(of: task) == .seconds(5))
    let other = try world.submitOne()
    try world.fail(other, of: "weather")
    #expect(wait(of: other) == .seconds(1))
  }

  @Test("a delay that the failure asks for counts as an attempt")
  func counts() throws {
    let task = try world.submitOne()
    for _ in 1...2 {
      try world.fail(task, retryDelay: .seconds(1))
      world.pass(.seconds(1))
    }
    try world.fail(task, retryDelay: .seconds(1))
    #expect(world.newest.words == ["failed"])
    #expect(world.status(task)?.attempt == 3)
  }

  @Test("what the pool says when the attempt fails counts, not what it said at the submission")
  func asItIs() throws {
    let task = try world.submitOne()
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.failureClassDelays = ["network": .seconds(2)] },
        origin: World.user))
    try world.fail(task, of: "network")
    #expect(wait(of: task) == .seconds(2))
    // What was chosen stays chosen.
    try world.run(
      .updatePool(
        name: "p", expected: nil, change: { $0.failureClassDelays = [:] }, origin: World.user))
    #expect(wait(of: task) == .seconds(2))
  }

  @Test("a wait of nothing is over at once, in the same commit")
  func atOnce() throws {
    let task = try world.submitOne()
    try world.fail(task, retryDelay: .zero)
    #expect(world.newest.words == ["retryScheduled", "due", "started"])
  }

  @Test("an attempt that is given back for a while does not count, and its task is SCHEDULED")
  func snooze() throws {
    let task = try world.submitOne()
    for _ in 1...10 {
      try world.run(.release(world.token(task), delay: .seconds(600)))
      #expect(world.newest.words == ["released"])
      #expect(world.task(task)?.state == .scheduled)
      #expect(wait(of: task) == .seconds(600))
      world.pass(.milliseconds(599_999))
      #expect(world.task(task)?.state == .scheduled)
      world.pass(.milliseconds(1))
      #expect(world.newest.words == ["due", "started"])
    }
    #expect(world.task(task)?.attempt == 11)
    try world.fail(task)
    #expect(wait(of: task) == .seconds(1))
  }

  @Test("a worker may give its attempt back for a while, too")
  func workerSnooze() throws {
    try world.connect()
    let task = try world.submitOne(.remote())
    let offers = world.offers()
    try world.accept(offers)
    try world.run(.worker(.release(offers[0].lease, delay: .seconds(3))))
    #expect(world.task(task)?.state == .scheduled)
    world.pass(.seconds(3))
    #expect(world.offers().map(\.lease.attempt) == [2])
  }

  @Test("given back for a while when it was to pause, a task is PAUSED, and resumed it waits on")
  func snoozedWhilePausing() throws {
    let task = try world.submitOne()
    try world.run(.pause(task, origin: World.user))
    try world.run(.release(world.token(task), delay: .seconds(60)))
    #expect(world.task(task)?.state == .paused)
    world.pass(.seconds(20))
    try world.run(.resume(task, origin: World.user))
    #expect(world.task(task)?.state == .scheduled)
    #expect(wait(of: task) == .seconds(40))
  }

  @Test("given back for a while after a cancel, a task is CANCELLED")
  func snoozedWhileCancelled() throws {
    let task = try world.submitOne()
    try world.cancel(task)
    try world.run(.release(world.token(task), delay: .seconds(60)))
    #expect(world.newest.words == ["cancelled"])
  }

  @Test("no wait is moved by a wall clock that jumps", arguments: [-86_400, 86_400])
  func wallJumps(seconds: Int64) throws {
    let task = try world.submitOne()
    try world.run(.release(world.token(task), delay: .seconds(10)))
    world.now.wall = world.now.wall + .seconds(seconds)
    world.pass(.milliseconds(9_999))
    #expect(world.task(task)?.state == .scheduled)
    world.pass(.milliseconds(1))
    #expect(world.task(task)?.state == .running)
  }

  @Test("the longest delay is far away, and none overflows")
  func far() throws {
    let task = try world.submitOne()
    try world.fail(task, retryDelay: .seconds(3_653 * 86_400))
    #expect(wait(of: task) == .seconds(3_653 * 86_400))
    let after = World(restarting: world)
    #expect(after.task(task)?.state == .scheduled)
  }
}
