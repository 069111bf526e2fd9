extension WellKnown.Duration {
  /// Rounded to nanoseconds, towards zero.
  public init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(seconds: seconds, nanos: Int32(attoseconds / 1_000_000_000))
  }

  /// The same span as Swift's.
  public var duration: Duration { .seconds(seconds) + .nanoseconds(Int64(nanos)) }
}

extension WellKnown.Timestamp {
  /// The span from another time to this one.
  public func since(_ earlier: Self) -> Duration {
    .seconds(seconds - earlier.seconds) + .nanoseconds(Int64(nanos) - Int64(earlier.nanos))
  }
}

extension Duration {
  /// As people write it: `250ms`, `1.5s`, `2m30s`, `1h30m`.
  package var text: String {
    let (seconds, attoseconds) = components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    if seconds == 0 { return attoseconds == 0 ? "0s" : "\(max(1, milliseconds))ms" }
    if seconds < 60 {
      let tenths = milliseconds / 100
      return tenths == 0 ? "\(seconds)s" : "\(seconds).\(tenths)s"
    }
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")]
    var left = Int(seconds)
    var parts: [String] = []
    for (size, name) in units where left >= size {
      parts.append("\(left / size)\(name)")
      left %= size
    }
    return parts.prefix(2).joined()
  }
}
