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
        submitRevision: submission.submitRevision, unique: submission.unique,
        dependencies: policy.flow?.hasDependencies == true ? try submittedDependencies() : []),
      asOf: max(revision, self.status.revision))
  }

  /// What it waits for, or waited for: of one that was reopened, what had not ended then.
  func dependencies() throws(StoreFailure) -> [TaskID] {
    guard let status = TaskStatus(status) else { throw damaged }
    if let open = status.notes?.waitsFor { return open }
    return try submittedDependencies()
  }

  private func submittedDependencies() throws(StoreFailure) -> [TaskID] {
    guard let spec = try? LogAPI.Spec(protobufBytes: submission.spec) else { throw damaged }
    return spec.dependsOn.map(TaskID.init(rawValue:))
  }

  private var damaged: StoreFailure {
    .corrupted(file: "index.db", reason: "the row of \(id) is damaged")
  }
}
