/// What a session wants done, beside messages.
enum SessionEffect: Equatable {
  /// Start a handler for it. Its acceptance is among what is to be said.
  case start(API.Assign)
  /// Tell the lease's handler.
  case stop(lease: String, TaskStop)
  /// The checkpoints of the lease up to this one are settled.
  case checkpointSettled(lease: String, upTo: UInt64, CheckpointVerdict)
  /// What the server said of an attempt's end.
  case endSettled(kind: String, isAccepted: Bool)
  /// End the stream: the server is not there any more.
  case abandonStream
}

enum CheckpointVerdict: Equatable {
  case saved
  case refused(String)
  case lost
}

/// What a handler came to.
enum HandlerOutcome {
  case content(TaskContent)
  case failure(TaskFailure)
  /// `TaskSnooze`.
  case snoozed(Duration)
  /// `CancellationError`.
  case interrupted
  /// Any other error, in its own words.
  case other(String)
}

/// How an attempt ended, for whoever counts.
public enum AttemptEnding: String, Sendable, CaseIterable {
  case succeeded, failed, cancelled
  /// Given back: it was paused, or the worker is stopping.
  case released
  /// The lease had ended before the handler did.
  case lost
}
