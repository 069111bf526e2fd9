/// A process that runs attempts for the server: who it says it is.
package struct WorkerIdentity: Hashable, Sendable {
  /// For people; many may share it.
  package var name: String
  /// Of this one process: another start has another.
  package var instance: String

  package init(name: String, instance: String) {
    self.name = name
    self.instance = instance
  }
}

/// The right to make one attempt.
///
/// The epoch is larger than that of every lease of the task before it, also over restarts: a store
/// that keeps the largest it has seen can refuse whoever lost the lease and does not know it yet.
package struct Lease: Hashable, Sendable {
  package var task: TaskID
  package var attempt: UInt32
  package var epoch: UInt64

  package init(task: TaskID, attempt: UInt32, epoch: UInt64) {
    self.task = task
    self.attempt = attempt
    self.epoch = epoch
  }

  package var token: AttemptToken { AttemptToken(task: task, attempt: attempt) }
}

/// Which worker makes an attempt, by which lease; kept with the task while it runs, so that a
/// restart of the server takes the attempt from nobody.
package struct Assignment: Hashable, Sendable {
  package var worker: WorkerIdentity
  package var epoch: UInt64

  package init(worker: WorkerIdentity, epoch: UInt64) {
    self.worker = worker
    self.epoch = epoch
  }
}

/// A lease that is offered to a worker, with all that it must know beside the task's submission.
package struct Offer: Hashable, Sendable {
  package var lease: Lease
  package var worker: WorkerID
  package var pool: PoolID
  package var poolName: String
  package var kind: String
  package var labels: LabelSet
  package var submitRevision: Revision
  /// Before the attempt, and the revision of its last change.
  package var status: TaskStatus
  package var revision: Revision
  /// When an attempt that starts now is told to stop, on the log's clock.
  package var stopAt: Elapsed
}
