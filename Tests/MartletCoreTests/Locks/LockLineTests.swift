import Testing

@testable import MartletCore

@Suite("Lines for locks")
struct LockLineTests {
  let world = World()

  private func holder(_ name: String = "a") -> String? {
    world.durable.catalog.locks[name]?.owner
  }

  @Test("a lock that falls free goes to whoever has waited longest, in the same commit")
  func order() throws {
    var view = try #require(try world.acquire("a", "x"))
    for number in 1...3 { try world.stand("a", "y\(number)", UInt64(number)) }
    for number in 1...3 {
      try world.release(view)
      #expect(world.newest.words == ["lock released", "lock acquired"])
      #expect(world.told() == [UInt64(number): "granted"])
      #expect(holder() == "y\(number)")
      guard case .lock(let next) = try world.see(.lock("a")) else { return }
      #expect(next.record.token > view.record.token && next.left == .seconds(15))
      view = next
    }
  }

  @Test("a lease that is over makes way for the first in line, and says so before")
  func expiry() throws {
    _ = try world.acquire("a", "x")
    try world.stand("a", "y", 1)
    world.pass(.seconds(15))
    #expect(world.newest.words == ["lock expired", "lock acquired"])
    #expect(world.told() == [1: "granted"])
  }

  @Test("nobody passes those that wait, not even when the lease is over")
  func noPassing() throws {
    _ = try world.acquire("a", "x")
    try world.stand("a", "y", 1)
    world.now.elapsed = world.now.elapsed + .seconds(15)
    #expect(throws: Refusal.self) { try world.acquire("a", "z") }
    try world.stand("a", "z", 2)
    #expect(world.newest.words == ["lock expired", "lock acquired"])
    #expect(holder() == "y")
  }

  @Test("a wait is over in the moment it says, and is told who holds the lock")
  func timeOut() throws {
    let view = try #require(try world.acquire("a", "x"))
    try world.stand("a", "y", 1, wait: .seconds(5))
    world.pass(.milliseconds(4_999))
    #expect(world.told().isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.isEmpty && world.told() == [1: "timed out"])
    try world.release(view)
    #expect(holder() == nil)
  }

  @Test("a call that has ended leaves the line, and the others move up")
  func leaving() throws {
    let view = try #require(try world.acquire("a", "x"))
    for number in 1...3 { try world.stand("a", "y\(number)", UInt64(number)) }
    try world.abandon("a", 1)
    try world.abandon("a", 3)
    #expect(world.newest.isEmpty)
    try world.release(view)
    #expect(world.told() == [2: "granted"] && holder() == "y2")
    guard case .lock(let next) = try world.see(.lock("a")) else { return }
    #expect(next.waiters == 0)
  }

  @Test("a call that ended when it had been granted the lock gives it back at once")
  func abandonedGrant() throws {
    let view = try #require(try world.acquire("a", "x"))
    try world.stand("a", "y", 1)
    try world.stand("a", "z", 2)
    try world.release(view)
    #expect(holder() == "y")
    try world.abandon("a", 1)
    #expect(world.newest.words == ["lock released", "lock acquired"] && holder() == "z")
    try world.abandon("a", 1)
    #expect(world.newest.isEmpty && holder() == "z")
  }

  @Test("a grant that a repeat of the call has taken over is not given back with the first call")
  func takenOver() throws {
    let view = try #require(try world.acquire("a", "x"))
    try world.stand("a", "y", 1, request: "r")
    try world.release(view)
    #expect(try world.acquire("a", "y", request: "r")?.record.count == 1)
    try world.abandon("a", 1)
    #expect(world.newest.isEmpty && holder() == "y")
  }

  @Test("the lines of those who waited are gone after a restart")
  func restart() throws {
    let view = try #require(try world.acquire("a", "x"))
    try world.stand("a", "y", 1)
    let next = World(restarting: world)
    try next.run(.recover)
    try next.release(view)
    #expect(next.newest.words == ["lock released"])
  }

  @Test("many locks and many that wait end in steps, and nobody is forgotten")
  func steps() throws {
    world.pipeline.inform { $0.state.session.timersPerStep = 3 }
    for number in 0..<50 {
      _ = try world.acquire("l\(number)", "x")
      try world.stand("l\(number)", "y", UInt64(number))
    }
    world.pass(.seconds(15))
    var turns = 0
    while world.engine.isUnsettled
      || world.engine.nextDeadline.map({ $0 <= world.now.elapsed })
        ?? false
    {
      world.tick()
      turns += 1
      if turns > 200 { break }
    }
    #expect(turns > 10 && turns < 100)
    #expect(world.told().values.filter { $0 == "granted" }.count == 50)
    #expect(world.durable.catalog.locks.all.allSatisfy { $0.owner == "y" })
  }

  @Test("lines and alarms of what is over take no room")
  func room() throws {
    _ = try world.acquire("a", "x", lease: .seconds(80_000))
    try world.stand("a", "y", 0, wait: .seconds(70_000))
    for number in 1...5_000 {
      try world.stand("a", "z", UInt64(number), wait: .seconds(60_000))
      try world.abandon("a", UInt64(number))
    }
    #expect(world.engine.state.session.locks.alarmRoom < 2_000)
    #expect(world.engine.state.session.locks.lineRoom(of: "a") < 200)
  }
}
