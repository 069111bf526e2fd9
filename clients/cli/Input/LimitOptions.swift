internal import ArgumentParser
internal import MartletClient

/// `100/1s`: so many in so much time.
struct UnitsPerSpanArgument: ExpressibleByArgument, Equatable, Sendable {
  var units: Int64
  var span: Duration

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let units = Int64(parts[0]) else { return nil }
    // `100/s` is `100/1s`.
    let text = parts[1].first?.isNumber == true ? String(parts[1]) : "1\(parts[1])"
    guard let span = DurationArgument(argument: text)?.duration else { return nil }
    (self.units, self.span) = (units, span)
  }
}

struct LimitArgument: ParsableArguments {
  @Argument(help: "The limit's name.") var limit: String
}

/// What a limit allows: one of three.
struct LimitRuleOptions: ParsableArguments {
  @Option(
    help: .init(
      "A bucket into which so many permits come in so much time, evenly, such as 100/1s.",
      valueName: "n/duration"))
  var rate: UnitsPerSpanArgument?

  @Option(help: .init("With --rate: permits that the bucket holds.", valueName: "n"))
  var burst: Int64?

  @Option(
    help: .init(
      "At most so many in any stretch of time of that length, such as 1000/1h.",
      valueName: "n/duration"))
  var window: UnitsPerSpanArgument?

  @Option(help: .init("At most so many at a time.", valueName: "n"))
  var concurrency: Int64?

  func validate() throws {
    if [rate != nil, window != nil, concurrency != nil].count(where: { $0 }) > 1 {
      throw ValidationError("only one of --rate, --window and --concurrency can be given")
    }
    if burst != nil, rate == nil { throw ValidationError("--burst goes with --rate") }
  }

  var rule: API.LimitSpec.OneOf_Rule? {
    if let rate {
      return .rate(
        .init(units: rate.units, per: WellKnown.Duration(rate.span), burst: burst ?? 0))
    }
    if let window {
      return .window(.init(units: window.units, length: WellKnown.Duration(window.span)))
    }
    return concurrency.map { .concurrency(.init(units: $0)) }
  }

  var path: String? {
    rate != nil ? "rate" : window != nil ? "window" : concurrency != nil ? "concurrency" : nil
  }
}

/// Which tasks need permits of a limit.
struct LimitScopeOptions: ParsableArguments {
  @Option(help: .init("Tasks of this pool need one; may be repeated.", valueName: "name"))
  var pool: [String] = []

  @Option(help: .init("Tasks of this kind need one; may be repeated.", valueName: "name"))
  var kind: [String] = []

  @Option(
    help: .init("Each value of this label has a state of its own.", valueName: "label"))
  var keyLabel: String?
}
