/// When a segment is large enough to leave, if nobody waits for what is in it but by the hundred.
///
/// Each commit costs the same, whatever is in it. The quicker the log, the smaller they would be
/// under load: so while events come in floods, a segment gathers some before it leaves.
struct CommitSize {
  private static let (few, many) = (64, 256)
  /// Events in an interval that are a flood: fewer than come when small commits have made
  /// everything slow, or it would stay so.
  private static let flood = 48.0
  /// Nanoseconds from one commit to the next.
  private static let interval: Int64 = 1_000_000

  private var last: Int64 = 0
  /// Lately, the newest commits counting most: events, and nanoseconds in which they came.
  private var (events, time) = (0.0, 0.0)

  private var isFlood: Bool { events * Double(Self.interval) > Self.flood * time }

  func enough(isUrgent: Bool) -> Int { isFlood && !isUrgent ? Self.many : Self.few }

  /// nil if one with so many events need not wait.
  func gathersUntil(_ events: Int) -> Int64? {
    isFlood && events > 0 && events < Self.many ? last + Self.interval : nil
  }

  mutating func left(with events: Int, at now: Int64 = MonotonicTime.now) {
    self.events += Double(events) - self.events / 8
    // A long pause says no more than a short one.
    time += Double(min(now - last, 8 * Self.interval)) - time / 8
    last = now
  }
}

/// How long a segment usually is on its way to the medium and back.
struct FlushTime {
  /// About what deciding and encoding one event takes, in nanoseconds.
  private static let event: Int64 = 5_000
  private static let eventsMin = 256

  /// Of those on their way.
  private var starts: [Int64] = []
  private var mean: Int64 = 0

  /// How many events may be decided in that time.
  var events: Int { max(Self.eventsMin, Int(mean / Self.event)) }

  mutating func begin() { starts.append(MonotonicTime.now) }

  mutating func end() {
    if starts.isEmpty { return }
    let now = MonotonicTime.now
    mean += (now - starts.removeFirst() - mean) / 16
    // The next one's turn is now.
    if !starts.isEmpty { starts[0] = now }
  }
}
