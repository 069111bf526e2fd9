import MartletCore

/// What a filter says about pool, kind and state, in numbers: names are compared with all that the
/// catalog knows, pools included that are gone but for their finished tasks.
struct TaskSelection: Hashable, Sendable {
  /// nil: any.
  private(set) var pools: Set<PoolID>?
  private(set) var kinds: Set<KindID>?
  private(set) var states: Set<TaskState>?
  /// The filter says nothing else, so that counters give the number of matches.
  private(set) var isWhole = true

  /// One count of the catalog's counters.
  struct Cell: Hashable, Sendable {
    var pool: PoolID
    var kind: KindID
    var state: TaskState
    var count: Int64
  }

  init(_ filter: TaskFilter, in catalog: Catalog) {
    for condition in filter.conditions {
      switch condition {
      case .pool(let comparison, let name):
        let all = pools ?? Set(catalog.pools.keys)
        pools = all.filter { id in
          catalog.pools[id].map { comparison.holds($0.name, name) } ?? false
        }
      case .kind(let comparison, let name):
        let all = kinds ?? Set(catalog.kinds.names.indices.map { KindID(rawValue: UInt32($0)) })
        kinds = all.filter { comparison.holds(catalog.kinds[$0], name) }
      case .state(let comparison, let state):
        let all = states ?? Set(TaskState.allCases)
        states = all.filter { ($0 == state) == (comparison == .equal) }
      case .label, .hasLabel, .time, .number, .id:
        isWhole = false
      }
    }
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
        cells.append(Cell(pool: key.pool, kind: key.kind, state: state, count: counts[state]))
      }
    }
    return cells
  }

  func count(in counters: Counters) -> Int64 {
    cells(in: counters).reduce(0) { $0 + $1.count }
  }
}
