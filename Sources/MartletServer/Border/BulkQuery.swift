import MartletCore
import MartletStore

/// The tasks that an operation is about, as a query of the index and as a count.
struct BulkQuery: Sendable {
  private let selection: TaskSelection
  private let states: Set<TaskState>

  init(_ predicate: TaskPredicate, states: Set<TaskState>) {
    selection = TaskSelection(predicate)
    self.states = selection.states.map { $0.intersection(states) } ?? states
  }

  /// In the order of their ids, behind `after` and up to `last`.
  func page(after: TaskID?, through last: TaskID?, countMax: Int) -> TaskQuery {
    var filter = selection.rest
    if let last {
      filter.tree = .all(
        filter.tree.conjuncts + [.leaf(.condition(.id(.lessOrEqual, last)))])
    }
    return TaskQuery(
      pools: selection.pools, kinds: selection.kinds, states: states, filter: filter,
      order: .oldestFirst, after: after.map { .init(finishTime: nil, id: $0) },
      countMax: countMax)
  }

  /// The count from the counters, where they know it.
  func count(in counters: Counters) -> Int64? {
    guard selection.isWhole else { return nil }
    return selection.cells(in: counters).filter { states.contains($0.state) }
      .reduce(0) { $0 + $1.count }
  }
}
