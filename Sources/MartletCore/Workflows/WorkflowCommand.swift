/// A workflow that somebody wants, with every field checked.
package struct WorkflowDraft: Hashable, Sendable {
  package struct Task: Hashable, Sendable {
    package var pool: String
    package var draft: TaskDraft
    /// Index among the levels.
    package var level: UInt8
    package var weight: UInt32

    package init(pool: String, draft: TaskDraft, level: UInt8 = 0, weight: UInt32 = 1) {
      self.pool = pool
      self.draft = draft
      self.level = level
      self.weight = weight
    }
  }

  package var name: String
  /// One or more.
  package var levels: [WorkflowLevel]
  package var toleratesFailures: Bool
  package var requestID: String
  /// Of the whole request.
  package var fingerprint: UInt64
  package var tasks: [Task]

  package init(
    name: String, levels: [WorkflowLevel], toleratesFailures: Bool = false,
    requestID: String = "", fingerprint: UInt64 = 0, tasks: [Task]
  ) {
    self.name = name
    self.levels = levels
    self.toleratesFailures = toleratesFailures
    self.requestID = requestID
    self.fingerprint = fingerprint
    self.tasks = tasks
  }
}

package enum WorkflowCommand: Sendable {
  case submit(WorkflowDraft, origin: Origin)
  /// Its tasks that wait are cancelled, those that run are asked to stop.
  case cancel(WorkflowID, origin: Origin)
  /// Reopens what did not succeed: all of its FAILED and CANCELLED tasks, as the index knows them.
  case retry(WorkflowID, [TaskHistory], origin: Origin)
}
