/// The number of an event, and so a version of the state: the state after that event.
/// 0 is the state before the first event.
package struct Revision: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  package static let zero = Revision(0)
  package var next: Revision { Revision(rawValue &+ 1) }

  package static func < (a: Revision, b: Revision) -> Bool { a.rawValue < b.rawValue }

  package func advanced(by count: Int) -> Revision {
    Revision(rawValue &+ UInt64(truncatingIfNeeded: count))
  }
}

/// A task's name for all time: 63 bits, of which 41 are milliseconds since 2025-01-01 UTC, 10 the
/// shard and 12 a counter. Sorts by the order of submission within a shard.
package struct TaskID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (a: TaskID, b: TaskID) -> Bool { a.rawValue < b.rawValue }
}

/// The number of a pool: given at its creation, never given again, so that a pool of the same name
/// created later is another one.
package struct PoolID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static func < (a: PoolID, b: PoolID) -> Bool { a.rawValue < b.rawValue }
}

/// The number of a kind's name: given when the name is first used.
package struct KindID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static func < (a: KindID, b: KindID) -> Bool { a.rawValue < b.rawValue }
}
