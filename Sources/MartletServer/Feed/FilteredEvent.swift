import MartletAPI
import MartletCore

/// An event as filters see it.
struct FilteredEvent: FilterSubject {
  let event: API.Event

  var state: TaskState? { UInt8(exactly: event.state.rawValue).flatMap(TaskState.init(rawValue:)) }

  var failureKind: FailureKind? {
    event.failure.flatMap { UInt8(exactly: $0.kind.rawValue) }.flatMap(FailureKind.init(rawValue:))
  }

  var percent: Double? { event.progress?.percent }
  var taskID: TaskID? { TaskID(event.taskId) }

  func text(_ field: FilterField.Text) -> String? {
    let text: String? =
      switch field {
      case .pool: event.pool
      case .kind: event.kind
      case .failureCode: event.failure?.code
      case .failureMessage: event.failure?.message
      case .progressStep: event.progress?.step
      case .eventType: event.type.filterName
      case .actor: event.actor
      case .reason: event.reason
      case .label(let key): event.labels[key]
      case .workflow: event.workflowId
      case .worker, .fairnessKey: nil
      }
    if case .label = field { return text }
    return text?.isEmpty == true ? nil : text
  }

  func time(_ field: FilterField.Time) -> WallTime? {
    let time: WellKnown.Timestamp? =
      switch field {
      case .time: event.time
      case .dueTime: event.dueTime
      case .createTime, .startTime, .finishTime: nil
      }
    return time?.nanosecondsSince1970.map(WallTime.init(nanoseconds:))
  }

  func number(_ field: FilterField.Number) -> Int64? {
    switch field {
    // Only events of tasks have one.
    case .attempt: event.taskId.isEmpty ? nil : Int64(event.attempt)
    case .priority: event.priority.map { Int64($0) }
    }
  }
}

extension API.EventType {
  /// As filters name it: `TASK_FAILED`.
  var filterName: String {
    let name = protobufName
    let prefix = "EVENT_TYPE_"
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  static let filterNames = allCases.filter { $0 != .unspecified }.map(\.filterName)
}
