internal import ArgumentParser
internal import MartletClient

/// A time: RFC 3339 such as `2026-11-21T10:48:43Z`, or a span from now such as `10m`.
enum TimeArgument: ExpressibleByArgument, Equatable, Sendable {
  case at(WellKnown.Timestamp)
  case inFuture(Duration)

  init?(argument: String) {
    if let time = WellKnown.Timestamp(rfc3339: argument) {
      self = .at(time)
    } else if let span = DurationArgument(argument: argument) {
      self = .inFuture(span.duration)
    } else {
      return nil
    }
  }

  func timestamp(now: Double) -> WellKnown.Timestamp {
    switch self {
    case .at(let time): time
    case .inFuture(let span): WellKnown.Timestamp(secondsSinceEpoch: now + span.seconds)
    }
  }
}

extension WellKnown.Timestamp {
  init(secondsSinceEpoch: Double) {
    let whole = secondsSinceEpoch.rounded(.down)
    self.init(seconds: Int64(whole), nanos: Int32((secondsSinceEpoch - whole) * 1e9))
  }

  var secondsSinceEpoch: Double { Double(seconds) + Double(nanos) / 1e9 }
}

extension Duration {
  /// In seconds, with their fraction.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
