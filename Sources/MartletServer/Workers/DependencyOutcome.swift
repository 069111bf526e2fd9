import MartletAPI
package import MartletCore
import MartletProtobuf
import MartletStore

/// What a task came to that another one depends on, as whoever runs that one is handed it.
package struct DependencyOutcome: Hashable, Sendable {
  /// The task's id as text.
  package var taskID: String
  /// What it is called among those that were submitted with it; empty if nothing.
  package var ref: String
  /// `SUCCEEDED`, `FAILED` or `CANCELLED`; nil if the task is no longer kept.
  package var state: TaskState?
  package var result: TaskResult?
  /// There is a result that did not fit.
  package var isOmitted = false

  /// All results of a task's dependencies together: with the task's payload and checkpoint they
  /// stay below what any client takes as one message.
  static let bytesMax = 1 << 20
}

extension Node {
  /// Rows come with payloads too: so few are read at once.
  private static let outcomeRowsMax = 64

  /// In the order of `tasks`, as of all that is durable.
  func outcomes(of tasks: [TaskID]) async throws(StoreFailure) -> [DependencyOutcome] {
    let revision = durableRevision
    var outcomes: [DependencyOutcome] = []
    outcomes.reserveCapacity(tasks.count)
    var bytes = 0
    var rest = tasks[...]
    while !rest.isEmpty {
      let slice = Array(rest.prefix(Self.outcomeRowsMax))
      rest = rest.dropFirst(slice.count)
      let isFull = bytes >= DependencyOutcome.bytesMax
      let rows = try await rows(slice, withContent: !isFull, asOf: revision)
      let found = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
      for task in slice {
        outcomes.append(DependencyOutcome(task, found[task], isFull: isFull, bytes: &bytes))
      }
    }
    return outcomes
  }
}

extension DependencyOutcome {
  /// - Parameters:
  ///   - isFull: The row was read without its result.
  ///   - bytes: Of the results before it; with its own after it.
  fileprivate init(_ task: TaskID, _ row: TaskRow?, isFull: Bool, bytes: inout Int) {
    self.init(taskID: task.description, ref: "")
    guard let row else { return }
    ref = (try? LogAPI.Spec(protobufBytes: row.submission.spec))?.ref ?? ""
    state = row.status.state
    if isFull {
      isOmitted = row.status.state == .succeeded
      return
    }
    guard let encoded = row.status.result, let read = try? LogAPI.Result(protobufBytes: encoded)
    else { return }
    if bytes + read.data.count <= Self.bytesMax {
      bytes += read.data.count
      result = read.value
    } else {
      isOmitted = true
    }
  }
}

extension API.DependencyResult {
  init(_ outcome: DependencyOutcome) {
    self.init(
      taskId: outcome.taskID, ref: outcome.ref,
      state: outcome.state.map { .init($0) } ?? .unspecified,
      result: outcome.result.map { .init($0) }, omitted: outcome.isOmitted)
  }
}
