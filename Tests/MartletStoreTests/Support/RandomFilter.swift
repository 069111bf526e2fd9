import MartletCore
import MartletStore

/// Random tasks and filters that ask about them, the same for the same seed. Few different values,
/// so that filters meet both ties and misses.
struct RandomFilter {
  private var generator: SeededGenerator
  let now = WallTime.seconds(40)
  let catalog: Catalog

  private static let words = ["", "x", "xy", "yx", "ÿ", "x*y"]
  private static let keys = ["a", "b", "é"]
  private static let pools = ["mail", "media", "video", "mail"]
  private static let kinds = ["mail.send", "mail.sort", "cut"]

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    let pools = Self.pools.enumerated().map { number, name in
      PoolRecord(
        id: PoolID(rawValue: UInt32(number)), name: name,
        spec: PoolSpec(slots: 1, queueCapacity: 1, retry: .default, runTimeout: .seconds(1)),
        state: number == 0 ? .retired : .active, revision: .zero,
        createTime: .seconds(0), updateTime: .seconds(0))
    }
    catalog = Catalog(
      revision: Revision(1), stamp: Stamp(elapsed: .zero, time: .seconds(0)),
      lastTask: TaskID(rawValue: 0), lastPool: PoolID(rawValue: 3), pools: pools,
      kinds: Self.kinds, counts: [:], oldestEvent: Revision(1))
  }

  // MARK: - Tasks

  mutating func row(_ id: UInt64) -> TaskRow {
    var labels: [String: String] = [:]
    for _ in 0..<upTo(4) { labels[pick(Self.keys)] = pick(Self.words) }
    let state = pick(TaskState.allCases)
    return TaskRow(
      submission: TaskSubmissionRow(
        id: TaskID(rawValue: id), pool: PoolID(rawValue: UInt32(upTo(Self.pools.count))),
        kind: KindID(rawValue: UInt32(upTo(Self.kinds.count))), priority: UInt8(upTo(11)),
        createTime: time(), submitRevision: Revision(id), deadline: .never,
        labels: LabelSet(labels), policy: policy(), spec: [], payload: []),
      status: TaskStatusRow(
        state: state, attempt: UInt32(upTo(4)), attemptsForgiven: 0, revision: Revision(id),
        due: .zero, dueTime: time(), startTime: upTo(2) == 0 ? nil : time(),
        finishTime: state.isTerminal ? time() : nil, status: notes(), result: nil))
  }

  /// As `martlet.log.v1.Policy`.
  private mutating func policy() -> [UInt8] {
    guard upTo(2) == 0 else { return [] }
    let fairness = Self.text(1, pick(Self.words)) + [16, 2]
    return [16, 9, 146, 4, UInt8(fairness.count)] + fairness
  }

  private mutating func time() -> WallTime { .seconds(Int64(upTo(30))) }

  /// As `martlet.log.v1.Notes`; a test of the server sees to it that this is how it writes them.
  private mutating func notes() -> [UInt8] {
    var bytes: [UInt8] = []
    if upTo(3) == 0 { bytes += [8, 200, 1] }
    if upTo(2) == 0 {
      var progress: [UInt8] = []
      if upTo(3) > 0 {
        let percent = Double(upTo(9)) * 12.5
        progress += [9] + withUnsafeBytes(of: percent.bitPattern.littleEndian) { Array($0) }
      }
      progress += Self.text(2, pick(Self.words))
      bytes += [26, UInt8(progress.count)] + progress
    }
    if upTo(2) == 0 {
      let failure =
        [8, UInt8(1 + upTo(8))] + Self.text(2, pick(Self.words)) + Self.text(3, pick(Self.words))
      bytes += [34, UInt8(failure.count)] + failure
    }
    if upTo(2) == 0 {
      let assignment = Self.text(1, pick(Self.words)) + [24, 7]
      bytes += [58, UInt8(assignment.count)] + assignment
    }
    return bytes
  }

  private static func text(_ field: UInt8, _ text: String) -> [UInt8] {
    text.isEmpty ? [] : [field << 3 | 2, UInt8(text.utf8.count)] + Array(text.utf8)
  }

  // MARK: - Filters

  mutating func tree(levels: Int) -> FilterTree<FilterCondition> {
    switch levels == 0 ? 0 : upTo(6) {
    case 1: return .not(tree(levels: levels - 1))
    case 2, 3: return .all((0..<2 + upTo(2)).map { _ in tree(levels: levels - 1) })
    case 4, 5: return .any((0..<2 + upTo(2)).map { _ in tree(levels: levels - 1) })
    default: return .leaf(condition())
    }
  }

  private mutating func condition() -> FilterCondition {
    let comparison = pick(FilterComparison.allCases)
    let equality: FilterComparison = upTo(2) == 0 ? .equal : .notEqual
    switch upTo(12) {
    case 0: return .text(.pool, test(Self.pools + ["m"]))
    case 1: return .text(.kind, test(Self.kinds + ["mail"]))
    case 2: return .state(equality, pick(TaskState.allCases))
    case 3, 4: return .text(.label(key: pick(Self.keys + ["c"])), test(Self.words))
    case 5:
      return .text(
        pick([.failureCode, .failureMessage, .progressStep, .worker, .fairnessKey]),
        test(Self.words))
    case 6: return .has(field())
    case 7:
      return .time(
        pick([.createTime, .dueTime, .startTime, .finishTime]), comparison, time())
    case 8: return .span(pick(FilterField.Span.allCases), comparison, .seconds(Int64(upTo(30))))
    case 9: return .number(pick(FilterField.Number.allCases), comparison, Int64(upTo(6)))
    case 10:
      return upTo(2) == 0
        ? .percent(comparison, Double(upTo(9)) * 12.5)
        : .failureKind(equality, pick(FailureKind.allCases))
    default: return .id(comparison, TaskID(rawValue: UInt64(upTo(130))))
    }
  }

  private mutating func field() -> FilterField {
    pick([
      .text(.label(key: pick(Self.keys))), .text(.failureCode), .text(.worker),
      .text(.progressStep), .text(.pool), .text(.kind), .time(.startTime), .time(.finishTime),
      .number(.priority), .span(.runTime), .span(.queueTime), .span(.age), .failureKind, .percent,
      .state, .id,
    ])
  }

  private mutating func test(_ words: [String]) -> TextTest {
    if upTo(3) == 0 {
      let parts = (0..<2 + upTo(2)).map { _ in String(pick(words).prefix(2)) }
      return TextTest(upTo(2) == 0 ? .equal : .notEqual, pattern: parts)
    }
    return TextTest(pick(FilterComparison.allCases), pick(words))
  }

  // MARK: - Judging

  /// By names, without any set of numbers.
  func matches(_ filter: TaskFilter, _ row: TaskRow) -> Bool {
    filter.tree.holds { condition in
      switch condition {
      case .text(.pool, let test): test.holds(Self.pools[Int(row.poolID.rawValue)])
      case .text(.kind, let test): test.holds(Self.kinds[Int(row.kindID.rawValue)])
      case .has(.text(.pool)), .has(.text(.kind)): true
      default: condition.holds(for: row, at: now)
      }
    }
  }

  mutating func upTo(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

  private mutating func pick<Value>(_ values: [Value]) -> Value { values[upTo(values.count)] }
}
