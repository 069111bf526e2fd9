/// How many tasks there are by pool, kind and state: exact at every revision, because it is moved
/// by the same events as the tasks are.
package struct Counters: Hashable, Sendable {
  package struct Key: Hashable, Sendable {
    package var pool: PoolID
    package var kind: KindID

    package init(pool: PoolID, kind: KindID) {
      self.pool = pool
      self.kind = kind
    }
  }

  /// One count for each state.
  package struct States: Hashable, Sendable {
    private var lanes = SIMD8<Int64>()

    package init() {}

    package subscript(state: TaskState) -> Int64 {
      get { lanes[Int(state.rawValue) - 1] }
      set { lanes[Int(state.rawValue) - 1] = newValue }
    }

    mutating func move(from: TaskState?, to: TaskState?) {
      if let from { self[from] -= 1 }
      if let to { self[to] += 1 }
    }

    package var isZero: Bool { lanes == SIMD8<Int64>() }
    package var total: Int64 { lanes.wrappedSum() }
  }

  package private(set) var counts: [Key: States] = [:]
  /// Sums over all kinds.
  private var pools: [PoolID: States] = [:]
  package private(set) var live: Int64 = 0

  package init() {}

  package init(_ counts: [Key: States]) {
    self.counts = counts
    for (key, states) in counts {
      for state in TaskState.allCases {
        pools[key.pool, default: States()][state] += states[state]
        if !state.isTerminal { live += states[state] }
      }
    }
  }

  package func states(pool: PoolID) -> States { pools[pool] ?? States() }

  package func hasTasks(pool: PoolID) -> Bool { !states(pool: pool).isZero }

  /// Tasks that wait: what the queue capacity bounds.
  package func waiting(pool: PoolID) -> Int64 {
    let states = states(pool: pool)
    return states[.pending] + states[.scheduled] + states[.blocked] + states[.paused]
  }

  package mutating func move(pool: PoolID, kind: KindID, from: TaskState?, to: TaskState?) {
    guard from != to else { return }
    let key = Key(pool: pool, kind: kind)
    counts[key, default: States()].move(from: from, to: to)
    pools[pool, default: States()].move(from: from, to: to)
    if let from, !from.isTerminal { live -= 1 }
    if let to, !to.isTerminal { live += 1 }
    if to == nil {
      // As if it had never been: what an index puts together is equal to what was folded.
      if counts[key]?.isZero == true { counts[key] = nil }
      if pools[pool]?.isZero == true { pools[pool] = nil }
    }
  }

  package mutating func forget(pool: PoolID) {
    pools[pool] = nil
  }
}

extension Counters.Key: Comparable {
  package static func < (a: Self, b: Self) -> Bool { (a.pool, a.kind) < (b.pool, b.kind) }
}
