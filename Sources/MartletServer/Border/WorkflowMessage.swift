import MartletAPI
import MartletCore

extension API.Workflow {
  /// - Parameter durations: Of workflows of its name that succeeded, for the estimate.
  init(_ record: WorkflowRecord, at now: WallTime, durations: [Span]) {
    let elapsed = max((record.finishTime ?? now) - record.createTime, .zero)
    self.init(
      id: record.id.description, name: record.name,
      state: .init(rawValue: Int32(record.state.rawValue)), progress: record.progress,
      levels: record.levels.map { .init($0) },
      counts: TaskState.allCases.filter { record.counts[$0] != 0 }
        .map { .init(state: .init($0), count: record.counts[$0]) },
      tasks: Int32(clamping: record.taskCount), tolerateFailures: record.toleratesFailures,
      createTime: .init(record.createTime), finishTime: record.finishTime.map { .init($0) },
      elapsed: .init(elapsed),
      estimatedRemaining: record.remaining(after: elapsed, durations: durations)
        .map { .init($0) }, actor: record.origin.actor, requestId: record.requestID,
      cancelActor: record.cancel?.actor ?? "", cancelReason: record.cancel?.reason ?? "")
  }
}

extension WorkflowRecord {
  /// By how long others of its name took, in the mean; without any, as if it went on as it has.
  func remaining(after elapsed: Span, durations: [Span]) -> Span? {
    guard state == .running else { return nil }
    if !durations.isEmpty {
      let sum = durations.reduce(0.0) { $0 + Double($1.nanoseconds) }
      let mean = Int64(sum / Double(durations.count))
      return Span(nanoseconds: max(mean - elapsed.nanoseconds, 0))
    }
    guard progress > 0 else { return nil }
    return Span(
      nanoseconds: Int64(min(Double(elapsed.nanoseconds) * (1 - progress) / progress, 9e18)))
  }
}

extension API.WorkflowLevel {
  init(_ level: WorkflowLevel) {
    self.init(
      name: level.name, weight: Int32(clamping: level.weight), progress: level.progress,
      tasks: Int32(clamping: level.tasks), endedTasks: Int32(clamping: level.ended))
  }
}
