import Testing

@testable import MartletCore

@Suite("Locks")
struct LockTests {
  let world = World()

  // MARK: - One holder

  @Test("a free lock is granted at once, with the revision of the grant as its token")
  func free() throws {
    let view = try #require(try world.acquire("a", "x"))
    #expect(view.record.owner == "x" && view.record.count == 1)
    #expect(view.record.token == world.newest[0].revision)
    #expect(view.left == .seconds(15) && view.record.acquireTime == world.now.wall)
    #expect(world.newest.words == ["lock acquired"])
  }

  @Test("a lock that somebody else holds is refused to a call that may not wait")
  func held() throws {
    let view = try #require(try world.acquire("a", "x"))
    world.pass(.seconds(5))
    var told = view
    told.left = .seconds(10)
    #expect(throws: Refusal.lockHeld("a", by: told)) { try world.acquire("a", "y") }
    #expect(world.newest.isEmpty)
  }

  @Test("tokens rise from grant to grant, also of a lock that was free for long")
  func tokens() throws {
    var last = Revision.zero
    for round in 0..<10 {
      let view = try #require(try world.acquire(round % 3 == 0 ? "a" : "b", "x"))
      #expect(view.record.token > last)
      last = view.record.token
      try world.release(view)
      #expect(world.durable.catalog.locks.isEmpty)
    }
  }

  // MARK: - Counts

  @Test("the holder counts once more, keeps its token, and must release as often")
  func counts() throws {
    let first = try #require(try world.acquire("a", "x"))
    world.pass(.seconds(10))
    let second = try #require(try world.acquire("a", "x", lease: .seconds(30)))
    #expect(second.record.token == first.record.token && second.record.count == 2)
    #expect(second.left == .seconds(30))
    #expect(second.record.acquireTime == first.record.acquireTime)
    try world.release(first)
    #expect(throws: Refusal.self) { try world.acquire("a", "y") }
    try world.release(first)
    #expect(try world.acquire("a", "y") != nil)
  }

  @Test("a shorter lease than before is over when it says")
  func shorterLease() throws {
    _ = try world.acquire("a", "x", lease: .seconds(60))
    _ = try world.acquire("a", "x", lease: .seconds(2))
    world.pass(.seconds(2))
    #expect(world.newest.words == ["lock expired"])
  }

  @Test("a repeat of a request counts nothing and changes nothing")
  func repeated() throws {
    let first = try #require(try world.acquire("a", "x", request: "r1"))
    #expect(try world.acquire("a", "x", request: "r1") == first)
    #expect(world.newest.isEmpty)
    #expect(try world.acquire("a", "x", request: "r2")?.record.count == 2)
  }

  // MARK: - Leases

  @Test("a lease that is not renewed is over in the moment it says, not before")
  func expiry() throws {
    let view = try #require(try world.acquire("a", "x"))
    world.pass(.milliseconds(14_999))
    #expect(world.newest.isEmpty)
    world.pass(.milliseconds(1))
    #expect(world.newest.words == ["lock expired"])
    #expect(throws: Refusal.lockNotHeld("a", view.record.token)) { try world.renew(view) }
    #expect(throws: Refusal.lockNotHeld("a", view.record.token)) { try world.release(view) }
  }

  @Test("a lease is renewed from now on, without an event")
  func renewal() throws {
    let view = try #require(try world.acquire("a", "x"))
    for _ in 0..<10 {
      world.pass(.seconds(10))
      #expect(world.newest.isEmpty)
      #expect(try world.renew(view).left == .seconds(15))
      #expect(world.newest.isEmpty)
    }
    world.pass(.seconds(15))
    #expect(world.newest.words == ["lock expired"])
  }

  @Test("a call that comes when the lease is over, and before that was noted, gets the lock")
  func lateExpiry() throws {
    let old = try #require(try world.acquire("a", "x"))
    world.now.elapsed = world.now.elapsed + .seconds(15)
    #expect(throws: Refusal.lockNotHeld("a", old.record.token)) { try world.renew(old) }
    let new = try #require(try world.acquire("a", "x"))
    #expect(world.newest.words == ["lock expired", "lock acquired"])
    #expect(new.record.token > old.record.token && new.record.count == 1)
  }

  @Test("only owner and token together renew and release")
  func strangers() throws {
    let view = try #require(try world.acquire("a", "x"))
    var other = view
    other.record.owner = "y"
    #expect(throws: Refusal.lockNotHeld("a", view.record.token)) { try world.release(other) }
    other = view
    other.record.token = Revision(99)
    #expect(throws: Refusal.lockNotHeld("a", Revision(99))) { try world.renew(other) }
  }

  @Test("after a restart each lease has its full length, and nobody was robbed")
  func restart() throws {
    let view = try #require(try world.acquire("a", "x"))
    world.pass(.seconds(14))
    let next = World(restarting: world)
    next.now.elapsed = next.now.elapsed + .seconds(100)
    try next.run(.recover)
    #expect(try next.renew(view).record == view.record)
    next.pass(.seconds(14))
    #expect(next.newest.isEmpty)
    next.pass(.seconds(1))
    #expect(next.newest.words == ["lock expired"])
  }

  // MARK: - Break

  @Test("an operator breaks a lock, whatever its count, and says why")
  func breaking() throws {
    let view = try #require(try world.acquire("a", "x"))
    _ = try world.acquire("a", "x")
    try world.stand("a", "y", 7)
    let ada = Origin(actor: "ada", reason: "its machine is gone")
    try world.run(.lock(.breakLock(name: "a", token: nil, origin: ada)))
    #expect(world.newest.words == ["lock broken", "lock acquired"])
    #expect(world.newest[0].origin == ada)
    #expect(world.told() == [7: "granted"])
    #expect(throws: Refusal.lockNotHeld("a", view.record.token)) { try world.release(view) }
    #expect(throws: Refusal.lockNotHeld("a", view.record.token)) {
      try world.run(.lock(.breakLock(name: "a", token: view.record.token, origin: ada)))
    }
    #expect(throws: Refusal.lockNotFound("b")) {
      try world.run(.lock(.breakLock(name: "b", token: nil, origin: ada)))
    }
  }

  // MARK: - Looks and limits

  @Test("locks are listed by name, with what their leases have left and how many wait")
  func list() throws {
    for name in ["b", "a/2", "a/1", "c"] { _ = try world.acquire(name, "x") }
    try world.stand("a/2", "y", 1)
    world.pass(.seconds(5))
    guard case .locks(let page) = try world.see(.locks(LockListing(prefix: "a/", limit: 2))) else {
      Issue.record("no page")
      return
    }
    #expect(page.views.map(\.record.name) == ["a/1", "a/2"] && !page.hasMore)
    #expect(page.views.map(\.waiters) == [0, 1] && page.views[0].left == .seconds(10))
    guard case .locks(let rest) = try world.see(.locks(LockListing(after: "a/1", limit: 2))) else {
      Issue.record("no page")
      return
    }
    #expect(rest.views.map(\.record.name) == ["a/2", "b"] && rest.hasMore)
    #expect(throws: Refusal.lockNotFound("z")) { try world.see(.lock("z")) }
  }

  @Test("there are only so many locks, and so many calls that wait for one")
  func limits() throws {
    var limits = Limits()
    limits.locks = 2
    limits.lockWaiters = 1
    let world = World(limits: limits)
    _ = try world.acquire("a", "x")
    _ = try world.acquire("b", "x")
    #expect(throws: Refusal.memoryPressure(what: "locks", limit: 2)) {
      try world.acquire("c", "x")
    }
    try world.stand("a", "y", 1)
    #expect(throws: Refusal.memoryPressure(what: "calls that wait for one lock", limit: 1)) {
      try world.stand("a", "z", 2)
    }
  }
}

extension World {
  private static let others = LockWaiter(rawValue: .max)

  func acquire(
    _ name: String, _ owner: String, lease: Span = .seconds(15), request: String = ""
  ) throws(Refusal) -> LockView? {
    let claim = LockClaim(name: name, owner: owner, lease: lease, request: request)
    return view(try run(.lock(.acquire(claim, by: Self.others, origin: Self.user))))
  }

  /// Expects that the claim has to wait.
  func stand(
    _ name: String, _ owner: String, _ number: UInt64, wait: Span = .seconds(60),
    lease: Span = .seconds(15), request: String = ""
  ) throws {
    let claim = LockClaim(
      name: name, owner: owner, lease: lease, wait: wait, request: request)
    let waiter = LockWaiter(rawValue: number)
    let answer = try run(.lock(.acquire(claim, by: waiter, origin: Self.user)))
    #expect(answer == .lock(nil))
  }

  @discardableResult
  func renew(_ view: LockView) throws -> LockView {
    try #require(self.view(try run(.lock(.renew(view.grant)))))
  }

  func release(_ view: LockView) throws {
    try run(.lock(.release(view.grant, origin: Self.user)))
  }

  func abandon(_ name: String, _ number: UInt64) throws {
    try run(
      .lock(.abandon(name: name, LockWaiter(rawValue: number), origin: Self.user)))
  }

  /// What calls that stood in line were told since the last time.
  func told() -> [UInt64: String] {
    var told: [UInt64: String] = [:]
    for notice in pipeline.takeLockNotices() {
      switch notice.outcome {
      case .granted: told[notice.waiter.rawValue] = "granted"
      case .timedOut: told[notice.waiter.rawValue] = "timed out"
      }
    }
    return told
  }

  private func view(_ answer: Answer) -> LockView? {
    if case .lock(let view) = answer { view } else { nil }
  }
}

extension LockView {
  var grant: LockGrant {
    LockGrant(name: record.name, owner: record.owner, token: record.token)
  }
}
