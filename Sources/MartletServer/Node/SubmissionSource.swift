import MartletCore

/// Where the dispatcher finds the fixed half of the tasks whose attempts it makes.
struct SubmissionSource: Sendable {
  /// Submissions from there on are in memory.
  var oldestNear: @Sendable () -> Revision
  /// From memory; nil if it is no longer there.
  var near: @Sendable (TaskID, _ submitRevision: Revision) -> SubmittedTask?
  /// From the index, with one look for all; what cannot be read is left out.
  var far: @Sendable ([StartedAttempt]) async -> [TaskID: SubmittedTask]
}
