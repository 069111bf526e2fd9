internal import ArgumentParser

/// A span of time as people write it: `250ms`, `10s`, `5m`, `1h30m`, `1.5s`, `2d`.
struct DurationArgument: ExpressibleByArgument, Equatable, Sendable {
  var duration: Duration

  init(duration: Duration) { self.duration = duration }

  init?(argument: String) {
    guard let duration = Self.read(argument) else { return nil }
    self.duration = duration
  }

  private static let units: [(name: String, seconds: Double)] = [
    ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400),
  ]

  private static func read(_ text: String) -> Duration? {
    var rest = text[...]
    var total = Duration.zero
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest.removeFirst(number.count)
      let unit = rest.prefix { $0.isLetter }
      rest.removeFirst(unit.count)
      guard let value = Double(number), value < 1e9,
        let size = units.first(where: { $0.name == unit })?.seconds
      else { return nil }
      total += .nanoseconds(Int64((value * size * 1e9).rounded()))
    }
    return total
  }
}
