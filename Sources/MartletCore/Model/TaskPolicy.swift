/// How a task's attempts are made: fixed at submission, from the task's own words and the defaults
/// of its pool. Many tasks share one value, so live tasks keep a reference to it only.
package struct TaskPolicy: Hashable, Sendable {
  package var retry: RetryPolicy
  /// The longest time that one attempt may run; more than 0.
  package var runTimeout: Span
  /// Only workers that have all these labels may run it; none: whoever serves the kind.
  package var selector: LabelSet

  package init(retry: RetryPolicy, runTimeout: Span, selector: LabelSet = .none) {
    self.retry = retry
    self.runTimeout = runTimeout
    self.selector = selector
  }
}
