import MartletAPI
import MartletProtobuf
import MartletStore

@testable import MartletCore
@testable import MartletServer

/// Watches all that leaves the node, and what a restart makes of the files.
///
/// It holds two folds of the durable log: the model, which knows the rules, and the engine's own
/// fold of the bytes that were written, which is what any replay must give.
struct Checker {
  var model = Model()
  private(set) var replayed = DurableState()
  /// Of the whole log, and the rows that it gave.
  var stats = StatsFold()
  var statsRows: [StatsKey: [UInt8]] = [:]
  /// By revision, from 1 on, as subscribers must see them.
  private(set) var publicEvents: [API.Event] = []
  /// Of a pool's history, by hand and by scaling each.
  var poolRevisionsKept = Limits().poolRevisions
  /// Nobody was shown anything beyond it.
  private(set) var shown = Revision.zero
  private var pending: [(event: Event, stamp: Stamp, isFirst: Bool, isLast: Bool)] = []

  /// The newest event that is on disk.
  var durable: Revision { pending.last?.event.revision ?? model.revision }

  // MARK: - The log

  /// A segment is durable; its events count as having happened one by one, with `advance`.
  mutating func add(_ segment: Segment) throws(Violation) {
    let events: [Event]
    do throws(Segment.Damage) {
      events = try segment.events()
    } catch {
      throw Violation(description: "a segment cannot be read: \(error.reason)")
    }
    for (place, event) in events.enumerated() {
      pending.append((event, segment.stamp, place == 0, place == events.count - 1))
      guard let seen = segment.publicEvent(place) else {
        throw Violation(description: "the public form of event \(event.revision) cannot be read")
      }
      publicEvents.append(seen)
    }
  }

  /// Takes durable events up to a revision, or all.
  mutating func advance(through revision: Revision? = nil) throws(Violation) {
    var taken = 0
    for entry in pending {
      if let revision, entry.event.revision > revision { break }
      if entry.isFirst {
        try model.begin(entry.stamp)
        stats.advance(to: entry.stamp.time, catalog: replayed.catalog)
      }
      try model.apply(entry.event)
      if entry.isLast { try model.end() }
      replayed.evolve(entry.event, at: entry.stamp)
      if case .task(let change) = entry.event.body { stats.count(change, at: entry.stamp) }
      if entry.isLast { try compareTallies() }
      try checkPublic(entry.event)
      taken += 1
    }
    pending.removeFirst(taken)
  }

  private func checkPublic(_ event: Event) throws(Violation) {
    let seen = publicEvents[Int(event.revision.rawValue) - 1]
    try require(seen.revision == event.revision.rawValue, "a public event has another number")
    guard case .task(let change) = event.body else { return }
    let names = model.pools[change.pool]?.name
    try require(
      seen.taskId == change.task.description && seen.pool == names
        && seen.kind == model.kindName(change.kind)
        && seen.state.rawValue == Int32(change.status.state.rawValue)
        && seen.attempt == Int32(change.status.attempt)
        && seen.labels == change.labels.dictionary,
      "the public form of event \(event.revision) says something else: \(seen)")
  }

  mutating func show(_ revision: Revision) { shown = max(shown, revision) }

  // MARK: - A restart

  /// Brings the checker to where the log ends that a process has left, and compares.
  mutating func check(
    _ recovery: Recovery, log: any EventLog, index: any TaskIndex
  ) throws(Violation) {
    try learn(log)
    try require(
      recovery.durable.catalog.revision >= shown,
      "\(shown) was shown, the log ends at \(recovery.durable.catalog.revision)")
    try recovery.durable.compare(with: replayed, what: "the recovered state")
    try compareModel()
    try compareRows(in: index)
    try compareStats(in: index, with: recovery.fold.stats)
  }

  private mutating func learn(_ log: any EventLog) throws(Violation) {
    try advance()
    let next = model.revision.next
    let rest = try storing { () throws(StoreFailure) in try log.read(from: next, bytesMax: .max) }
    for stored in rest { try add(try Segment.checked(stored)) }
    try advance()
  }

  /// The engine's fold says what the model says.
  func compareModel() throws(Violation) {
    let catalog = replayed.catalog
    try require(catalog.revision == model.revision, "the fold is at another revision")
    var counts: [Counters.Key: Counters.States] = [:]
    for task in model.tasks.values {
      counts[.init(pool: task.pool, kind: task.kind), default: .init()][task.status.state] += 1
    }
    try require(catalog.counters == Counters(counts), "the counters are not a recount")
    try require(
      Set(catalog.pools.keys) == Set(model.pools.keys)
        && catalog.poolsByName == model.names, "the pools are others")
    try require(catalog.kinds.names == model.kinds, "the kinds are others")
    try require(catalog.lastTask == model.lastTask, "the newest id is another")
    try require(
      catalog.bulks == BulkTable(Array(model.bulks.values), last: model.lastBulk),
      "the operations are others")
    try require(catalog.oldestEvent == model.oldestEvent, "the oldest event is another")
    let live = model.tasks.values.filter { !$0.status.state.isTerminal }
    try require(replayed.tasks.count == live.count, "\(live.count) tasks are live")
    for task in live {
      guard let found = replayed.tasks[task.id] else {
        throw Violation(description: "task \(task.id) was lost")
      }
      try require(
        found.status == task.status && found.revision == task.revision
          && found.deadline == task.deadline && found.createTime == task.createTime
          && found.submitRevision == task.submitRevision
          && replayed.tasks.policy(of: found) == task.submission.policy
          && replayed.tasks.unique.mark(of: task.id)
            == task.submission.unique?.mark(in: task.pool)
          && replayed.tasks.labels(of: found) == task.labels && found.priority == task.priority,
        "task \(task.id) is \(found), the log says \(task)")
      let (open, failed) = model.obstacles(of: task)
      let entry = replayed.tasks.dependencies[task.id]
      try require(
        entry?.tasks ?? [] == model.waits(of: task) && entry?.open ?? 0 == open
          && entry?.failed ?? [] == failed,
        "\(task.id) waits as \(String(describing: entry)), for \(open) and \(failed)")
    }
    try model.checkSchedules(catalog.schedules)
    try model.checkLocks(catalog.locks)
    try model.checkLimits(catalog.limits)
    try require(
      Set(catalog.workflows.all.map(\.id)) == Set(model.workflows.keys), "other workflows are kept")
    for record in catalog.workflows.all { try model.checkWorkflow(record) }
  }
}

extension Segment {
  static func checked(_ stored: StoredSegment) throws(Violation) -> Segment {
    do throws(Segment.Damage) {
      return try Segment(checking: stored)
    } catch {
      throw Violation(description: "a stored segment is damaged: \(error.reason)")
    }
  }
}
