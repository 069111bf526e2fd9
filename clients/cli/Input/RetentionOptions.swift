internal import ArgumentParser
internal import MartletClient

/// Which finished tasks a pool keeps.
struct RetentionOptions: ParsableArguments {
  @Option(
    help: .init("How long SUCCEEDED tasks are kept, 1s to 10 years.", valueName: "duration"))
  var keepSucceededFor: DurationArgument?

  @Option(help: .init("How many SUCCEEDED tasks are kept, the newest.", valueName: "n"))
  var keepSucceeded: Int64?

  @Option(help: .init("How long FAILED tasks are kept.", valueName: "duration"))
  var keepFailedFor: DurationArgument?

  @Option(help: .init("How many FAILED tasks are kept.", valueName: "n"))
  var keepFailed: Int64?

  @Option(help: .init("How long CANCELLED tasks are kept.", valueName: "duration"))
  var keepCancelledFor: DurationArgument?

  @Option(help: .init("How many CANCELLED tasks are kept.", valueName: "n"))
  var keepCancelled: Int64?

  /// nil if nothing was given.
  var retention: API.Retention? {
    let retention = API.Retention(
      succeeded: Self.bounds(keepSucceededFor, keepSucceeded),
      failed: Self.bounds(keepFailedFor, keepFailed),
      cancelled: Self.bounds(keepCancelledFor, keepCancelled))
    return retention == API.Retention() ? nil : retention
  }

  private static func bounds(_ age: DurationArgument?, _ count: Int64?) -> API.OutcomeRetention? {
    if age == nil, count == nil { return nil }
    return API.OutcomeRetention(
      maxAge: age.map { WellKnown.Duration($0.duration) }, maxCount: count)
  }
}

extension API.Retention {
  /// `SUCCEEDED 1d, FAILED 30d or 1000`; outcomes without bounds are left out.
  var text: String {
    [("SUCCEEDED", succeeded), ("FAILED", failed), ("CANCELLED", cancelled)]
      .compactMap { name, bounds in
        guard let bounds else { return nil }
        let parts = [
          bounds.maxAge?.duration.text, bounds.maxCount.map { "the newest \($0)" },
        ].compactMap { $0 }
        return "\(name) \(parts.joined(separator: ", "))"
      }.joined(separator: "; ")
  }
}
