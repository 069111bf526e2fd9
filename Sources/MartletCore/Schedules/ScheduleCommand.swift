package enum ScheduleCommand: Sendable {
  case create(name: String, spec: ScheduleSpec, zone: TimeZoneRules?, origin: Origin)
  /// `change` turns the spec as it is into the one that is wanted; nothing is changed unless its
  /// last change is the expected one, if one is.
  case update(
    name: String, expected: Revision?, zone: TimeZoneRules?, origin: Origin,
    change: @Sendable (inout ScheduleSpec) -> Void)
  case pause(name: String, origin: Origin)
  case resume(name: String, zone: TimeZoneRules?, origin: Origin)
  case delete(name: String, origin: Origin)
  /// A run at once, under another policy than the schedule's if one is given.
  case trigger(name: String, overlap: OverlapPolicy?, origin: Origin)

  /// What the engine is to know of from then on.
  var zone: TimeZoneRules? {
    switch self {
    case .create(_, _, let zone, _), .update(_, _, let zone, _, _), .resume(_, let zone, _): zone
    case .pause, .delete, .trigger: nil
    }
  }
}

/// What a command to a schedule came to.
package struct ScheduleAnswer: Hashable, Sendable {
  package var record: ScheduleRecord
  /// Of a trigger.
  package var run: ScheduleRun?

  package init(record: ScheduleRecord, run: ScheduleRun? = nil) {
    self.record = record
    self.run = run
  }
}
