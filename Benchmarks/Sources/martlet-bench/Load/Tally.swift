import Synchronization

/// A count that many tasks add to.
final class Tally: Sendable {
  private let count = Atomic<Int>(0)

  var value: Int { count.load(ordering: .relaxed) }

  func add(_ more: Int) { count.wrappingAdd(more, ordering: .relaxed) }

  /// The count before one is added.
  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}
