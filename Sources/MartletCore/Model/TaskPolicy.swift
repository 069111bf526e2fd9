/// How a task's attempts are made: fixed at submission, from the task's own words and the defaults
/// of its pool. Many tasks share one value, so live tasks keep a reference to it only.
package struct TaskPolicy: Hashable, Sendable {
  package var retry: RetryPolicy
  /// The longest time that one attempt may run; more than 0.
  package var runTimeout: Span

  package init(retry: RetryPolicy, runTimeout: Span) {
    self.retry = retry
    self.runTimeout = runTimeout
  }
}
