/// Why an attempt is to end before it is done. Its Swift task is cancelled at the same moment.
public struct TaskStop: Sendable, Equatable {
  /// Who asked for it.
  public enum Cause: Sendable, Equatable {
    /// Somebody cancelled the task, or its time is over. What the handler comes to within the grace
    /// ends the task.
    case cancelled
    /// Somebody paused the task: save a checkpoint, then throw `CancellationError`.
    case paused
    /// The task is no longer this worker's: nothing that is said of it is taken.
    case lost
    /// The worker is stopping: save a checkpoint, then throw `CancellationError`. The attempt is
    /// given back and does not count.
    case stopping
  }

  /// Who asked for it.
  public var cause: Cause
  /// For people; may be empty.
  public var reason: String
  /// How long the handler has; after it, it is done without.
  public var grace: Duration

  public init(_ cause: Cause, reason: String = "", grace: Duration = .zero) {
    self.cause = cause
    self.reason = reason
    self.grace = grace
  }
}
