/// An attempt to make: all that whoever runs it must know beside the task's submission.
package struct StartedAttempt: Hashable, Sendable {
  package var token: AttemptToken
  package var pool: PoolID
  package var poolName: String
  package var slots: Int
  package var kind: String
  package var labels: LabelSet
  package var submitRevision: Revision
  /// When it is told to stop, on the log's clock.
  package var stopAt: Elapsed
}

extension Engine {
  /// The attempt that a `started` event began; nil if it is over again.
  package func startedAttempt(_ event: TaskEvent) -> StartedAttempt? {
    guard let task = durable.tasks[event.task], task.state == .running,
      task.attempt == event.status.attempt, let pool = catalog.pools[event.pool]
    else { return nil }
    let started = task.notes?.startElapsed ?? catalog.stamp.elapsed
    return StartedAttempt(
      token: AttemptToken(task: event.task, attempt: task.attempt), pool: event.pool,
      poolName: pool.name, slots: pool.slotLimit, kind: catalog.kinds[event.kind],
      labels: event.labels, submitRevision: task.submitRevision,
      stopAt: min(task.deadline, started + durable.tasks.policy(of: task).runTimeout))
  }
}
