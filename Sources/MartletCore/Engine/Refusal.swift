/// Why a command changes nothing. One file of the server turns these into status codes.
package enum Refusal: Error, Hashable, Sendable {
  case poolNotFound(String)
  case poolExists(String)
  case poolNotEmpty(String, unfinished: Int64)
  case poolDraining(String)
  case poolClosed(String)
  case queueFull(pool: String, capacity: Int, waiting: Int64)
  /// The node holds as much as it may: live tasks, pools or kinds.
  case memoryPressure(what: String, limit: Int)
  case diskLow
  /// Not among the live tasks; whether it has ended or never was, history tells.
  case taskNotLive(TaskID)
  case taskTerminal(TaskID, TaskState)
  case taskNotRetryable(TaskID, TaskState)
  /// There is a task of the same key, which counts; `index` is that of the newcomer in its batch.
  case duplicateTask(TaskID, TaskState, index: Int?)
  /// Two of one batch have the same key.
  case duplicateInBatch(index: Int, first: Int)
  /// Only a task that waits can be changed.
  case taskRunning(TaskID)
  /// The task has changed since the caller saw it.
  case revisionMismatch(TaskID, Revision)
  /// It runs, and was asked to stop.
  case taskNotPausable(TaskID)
  case taskNotPaused(TaskID, TaskState)
  /// The attempt is over or another one is running.
  case leaseLost(TaskID, attempt: UInt32)
  /// A checkpoint that is no newer than the one that is kept.
  case checkpointOutOfOrder(TaskID, kept: UInt64)
  /// No worker of that number is there, or no longer.
  case workerNotFound(WorkerID)
  case bulkNotFound(BulkID)
  /// What the task at that index of its batch is to wait for is not there, or no longer kept.
  case dependencyNotFound(TaskID, index: Int)
  /// It did not succeed, and tasks that depend on it wait.
  case taskNeeded(TaskID)
  case workflowNotFound(WorkflowID)
  /// None of its tasks is FAILED or CANCELLED.
  case workflowNotRetryable(WorkflowID, WorkflowState)
  case scheduleNotFound(String)
  case scheduleExists(String)
  /// There is no time to come at which it would fire.
  case scheduleNeverFires(String)
  case scheduleEtagMismatch(String)
  /// The server has no rules of that name.
  case timeZoneUnknown(String)
  /// Somebody else holds it, and the call may not wait, or not longer.
  case lockHeld(String, by: LockView?)
  /// Not by that owner with that token, or no longer.
  case lockNotHeld(String, Revision)
  case lockNotFound(String)
  case limitNotFound(String)
  case limitExists(String)
  case limitEtagMismatch(String)
  /// A rate stays a rate: delete it and make another.
  case limitSortFixed(String)
  /// It never has so many at once.
  case limitTooSmall(String, units: Int, most: Int)
  /// There are not so many now, and the call may not wait, or not longer.
  case limitExceeded(LimitShortage)
  /// Not by that owner with that token, or no longer.
  case permitsNotHeld(String, Revision)
  /// Only permits of concurrency limits are held.
  case limitNotHeld(String)
  case etagMismatch(pool: String)
  /// Fields that are each in their range do not fit together.
  case poolSpecInvalid(PoolSpecProblem)
  /// The pool has no such revision, or it is no longer kept.
  case poolRevisionNotFound(pool: String, Revision)
  case groupNotFound(String)
  case groupExists(String)
  /// Pools are in it, deleted ones included that have yet to go.
  case groupNotEmpty(String, pools: [String], count: Int)
  /// Its pools would be guaranteed more than there is.
  case groupBudgetExceeded(String, budget: Int, guaranteed: Int)
  case groupEtagMismatch(String)
  case requestIDReused(String)
  /// What was fetched from the index is older than what has happened since: fetch again.
  case staleHistory
  /// The server is stopping and takes no more commands.
  case stopping
}
