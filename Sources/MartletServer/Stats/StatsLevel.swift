/// Sums that can be added to one another.
protocol StatsSum: Equatable, Sendable {
  mutating func merge(_ other: Self)
}

extension PairStats: StatsSum {}
extension FailureGroup: StatsSum {}

/// What is summed up of an open second, minute or hour, and what of it has changed since a batch.
struct StatsLevel<Key: Hashable & Comparable & Sendable, Value: StatsSum>: Equatable, Sendable {
  private var values: [Key: Value] = [:]
  private var changed: Set<Key> = []
  private let countMax: Int

  init(boundedBy countMax: Int) { self.countMax = countMax }

  /// - Parameter other: What it is counted as if there are too many keys.
  mutating func add(_ value: Value, at key: Key, else other: (Value) -> (Key, Value)) {
    let (key, value) = hasRoom(for: key) ? (key, value) : other(value)
    changed.insert(key)
    if values[key]?.merge(value) == nil { values[key] = value }
  }

  /// - Parameter other: Where it is counted if there are too many keys.
  mutating func change(
    _ key: Key, else other: Key, from empty: Value, _ body: (inout Value) -> Void
  ) {
    let key = hasRoom(for: key) ? key : other
    changed.insert(key)
    body(&values[key, default: empty])
  }

  private func hasRoom(for key: Key) -> Bool { values.count < countMax || values[key] != nil }

  /// By key: which of them find room elsewhere must not depend on a dictionary's order.
  mutating func takeAll() -> [(key: Key, value: Value)] {
    defer {
      values.removeAll(keepingCapacity: true)
      changed.removeAll(keepingCapacity: true)
    }
    return values.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
  }

  mutating func takeChanges() -> [(Key, Value)] {
    defer { changed.removeAll(keepingCapacity: true) }
    return changed.compactMap { key in values[key].map { (key, $0) } }
  }

  mutating func restore(_ values: [Key: Value]) { self.values = values }
}
