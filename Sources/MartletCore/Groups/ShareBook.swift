/// What the pools of groups use and are owed, kept up with each event so that neither a start nor
/// an end looks at other pools. A part of the session: all of it follows from what is durable and
/// from the offers, and a start puts it together again.
struct ShareBook: Sendable {
  struct Share: Sendable {
    var group: GroupID
    /// Running attempts, and what workers have been offered.
    var inUse = 0
    /// What the pool lacks of its guarantee and has tasks for.
    var owed = 0
  }

  /// A group's pools that wait for a slot, each in at most one place of a line.
  struct Lines: Sendable {
    /// Sums over the group's pools.
    fileprivate(set) var inUse = 0
    fileprivate(set) var owed = 0
    /// Those that are owed one.
    var claims = PoolLine()
    /// The others.
    var line = PoolLine()
  }

  private(set) var shares: [PoolID: Share] = [:]
  private(set) var groups: [GroupID: Lines] = [:]
  /// Groups in which a slot may have become free, or be wanted.
  var touched: Set<GroupID> = []

  var isEmpty: Bool { shares.isEmpty }

  subscript(pool: PoolID) -> Share? { shares[pool] }

  subscript(group: GroupID) -> Lines {
    get { groups[group] ?? Lines() }
    _modify { yield &groups[group, default: Lines()] }
  }

  mutating func set(_ pool: PoolID, inUse: Int, owed: Int) {
    guard let old = shares[pool] else { return }
    if old.inUse == inUse, old.owed == owed { return }
    shares[pool]?.inUse = inUse
    shares[pool]?.owed = owed
    groups[old.group]?.inUse += inUse - old.inUse
    groups[old.group]?.owed += owed - old.owed
  }

  /// The pool is in this group from now on, or in none.
  mutating func move(_ pool: PoolID, to group: GroupID?) {
    let old = shares[pool]?.group
    if old == group { return }
    if let old {
      set(pool, inUse: 0, owed: 0)
      shares[pool] = nil
      touched.insert(old)
    }
    guard let group else { return }
    shares[pool] = Share(group: group)
    if groups[group] == nil { groups[group] = Lines() }
    touched.insert(group)
  }

  mutating func forget(_ group: GroupID) {
    groups[group] = nil
    touched.remove(group)
  }
}

/// Pools in the order in which they came, each once.
struct PoolLine: Sendable {
  private var pools: [PoolID] = []
  private var first = 0
  private var members: Set<PoolID> = []

  var isEmpty: Bool { members.isEmpty }

  mutating func append(_ pool: PoolID) {
    if members.insert(pool).inserted { pools.append(pool) }
  }

  mutating func popFirst() -> PoolID? {
    guard first < pools.count else { return nil }
    let pool = pools[first]
    first += 1
    if first == pools.count || first > 1_024 && first * 2 > pools.count {
      pools.removeFirst(first)
      first = 0
    }
    members.remove(pool)
    return pool
  }
}
