import MartletCore
import MartletStore

/// Which tasks have which label, and which are of which workflow, so that a filter on one need not
/// look at every task. Costs nothing for tasks without either.
///
/// A label is a number, 32 bits of hash of its key above 32 of its value: those of a key are a
/// range. Different labels may have the same number, so whoever finds a task here still looks at
/// its labels.
final class LabelTable {
  private let connection: Connection
  private let add: Statement
  private let remove: Statement
  private let labels: Statement
  /// Without any row, nothing need be looked up when tasks go.
  private var isEmpty: Bool

  init(_ connection: Connection) throws(StoreFailure) {
    self.connection = connection
    let isNew =
      try connection.number("SELECT count(*) FROM sqlite_schema WHERE name = 'label'") == 0
    if isNew { try Self.create(in: connection) }
    add = try connection.prepare("INSERT OR IGNORE INTO label VALUES (?1, ?2)")
    remove = try connection.prepare("DELETE FROM label WHERE tag = ?1 AND task = ?2")
    labels = try connection.prepare("SELECT labels, policy FROM task WHERE id = ?1")
    isEmpty = try connection.number("SELECT count(*) FROM (SELECT 1 FROM label LIMIT 1)") == 0
  }

  /// With the labels of all tasks: files that were made before there was this table have some.
  private static func create(in connection: Connection) throws(StoreFailure) {
    try connection.transaction { () throws(StoreFailure) in
      try connection.execute(
        """
        CREATE TABLE label (tag INTEGER NOT NULL, task INTEGER NOT NULL, PRIMARY KEY (tag, task))
        STRICT, WITHOUT ROWID
        """)
      let tasks = try connection.prepare("SELECT id, labels FROM task WHERE labels IS NOT NULL")
      let insert = try connection.prepare("INSERT OR IGNORE INTO label VALUES (?1, ?2)")
      while try tasks.step() {
        for tag in try tags(of: tasks, 1, connection) {
          insert.bind(1, tag)
          insert.bind(2, tasks.int64(0))
          try insert.run()
        }
      }
    }
  }

  /// In the order of the table: the tasks of one label lie together.
  func insert(_ rows: [TaskRow]) throws(StoreFailure) {
    var entries: [(tag: Int64, task: Int64)] = []
    for row in rows {
      let task = Int64(bitPattern: row.id.rawValue)
      for label in row.submission.labels.labels { entries.append((LabelTag.of(label), task)) }
      if let workflow = row.submission.workflow {
        entries.append((LabelTag.of(workflow), task))
      }
    }
    try add(entries)
  }

  /// Somebody gave tasks other labels. Must come before the tasks themselves change.
  func replace(by edits: [TaskID: TaskEdit]) throws(StoreFailure) {
    let changed = edits.compactMap { id, edit in edit.labels.map { (id: id, labels: $0) } }
    if changed.isEmpty { return }
    try delete(changed.map(\.id), keepingWorkflows: true)
    try add(
      changed.flatMap { id, labels in
        labels.labels.map { (LabelTag.of($0), Int64(bitPattern: id.rawValue)) }
      })
  }

  private func add(_ entries: [(tag: Int64, task: Int64)]) throws(StoreFailure) {
    if entries.isEmpty { return }
    isEmpty = false
    try run(add, entries)
  }

  /// Must come before the tasks themselves go.
  func delete(_ ids: [TaskID], keepingWorkflows: Bool = false) throws(StoreFailure) {
    if isEmpty { return }
    var entries: [(tag: Int64, task: Int64)] = []
    for id in ids {
      let task = Int64(bitPattern: id.rawValue)
      labels.bind(1, task)
      defer { labels.reset() }
      guard try labels.step() else { continue }
      for tag in try Self.tags(of: labels, 0, connection) { entries.append((tag, task)) }
      let policy = keepingWorkflows ? [] : labels.bytes(1)
      if let number = NoteField.workflow.number(in: policy) {
        entries.append((LabelTag.of(WorkflowID(rawValue: number)), task))
      }
    }
    try run(remove, entries)
  }

  private func run(
    _ statement: Statement, _ entries: [(tag: Int64, task: Int64)]
  ) throws(StoreFailure) {
    for entry in entries.sorted(by: { ($0.tag, $0.task) < ($1.tag, $1.task) }) {
      statement.bind(1, entry.tag)
      statement.bind(2, entry.task)
      try statement.run()
    }
  }

  private static func tags(
    of row: Statement, _ column: Int32, _ connection: Connection
  ) throws(StoreFailure) -> [Int64] {
    guard let labels = row.withBytes(column, { LabelSet(encoded: $0) }) else {
      throw .corrupted(file: connection.path, reason: "the labels of a task cannot be read")
    }
    return labels.labels.map(LabelTag.of)
  }
}

/// The numbers of labels in the table `label`.
enum LabelTag {
  static func of(_ label: LabelSet.Label) -> Int64 { of(key: label.key, value: label.value) }

  /// A workflow is like a label that nobody can give a task: no key has a NUL.
  static func of(_ workflow: WorkflowID) -> Int64 { of(workflow: workflow.description) }

  static func of(workflow: String) -> Int64 { of(key: "\0workflow", value: workflow) }

  static func of(key: String, value: String) -> Int64 {
    Int64(bitPattern: high(key) | StableHash.of(value) & 0xFFFF_FFFF)
  }

  /// Those of all labels with that key.
  static func range(ofKey key: String) -> ClosedRange<Int64> {
    Int64(bitPattern: high(key))...Int64(bitPattern: high(key) | 0xFFFF_FFFF)
  }

  private static func high(_ key: String) -> UInt64 { StableHash.of(key) << 32 }
}

/// Labels of which every task that a filter wants has at least one, if the filter says such a
/// thing.
struct LabelAnchor {
  /// Ranges of tags; one of a single tag is a label with a value.
  let ranges: [ClosedRange<Int64>]

  /// Of several, the one that says most: values before keys, few before many.
  init?(_ filter: TaskPredicate) {
    let found = filter.tree.conjuncts.compactMap(Self.ranges).sorted { a, b in
      let (isExactA, isExactB) = (Self.isExact(a), Self.isExact(b))
      return isExactA == isExactB ? a.count < b.count : isExactA
    }
    guard let best = found.first else { return nil }
    ranges = best
  }

  /// The only tag, if it is one: its tasks are in order of their ids.
  var tag: Int64? { ranges.count == 1 && Self.isExact(ranges) ? ranges[0].lowerBound : nil }

  private static func isExact(_ ranges: [ClosedRange<Int64>]) -> Bool {
    ranges.allSatisfy { $0.lowerBound == $0.upperBound }
  }

  private static func ranges(
    _ tree: FilterTree<TaskPredicate.Leaf>
  ) -> [ClosedRange<Int64>]? {
    switch tree {
    case .leaf(.condition(let condition)): return range(condition).map { [$0] }
    case .any(let parts):
      var all: [ClosedRange<Int64>] = []
      for part in parts {
        guard let some = ranges(part) else { return nil }
        all += some
      }
      return all.isEmpty ? nil : all
    case .leaf, .not, .all: return nil
    }
  }

  private static func range(_ condition: FilterCondition) -> ClosedRange<Int64>? {
    switch condition {
    case .text(.label(let key), let test):
      switch (test.comparison, test.whole) {
      case (.notEqual, _): nil
      case (.equal, let value?):
        LabelTag.of(key: key, value: value)...LabelTag.of(key: key, value: value)
      default: LabelTag.range(ofKey: key)
      }
    case .text(.workflow, let test) where test.comparison == .equal:
      test.whole.map { LabelTag.of(workflow: $0)...LabelTag.of(workflow: $0) }
    case .has(.text(.label(let key))): LabelTag.range(ofKey: key)
    default: nil
    }
  }
}
