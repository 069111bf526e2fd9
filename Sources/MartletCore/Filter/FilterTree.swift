/// Conditions joined by AND, OR and NOT. As deep as its text has parentheses, which is bounded.
package indirect enum FilterTree<Leaf> {
  case leaf(Leaf)
  case not(FilterTree)
  /// AND; without parts it is always true.
  case all([FilterTree])
  /// OR; without parts it is never true.
  case any([FilterTree])
}

extension FilterTree: Equatable where Leaf: Equatable {}
extension FilterTree: Hashable where Leaf: Hashable {}
extension FilterTree: Sendable where Leaf: Sendable {}

extension FilterTree {
  package static var always: FilterTree { .all([]) }

  /// The parts that must all hold; the tree itself if it is no AND.
  package var conjuncts: [FilterTree] {
    if case .all(let parts) = self { parts } else { [self] }
  }

  package var leaves: [Leaf] {
    switch self {
    case .leaf(let leaf): [leaf]
    case .not(let part): part.leaves
    case .all(let parts), .any(let parts): parts.flatMap(\.leaves)
    }
  }

  package func holds(_ isTrue: (Leaf) -> Bool) -> Bool {
    switch self {
    case .leaf(let leaf): isTrue(leaf)
    case .not(let part): !part.holds(isTrue)
    case .all(let parts): parts.allSatisfy { $0.holds(isTrue) }
    case .any(let parts): parts.contains { $0.holds(isTrue) }
    }
  }

  package func map<Other, Failure: Error>(
    _ change: (Leaf) throws(Failure) -> Other
  ) throws(Failure) -> FilterTree<Other> {
    switch self {
    case .leaf(let leaf): return .leaf(try change(leaf))
    case .not(let part): return .not(try part.map(change))
    case .all(let parts): return .all(try Self.map(parts, change))
    case .any(let parts): return .any(try Self.map(parts, change))
    }
  }

  private static func map<Other, Failure: Error>(
    _ parts: [FilterTree], _ change: (Leaf) throws(Failure) -> Other
  ) throws(Failure) -> [FilterTree<Other>] {
    var changed: [FilterTree<Other>] = []
    for part in parts { changed.append(try part.map(change)) }
    return changed
  }
}
