package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

/// `martlet.v1.TaskService`: submits here and in `TaskService+Submissions`, what reads, changes and
/// waits in files of their own.
package struct TaskService: API.TaskService {
  let desk: ServiceDesk

  var node: Node { desk.node }
  var limits: Limits { desk.node.limits }

  /// How often a command is repeated whose history had become stale by the time it was decided.
  static let triesMax = 10

  package func submitTask(
    _ request: API.SubmitTaskRequest, context: CallContext
  ) async throws -> API.SubmitTaskResponse {
    try await desk.answer(context) {
      let submission = try RequestCheck.submission(request, limits: limits)
      let origin = try Origin(context)
      if request.validateOnly {
        let (pool, revision) = try await rehearse(submission, origin, context)
        let spec = submission.drafts.first.map { API.TaskSpec($0, pool: pool.record.spec) }
        return .init(
          task: .init(pool: submission.pool, spec: spec), cursor: Cursor(revision).text)
      }
      let receipt = try await submit(submission, origin, context)
      guard let id = receipt.tasks.first else {
        throw desk.fault("the engine took a task and gave it no id", in: context)
      }
      return .init(
        task: try await task(id, of: receipt, submission, context),
        cursor: Cursor(receipt.revision).text, existing: id.existed)
    }
  }

  package func batchSubmitTasks(
    _ request: API.BatchSubmitTasksRequest, context: CallContext
  ) async throws -> API.BatchSubmitTasksResponse {
    try await desk.answer(context) {
      let submission = try RequestCheck.submission(request, limits: limits)
      let origin = try Origin(context)
      if request.validateOnly {
        let (_, revision) = try await rehearse(submission, origin, context)
        return .init(cursor: Cursor(revision).text)
      }
      let receipt = try await submit(submission, origin, context)
      return .init(
        taskIds: receipt.tasks.map(\.task.description), cursor: Cursor(receipt.revision).text,
        existing: receipt.tasks.indices.filter { receipt.tasks[$0].existed }.map { Int32($0) })
    }
  }
}

extension TaskRecord {
  /// As the submission left it, before anything followed from it.
  init(new submitted: SubmittedTask, poolName: String) {
    let created = submitted.createTime
    let due: WallTime =
      switch submitted.submission.start {
      case .now: created
      case .delay(let span): created + span
      case .at(let time): max(time, created)
      }
    let rule = submitted.submission.policy.flow?.onFailure ?? .cancel
    let isBlocked = submitted.submission.dependencies?.blocks(rule: rule) ?? false
    self.init(
      submitted: submitted, poolName: poolName,
      status: TaskStatus(
        state: isBlocked ? .blocked : due > created ? .scheduled : .pending, due: .zero,
        dueTime: due),
      revision: submitted.submitRevision)
  }
}
