import Testing

@testable import MartletCore

/// The table against the plainest model there is: a dictionary, searched and sorted.
@Suite("Task table")
struct TaskTableTests {
  private struct Model {
    var tasks: [TaskID: LiveTask] = [:]

    func next(in pool: PoolID, served: Set<KindID>) -> TaskID? {
      tasks.values.filter { $0.pool == pool && $0.state == .pending && served.contains($0.kind) }
        .min { ($1.priority, $0.revision) < ($0.priority, $1.revision) }?.id
    }

    func moment(_ task: LiveTask, policy: TaskPolicy) -> Elapsed {
      var at = task.deadline
      if task.state == .scheduled { at = min(at, task.due) }
      if task.state == .running, let start = task.notes?.startElapsed {
        at = min(at, start + policy.runTimeout)
      }
      for wish in [task.notes?.cancel, task.notes?.pause] where task.state == .running {
        if let wish { at = min(at, wish.graceEnd) }
      }
      return at
    }
  }

  private static let pools = (1...3).map { PoolID(rawValue: $0) }
  private static let kinds = (0...3).map { KindID(rawValue: $0) }
  private static let states: [TaskState] = [.pending, .scheduled, .running, .paused, .blocked]

  private func status(_ random: inout SeededRandom) -> TaskStatus {
    let at = Elapsed(nanoseconds: Int64.random(in: 0...500, using: &random))
    let state = Self.states.randomElement(using: &random) ?? .pending
    var notes: TaskNotes?
    if state == .running {
      let wish = TaskNotes.StopRequest(
        time: WallTime(nanoseconds: 1), graceEnd: at + Span(nanoseconds: 9), origin: .server)
      let (cancels, pauses) = (Bool.random(using: &random), Bool.random(using: &random))
      notes = TaskNotes().with { facts in
        facts.startTime = WallTime(nanoseconds: 1)
        facts.startElapsed = at
        facts.cancel = cancels ? wish : nil
        facts.pause = pauses ? wish : nil
      }
    }
    return TaskStatus(state: state, due: at, dueTime: WallTime(nanoseconds: 0), notes: notes)
  }

  private func insert(
    _ id: UInt64, into table: inout TaskTable, revision: Revision, _ random: inout SeededRandom
  ) {
    let event = TaskEvent(
      task: TaskID(rawValue: id), pool: Self.pools.randomElement(using: &random) ?? Self.pools[0],
      kind: Self.kinds.randomElement(using: &random) ?? Self.kinds[0],
      labels: LabelSet(["n": "\(id % 3)"]), from: nil, status: status(&random), change: .due)
    let deadline = Int64.random(in: 0...1_000, using: &random)
    table.insert(
      event, priority: UInt8.random(in: 0...2, using: &random),
      policy: TaskPolicy(retry: .default, runTimeout: Span(nanoseconds: Int64(id % 4) * 50)),
      deadline: deadline < 500 ? Elapsed(nanoseconds: deadline) : .never, unique: nil,
      createTime: WallTime(nanoseconds: 0), submitRevision: revision, revision: revision)
  }

  private func compare(_ table: TaskTable, _ model: Model) {
    #expect(table.count == model.tasks.count)
    for pool in Self.pools {
      for served in [Set(Self.kinds), [Self.kinds[0], Self.kinds[2]], []] {
        #expect(
          table.nextReady(in: pool) { kind, _ in served.contains(kind) ? true : nil }?.task.id
            == model.next(in: pool, served: served))
      }
      let tasks = model.tasks.values.filter { $0.pool == pool }
      #expect(table.runningCount(in: pool) == tasks.count { $0.state == .running })
      #expect(
        table.oldestReady(in: pool) == oldest(tasks.filter { $0.state == .pending }))
      #expect(
        Set(table.waiting(in: pool, limit: .max).map(\.id))
          == Set(tasks.filter { $0.state != .running }.map(\.id)))
    }
    let moments = model.tasks.values.map { model.moment($0, policy: table.policy(of: $0)) }
    #expect(table.nextTimer == moments.min().flatMap { $0 == .never ? nil : $0 })
  }

  /// Of the heads of the queues: the one that joined first in each.
  private func oldest(_ pending: [LiveTask]) -> Elapsed? {
    Dictionary(grouping: pending) { [UInt32($0.priority), $0.kind.rawValue] }
      .values.compactMap { queue in queue.min { $0.revision < $1.revision }?.due }.min()
  }

  @Test(
    "queues and timers say what a search of all tasks says", arguments: 1...6 as ClosedRange<UInt64>
  )
  func likeASearch(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = TaskTable()
    var model = Model()
    var nextID: UInt64 = 1
    for step in 1...600 {
      let revision = Revision(UInt64(step))
      let known = model.tasks.keys.sorted().randomElement(using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        insert(nextID, into: &table, revision: revision, &random)
        model.tasks[TaskID(rawValue: nextID)] = table[TaskID(rawValue: nextID)]
        nextID += 1
      case 4..<8:
        guard let known else { continue }
        table.update(known, to: status(&random), revision: revision)
        model.tasks[known] = table[known]
      default:
        guard let known else { continue }
        table.remove(known)
        model.tasks[known] = nil
        #expect(table[known] == nil && !table.contains(known))
      }
      compare(table, model)
    }
    #expect(table.all() == model.tasks.values.sorted { $0.id < $1.id })
    for id in model.tasks.keys.sorted() { table.remove(id) }
    #expect(table.count == 0 && table.nextTimer == nil)
    #expect(table.labels.count == 0 && table.policies.count == 0)
  }

  @Test("timers come in the order of their moments, equal ones in the order of the tasks")
  func timerOrder() {
    var random = SeededRandom(seed: 9)
    var table = TaskTable()
    for id: UInt64 in 1...500 {
      insert(id, into: &table, revision: Revision(id), &random)
    }
    var last = (at: Elapsed.zero, id: TaskID(rawValue: 0))
    while let at = table.nextTimer, let task = table.firstDue(at: .never) {
      #expect((last.at, last.id) < (at, task.id))
      #expect(table.firstDue(at: Elapsed(nanoseconds: at.nanoseconds - 1)) == nil)
      last = (at, task.id)
      table.remove(task.id)
    }
  }

  @Test("tasks that were put back in any order queue as they joined")
  func sorted() {
    var random = SeededRandom(seed: 3)
    var straight = TaskTable()
    var shuffled = TaskTable()
    let ids = Array(1...400 as ClosedRange<UInt64>)
    for id in ids { insert(id, into: &straight, revision: Revision(id), &random) }
    for task in straight.all().shuffled(using: &random) {
      let event = TaskEvent(
        task: task.id, pool: task.pool, kind: task.kind, labels: straight.labels(of: task),
        from: nil, status: task.status, change: .due)
      shuffled.insert(
        event, priority: task.priority, policy: straight.policy(of: task),
        deadline: task.deadline, unique: nil, createTime: task.createTime,
        submitRevision: task.submitRevision, revision: task.revision)
    }
    shuffled.sortQueues()
    for pool in Self.pools {
      while let task = straight.nextReady(in: pool, taker: { _, _ in true })?.task {
        #expect(shuffled.nextReady(in: pool) { _, _ in true }?.task.id == task.id)
        straight.remove(task.id)
        shuffled.remove(task.id)
      }
      #expect(
        straight.waiting(in: pool, limit: .max).map(\.id)
          == shuffled.waiting(in: pool, limit: .max).map(\.id))
    }
  }
}
