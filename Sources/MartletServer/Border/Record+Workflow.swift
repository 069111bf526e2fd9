import MartletAPI
import MartletCore

// Dependencies and workflows in the form that log and index keep.

extension LogAPI.Flow {
  init(_ flow: TaskFlow) {
    self.init(
      hasDependencies: flow.hasDependencies, onFailure: UInt32(flow.onFailure.rawValue),
      wantsResults: flow.wantsResults, member: flow.member.map { .init($0) })
  }

  var value: TaskFlow? {
    guard let rule = UInt8(exactly: onFailure).flatMap(DependencyRule.init(rawValue:)) else {
      return nil
    }
    return TaskFlow(
      hasDependencies: hasDependencies, onFailure: rule, wantsResults: wantsResults,
      member: member?.value)
  }
}

extension LogAPI.WorkflowMember {
  init(_ member: WorkflowMember) {
    self.init(
      workflow: member.workflow.rawValue, level: UInt32(member.level), weight: member.weight)
  }

  var value: WorkflowMember? {
    UInt8(exactly: level).map {
      WorkflowMember(workflow: WorkflowID(rawValue: workflow), level: $0, weight: weight)
    }
  }
}

extension LogAPI.WaitsFor {
  init(_ tasks: [TaskID]) { self.init(tasks: tasks.map(\.rawValue)) }

  var value: [TaskID] { tasks.map(TaskID.init(rawValue:)) }
}

extension LogAPI.EndedDependency {
  init(_ ended: TaskDependencies.Ended) {
    self.init(task: ended.task.rawValue, state: UInt32(ended.state.rawValue))
  }

  var value: TaskDependencies.Ended? {
    UInt8(exactly: state).flatMap(TaskState.init(rawValue:)).map {
      TaskDependencies.Ended(task: TaskID(rawValue: task), state: $0)
    }
  }
}

extension LogAPI.Spec {
  /// nil if the task waits for none.
  func dependencies(ended: [TaskDependencies.Ended] = []) -> TaskDependencies? {
    dependsOn.isEmpty
      ? nil : TaskDependencies(tasks: dependsOn.map(TaskID.init(rawValue:)), ended: ended)
  }
}

extension LogAPI.WorkflowFact {
  init(_ record: WorkflowRecord) {
    self.init(
      id: record.id.rawValue, name: record.name, origin: .init(record.origin),
      state: UInt32(record.state.rawValue), levels: record.levels.map { .init($0) },
      toleratesFailures: record.toleratesFailures,
      counts: TaskState.allCases.map { record.counts[$0] }, taskCount: record.taskCount,
      firstTask: record.firstTask.rawValue, requestId: record.requestID,
      fingerprint: record.fingerprint, createTime: record.createTime.nanoseconds,
      finishTime: record.finishTime?.nanoseconds ?? 0, cancel: record.cancel.map { .init($0) })
  }

  var value: WorkflowRecord? {
    guard let state = UInt8(exactly: state).flatMap(WorkflowState.init(rawValue:)),
      counts.count == TaskState.allCases.count
    else { return nil }
    var record = WorkflowRecord(
      id: WorkflowID(rawValue: id), name: name, origin: origin?.value ?? .server,
      levels: levels.map(\.value), toleratesFailures: toleratesFailures, taskCount: taskCount,
      firstTask: TaskID(rawValue: firstTask), requestID: requestId, fingerprint: fingerprint,
      createTime: WallTime(nanoseconds: createTime), state: state)
    for (state, count) in zip(TaskState.allCases, counts) { record.counts[state] = count }
    record.finishTime = WallTime(unlessZero: finishTime)
    record.cancel = cancel?.value
    return record
  }
}

extension LogAPI.WorkflowLevelFact {
  init(_ level: WorkflowLevel) {
    self.init(
      name: level.name, weight: level.weight, taskWeight: level.taskWeight,
      endedWeight: level.endedWeight, tasks: level.tasks, ended: level.ended)
  }

  var value: WorkflowLevel {
    var level = WorkflowLevel(name: name, weight: weight)
    level.taskWeight = taskWeight
    level.endedWeight = endedWeight
    level.tasks = tasks
    level.ended = ended
    return level
  }
}

extension LogAPI.WorkflowEventRecord {
  init(_ event: WorkflowEvent) {
    self.init(
      change: UInt32(event.change.rawValue), workflow: .init(event.record),
      origin: .init(event.origin), forgotten: event.forgotten.map(\.rawValue))
  }

  var value: WorkflowEvent? {
    guard let change = UInt8(exactly: change).flatMap(WorkflowEvent.Change.init(rawValue:)),
      let record = workflow?.value
    else { return nil }
    return WorkflowEvent(
      change: change, record: record, origin: origin?.value ?? .server,
      forgotten: forgotten.map(WorkflowID.init(rawValue:)))
  }
}
