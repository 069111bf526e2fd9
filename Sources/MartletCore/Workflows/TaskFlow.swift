/// How a task goes with others: fixed at submission, and the same for many tasks.
package struct TaskFlow: Hashable, Sendable {
  /// It names tasks that it waits for.
  package var hasDependencies: Bool
  /// What becomes of it when one of them does not succeed.
  package var onFailure: DependencyRule
  /// Whoever runs it is handed the results of its dependencies.
  package var wantsResults: Bool
  package var member: WorkflowMember?

  package init(
    hasDependencies: Bool = false, onFailure: DependencyRule = .cancel,
    wantsResults: Bool = false, member: WorkflowMember? = nil
  ) {
    self.hasDependencies = hasDependencies
    self.onFailure = onFailure
    self.wantsResults = wantsResults
    self.member = member
  }
}

/// What becomes of a task when one that it depends on ends as FAILED or CANCELLED. The raw values
/// are those of the contract and of the log: never change.
package enum DependencyRule: UInt8, Hashable, Sendable, CaseIterable {
  /// It is CANCELLED.
  case cancel = 1
  /// It counts as met.
  case runAnyway = 2
  /// It stays BLOCKED until the other one is retried by hand and succeeds.
  case hold = 3
}

/// The place of a task in its workflow.
package struct WorkflowMember: Hashable, Sendable {
  package var workflow: WorkflowID
  /// Index among the levels of the workflow.
  package var level: UInt8
  /// What it counts in the progress of its level; 1 or more.
  package var weight: UInt32

  package init(workflow: WorkflowID, level: UInt8 = 0, weight: UInt32 = 1) {
    self.workflow = workflow
    self.level = level
    self.weight = weight
  }
}

/// A task that another one is to wait for, as its submitter names it.
package enum DraftDependency: Hashable, Sendable {
  /// The task at that index of the same batch.
  case batch(Int)
  case task(TaskID)
}

/// What a new task waits for, as the event of its submission states it.
package struct TaskDependencies: Hashable, Sendable {
  /// Each once.
  package var tasks: [TaskID]
  /// Those of them that had ended when it was submitted, by rising id.
  package var ended: [Ended]

  package struct Ended: Hashable, Sendable {
    package var task: TaskID
    package var state: TaskState

    package init(task: TaskID, state: TaskState) {
      self.task = task
      self.state = state
    }
  }

  package init(tasks: [TaskID], ended: [Ended] = []) {
    self.tasks = tasks
    self.ended = ended
  }

  /// Whether a task that waits so starts out BLOCKED.
  package func blocks(rule: DependencyRule) -> Bool {
    ended.count < tasks.count || rule != .runAnyway && ended.contains { $0.state != .succeeded }
  }
}

/// What the index says of tasks that have ended and that new ones are to depend on.
package struct DependencyHistory: Hashable, Sendable {
  /// Those that are kept.
  package var states: [TaskID: TaskState]
  package var asOf: Revision

  package init(states: [TaskID: TaskState], asOf: Revision) {
    self.states = states
    self.asOf = asOf
  }
}
