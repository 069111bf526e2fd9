/// What a handler throws when it is too early for its task: the attempt is given back and does not
/// count, and the task waits before the next one.
///
/// ```swift
/// guard try await export.isReady() else { throw TaskSnooze(for: .seconds(600)) }
/// ```
public struct TaskSnooze: Error, Sendable, Equatable {
  /// How long the task waits: at most 10 years.
  public var delay: Duration

  public init(for delay: Duration) { self.delay = delay }
}
