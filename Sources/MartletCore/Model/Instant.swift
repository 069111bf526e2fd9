/// A span of time in nanoseconds.
package struct Span: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static let zero = Span(nanoseconds: 0)
  package static func milliseconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000_000) }
  package static func seconds(_ count: Int64) -> Span { Span(nanoseconds: count * 1_000_000_000) }

  package static func < (a: Span, b: Span) -> Bool { a.nanoseconds < b.nanoseconds }
  package static func + (a: Span, b: Span) -> Span {
    Span(nanoseconds: a.nanoseconds &+ b.nanoseconds)
  }

  /// For people, in the largest unit that divides it: `2 h`, `90 s`, `1500 ms`.
  package var text: String {
    let units: [(Int64, String)] = [
      (3_600_000_000_000, "h"), (60_000_000_000, "min"), (1_000_000_000, "s"), (1_000_000, "ms"),
      (1_000, "µs"),
    ]
    for (size, name) in units where nanoseconds != 0 && nanoseconds % size == 0 {
      return "\(nanoseconds / size) \(name)"
    }
    return "\(nanoseconds) ns"
  }
}

/// A moment on the log's own clock: nanoseconds that never go back, also not over a restart.
/// Time-outs, delays and leases are measured on it.
package struct Elapsed: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static let zero = Elapsed(nanoseconds: 0)
  /// Later than every moment that a server lives to see (292 years).
  package static let never = Elapsed(nanoseconds: .max)

  package static func < (a: Elapsed, b: Elapsed) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Saturates at `never`.
  package static func + (a: Elapsed, b: Span) -> Elapsed {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
    return overflow ? .never : Elapsed(nanoseconds: sum)
  }

  package static func - (a: Elapsed, b: Elapsed) -> Span {
    Span(nanoseconds: a.nanoseconds &- b.nanoseconds)
  }
}

/// A moment in UTC: nanoseconds since 1970. It may jump; only schedule times and what people read
/// depend on it. In events and rows it is the feed's time, which never goes back.
package struct WallTime: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static func < (a: WallTime, b: WallTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Saturates at both ends.
  package static func + (a: WallTime, b: Span) -> WallTime {
    let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
    if overflow { return WallTime(nanoseconds: b.nanoseconds > 0 ? .max : .min) }
    return WallTime(nanoseconds: sum)
  }

  package static func - (a: WallTime, b: WallTime) -> Span {
    let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
    return Span(nanoseconds: overflow ? (a < b ? .min : .max) : difference)
  }
}

/// Time with its two faces, read once for each segment and handed to the engine.
package struct Instant: Hashable, Sendable {
  package var elapsed: Elapsed
  package var wall: WallTime

  package init(elapsed: Elapsed, wall: WallTime) {
    self.elapsed = elapsed
    self.wall = wall
  }
}
