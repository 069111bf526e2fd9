import Testing

@testable import MartletCore

@Suite("Unique tasks")
struct UniqueTests {
  let world = World()

  init() throws {
    try world.createPool(slots: 1)
    try world.createPool("q", slots: 1)
  }

  private func draft(
    _ key: String = "k", _ conflict: UniqueRule.Conflict = .reject,
    scope: UniqueRule.Scope = .pool, within: Span? = nil, waitingOnly: Bool = false,
    start: TaskSubmission.Start = .delay(.seconds(60)), priority: UInt8 = 5
  ) -> TaskDraft {
    TaskDraft(
      kind: "work", priority: priority, start: start,
      unique: UniqueClaim(
        rule: UniqueRule(
          key: key, scope: scope, finishedWithin: within, waitingOnly: waitingOnly,
          onConflict: conflict)))
  }

  /// With what an index would say that has applied everything, or nothing.
  private func submit(
    _ drafts: TaskDraft..., to pool: String = "p", knowing end: UniqueEnd? = nil,
    asOf: Revision? = nil, request: RequestStamp? = nil
  ) throws -> [AnsweredTask] {
    let id = world.durable.catalog.poolsByName[pool] ?? PoolID(rawValue: 0)
    let known = drafts.map { draft in
      var draft = draft
      if let rule = draft.unique?.rule {
        draft.unique?.history = UniqueHistory(
          mark: rule.mark(in: id), found: end, asOf: asOf ?? world.revision)
      }
      return draft
    }
    return try world.run(
      .submit(pool: pool, tasks: known, request: request, history: nil, origin: World.user)
    ).answered
  }

  private func running(_ key: String = "k") throws -> TaskID {
    try submit(draft(key, start: .now))[0].task
  }

  // MARK: - What counts

  @Test("a second one is refused while the first waits, runs or is paused")
  func rejects() throws {
    let task = try submit(draft())[0].task
    #expect(throws: Refusal.duplicateTask(task, .scheduled, index: 0)) { try submit(draft()) }
    try world.run(.pause(task, origin: World.user))
    #expect(throws: Refusal.duplicateTask(task, .paused, index: 0)) { try submit(draft()) }
    try world.run(.resume(task, origin: World.user))
    world.pass(.seconds(60))
    #expect(throws: Refusal.duplicateTask(task, .running, index: 0)) { try submit(draft()) }
    #expect(world.newest.isEmpty)
    try world.succeed(task)
    #expect(try submit(draft())[0].existed == false)
  }

  @Test("other keys and pools are no rivals, unless the scope is the namespace")
  func scopes() throws {
    let first = try submit(draft("a"))[0].task
    #expect(throws: Refusal.self) { try submit(draft("a")) }
    for (key, pool) in [("b", "p"), ("a", "q"), ("", "p")] { _ = try submit(draft(key), to: pool) }
    // A key of the namespace is another one than the same of a pool.
    let wide = try submit(draft("a", scope: .namespace))[0].task
    #expect(throws: Refusal.duplicateTask(wide, .scheduled, index: 0)) {
      try submit(draft("a", scope: .namespace), to: "q")
    }
    try world.cancel(first)
    #expect(try submit(draft("a")).count == 1)
  }

  @Test("one that runs does not count where only waiting ones do")
  func waitingOnly() throws {
    let first = try running()
    let second = try submit(draft(waitingOnly: true, start: .now))[0].task
    #expect(throws: Refusal.duplicateTask(second, .pending, index: 0)) {
      try submit(draft(waitingOnly: true))
    }
    #expect(throws: Refusal.duplicateTask(second, .pending, index: 0)) { try submit(draft()) }
    try world.succeed(first)
    #expect(world.task(second)?.state == .running)
    let third = try submit(draft(waitingOnly: true))[0].task
    try world.succeed(second)
    #expect(throws: Refusal.duplicateTask(third, .scheduled, index: 0)) { try submit(draft()) }
    try world.cancel(third)
    #expect(world.durable.tasks.unique.count == 0)
  }

  @Test("one that SUCCEEDED or FAILED counts within the window, a CANCELLED one never")
  func window() throws {
    let window = Span.seconds(10)
    for isGood in [true, false] {
      let task = try running()
      if isGood { try world.succeed(task) } else { try world.fail(task, retryable: false) }
      world.pass(.milliseconds(9_999))
      #expect(throws: Refusal.duplicateTask(task, isGood ? .succeeded : .failed, index: 0)) {
        try submit(draft(within: window))
      }
      #expect(try submit(draft("k", .returnExisting, within: window))[0].task == task)
      #expect(throws: Refusal.self) { try submit(draft("k", .replace, within: window)) }
      #expect(throws: Refusal.self) { try submit(draft("k", .debounce, within: window)) }
      #expect(try submit(draft("other", within: window))[0].existed == false)
      try world.cancel(try #require(world.durable.tasks.all().last).id)
      world.pass(.milliseconds(1))
      let next = try submit(draft(within: window))[0].task
      try world.cancel(next)
      #expect(try submit(draft(within: window))[0].existed == false)
      try world.cancel(try #require(world.durable.tasks.all().last).id)
    }
  }

  @Test("of those that left memory the index is asked, and it must be new enough")
  func history() throws {
    let task = try running()
    try world.succeed(task)
    let end = UniqueEnd(task: task, state: .succeeded, finishTime: world.now.wall)
    world.pipeline = CommitPipeline(
      engine: Engine(durable: world.durable, session: SessionState(servedKinds: ["work"])))
    let window = Span.seconds(10)
    let claim = draft(within: window)
    #expect(throws: Refusal.staleHistory) { try world.submit(claim) }
    #expect(throws: Refusal.staleHistory) { try submit(claim, asOf: Revision(1)) }
    #expect(throws: Refusal.duplicateTask(task, .succeeded, index: 0)) {
      try submit(claim, knowing: end)
    }
    // Purged since.
    let asOf = world.revision
    let entry = TasksPurged.Entry(
      task: task, pool: PoolID(rawValue: 1), kind: KindID(rawValue: 0), state: .succeeded)
    try world.run(.purgeTasks(rows: [entry], asOf: asOf))
    #expect(throws: Refusal.staleHistory) { try submit(claim, knowing: end, asOf: asOf) }
    #expect(try submit(claim)[0].existed == false)
  }

  @Test("what the index says of another pool of that name has no say")
  func otherPool() throws {
    var claim = draft(within: .seconds(10))
    claim.unique?.history = UniqueHistory(
      mark: UniqueMark(key: "k", pool: PoolID(rawValue: 99)), found: nil, asOf: world.revision)
    #expect(throws: Refusal.staleHistory) { try world.submit(claim) }
  }

  // MARK: - What happens

  @Test("the existing one is returned, and nothing submitted")
  func returnsExisting() throws {
    let task = try running()
    for _ in 0..<2 {
      #expect(
        try submit(draft("k", .returnExisting)) == [AnsweredTask(task, existed: true)])
      #expect(world.newest.isEmpty)
    }
  }

  @Test("one that waits is replaced, one that runs is not")
  func replaces() throws {
    let first = try submit(draft())[0].task
    let second = try submit(draft("k", .replace, start: .now))[0].task
    #expect(world.newest.words == ["cancelled", "submitted", "started"])
    #expect(world.status(first)?.state == .cancelled)
    #expect(world.status(first)?.notes?.cancel?.origin.reason == "replaced by \(second)")
    #expect(throws: Refusal.duplicateTask(second, .running, index: 0)) {
      try submit(draft("k", .replace))
    }
    let third = try submit(draft("k", .replace, waitingOnly: true))[0].task
    let fourth = try submit(draft("k", .replace, waitingOnly: true))[0].task
    #expect(world.status(third)?.state == .cancelled && world.task(fourth) != nil)
    #expect(world.task(second)?.state == .running)
  }

  @Test("a replacement needs no room of its own in a full queue")
  func replacesWhenFull() throws {
    try world.createPool("full", slots: 1, capacity: 1)
    _ = try submit(draft(), to: "full")
    #expect(throws: Refusal.self) { try submit(draft("other"), to: "full") }
    #expect(try submit(draft("k", .replace), to: "full")[0].existed == false)
    #expect(try submit(draft("k", .returnExisting), to: "full")[0].existed)
  }

  @Test("a task of a batch that the next one pushes back needs room, though it would have started")
  func debouncesInFullQueue() throws {
    try world.createPool("full", slots: 1, capacity: 1)
    _ = try submit(draft("other"), to: "full")
    let (first, second) = (draft(start: .now), draft("k", .debounce))
    #expect(throws: Refusal.queueFull(pool: "full", capacity: 1, waiting: 1)) {
      try submit(first, second, to: "full")
    }
    #expect(try submit(first, to: "full")[0].existed == false)
  }

  @Test("one that waits gets the newcomer's time, and is what is returned")
  func debounces() throws {
    let task = try submit(draft("k", .debounce, start: .delay(.seconds(10))))[0].task
    for _ in 0..<3 {
      world.pass(.seconds(9))
      #expect(
        try submit(draft("k", .debounce, start: .delay(.seconds(10))))
          == [AnsweredTask(task, existed: true)])
      #expect(world.newest.words == ["updated"])
      #expect(world.task(task)?.state == .scheduled)
    }
    world.pass(.seconds(10))
    #expect(world.task(task)?.state == .running)
    #expect(throws: Refusal.duplicateTask(task, .running, index: 0)) {
      try submit(draft("k", .debounce))
    }
  }

  @Test("one that waits for a slot is pushed back, and its priority stays")
  func debouncesPending() throws {
    _ = try running("other")
    let task = try submit(draft(start: .now, priority: 9))[0].task
    #expect(world.task(task)?.state == .pending)
    _ = try submit(draft("k", .debounce, start: .delay(.seconds(5)), priority: 1))
    #expect(world.task(task)?.state == .scheduled && world.task(task)?.priority == 9)
    _ = try submit(draft("k", .debounce, start: .now))
    #expect(world.task(task)?.state == .pending)
    _ = try submit(draft("k", .debounce, start: .now))
    #expect(world.newest.isEmpty)
  }

  // MARK: - Batches and repeats

  @Test("tasks of one batch meet each other one after another, all or none")
  func batches() throws {
    #expect(throws: Refusal.duplicateInBatch(index: 2, first: 0)) {
      try submit(draft("a"), draft("b"), draft("a"))
    }
    #expect(world.durable.tasks.count == 0)
    let same = try submit(draft("a"), draft("b"), draft("a", .returnExisting), TaskDraft(kind: "x"))
    #expect(same.map(\.existed) == [false, false, true, false])
    #expect(same[2].task == same[0].task)
    let last = try submit(draft("c"), draft("c", .replace), draft("c", .replace))
    #expect(
      world.newest.words == ["submitted", "cancelled", "submitted", "cancelled", "submitted"])
    #expect(last.map { world.task($0.task) != nil } == [false, false, true])
    let pushed = try submit(
      draft("d", start: .delay(.seconds(5))), draft("d", .debounce, start: .delay(.seconds(9))),
      draft("d", .debounce, start: .delay(.seconds(7))))
    #expect(Set(pushed.map(\.task)).count == 1)
    #expect(world.task(pushed[0].task)?.due == world.now.elapsed + .seconds(7))
  }

  @Test("a repeat of a request gets the first answer, with what was there before it")
  func repeats() throws {
    let request = RequestStamp(id: "r", key: .init(high: 1, low: 2), fingerprint: 3)
    _ = try submit(draft("b"))
    let drafts = [draft("a", .returnExisting), draft("b", .returnExisting), draft("c")]
    let first = try submit(drafts[0], drafts[1], drafts[2], request: request)
    #expect(first.map(\.existed) == [false, true, false])
    let restarted = World(restarting: world)
    try restarted.run(.recover)
    for world in [world, restarted] {
      for answer in first { try world.cancel(answer.task) }
      let again = try world.run(
        .submit(
          pool: "p", tasks: drafts, request: request,
          history: RequestHistory(found: nil, asOf: world.revision), origin: World.user))
      #expect(again == .submitted(first, repeated: true))
    }
  }

  // MARK: - Other ways

  @Test("a task is not reopened while another has its key")
  func reopened() throws {
    let task = try submit(draft())[0].task
    try world.cancel(task)
    let other = try submit(draft())[0].task
    #expect(throws: Refusal.duplicateTask(other, .scheduled, index: nil)) {
      try world.retry(task)
    }
    try world.cancel(other)
    try world.retry(task)
    #expect(throws: Refusal.duplicateTask(task, .running, index: 0)) { try submit(draft()) }
  }

  @Test("keys are known again after a restart, and tasks without one cost nothing")
  func restarts() throws {
    try world.submit(TaskDraft(kind: "x"), TaskDraft(kind: "x"))
    #expect(world.durable.tasks.unique.count == 0)
    let task = try submit(draft())[0].task
    let restarted = World(restarting: world)
    try restarted.run(.recover)
    #expect(throws: Refusal.duplicateTask(task, .scheduled, index: 0)) {
      try restarted.submit(draft())
    }
  }

  @Test("a task that would be moved is told of its rival there")
  func rivalElsewhere() throws {
    let here = try submit(draft())[0].task
    let there = try submit(draft(), to: "q")[0].task
    let (task, other) = (try #require(world.task(here)), try #require(world.task(there)))
    #expect(world.engine.rival(of: task, movedTo: other.pool) == there)
    #expect(world.engine.rival(of: task, movedTo: task.pool) == nil)
    try world.cancel(there)
    #expect(world.engine.rival(of: task, movedTo: other.pool) == nil)
  }

  @Test("a mark follows its task from pool to pool")
  func moved() {
    let (a, b) = (PoolID(rawValue: 1), PoolID(rawValue: 2))
    let rule = UniqueRule(key: "k")
    #expect(rule.mark(in: a) != rule.mark(in: b))
    #expect(rule.mark(in: a).moved(from: a, to: b) == rule.mark(in: b))
    let wide = UniqueRule(key: "k", scope: .namespace)
    #expect(wide.mark(in: a) == wide.mark(in: b))
    #expect(wide.mark(in: a).moved(from: a, to: b) == wide.mark(in: a))
    #expect(wide.mark(in: a) != rule.mark(in: a))
    var marks = UniqueMarks()
    marks.insert(TaskID(rawValue: 1), rule.mark(in: a))
    marks.move(TaskID(rawValue: 1), from: a, to: b)
    #expect(marks.tasks(of: rule.mark(in: a)).isEmpty)
    #expect(marks.tasks(of: rule.mark(in: b)) == [TaskID(rawValue: 1)])
    marks.move(TaskID(rawValue: 2), from: a, to: b)
    #expect(marks.count == 1)
    #expect(
      rule.mark(in: a)
        == UniqueMark(
          high: 13_724_946_092_811_098_321, low: 11_528_337_102_451_851_712),
      "how it is made is kept on disk and never changes")
  }
}
