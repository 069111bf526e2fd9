import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore

/// What a handler is given of a task's submission.
struct TaskContent: Sendable {
  var payload: [UInt8]
  var contentType: String
  var traceParent: String
  /// Those whose results the handler wants.
  var dependencies: [TaskID] = []

  init(_ submission: TaskSubmission) {
    payload = submission.payload
    contentType = submission.contentType
    traceParent = submission.traceParent
    if submission.policy.flow?.wantsResults == true {
      dependencies = submission.dependencies?.tasks ?? []
    }
  }

  /// nil if the row is damaged.
  init?(_ row: TaskRow) {
    guard let spec = try? LogAPI.Spec(protobufBytes: row.submission.spec),
      let policy = try? LogAPI.Policy(protobufBytes: row.submission.policy)
    else { return nil }
    payload = row.submission.payload
    contentType = spec.contentType
    traceParent = spec.traceParent
    if policy.flow?.wantsResults == true {
      dependencies = spec.dependsOn.map(TaskID.init(rawValue:))
    }
  }
}

/// Where the dispatcher finds the content of the tasks whose attempts it makes.
struct SubmissionSource: Sendable {
  /// The segments in memory that hold these submissions; nil for those that are no longer there.
  var near: @Sendable ([Revision]) -> [Segment?]
  /// From the index, with one look for all. What cannot be read is left out. `then` is called once,
  /// on a thread for blocking work.
  var far:
    @Sendable (
      [StartedAttempt], _ then: @escaping @Sendable ([TaskID: TaskContent]) -> Void
    ) -> Void
  /// What tasks came to; nil if that could not be read.
  var outcomes: @Sendable ([TaskID]) async -> [DependencyOutcome]? = { _ in [] }
}
