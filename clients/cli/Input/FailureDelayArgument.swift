internal import ArgumentParser
internal import MartletClient

/// How long to wait after a failure of a class: `network=30s`.
struct FailureDelayArgument: ExpressibleByArgument, Equatable, Sendable {
  var failureClass: String
  var delay: Duration

  init?(argument: String) {
    guard let pair = LabelArgument(argument: argument),
      let delay = DurationArgument(argument: pair.value)
    else { return nil }
    failureClass = pair.key
    self.delay = delay.duration
  }
}

extension [FailureDelayArgument] {
  /// Of delays for one class the last one counts.
  var dictionary: [String: WellKnown.Duration] {
    reduce(into: [:]) { delays, one in delays[one.failureClass] = WellKnown.Duration(one.delay) }
  }
}
