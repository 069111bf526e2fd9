import MartletCore
import MartletStore

/// Random batches and queries, the same for the same seed. Few different values, so that queries
/// meet ties and hits.
struct RandomIndex {
  private var generator: SeededGenerator
  private var nextID: UInt64 = 1
  private var revision: UInt64 = 0
  private var turn: UInt64 = 0
  private(set) var ids: [TaskID] = []

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func batch() -> IndexBatch {
    revision += UInt64(upTo(5) + 1)
    var batch = IndexBatch(appliedThrough: Revision(revision))
    for _ in 0..<upTo(60) { batch.inserts.append(row()) }
    batch.turnsKept = 2 + upTo(3)
    for id in chosen(upTo(12)) {
      for _ in 0...upTo(4) {
        turn += 1
        batch.turns.append(TurnRow(task: id, revision: Revision(turn), bytes: bytes(9)))
      }
    }
    for id in chosen(upTo(25)) { batch.updates.append((id, status(result: chance(3)))) }
    batch.deletes = chosen(upTo(6))
    if chance(10) { batch.deletes.append(TaskID(rawValue: nextID + 1_000_000)) }
    let deleted = Set(batch.deletes)
    ids.removeAll { deleted.contains($0) }
    ids += batch.inserts.map(\.id).filter { !deleted.contains($0) }
    for _ in 0..<upTo(4) { batch.facts["fact \(upTo(5))"] = chance(3) ? .some(nil) : bytes(20) }
    return batch
  }

  mutating func query() -> TaskQuery {
    let orders: [TaskQuery.Order] = [
      .newestFirst, .oldestFirst, .lastFinishedFirst, .firstFinishedFirst,
    ]
    return TaskQuery(
      pools: chance(2) ? nil : Set((0..<upTo(4)).map { _ in PoolID(rawValue: UInt32(upTo(8))) }),
      kinds: chance(2) ? nil : Set((0..<upTo(3)).map { _ in KindID(rawValue: UInt32(upTo(3))) }),
      states: chance(2) ? nil : Set((0..<upTo(5)).map { _ in state() }),
      filter: TaskPredicate(
        .all((0..<max(0, upTo(5) - 2)).map { _ in .leaf(.condition(condition())) })),
      order: orders[upTo(orders.count)], countMax: 1 + upTo(20),
      bytesMax: chance(3) ? upTo(2000) : 1 << 20, withContent: chance(2))
  }

  mutating func upTo(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  private mutating func chance(_ oneIn: Int) -> Bool { upTo(oneIn) == 0 }

  private mutating func chosen(_ count: Int) -> [TaskID] {
    var chosen = Set<TaskID>()
    for _ in 0..<count where !ids.isEmpty { chosen.insert(ids[upTo(ids.count)]) }
    return chosen.sorted()
  }

  private mutating func state() -> TaskState { TaskState.allCases[upTo(TaskState.allCases.count)] }

  private mutating func bytes(_ limit: Int) -> [UInt8] {
    (0..<upTo(limit)).map { _ in UInt8(upTo(256)) }
  }

  private mutating func time() -> WallTime { .seconds(Int64(upTo(12))) }

  private mutating func row() -> TaskRow {
    nextID += UInt64(1 + upTo(3))
    var labels: [String: String] = [:]
    for _ in 0..<upTo(3) { labels[["a", "b", "é"][upTo(3)]] = ["", "x", "y", "ÿ"][upTo(4)] }
    return TaskRow(
      submission: TaskSubmissionRow(
        id: TaskID(rawValue: nextID), pool: PoolID(rawValue: UInt32(upTo(8))),
        kind: KindID(rawValue: UInt32(upTo(3))), priority: UInt8(upTo(11)), createTime: time(),
        submitRevision: Revision(nextID), deadline: chance(2) ? .never : .zero,
        labels: LabelSet(labels), policy: bytes(3), spec: bytes(30),
        payload: bytes(chance(20) ? 3000 : 60)),
      status: status(result: chance(3)))
  }

  private mutating func status(result: Bool) -> TaskStatusRow {
    let state = state()
    return TaskStatusRow(
      state: state, attempt: UInt32(upTo(4)), attemptsForgiven: UInt32(upTo(2)),
      revision: Revision(revision), due: Elapsed(nanoseconds: Int64(upTo(9))), dueTime: time(),
      startTime: chance(2) ? nil : time(), finishTime: state.isTerminal ? time() : nil,
      status: bytes(4), result: result ? bytes(40) : nil)
  }

  private mutating func condition() -> FilterCondition {
    let comparisons = FilterComparison.allCases
    let comparison = comparisons[upTo(comparisons.count)]
    switch upTo(6) {
    case 0:
      return .text(
        .label(key: ["a", "b", "c"][upTo(3)]),
        TextTest(comparison, ["", "x", "y", "ÿ"][upTo(4)]))
    case 1: return .has(.text(.label(key: ["a", "b", "é"][upTo(3)])))
    case 2, 3:
      let fields: [FilterField.Time] = [.createTime, .dueTime, .startTime, .finishTime]
      return .time(fields[upTo(fields.count)], comparison, time())
    case 4:
      return .number(chance(2) ? .priority : .attempt, comparison, Int64(upTo(6)))
    default:
      return .id(comparison, TaskID(rawValue: UInt64(upTo(Int(nextID) + 2))))
    }
  }
}
