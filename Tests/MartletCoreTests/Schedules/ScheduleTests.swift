import Testing

@testable import MartletCore

@Suite("Schedules")
struct ScheduleTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 10, runTimeout: .seconds(86_400))
  }

  static func spec(
    every span: Span = .seconds(60), jitter: Span = .zero, start: WallTime? = nil,
    end: WallTime? = nil, maxRuns: UInt64? = nil, overlap: OverlapPolicy = .skip,
    catchUp: Span = .seconds(60), pool: String = "p", kind: String = "work"
  ) -> ScheduleSpec {
    ScheduleSpec(
      timing: .interval(span), jitter: jitter, start: start, end: end, maxRuns: maxRuns,
      overlap: overlap, catchUp: catchUp,
      action: ScheduleAction(pool: pool, task: TaskDraft(kind: kind)))
  }

  static func cron(_ expression: String, zone: String = "UTC") throws -> ScheduleSpec {
    var spec = spec()
    spec.timing = .cron(try CronExpression(parsing: expression), zone: zone)
    return spec
  }

  private func now(_ name: String = "s") throws -> ScheduleRecord {
    try #require(world.durable.catalog.schedules[name: name])
  }

  private func runs(_ name: String = "s") throws -> [String] {
    try now(name).runs.map { "\($0.number) \($0.outcome)" }
  }

  private var start: WallTime { World.start.wall }

  // MARK: - Times

  @Test("it fires at its time, not before, and its task starts in the same commit")
  func fires() throws {
    try world.schedule(Self.spec())
    #expect(try now().next?.fire == start + .seconds(60))
    world.pass(.seconds(59))
    #expect(world.newest.isEmpty)
    world.pass(.seconds(1))
    #expect(world.newest.map(\.word) == ["schedule run 1 running", "submitted", "started"])
    let run = try #require(try now().runs.first)
    #expect(run.nominal == start + .seconds(60) && run.time == run.nominal)
    #expect(try now().next?.nominal == start + .seconds(120))
    let task = try #require(run.task.flatMap(world.task))
    #expect(task.state == .running)
  }

  @Test("what its task came to is what the run came to")
  func outcomes() throws {
    try world.schedule(Self.spec())
    for outcome in [ScheduleRun.Outcome.succeeded, .failed, .cancelled] {
      world.pass(.seconds(60))
      let task = try #require(try now().live.first)
      switch outcome {
      case .succeeded: try world.succeed(task)
      case .failed: try world.fail(task, retryable: false)
      default:
        try world.cancel(task)
        try world.succeed(task)
      }
      #expect(try now().runs.last?.outcome == outcome && now().live.isEmpty)
    }
    #expect(try now().runs.allSatisfy { $0.finishTime != nil })
  }

  @Test("a task says which schedule submitted it")
  func taskNamesSchedule() throws {
    try world.schedule(Self.spec())
    world.pass(.seconds(60))
    let submissions = world.newest.compactMap { event -> TaskSubmission? in
      guard case .task(let change) = event.body, case .submitted(let submission) = change.change
      else { return nil }
      return submission
    }
    #expect(submissions.map(\.schedule) == ["s"] && submissions.map(\.actor) == ["schedule/s"])
  }

  @Test("jitter puts a run off, always the same, and never beyond the next one")
  func jitter() throws {
    let spec = Self.spec(every: .seconds(10), jitter: .seconds(3_600))
    let times = try #require(ScheduleTimes(name: "s", spec: spec, zones: [:]))
    let other = try #require(ScheduleTimes(name: "t", spec: spec, zones: [:]))
    let found = times.upcoming(after: start, count: 100)
    #expect(found == times.upcoming(after: start, count: 100))
    #expect(found.map(\.fire) != other.upcoming(after: start, count: 100).map(\.fire))
    #expect(found.allSatisfy { $0.fire >= $0.nominal && $0.fire - $0.nominal < .seconds(10) })
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.fire < $1.fire })
    #expect(Set(found.map { ($0.fire - $0.nominal).nanoseconds }).count > 90)
  }

  @Test("an interval counts from its start, without one from 1970")
  func intervalPhase() throws {
    let hours = Self.spec(every: .seconds(3_600))
    let times = try #require(ScheduleTimes(name: "s", spec: hours, zones: [:]))
    #expect(times.next(after: start + .seconds(1))?.nominal == start + .seconds(3_600))
    let begun = Self.spec(every: .seconds(3_600), start: start + .seconds(90))
    let phased = try #require(ScheduleTimes(name: "s", spec: begun, zones: [:]))
    #expect(
      phased.upcoming(after: start, count: 2).map(\.nominal) == [
        start + .seconds(90), start + .seconds(3_690),
      ])
  }

  @Test("start and end are included")
  func bounds() throws {
    try world.schedule(Self.spec(start: start + .seconds(120), end: start + .seconds(180)))
    #expect(try now().next?.nominal == start + .seconds(120))
    world.pass(.seconds(120))
    try world.succeed(try #require(try now().live.first))
    world.pass(.seconds(60))
    #expect(
      world.newest.map(\.word) == [
        "schedule run 2 running", "submitted", "schedule finished", "started",
      ])
    #expect(try now().state == .finished && now().next == nil)
    try world.succeed(try #require(try now().live.first))
    #expect(try runs() == ["1 succeeded", "2 succeeded"])
  }

  @Test("after the last of its runs it is FINISHED, and an update lets it go on")
  func maxRuns() throws {
    try world.schedule(Self.spec(maxRuns: 2, overlap: .allowAll))
    world.pass(.seconds(60))
    #expect(try now().remainingRuns == 1)
    world.pass(.seconds(60))
    #expect(try now().state == .finished && now().remainingRuns == 0)
    world.pass(.seconds(600))
    #expect(try now().runs.count == 2)
    #expect(throws: Refusal.scheduleNeverFires("s")) { try world.update { $0.maxRuns = 1 } }
    try world.update { $0.maxRuns = 3 }
    #expect(try now().state == .active)
    world.pass(.seconds(60))
    #expect(try now().runs.count == 3 && now().state == .finished)
  }

  @Test("a run that was left out does not count for the runs that are left")
  func maxRunsSkipped() throws {
    try world.schedule(Self.spec(maxRuns: 2))
    for _ in 0..<3 { world.pass(.seconds(60)) }
    #expect(try runs() == ["1 running", "2 skipped", "3 skipped"])
    #expect(try now().state == .active && now().remainingRuns == 1)
    try world.succeed(try #require(try now().live.first))
    world.pass(.seconds(60))
    #expect(try runs().last == "4 running" && now().state == .finished)
  }

  @Test("a spec without any time to come is refused")
  func neverFires() throws {
    #expect(throws: Refusal.scheduleNeverFires("s")) {
      try world.schedule(Self.spec(end: start))
    }
    #expect(throws: Refusal.timeZoneUnknown("Mars/Olympus")) {
      try world.schedule(try Self.cron("0 0 * * *", zone: "Mars/Olympus"))
    }
  }

  @Test("a name can be had once, and again after the schedule was deleted")
  func names() throws {
    try world.schedule(Self.spec())
    #expect(throws: Refusal.scheduleExists("s")) { try world.schedule(Self.spec()) }
    let first = try now().id
    try world.run(.schedule(.delete(name: "s", origin: World.user)))
    #expect(throws: Refusal.scheduleNotFound("s")) {
      try world.run(.schedule(.delete(name: "s", origin: World.user)))
    }
    try world.schedule(Self.spec())
    #expect(try now().id != first)
    #expect(throws: Refusal.scheduleNotFound("t")) { try world.see(.schedule("t")) }
  }

  @Test("there are at most as many as the limit says")
  func limit() throws {
    var limits = Limits()
    limits.schedules = 1
    let world = World(limits: limits)
    try world.schedule(Self.spec())
    #expect(throws: Refusal.memoryPressure(what: "schedules", limit: 1)) {
      try world.schedule(Self.spec(), "t")
    }
  }

  // MARK: - Overlap

  @Test("SKIP leaves out a run while another one is live")
  func skip() throws {
    try world.schedule(Self.spec(overlap: .skip))
    world.pass(.seconds(60))
    world.pass(.seconds(60))
    #expect(try runs() == ["1 running", "2 skipped"])
    #expect(try now().runs.last?.reason == .overlap)
    try world.succeed(try #require(try now().live.first))
    world.pass(.seconds(60))
    #expect(try runs() == ["1 succeeded", "2 skipped", "3 running"])
  }

  @Test("BUFFER_ONE lets one run wait for the live one, and leaves out the others")
  func bufferOne() throws {
    try world.schedule(Self.spec(overlap: .bufferOne))
    for _ in 0..<3 { world.pass(.seconds(60)) }
    #expect(try runs() == ["1 running", "2 buffered", "3 skipped"])
    #expect(try now().runs.last?.reason == .bufferFull)
    try world.succeed(try #require(try now().live.first))
    #expect(
      world.newest.map(\.word) == [
        "succeeded", "schedule run 2 running", "submitted", "started",
      ])
    #expect(try runs() == ["1 succeeded", "2 running", "3 skipped"])
    #expect(try now().made == 2 && now().buffered == nil)
  }

  @Test("ALLOW_ALL has any number of live runs up to the limit")
  func allowAll() throws {
    var limits = Limits()
    limits.scheduleLiveRuns = 2
    let world = World(limits: limits)
    try world.createPool(slots: 10, runTimeout: .seconds(86_400))
    try world.schedule(Self.spec(overlap: .allowAll))
    for _ in 0..<3 { world.pass(.seconds(60)) }
    let record = try #require(world.durable.catalog.schedules[name: "s"])
    #expect(record.runs.map(\.outcome) == [.running, .running, .skipped])
    #expect(record.runs.last?.reason == .tooManyRuns && record.live.count == 2)
  }

  @Test("CANCEL_OTHER asks the live run to stop, and follows when it has")
  func cancelOther() throws {
    try world.schedule(Self.spec(overlap: .cancelOther))
    world.pass(.seconds(60))
    let first = try #require(try now().live.first)
    world.pass(.seconds(60))
    #expect(world.newest.map(\.word) == ["schedule run 2 buffered", "cancelRequested"])
    try world.succeed(first)
    #expect(try runs() == ["1 cancelled", "2 running"])
  }

  @Test("CANCEL_OTHER replaces a task that waits at once")
  func cancelWaiting() throws {
    try world.schedule(Self.spec(overlap: .cancelOther, kind: "unserved"))
    world.pass(.seconds(60))
    world.pass(.seconds(60))
    #expect(
      world.newest.map(\.word) == [
        "schedule run 2 buffered", "cancelled", "schedule run 2 running", "submitted",
      ])
    #expect(try runs() == ["1 cancelled", "2 running"])
  }

  @Test("CANCEL_OTHER leaves out a run that waited for a newer one")
  func cancelReplaces() throws {
    try world.schedule(Self.spec(every: .seconds(5), overlap: .cancelOther))
    for _ in 0..<3 { world.pass(.seconds(5)) }
    #expect(try runs() == ["1 running", "2 skipped", "3 buffered"])
    #expect(try now().run(2)?.reason == .replaced)
  }

  // MARK: - What was missed

  @Test("runs within the catch-up window are made up for, one after the other")
  func catchUp() throws {
    try world.schedule(Self.spec(overlap: .allowAll, catchUp: .seconds(600)))
    world.pass(.seconds(185))
    #expect(try runs() == ["1 running", "2 running", "3 running"])
    #expect(try now().next?.nominal == start + .seconds(240))
  }

  @Test("what is older than the window is one MISSED, with its number")
  func missed() throws {
    try world.schedule(Self.spec(overlap: .allowAll, catchUp: .seconds(90)))
    world.pass(.seconds(605))
    // Of the ten times those up to 480 s are too late.
    #expect(try runs() == ["1 missed", "2 running", "3 running"])
    #expect(try now().runs.first?.count == 8)
    #expect(try now().lastNominal == start + .seconds(600))
  }

  @Test("a year of seconds is missed at once, and counted up to 1,000")
  func missedForLong() throws {
    try world.schedule(Self.spec(every: .seconds(1), catchUp: .seconds(1)))
    world.pass(.seconds(365 * 86_400))
    for _ in 0..<10 { world.tick() }
    #expect(try now().runs.first?.count == 1_000 && now().runs.first?.outcome == .missed)
    #expect(try now().runs.count <= 4)
    let next = try #require(try now().next)
    #expect(next.fire > world.now.wall)
  }

  @Test("a clock that is set back fires nothing again")
  func clockBack() throws {
    try world.schedule(Self.spec(overlap: .allowAll))
    world.pass(.seconds(60))
    world.now.wall = start
    world.tick()
    world.pass(.seconds(60))
    #expect(try now().runs.count == 1)
    try world.run(.schedule(.pause(name: "s", origin: World.user)))
    try world.run(.schedule(.resume(name: "s", zone: nil, origin: World.user)))
    #expect(try now().next?.nominal == start + .seconds(120))
    world.pass(.seconds(60))
    #expect(try runs() == ["1 running", "2 running"])
  }

  @Test("a clock that is set forward misses what was in between")
  func clockForward() throws {
    try world.schedule(Self.spec(overlap: .allowAll))
    world.now.wall = start + .seconds(86_400)
    // The first step is busy with what was missed.
    world.tick()
    world.tick()
    #expect(try runs() == ["1 missed", "2 running", "3 running"])
    #expect(try now().next?.nominal == start + .seconds(86_460))
  }

  @Test("one step fires so many, and the next one goes on")
  func steps() throws {
    try world.createPool("q", slots: 1, capacity: 10_000)
    for number in 0..<50 { try world.schedule(Self.spec(pool: "q"), "s\(number)") }
    world.pipeline.inform { $0.state.session.firesPerStep = 20 }
    world.pass(.seconds(60))
    #expect(world.newest.count { $0.word.hasSuffix("running") && $0.word.hasPrefix("sch") } == 20)
    world.tick()
    world.tick()
    #expect(world.durable.catalog.schedules.records.allSatisfy { $0.lastRun == 1 })
  }

  @Test("payloads of runs close a commit as those of submissions do")
  func payloads() throws {
    try world.createPool("q", slots: 1, capacity: 10_000)
    var spec = Self.spec(pool: "q", kind: "unserved")
    spec.action.task.payload = [UInt8](repeating: 7, count: 300_000)
    for number in 0..<40 { try world.schedule(spec, "s\(number)") }
    world.now.wall = world.now.wall + .seconds(60)
    var steps = 0
    while world.durable.catalog.schedules.records.contains(where: { $0.lastRun == 0 }) {
      world.tick()
      steps += 1
      #expect(world.newest.count { $0.word == "submitted" } <= 4)
    }
    #expect(steps >= 10)
  }

  // MARK: - Bad days

  @Test("a run whose pool is not there is REJECTED, and the schedule lives on")
  func rejected() throws {
    try world.schedule(Self.spec(pool: "later"))
    world.pass(.seconds(60))
    #expect(try now().runs.last?.reason == .poolNotFound && now().state == .active)
    try world.createPool("later")
    world.pass(.seconds(60))
    #expect(try runs() == ["1 rejected", "2 running"])
    try world.run(.drainPool(name: "later", origin: World.user))
    try world.succeed(try #require(try now().live.first))
    world.pass(.seconds(60))
    #expect(try now().runs.last?.reason == .poolClosed)
  }

  @Test("a full queue rejects a run, as it does a submission")
  func full() throws {
    try world.createPool("tiny", slots: 1, capacity: 1)
    try world.schedule(Self.spec(overlap: .allowAll, pool: "tiny", kind: "unserved"))
    for _ in 0..<3 { world.pass(.seconds(60)) }
    #expect(try now().runs.map(\.reason) == [nil, .queueFull, .queueFull])
  }

  @Test("a schedule that was deleted leaves its task alone")
  func deleted() throws {
    try world.schedule(Self.spec())
    world.pass(.seconds(60))
    let task = try #require(try now().live.first)
    try world.run(.schedule(.delete(name: "s", origin: World.user)))
    world.pass(.seconds(600))
    #expect(world.task(task)?.state == .running)
    try world.succeed(task)
    #expect(world.durable.catalog.schedules.isEmpty)
  }

  @Test("of its runs the newest are known")
  func kept() throws {
    var limits = Limits()
    limits.scheduleRuns = 3
    let world = World(limits: limits)
    try world.schedule(Self.spec(pool: "none"))
    for _ in 0..<5 { world.pass(.seconds(60)) }
    #expect(world.durable.catalog.schedules[name: "s"]?.runs.map(\.number) == [3, 4, 5])
  }
}
