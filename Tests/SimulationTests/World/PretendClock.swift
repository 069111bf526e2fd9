import MartletCore

/// A machine's two clocks: one that only goes on, and the wall's, which people set.
struct PretendClock {
  /// The machine's own nanoseconds; they go on while no process runs.
  private(set) var machine: Int64 = 1_000_000
  private var wallOffset: Int64 = 1_767_225_600_000_000_000
  private var base = Elapsed.zero
  private var start: Int64 = 1_000_000

  var wall: WallTime { WallTime(nanoseconds: machine + wallOffset) }
  var elapsed: Elapsed { base + Span(nanoseconds: machine - start + 1) }
  var now: Instant { Instant(elapsed: elapsed, wall: wall) }

  mutating func pass(_ span: Span) { machine += span.nanoseconds }
  mutating func jumpWall(_ span: Span) { wallOffset += span.nanoseconds }

  /// A process starts on top of a log that ends with `stamp`, as `NodeClock` does.
  mutating func restart(continuing stamp: Stamp) {
    let since = max(wall - stamp.time, .zero)
    base = stamp.time.nanoseconds == 0 ? .zero : stamp.elapsed + since
    start = machine
  }
}
