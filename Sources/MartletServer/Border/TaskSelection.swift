import MartletCore

/// What a filter says about pool, kind and state at its top, as sets; and the rest of it.
struct TaskSelection: Hashable, Sendable {
  /// nil: any.
  private(set) var pools: Set<PoolID>?
  private(set) var kinds: Set<KindID>?
  private(set) var states: Set<TaskState>?
  /// What is left of the filter beside these.
  let rest: TaskPredicate
  /// The filter is on pool, kind and state only, so that counters give the number of matches.
  let isWhole: Bool

  /// One count of the catalog's counters.
  struct Cell: Hashable, Sendable {
    var pool: PoolID
    var kind: KindID
    var state: TaskState
    var count: Int64
  }

  init(_ predicate: TaskPredicate) {
    var others: [FilterTree<TaskPredicate.Leaf>] = []
    for part in predicate.tree.conjuncts {
      switch part {
      case .leaf(.pools(let set)): pools = set
      case .leaf(.kinds(let set)): kinds = set
      case .leaf(.states(let set)): states = set
      default: others.append(part)
      }
    }
    rest = TaskPredicate(others.count == 1 ? others[0] : .all(others), now: predicate.now)
    isWhole = rest.tree.leaves.allSatisfy { if case .condition = $0 { false } else { true } }
  }

  init(_ filter: TaskFilter, in catalog: Catalog, now: WallTime) {
    self.init(TaskPredicate(filter, in: catalog, now: now))
  }

  /// An order by finish time has only tasks that have one.
  mutating func keepOnlyFinished() {
    states = (states ?? Set(TaskState.allCases)).filter(\.isTerminal)
  }

  /// The counts that are not zero, in no particular order.
  func cells(in counters: Counters) -> [Cell] {
    var cells: [Cell] = []
    for (key, counts) in counters.counts {
      if let pools, !pools.contains(key.pool) { continue }
      if let kinds, !kinds.contains(key.kind) { continue }
      for state in TaskState.allCases where counts[state] != 0 {
        if let states, !states.contains(state) { continue }
        if isWhole, !restHolds(key, state) { continue }
        cells.append(Cell(pool: key.pool, kind: key.kind, state: state, count: counts[state]))
      }
    }
    return cells
  }

  /// Whether a tree of pools, kinds and states alone holds.
  private func restHolds(_ key: Counters.Key, _ state: TaskState) -> Bool {
    rest.tree.holds { leaf in
      switch leaf {
      case .pools(let pools): pools.contains(key.pool)
      case .kinds(let kinds): kinds.contains(key.kind)
      case .states(let states): states.contains(state)
      case .condition: true
      }
    }
  }

  func count(in counters: Counters) -> Int64 {
    cells(in: counters).reduce(0) { $0 + $1.count }
  }
}
