import Testing

@testable import MartletCore

/// Ready queues with fairness keys against a search of all tasks.
@Suite("Fair queues")
struct FairQueueTests {
  private static let pools = (1...2).map { PoolID(rawValue: $0) }
  private static let kinds = (0...1).map { KindID(rawValue: $0) }
  private static let keys = ["", "", "a", "b", "c", "d"]

  private var table = TaskTable()
  private var random: SeededRandom
  private var offered: Set<TaskID> = []
  private var nextID: UInt64 = 1

  init() { random = SeededRandom(seed: 0) }

  private func fairness(of task: LiveTask) -> TaskFairness {
    table.policy(of: task).fairness ?? TaskFairness(key: "")
  }

  private mutating func pick<T>(_ from: [T]) -> T {
    from[Int.random(in: 0..<from.count, using: &random)]
  }

  private mutating func status() -> TaskStatus {
    let at = Elapsed(nanoseconds: Int64.random(in: 0...500, using: &random))
    return TaskStatus(
      state: pick([.pending, .pending, .pending, .running, .paused]), due: at,
      dueTime: WallTime(nanoseconds: 0))
  }

  private mutating func insert(_ revision: Revision) {
    let event = TaskEvent(
      task: TaskID(rawValue: nextID), pool: pick(Self.pools), kind: pick(Self.kinds),
      labels: .none, from: nil, status: status(), change: .due)
    nextID += 1
    let fairness = TaskFairness(key: pick(Self.keys), weight: pick([1, 1, 2, 5])).unlessPlain
    table.insert(
      event, priority: UInt8.random(in: 0...1, using: &random),
      policy: TaskPolicy(retry: .default, runTimeout: .seconds(9), fairness: fairness),
      deadline: .never, unique: nil, createTime: WallTime(nanoseconds: 0),
      submitRevision: revision, revision: revision)
  }

  private mutating func act(_ known: LiveTask, _ revision: Revision) {
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1:
      table.update(known.id, to: status(), revision: revision)
      offered.remove(known.id)
    case 2:
      guard known.state == .pending else { return }
      if offered.remove(known.id) == nil { offered.insert(known.id) }
      table.setOffered(offered.contains(known.id), known.id)
    case 3:
      let event = TaskEvent(
        task: known.id, pool: pick(Self.pools), kind: known.kind, labels: .none,
        from: known.state, status: known.status, change: .moved(from: known.pool, .server))
      guard event.pool != known.pool, known.state != .running else { return }
      table.move(event, from: known.pool, revision: revision)
      offered.remove(known.id)
    case 4, 5:
      table.remove(known.id)
      offered.remove(known.id)
    default:
      guard let next = table.nextReady(in: known.pool, taker: { _, _ in true })?.task else {
        return
      }
      table.takeTurn(next)
      var status = next.status
      status.state = .running
      table.update(next.id, to: status, revision: revision)
    }
  }

  private func check(_ mode: FairnessMode) {
    for pool in Self.pools {
      let tasks = table.all().filter { $0.pool == pool }
      let ready = tasks.filter { $0.state == .pending && !offered.contains($0.id) }
      let using = Dictionary(
        grouping: tasks.filter { $0.state == .running || offered.contains($0.id) }
      ) { fairness(of: $0).key }.mapValues(\.count)
      checkCounts(pool, tasks, ready, using)
      for served in [Set(Self.kinds), [Self.kinds[0]]] {
        let able = ready.filter { served.contains($0.kind) }
        let next = table.nextReady(in: pool, fairness: mode) { kind, _ in
          served.contains(kind) ? true : nil
        }?.task
        #expect((next == nil) == able.isEmpty)
        guard let next else { continue }
        for other in able { #expect(mayPass(next, other, using, mode)) }
      }
    }
  }

  /// Whether the rule lets one start while the other waits.
  private func mayPass(
    _ next: LiveTask, _ other: LiveTask, _ using: [String: Int], _ mode: FairnessMode
  ) -> Bool {
    let (mine, theirs) = (fairness(of: next), fairness(of: other))
    let isOlder = next.joined <= other.joined
    if mode == .off || mine.key == theirs.key && next.kind == other.kind {
      if next.priority == other.priority { return isOlder }
    }
    let myUse = (using[mine.key] ?? 0) * theirs.weight
    let theirUse = (using[theirs.key] ?? 0) * mine.weight
    // A task behind another of its own lane is not the one to compare with.
    let isHead = !table.all().contains {
      $0.pool == other.pool && $0.state == .pending && !offered.contains($0.id)
        && $0.kind == other.kind && $0.priority == other.priority && $0.joined < other.joined
        && fairness(of: $0).key == theirs.key
    }
    switch mode {
    case .off: return next.priority > other.priority
    case .priorityFirst:
      return next.priority > other.priority
        || next.priority == other.priority && (!isHead || myUse <= theirUse)
    case .shareFirst: return !isHead || myUse <= theirUse
    }
  }

  private func checkCounts(
    _ pool: PoolID, _ tasks: [LiveTask], _ ready: [LiveTask], _ using: [String: Int]
  ) {
    let hasKeys = tasks.contains { table.policy(of: $0).fairness != nil }
    #expect(table.fairPools.contains(pool) == hasKeys)
    #expect((table.queues[pool]?.shares != nil) == hasKeys)
    #expect(table.waiting(in: pool, limit: .max).count == tasks.count { $0.state != .running })
    guard let shares = table.queues[pool]?.shares else { return }
    for key in Set(Self.keys) {
      let waiting = ready.count { fairness(of: $0).key == key }
      let entry = shares.share(of: key).map { shares[$0] }
      #expect(entry?.running ?? 0 == using[key] ?? 0)
      #expect(entry?.waiting ?? 0 == waiting)
    }
    #expect(shares.waitingKeys == Set(ready.map { fairness(of: $0).key }).count)
  }

  private func restored() -> TaskTable {
    var again = TaskTable()
    for task in table.all().reversed() {
      let event = TaskEvent(
        task: task.id, pool: task.pool, kind: task.kind, labels: .none, from: nil,
        status: task.status, change: .due)
      again.insert(
        event, priority: task.priority, policy: table.policy(of: task), deadline: .never,
        unique: nil, createTime: task.createTime, submitRevision: task.submitRevision,
        revision: task.revision)
    }
    again.sortQueues()
    return again
  }

  @Test(
    "give the task that a search of all tasks allows", arguments: 1...8 as ClosedRange<UInt64>,
    FairnessMode.allCases)
  func likeASearch(seed: UInt64, mode: FairnessMode) {
    var run = FairQueueTests()
    run.random = SeededRandom(seed: seed)
    for step in 1...250 {
      let revision = Revision(UInt64(step))
      let all = run.table.all()
      if all.isEmpty || all.count < 30 && Bool.random(using: &run.random) {
        run.insert(revision)
      } else {
        let known = run.pick(all)
        run.act(known, revision)
      }
      run.check(mode)
      if step.isMultiple(of: 50) {
        run.table = run.restored()
        run.offered = []
        run.check(mode)
      }
    }
    for task in run.table.all() { run.table.remove(task.id) }
    #expect(run.table.fairPools.isEmpty && run.table.policies.count == 0)
  }

  @Test("what is idle is forgotten as turns go by, however many keys there were")
  func forgets() {
    var shares = FairShares(running: 0, waiting: 0)
    for number in 0..<10_000 {
      let share = shares.join(TaskFairness(key: "k\(number)"))
      shares.wait(share)
      shares.takeTurn(share)
      shares.waitNoMore(share)
      shares.run(share)
      shares.runNoMore(share)
      shares.leave(share)
    }
    #expect(shares.isEmpty && shares.waitingKeys == 0 && shares.entries.count < 10)
  }
}
