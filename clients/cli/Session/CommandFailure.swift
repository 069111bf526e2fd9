internal import MartletClient

/// Why a command failed: one sentence that says what to do, and the exit status.
struct CommandFailure: Error, Equatable {
  var status: ExitStatus
  /// With its full stop.
  var sentence: String

  init(_ status: ExitStatus, _ sentence: String) {
    self.status = status
    self.sentence = sentence
  }

  /// Nil for errors of the argument parser, which knows best what they mean.
  init?(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as MartletError: self.init(error)
    case is CancellationError: self.init(.timedOut, "the command was cancelled.")
    default: return nil
    }
  }

  init(_ error: MartletError) {
    let advice = (Self.advice(error) ?? error.advice).map { ": \($0)" } ?? ""
    self.init(Self.status(error), "\(error.summary.lowercasedFirst)\(advice).")
  }

  static func timedOut(after limit: Duration) -> CommandFailure {
    CommandFailure(
      .timedOut,
      "the time limit of \(limit.text) passed: allow more with --timeout, or see how far it is "
        + "with `martlet info` and `martlet task list`.")
  }

  private static func status(_ error: MartletError) -> ExitStatus {
    switch error.code {
    case .unavailable:
      error.reason == nil || error.reason == .serverStopping ? .unreachable : .refused
    case .deadlineExceeded: .timedOut
    case .notFound: .notFound
    case .invalidArgument: .usage
    case .outOfRange, .resourceExhausted, .failedPrecondition, .alreadyExists, .aborted,
      .permissionDenied, .unauthenticated:
      .refused
    default: .other
    }
  }

  /// What to do, in terms of this program; nil where the client's own advice will do.
  private static func advice(_ error: MartletError) -> String? {
    if error.code == .unavailable, error.reason == nil {
      return "start `martletd`, or name another server with --server or MARTLET_SERVER"
    }
    if error.code == .deadlineExceeded { return "allow more with --timeout" }
    switch error.reason {
    case .queueFull:
      let delay = error.retryDelay.map { "try again in \($0.text)" } ?? "try again later"
      let waiting = error.metadata["waiting"].map { "\($0) tasks wait; " } ?? ""
      return "\(waiting)\(delay), wait for room with --wait-for-room, "
        + "or raise the limit with `martlet pool update --queue-capacity`"
    case .poolNotFound: return "see `martlet pool list`, or create it with `martlet pool create`"
    case .poolExists: return "use it as it is, or change it with `martlet pool update`"
    case .poolRevisionNotFound: return "see `martlet pool history`"
    case .groupNotFound: return "see `martlet group list`, or create it with `martlet group create`"
    case .groupExists: return "use it as it is, or change it with `martlet group update`"
    case .groupNotEmpty: return "see `martlet group get`, and take them out with `pool update`"
    case .groupBudgetExceeded:
      return "raise the budget with `martlet group update`, or lower a --group-minimum"
    case .poolNotEmpty:
      return "let it finish with `martlet pool drain`, or cancel what is left with --force"
    case .poolDraining, .poolClosed: return "open it again with `martlet pool resume`"
    case .taskNotFound: return "see `martlet task list`; finished tasks are kept only for a time"
    case .workerNotFound: return "see `martlet worker list`"
    case .bulkNotFound: return "see `martlet bulk list`; ended ones are kept only for a time"
    case .workflowNotFound:
      return "see `martlet workflow list`; ended ones are kept only for a time"
    case .workflowNotRetryable: return "see `martlet workflow get`"
    case .scheduleNotFound: return "see `martlet schedule list`"
    case .scheduleExists: return "change it with `martlet schedule update`"
    case .scheduleNeverFires: return "see its times with `martlet schedule create … --dry-run`"
    case .lockHeld: return "wait longer with --wait, or see who holds it with `martlet lock get`"
    case .lockNotHeld, .lockNotFound: return "see `martlet lock list`"
    case .timeZoneUnknown: return "use an IANA name, such as Europe/Vienna or UTC"
    case .dependencyNotFound: return "see `martlet task list`; finished tasks are kept for a time"
    case .taskNotPausable: return "it was asked to stop; wait until it has ended"
    case .taskNotPaused: return "only PAUSED tasks can be resumed"
    case .duplicateTask:
      let other = error.metadata["task_id"].map { "see `martlet task get \($0)`, or " } ?? ""
      return "\(other)say what is to happen with --on-duplicate return, replace or debounce"
    case .taskRunning: return "only waiting tasks can be changed; cancel or pause it instead"
    case .revisionMismatch: return "read it again with `martlet task get`"
    case .taskNotRetryable: return "only FAILED and CANCELLED tasks can be retried"
    case .revisionCompacted: return "start with `--from beginning`"
    default: return nil
    }
  }
}
