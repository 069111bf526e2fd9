package import MartletCore

/// Which pools and kinds an answer is about, and how they are named there.
package struct StatsSelection: Sendable {
  package enum Grouping: Hashable, Sendable {
    case none, pool, kind, poolAndKind

    var isByPool: Bool { self == .pool || self == .poolAndKind }
    var isByKind: Bool { self == .kind || self == .poolAndKind }
  }

  /// What a group is called. Pools that had the same name one after the other are one group.
  package struct Group: Hashable, Comparable, Sendable {
    package var pool = ""
    package var kind = ""
    /// Of what has no name here.
    package var isOther = false

    package init(pool: String = "", kind: String = "", isOther: Bool = false) {
      self.pool = pool
      self.kind = kind
      self.isOther = isOther
    }

    package static func < (a: Group, b: Group) -> Bool {
      if a.isOther != b.isOther { return b.isOther }
      return (a.pool, a.kind) < (b.pool, b.kind)
    }
  }

  package let pools: Set<PoolID>?
  package let kinds: Set<KindID>?
  private let catalog: Catalog
  package let grouping: Grouping

  /// - Parameters:
  ///   - pools: Names; all if empty.
  ///   - kinds: Names; all if empty.
  package init(
    pools: [String], kinds: [String], by grouping: Grouping = .none, in catalog: Catalog
  ) throws(Refusal) {
    self.catalog = catalog
    self.grouping = grouping
    for name in pools where catalog.poolsByName[name] == nil { throw .poolNotFound(name) }
    let names = Set(pools)
    self.pools =
      pools.isEmpty
      ? nil : Set(catalog.pools.values.lazy.filter { names.contains($0.name) }.map(\.id))
    // A kind that no task ever had has counted nothing.
    self.kinds = kinds.isEmpty ? nil : Set(kinds.compactMap { catalog.kinds[$0] })
  }

  package var isWhole: Bool { pools == nil && kinds == nil }

  package func contains(_ pool: PoolID) -> Bool { pools?.contains(pool) ?? true }
  package func contains(_ pair: Counters.Key) -> Bool {
    contains(pair.pool) && kinds?.contains(pair.kind) ?? true
  }

  package func group(_ pair: Counters.Key) -> Group {
    var group = Group()
    if grouping.isByPool { name(pair.pool, in: &group) }
    if grouping.isByKind {
      group.kind = catalog.kinds[pair.kind]
      if pair.kind == .other { group.isOther = true }
    }
    return group
  }

  /// nil if pools have no groups.
  package func group(_ pool: PoolID) -> Group? {
    var group = Group()
    switch grouping {
    case .none: return group
    case .pool:
      name(pool, in: &group)
      return group
    case .kind, .poolAndKind: return nil
    }
  }

  private func name(_ pool: PoolID, in group: inout Group) {
    if let name = catalog.pools[pool]?.name { group.pool = name } else { group.isOther = true }
  }

  package func name(of pool: PoolID) -> String { catalog.pools[pool]?.name ?? "" }
  package func name(of kind: KindID) -> String { catalog.kinds[kind] }
}
