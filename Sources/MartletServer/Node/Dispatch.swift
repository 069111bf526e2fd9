package import MartletCore

/// One attempt to make: what the engine knows of it when its start is durable.
package struct Dispatch: Sendable {
  package var token: AttemptToken
  package var pool: PoolID
  package var poolName: String
  package var slots: Int
  package var kind: String
  package var labels: LabelSet
  package var submitRevision: Revision
  /// When it is told to stop, on the log's clock.
  package var stopAt: Elapsed

  /// nil for other events, and for an attempt that is already over again.
  init?(_ event: Event, engine: Engine) {
    guard case .task(let change) = event.body, case .started = change.change,
      let task = engine.state.durable.tasks[change.task],
      task.state == .running, task.attempt == change.status.attempt
    else { return nil }
    token = AttemptToken(task: change.task, attempt: change.status.attempt)
    pool = change.pool
    let record = engine.state.durable.catalog.pools[change.pool]
    poolName = record?.name ?? ""
    slots = record?.spec.slots ?? 1
    kind = engine.state.durable.catalog.kinds[change.kind]
    labels = change.labels
    submitRevision = task.submitRevision
    let policy = engine.state.durable.tasks.policy(of: task)
    let started = task.notes?.startElapsed ?? engine.state.durable.catalog.stamp.elapsed
    stopAt = min(task.deadline, started + policy.runTimeout)
  }
}
