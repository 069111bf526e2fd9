internal import ArgumentParser
internal import MartletClient

/// When a schedule fires, and what becomes of runs that meet or come late.
struct ScheduleOptions: ParsableArguments {
  @Option(
    help: .init(
      "A cron expression of five fields, six with the second in front, or @daily and so on.",
      valueName: "expression"))
  var cron: String?

  @Option(help: .init("Instead: an interval, 1s to 365d.", valueName: "duration"))
  var every: DurationArgument?

  @Option(
    help: .init("Time zone of --cron, such as Europe/Vienna (UTC if unset).", valueName: "zone"))
  var zone: String?

  @Option(
    help: .init("Put each run off by less than this, up to 24h.", valueName: "duration"))
  var fireJitter: DurationArgument?

  @Option(
    help: .init("Fire no sooner: a time or a span from now.", valueName: "time|duration"))
  var start: TimeArgument?

  @Option(
    help: .init("Fire no later: a time or a span from now.", valueName: "time|duration"))
  var end: TimeArgument?

  @Option(help: .init("Fire so often, then be FINISHED.", valueName: "n"))
  var maxRuns: Int64?

  @Option(
    help: .init(
      "While a run has not ended: skip (if unset), buffer-one, allow-all or cancel-other.",
      valueName: "policy"))
  var overlap: OverlapArgument?

  @Option(
    help: .init(
      "Make up for runs that are late by no more than this, up to 365d (1m if unset).",
      valueName: "duration"))
  var catchUp: DurationArgument?

  func validate() throws {
    if cron != nil, every != nil {
      throw ValidationError("--cron and --every cannot both be given")
    }
    if every != nil, zone != nil {
      throw ValidationError("--zone is of use with --cron only: an interval knows no zones")
    }
  }

  /// Puts what was given into a spec, and tells the paths of it.
  func apply(to spec: inout API.ScheduleSpec, now: Double) -> [String] {
    var fields: [String] = []
    if let cron {
      spec.timing = .cron(cron)
      fields.append("cron")
    }
    if let every {
      spec.timing = .interval(WellKnown.Duration(every.duration))
      spec.timeZone = ""
      fields.append("interval")
    }
    if let zone {
      spec.timeZone = zone
      fields.append("time_zone")
    }
    if let fireJitter {
      spec.jitter = WellKnown.Duration(fireJitter.duration)
      fields.append("jitter")
    }
    if let start {
      spec.startTime = start.timestamp(now: now)
      fields.append("start_time")
    }
    if let end {
      spec.endTime = end.timestamp(now: now)
      fields.append("end_time")
    }
    if let maxRuns {
      spec.maxRuns = maxRuns
      fields.append("max_runs")
    }
    if let overlap {
      spec.overlapPolicy = overlap.policy
      fields.append("overlap_policy")
    }
    if let catchUp {
      spec.catchUpWindow = WellKnown.Duration(catchUp.duration)
      fields.append("catch_up_window")
    }
    return fields
  }
}

/// An overlap policy as people write it.
enum OverlapArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case skip
  case bufferOne = "buffer-one"
  case allowAll = "allow-all"
  case cancelOther = "cancel-other"

  var policy: API.OverlapPolicy {
    switch self {
    case .skip: .skip
    case .bufferOne: .bufferOne
    case .allowAll: .allowAll
    case .cancelOther: .cancelOther
    }
  }
}

/// A setting of a schedule that can be taken away again.
enum ScheduleSetting: String, ExpressibleByArgument, CaseIterable, Sendable {
  case zone
  case fireJitter = "fire-jitter"
  case start
  case end
  case maxRuns = "max-runs"
  case overlap
  case catchUp = "catch-up"

  /// Its path in an update.
  var field: String {
    switch self {
    case .zone: "time_zone"
    case .fireJitter: "jitter"
    case .start: "start_time"
    case .end: "end_time"
    case .maxRuns: "max_runs"
    case .overlap: "overlap_policy"
    case .catchUp: "catch_up_window"
    }
  }

  func clear(_ spec: inout API.ScheduleSpec) {
    switch self {
    case .zone: spec.timeZone = ""
    case .fireJitter: spec.jitter = nil
    case .start: spec.startTime = nil
    case .end: spec.endTime = nil
    case .maxRuns: spec.maxRuns = nil
    case .overlap: spec.overlapPolicy = .unspecified
    case .catchUp: spec.catchUpWindow = nil
    }
  }
}
