import Testing

@testable import MartletCore

@Suite("A task's trace")
struct TraceTests {
  let world = World()
  private let retry = RetryPolicy(maxAttempts: 3, initialBackoff: .seconds(5), jitter: 0)

  @Test("a task that went straight to its end needs no turn")
  func straight() throws {
    try world.createPool(slots: 1)
    let first = try world.submitOne()
    world.pass(.seconds(1))
    let second = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(2))))
    world.pass(.seconds(3))
    #expect(world.story(second) == ["submitted", "delay 2", "queued 1…"])
    try world.succeed(first)
    world.pass(.seconds(4))
    #expect(world.story(second) == ["submitted", "delay 2", "queued 1", "running #1 4…"])
    try world.succeed(second)
    #expect(world.turns(of: second) == [])
    #expect(
      world.story(second) == [
        "submitted", "delay 2", "queued 1", "running #1 4 succeeded", "succeeded 0",
      ])
    let totals = try #require(world.trace(second)?.totals(at: world.now.wall))
    #expect(totals.lifetime == .seconds(7))
    #expect(totals.delay == .seconds(2))
    #expect(totals.queueWait == .seconds(1))
    #expect(totals.runTime == .seconds(4))
    #expect(totals.attempts == 1)
  }

  @Test("each attempt is told with its failure, and the back-off apart from the wait for a slot")
  func attempts() throws {
    try world.createPool(slots: 1, retry: retry)
    let task = try world.submitOne()
    world.pass(.seconds(1))
    try world.fail(task, code: "BUSY")
    let other = try world.submitOne()
    world.pass(.seconds(5))
    world.pass(.seconds(2))
    #expect(
      world.story(task) == [
        "submitted", "queued 0", "running #1 1 failed", "backOff 5", "queued 2…",
      ])
    try world.succeed(other)
    try world.fail(task, retryable: false)
    #expect(
      world.story(task) == [
        "submitted", "queued 0", "running #1 1 failed", "backOff 5", "queued 2",
        "running #2 0 failed", "failed 0",
      ])
    let nodes = try #require(world.trace(task)?.nodes)
    #expect(nodes[2].failure?.code == "BUSY")
    #expect(nodes[3].failure?.code == "BUSY", "the back-off says what it is for")
    #expect(nodes[5].failure?.attempt == 2)
    #expect(world.trace(task)?.totals(at: world.now.wall).backOff == .seconds(5))
  }

  @Test("an attempt of a worker is told with the worker's name, whatever came of it")
  func workers() throws {
    try world.createPool()
    try world.connect("w1", name: "ann")
    let task = try world.submitOne(.remote())
    world.pass(.seconds(1))
    var offers = world.offers()
    try world.accept(offers)
    world.pass(.seconds(2))
    try world.run(.worker(.release(offers[0].lease)))
    offers = world.offers()
    try world.accept(offers)
    world.pass(.seconds(11))
    #expect(
      world.story(task) == [
        "submitted", "queued 1", "running #1 2 released", "queued 0", "running #2 11 lost",
        "queued 0…",
      ])
    let nodes = try #require(world.trace(task)?.nodes)
    #expect(nodes.filter { $0.attempt > 0 && $0.worker == "ann" }.count == 2)
    #expect(nodes[4].failure?.kind == .workerLost)
  }

  @Test("pauses are told with who asked, of a task that waits for its time and of one that runs")
  func pauses() throws {
    try world.createPool()
    let waiting = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(10))))
    world.pass(.seconds(1))
    try world.run(.pause(waiting, origin: Origin(actor: "eve", reason: "lunch")))
    world.pass(.seconds(2))
    #expect(world.story(waiting) == ["submitted", "delay 1", "paused 2…"])
    try world.run(.resume(waiting, origin: World.user))
    world.pass(.seconds(7))
    #expect(
      world.story(waiting) == [
        "submitted", "delay 1", "paused 2", "delay 7", "queued 0", "running #1 0…",
      ])
    let paused = try #require(world.trace(waiting)?.nodes[2])
    #expect(paused.origin == Origin(actor: "eve", reason: "lunch"))

    let running = try world.submitOne()
    try world.run(.pause(running, origin: World.user))
    world.pass(.seconds(3))
    try world.run(.release(world.token(running)))
    world.pass(.seconds(4))
    #expect(
      world.story(running) == ["submitted", "queued 0", "running #1 3 released", "paused 4…"])
  }

  @Test("a reopened task keeps the story of its earlier life")
  func reopened() throws {
    try world.createPool()
    let task = try world.submitOne()
    world.pass(.seconds(1))
    try world.fail(task, code: "BROKEN", retryable: false)
    world.pass(.seconds(5))
    try world.retry(task)
    world.pass(.seconds(2))
    try world.cancel(task, reason: "enough")
    try world.succeed(task)
    #expect(
      world.story(task) == [
        "submitted", "queued 0", "running #1 1 failed", "failed 5", "reopened", "queued 0",
        "running #2 2 cancelled", "cancelled 0",
      ])
    let nodes = try #require(world.trace(task)?.nodes)
    #expect(nodes[3].failure?.code == "BROKEN")
    #expect(nodes[4].origin == World.user)
    #expect(nodes.last?.origin?.reason == "enough")
    #expect(world.trace(task)?.totals(at: world.now.wall).ended == .seconds(5))
  }

  @Test("a task that was cancelled while it waited never ran")
  func cancelledWaiting() throws {
    try world.createPool()
    let task = try world.submitOne(TaskDraft(kind: "work", start: .delay(.seconds(10))))
    world.pass(.seconds(3))
    try world.cancel(task)
    world.pass(.seconds(3))
    #expect(world.story(task) == ["submitted", "delay 3", "cancelled 0"])
  }

  @Test("of many turns the first and the newest are told, and how many are not")
  func omitted() throws {
    try world.createPool(
      retry: RetryPolicy(maxAttempts: 10, initialBackoff: .seconds(1), factor: 1, jitter: 0))
    let task = try world.submitOne()
    for _ in 0..<5 {
      world.pass(.seconds(1))
      try world.fail(task)
      world.pass(.seconds(1))
    }
    #expect(world.turns(of: task).count == 5)
    #expect(
      world.story(task, keeping: 2) == [
        "submitted", "queued 0", "running #1 1 failed", "omitted 3 7", "running #5 1 failed",
        "backOff 1", "queued 0", "running #6 0…",
      ])
    let whole = try #require(world.trace(task)).totals(at: world.now.wall)
    let short = try #require(world.trace(task, keeping: 2)).totals(at: world.now.wall)
    #expect(short.lifetime == whole.lifetime)
    #expect(short.attempts == whole.attempts)
  }

  @Test("a wall clock that was set back puts nothing before its time")
  func clockSetBack() throws {
    try world.createPool(retry: retry)
    let task = try world.submitOne()
    world.pass(.seconds(10))
    world.now.wall = world.now.wall + .seconds(-3_600)
    try world.fail(task)
    world.pass(.seconds(5))
    try world.succeed(task)
    let nodes = try #require(world.trace(task)?.nodes)
    for (node, next) in zip(nodes, nodes.dropFirst()) { #expect(node.end == next.start) }
    #expect(nodes.allSatisfy { $0.length(at: world.now.wall) >= .zero })
  }

  @Test("a restart changes no story")
  func restart() throws {
    try world.createPool(retry: retry)
    let task = try world.submitOne()
    world.pass(.seconds(1))
    try world.fail(task)
    world.pass(.seconds(2))
    let before = world.story(task)
    let next = World(restarting: world)
    try next.run(.recover)
    #expect(next.story(task) == before)
    next.pass(.seconds(3))
    #expect(next.story(task).last == "running #2 0…")
  }
}
