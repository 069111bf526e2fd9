import Testing

@testable import MartletCore

@Suite("Schedules in people's hands")
struct ScheduleHandTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 10, runTimeout: .seconds(86_400))
  }

  private func now(_ world: World? = nil) throws -> ScheduleRecord {
    try #require((world ?? self.world).durable.catalog.schedules[name: "s"])
  }

  private var start: WallTime { World.start.wall }

  // MARK: - Pause and resume

  @Test("a paused schedule fires nothing, misses nothing, and says who paused it and why")
  func pause() throws {
    try world.schedule(ScheduleTests.spec())
    let origin = Origin(actor: "ada", reason: "the disk is being changed")
    try world.run(.schedule(.pause(name: "s", origin: origin)))
    #expect(try now().state == .paused && now().pause == origin && now().next == nil)
    try world.run(.schedule(.pause(name: "s", origin: World.user)))
    #expect(world.newest.isEmpty)
    world.pass(.seconds(6_000))
    #expect(try now().runs.isEmpty)
    try world.run(.schedule(.resume(name: "s", zone: nil, origin: World.user)))
    #expect(try now().state == .active && now().pause == nil)
    #expect(try now().next?.nominal == start + .seconds(6_060))
    try world.run(.schedule(.resume(name: "s", zone: nil, origin: World.user)))
    #expect(world.newest.isEmpty)
  }

  @Test("one that is resumed after its end is FINISHED")
  func resumeLate() throws {
    try world.schedule(ScheduleTests.spec(end: start + .seconds(300)))
    try world.run(.schedule(.pause(name: "s", origin: World.user)))
    world.pass(.seconds(600))
    try world.run(.schedule(.resume(name: "s", zone: nil, origin: World.user)))
    #expect(try now().state == .finished)
  }

  // MARK: - Trigger

  @Test("a trigger makes a run at once and leaves time and count as they are")
  func trigger() throws {
    try world.schedule(ScheduleTests.spec(maxRuns: 5))
    let next = try now().next
    let answer = try world.run(.schedule(.trigger(name: "s", overlap: nil, origin: World.user)))
    guard case .schedule(let seen) = answer, let run = seen.run else {
      Issue.record("answered with \(answer)")
      return
    }
    #expect(run.isByHand && run.outcome == .running && run.nominal == start)
    #expect(try now().next == next && now().remainingRuns == 5)
    let submission = world.newest.compactMap { event -> String? in
      guard case .task(let change) = event.body, case .submitted(let task) = change.change else {
        return nil
      }
      return task.actor
    }
    #expect(submission == ["tester"])
  }

  @Test("a trigger keeps to the overlap policy, or to another one that it names")
  func triggerOverlap() throws {
    try world.schedule(ScheduleTests.spec())
    for overlap in [nil, OverlapPolicy.skip, .allowAll] {
      try world.run(.schedule(.trigger(name: "s", overlap: overlap, origin: World.user)))
    }
    #expect(try now().runs.map(\.outcome) == [.running, .skipped, .running])
  }

  @Test("a trigger works on a schedule that is PAUSED")
  func triggerPaused() throws {
    try world.schedule(ScheduleTests.spec())
    try world.run(.schedule(.pause(name: "s", origin: World.user)))
    try world.run(.schedule(.trigger(name: "s", overlap: nil, origin: World.user)))
    #expect(try now().runs.map(\.outcome) == [.running] && now().state == .paused)
  }

  // MARK: - Update

  @Test("an update of what is done leaves the time as it is")
  func updateAction() throws {
    try world.schedule(ScheduleTests.spec())
    world.pass(.seconds(30))
    let next = try now().next
    try world.update { $0.action.task.priority = 9 }
    #expect(try now().next == next && now().spec.action.task.priority == 9)
    try world.update { $0.action.task.priority = 9 }
    #expect(world.newest.isEmpty)
  }

  @Test("an update of the times counts from now")
  func updateTimes() throws {
    try world.schedule(ScheduleTests.spec())
    world.pass(.seconds(30))
    try world.update { $0.timing = .interval(.seconds(7)) }
    #expect(try now().next?.nominal == start + .seconds(35))
    world.pass(.seconds(5))
    #expect(try now().runs.count == 1)
  }

  @Test("an update with an old version changes nothing")
  func updateVersion() throws {
    try world.schedule(ScheduleTests.spec())
    let version = try now().specRevision
    world.pass(.seconds(60))
    #expect(try now().specRevision == version)
    try world.update(expecting: version) { $0.jitter = .seconds(1) }
    #expect(throws: Refusal.scheduleEtagMismatch("s")) {
      try world.update(expecting: version) { $0.jitter = .seconds(2) }
    }
  }

  @Test("one that is PAUSED stays so when it is updated")
  func updatePaused() throws {
    try world.schedule(ScheduleTests.spec())
    try world.run(.schedule(.pause(name: "s", origin: World.user)))
    try world.update { $0.timing = .interval(.seconds(7)) }
    #expect(try now().state == .paused && now().next == nil)
  }

  // MARK: - A restart

  @Test("after a restart the next time is the one that was decided")
  func restart() throws {
    try world.schedule(ScheduleTests.spec(overlap: .bufferOne))
    world.pass(.seconds(60))
    world.pass(.seconds(60))
    let again = World(restarting: world)
    #expect(again.durable.catalog == world.durable.catalog)
    try again.run(.recover)
    again.pass(.seconds(60))
    #expect(try now(again).runs.map(\.outcome) == [.running, .buffered, .skipped])
  }

  @Test("what was due while the server was down is made up for after its start")
  func restartCatchUp() throws {
    try world.schedule(ScheduleTests.spec(overlap: .allowAll))
    let again = World(restarting: world)
    again.now = Instant(
      elapsed: world.now.elapsed + .seconds(65), wall: world.now.wall + .seconds(65))
    try again.run(.recover)
    again.tick()
    #expect(try now(again).runs.map(\.outcome) == [.running])
    #expect(try now(again).runs.first?.nominal == start + .seconds(60))
  }

  @Test("one whose zone is gone makes the run that was decided, and is then PAUSED with the reason")
  func lostZone() throws {
    let rules = try CronAgreementTests.rules("Europe/Vienna")
    try world.schedule(
      try ScheduleTests.cron("* * * * *", zone: "Europe/Vienna"), zone: rules)
    let again = World(restarting: world)
    try again.run(.recover)
    again.pass(.seconds(60))
    #expect(try now(again).runs.count == 1 && now(again).state == .paused)
    #expect(try now(again).pause?.reason.contains("Europe/Vienna") == true)
    #expect(throws: Refusal.timeZoneUnknown("Europe/Vienna")) {
      try again.run(.schedule(.resume(name: "s", zone: nil, origin: World.user)))
    }
    try again.run(.schedule(.resume(name: "s", zone: rules, origin: World.user)))
    #expect(try now(again).state == .active)
    let third = World(restarting: world, zones: ["Europe/Vienna": rules])
    try third.run(.recover)
    third.pass(.seconds(60))
    #expect(try now(third).state == .active)
  }

  @Test("the event of a time says by which data it was told")
  func zoneVersion() throws {
    try world.schedule(
      try ScheduleTests.cron("0 0 * * *", zone: "Europe/Vienna"),
      zone: CronAgreementTests.rules("Europe/Vienna"))
    guard case .schedule(let event) = world.newest.first?.body else {
      Issue.record("no event of a schedule")
      return
    }
    #expect(event.zoneVersion == "2025b")
  }

  // MARK: - Lists

  @Test("lists go by name, in pages, and by prefix, pool and state")
  func lists() throws {
    for name in ["b", "a2", "a1", "c", "a3"] {
      try world.schedule(ScheduleTests.spec(pool: name == "c" ? "q" : "p"), name)
    }
    func names(_ listing: ScheduleListing) throws -> ([String], String?) {
      guard case .schedules(let page) = try world.see(.schedules(listing)) else { return ([], "") }
      return (page.records.map(\.name), page.next)
    }
    #expect(try names(.init(limit: 2)) == (["a1", "a2"], "a2"))
    #expect(try names(.init(after: "a2", limit: 2)) == (["a3", "b"], "b"))
    #expect(try names(.init(after: "b", limit: 2)) == (["c"], nil))
    #expect(try names(.init(prefix: "a", limit: 9)) == (["a1", "a2", "a3"], nil))
    #expect(try names(.init(after: "a1", prefix: "a", limit: 9)) == (["a2", "a3"], nil))
    #expect(try names(.init(pool: "q", limit: 9)) == (["c"], nil))
    #expect(try names(.init(states: [.paused], limit: 9)) == ([], nil))
  }
}

extension World {
  func schedule(_ spec: ScheduleSpec, _ name: String = "s", zone: TimeZoneRules? = nil) throws {
    try run(.schedule(.create(name: name, spec: spec, zone: zone, origin: Self.user)))
  }

  func update(
    expecting version: Revision? = nil, _ change: @escaping @Sendable (inout ScheduleSpec) -> Void
  ) throws {
    try run(
      .schedule(
        .update(name: "s", expected: version, zone: nil, origin: Self.user, change: change)))
  }
}
