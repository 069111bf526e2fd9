import MartletAPI
package import MartletCore
import MartletProtobuf
package import MartletStore

/// A task as it was submitted, with its payload; labels and priority may be others by now.
package struct SubmittedTask: Sendable {
  package var task: TaskID
  package var pool: PoolID
  package var kind: KindID
  package var labels: LabelSet
  package var createTime: WallTime
  package var submitRevision: Revision
  package var submission: TaskSubmission

  /// From the event that submitted it; nil if the segment says something else there.
  init?(_ task: TaskID, in segment: Segment, at revision: Revision) {
    let index = Int(revision.rawValue - segment.firstRevision.rawValue)
    guard let body = try? segment.body(index), case .task(let event) = body, event.task == task,
      case .submitted(let submission) = event.change
    else { return nil }
    self.task = task
    pool = event.pool
    kind = event.kind
    labels = event.labels
    createTime = segment.stamp.time
    submitRevision = revision
    self.submission = submission
  }

  /// From the index; nil if the row is damaged. `kindName` is that of the row's kind.
  package init?(_ row: TaskRow, kindName: String) {
    guard let policy = (try? LogAPI.Policy(protobufBytes: row.submission.policy))?.value,
      let spec = try? LogAPI.Spec(protobufBytes: row.submission.spec)
    else { return nil }
    task = row.id
    pool = row.submission.pool
    kind = row.submission.kind
    labels = row.submission.labels
    createTime = row.submission.createTime
    submitRevision = row.submission.submitRevision
    submission = TaskSubmission(
      kindName: kindName, priority: row.submission.priority, policy: policy,
      deadline: row.submission.deadline, deadlineTime: WallTime(unlessZero: spec.deadlineTime),
      start: spec.start, payload: row.submission.payload, contentType: spec.contentType,
      traceParent: spec.traceParent, actor: spec.actor,
      request: spec.requestId.isEmpty
        ? nil : RequestStamp(id: spec.requestId, key: .init(high: 0, low: 0), fingerprint: 0),
      unique: spec.unique?.value, ref: spec.ref, dependencies: spec.dependencies(),
      level: spec.level)
    submission.schedule = spec.schedule
  }
}
