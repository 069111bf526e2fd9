/// A task in the engine's memory as filters see it: as its row is, once the index is there.
package struct FilteredLiveTask: FilteredTask {
  private let task: LiveTask
  private let labels: LabelSet
  private let workflow: WorkflowID?
  private let fairnessKey: String?

  package init(_ task: LiveTask, in table: TaskTable) {
    self.task = task
    labels = table.labels(of: task)
    workflow = table.member(of: task)?.workflow
    fairnessKey = table.policies.fairness(task.policy)?.key
  }

  package var poolID: PoolID { task.pool }
  package var kindID: KindID { task.kind }
  package var taskID: TaskID? { task.id }
  package var state: TaskState? { task.state }
  package var failureKind: FailureKind? { task.notes?.failure?.kind }
  package var percent: Double? { task.notes?.progress?.percent }

  package func text(_ field: FilterField.Text) -> String? {
    let text: String? =
      switch field {
      case .label(let key): labels[key]
      case .failureCode: task.notes?.failure?.code
      case .failureMessage: task.notes?.failure?.message
      case .progressStep: task.notes?.progress?.step
      case .worker: task.notes?.assignment?.worker.name
      case .workflow: workflow?.description
      case .fairnessKey: fairnessKey
      case .pool, .kind, .eventType, .actor, .reason: nil
      }
    if case .label = field { return text }
    return text?.isEmpty == true ? nil : text
  }

  package func time(_ field: FilterField.Time) -> WallTime? {
    switch field {
    case .createTime: task.createTime
    case .dueTime: task.dueTime
    case .startTime: task.notes?.startTime
    case .finishTime, .time: nil
    }
  }

  package func number(_ field: FilterField.Number) -> Int64? {
    switch field {
    case .priority: Int64(task.priority)
    case .attempt: Int64(task.attempt)
    }
  }
}
