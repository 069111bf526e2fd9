internal import ArgumentParser
internal import MartletClient

/// `2..32`: between which numbers of slots a pool scales.
struct SlotRangeArgument: ExpressibleByArgument, Equatable, Sendable {
  var low: Int32
  var high: Int32

  /// Bounds that cross are for the server to refuse, which says so best.
  init?(argument: String) {
    let parts = argument.components(separatedBy: "..")
    guard parts.count == 2, let low = Int32(parts[0]), let high = Int32(parts[1]) else {
      return nil
    }
    (self.low, self.high) = (low, high)
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [Substring] {
    guard let range = ranges(of: separator).first else { return [self[...]] }
    return [self[..<range.lowerBound], self[range.upperBound...]]
  }
}

/// `8`, or `50%` of the slots that there are.
struct ScalingStepArgument: ExpressibleByArgument, Equatable, Sendable {
  var step: API.PoolScaling.OneOf_Step

  init?(argument: String) {
    if argument.hasSuffix("%"), let percent = Int32(argument.dropLast()) {
      step = .stepPercent(percent)
    } else if let slots = Int32(argument) {
      step = .stepSlots(slots)
    } else {
      return nil
    }
  }
}

enum ScalingModeArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case on
  case off
  case dryRun = "dry-run"

  var mode: API.PoolScalingMode {
    switch self {
    case .on: .on
    case .off: .off
    case .dryRun: .dryRun
    }
  }
}

/// How a pool scales; all of it together.
struct ScalingOptions: ParsableArguments {
  @Option(
    help: .init(
      "Let the pool scale between so many slots; --slots is what it starts with.",
      valueName: "min..max"))
  var scale: SlotRangeArgument?

  @Option(help: .init("Scale, only say what scaling would do, or do not scale (on if unset)."))
  var scaleMode: ScalingModeArgument?

  @Option(
    help: .init("Use of the slots from which on it goes up (80 if unset).", valueName: "percent"))
  var scaleUpAt: Int32?

  @Option(
    help: .init("Use of the slots up to which it goes down (20 if unset).", valueName: "percent"))
  var scaleDownAt: Int32?

  @Option(
    help: .init(
      "Also up when a task has waited for so long (never if unset).", valueName: "duration"))
  var scaleOldestAge: DurationArgument?

  @Option(
    help: .init("The most that one change adds or takes (50% if unset).", valueName: "n|n%"))
  var scaleStep: ScalingStepArgument?

  @Option(
    help: .init("No change up within so long of any change (10s if unset).", valueName: "duration"))
  var scaleUpCooldown: DurationArgument?

  @Option(
    help: .init(
      "No change down within so long of any change (2m if unset).", valueName: "duration"))
  var scaleDownCooldown: DurationArgument?

  /// nil if nothing was given.
  var scaling: API.PoolScaling? {
    guard let scale else { return nil }
    return API.PoolScaling(
      mode: (scaleMode ?? .on).mode, minSlots: scale.low, maxSlots: scale.high,
      upPercent: scaleUpAt, downPercent: scaleDownAt,
      oldestAge: scaleOldestAge.map { WellKnown.Duration($0.duration) }, step: scaleStep?.step,
      upCooldown: scaleUpCooldown.map { WellKnown.Duration($0.duration) },
      downCooldown: scaleDownCooldown.map { WellKnown.Duration($0.duration) })
  }

  func validate() throws {
    let rest: [Any?] = [
      scaleMode, scaleUpAt, scaleDownAt, scaleOldestAge, scaleStep, scaleUpCooldown,
      scaleDownCooldown,
    ]
    if scale == nil, rest.contains(where: { $0 != nil }) {
      throw ValidationError(
        "say between how many slots the pool scales, for example --scale 2..32")
    }
  }
}

/// The group whose budget a pool shares.
struct GroupOptions: ParsableArguments {
  @Option(help: .init("The group whose budget of slots it shares.", valueName: "name"))
  var group: String?

  @Option(
    help: .init("How many slots the group guarantees it (0 if unset).", valueName: "n"))
  var groupMinimum: Int32?
}
