/// How a task's attempts are made: fixed at submission, from the task's own words and the defaults
/// of its pool. Many tasks share one value, so live tasks keep a reference to it only.
package struct TaskPolicy: Hashable, Sendable {
  package var retry: RetryPolicy
  /// The longest time that one attempt may run; more than 0.
  package var runTimeout: Span
  /// The longest time that it may be PENDING without a start; more than 0. None: without end.
  package var queueTimeout: Span?
  /// The longest time that a handler may be silent; more than 0. None: without end.
  package var heartbeatTimeout: Span?
  /// Only workers that have all these labels may run it; none: whoever serves the kind.
  package var selector: LabelSet
  /// How it goes with others; nil: it does not.
  package var flow: TaskFlow?
  /// For whom it runs; nil: for all that name nobody.
  package var fairness: TaskFairness?

  package init(
    retry: RetryPolicy, runTimeout: Span, queueTimeout: Span? = nil,
    heartbeatTimeout: Span? = nil, selector: LabelSet = .none, flow: TaskFlow? = nil,
    fairness: TaskFairness? = nil
  ) {
    self.retry = retry
    self.runTimeout = runTimeout
    self.queueTimeout = queueTimeout
    self.heartbeatTimeout = heartbeatTimeout
    self.selector = selector
    self.flow = flow
    self.fairness = fairness
  }
}
