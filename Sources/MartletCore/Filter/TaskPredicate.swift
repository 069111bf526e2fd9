/// A filter of tasks made ready: names of pools and kinds are sets of numbers, since tasks know
/// theirs by number, and now is a time. What can be said by one set is one set.
package struct TaskPredicate: Hashable, Sendable {
  package enum Leaf: Hashable, Sendable {
    case pools(Set<PoolID>)
    case kinds(Set<KindID>)
    case states(Set<TaskState>)
    /// On anything else.
    case condition(FilterCondition)
  }

  package var tree: FilterTree<Leaf>
  /// What spans that have not ended are measured to.
  package var now: WallTime

  package init(_ tree: FilterTree<Leaf> = .always, now: WallTime = WallTime(nanoseconds: 0)) {
    self.tree = tree
    self.now = now
  }

  package static let all = TaskPredicate()

  /// Names are compared with all that the catalog knows, pools included that are gone but for their
  /// finished tasks.
  package init(_ filter: TaskFilter, in catalog: Catalog, now: WallTime) {
    let names = PlaceNames(catalog: catalog)
    tree = names.simplified(filter.tree.map { names.leaf($0) })
    self.now = now
  }

  /// Says nothing: every task passes.
  package var isEmpty: Bool { tree == .always }

  package func matches(_ task: some FilteredTask) -> Bool {
    tree.holds { leaf in
      switch leaf {
      case .pools(let pools): pools.contains(task.poolID)
      case .kinds(let kinds): kinds.contains(task.kindID)
      case .states(let states): task.state.map(states.contains) ?? false
      case .condition(let condition): condition.holds(for: task, at: now)
      }
    }
  }
}

/// A task as filters see it, in the engine's memory or as a row.
package protocol FilteredTask: FilterSubject {
  var poolID: PoolID { get }
  var kindID: KindID { get }
}

private struct PlaceNames {
  typealias Leaf = TaskPredicate.Leaf
  typealias Tree = FilterTree<Leaf>

  let catalog: Catalog

  func leaf(_ condition: FilterCondition) -> Leaf {
    switch condition {
    case .text(.pool, let test):
      .pools(Set(catalog.pools.values.lazy.filter { test.holds($0.name) }.map(\.id)))
    case .text(.kind, let test): .kinds(allKinds.filter { test.holds(catalog.kinds[$0]) })
    case .state(let comparison, let state):
      .states(allStates.filter { ($0 == state) == (comparison == .equal) })
    case .has(.text(.pool)): .pools(Set(catalog.pools.keys))
    case .has(.text(.kind)): .kinds(allKinds)
    case .has(.state): .states(allStates)
    default: .condition(condition)
    }
  }

  private var allKinds: Set<KindID> {
    Set(catalog.kinds.names.indices.map { KindID(rawValue: UInt32($0)) })
  }

  private var allStates: Set<TaskState> { Set(TaskState.allCases) }

  func simplified(_ tree: Tree) -> Tree {
    switch tree {
    case .leaf: tree
    case .not(let part): inverted(simplified(part))
    case .all(let parts): merged(parts, isAll: true)
    case .any(let parts): merged(parts, isAll: false)
    }
  }

  private func inverted(_ tree: Tree) -> Tree {
    switch tree {
    case .leaf(.pools(let pools)): .leaf(.pools(Set(catalog.pools.keys).subtracting(pools)))
    case .leaf(.kinds(let kinds)): .leaf(.kinds(allKinds.subtracting(kinds)))
    case .leaf(.states(let states)): .leaf(.states(allStates.subtracting(states)))
    case .not(let part): part
    default: .not(tree)
    }
  }

  /// Sets of one sort become one; an AND in an AND, or an OR in an OR, is flat.
  private func merged(_ parts: [Tree], isAll: Bool) -> Tree {
    var pools: Set<PoolID>?
    var kinds: Set<KindID>?
    var states: Set<TaskState>?
    var rest: [Tree] = []
    func join<Element>(_ known: inout Set<Element>?, _ more: Set<Element>) {
      known = known.map { isAll ? $0.intersection(more) : $0.union(more) } ?? more
    }
    func take(_ tree: Tree) {
      switch tree {
      case .leaf(.pools(let more)): join(&pools, more)
      case .leaf(.kinds(let more)): join(&kinds, more)
      case .leaf(.states(let more)): join(&states, more)
      case .all(let inner) where isAll: inner.forEach(take)
      case .any(let inner) where !isAll: inner.forEach(take)
      default: rest.append(tree)
      }
    }
    for part in parts { take(simplified(part)) }
    var all: [Tree] = []
    if let pools { all.append(.leaf(.pools(pools))) }
    if let kinds { all.append(.leaf(.kinds(kinds))) }
    if let states { all.append(.leaf(.states(states))) }
    all += rest
    if all.count == 1 { return all[0] }
    return isAll ? .all(all) : .any(all)
  }
}
