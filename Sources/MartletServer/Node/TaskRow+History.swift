import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore

extension TaskRow {
  /// What the engine needs to know again of a task that has ended.
  func history(asOf revision: Revision) throws(StoreFailure) -> TaskHistory {
    guard let status = TaskStatus(status),
      let policy = (try? LogAPI.Policy(protobufBytes: submission.policy))?.value
    else {
      throw .corrupted(file: "index.db", reason: "the row of \(id) is damaged")
    }
    return TaskHistory(
      task: id, pool: submission.pool, kind: submission.kind, labels: submission.labels,
      status: status,
      revival: TaskRevival(
        priority: submission.priority, policy: policy, createTime: submission.createTime,
        submitRevision: submission.submitRevision, unique: submission.unique),
      asOf: max(revision, self.status.revision))
  }
}
