package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

/// `martlet.v1.TaskService`: submits here, what reads, changes and waits in files of their own.
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
        let (pool, revision) = try await rehearse(submission, context)
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
        cursor: Cursor(receipt.revision).text)
    }
  }

  package func batchSubmitTasks(
    _ request: API.BatchSubmitTasksRequest, context: CallContext
  ) async throws -> API.BatchSubmitTasksResponse {
    try await desk.answer(context) {
      let submission = try RequestCheck.submission(request, limits: limits)
      let origin = try Origin(context)
      if request.validateOnly {
        let (_, revision) = try await rehearse(submission, context)
        return .init(cursor: Cursor(revision).text)
      }
      let receipt = try await submit(submission, origin, context)
      return .init(
        taskIds: receipt.tasks.map(\.description), cursor: Cursor(receipt.revision).text)
    }
  }

  // MARK: - Submitting

  private struct Receipt {
    var tasks: [TaskID]
    /// The request had been answered before; these are the tasks of then.
    var isRepeat: Bool
    var revision: Revision
  }

  /// The engine says when it has forgotten what a request id stands for; the index knows it then.
  private func submit(
    _ submission: CheckedSubmission, _ origin: Origin, _ context: CallContext
  ) async throws -> Receipt {
    var history: RequestHistory?
    for _ in 0..<Self.triesMax {
      let outcome: Node.Outcome<Answer>
      do throws(Refusal) {
        outcome = try await node.perform(
          .submit(
            pool: submission.pool, tasks: submission.drafts, request: submission.request,
            history: history, origin: origin), on: context.loop)
      } catch {
        guard error == .staleHistory, let key = submission.request?.key else { throw error }
        let (found, asOf) = try await node.requests([key])
        history = RequestHistory(found: found[key], asOf: asOf)
        continue
      }
      guard case .submitted(let tasks, let isRepeat) = outcome.value else {
        throw desk.fault("the engine answered a submission with something else", in: context)
      }
      return Receipt(tasks: tasks, isRepeat: isRepeat, revision: outcome.revision)
    }
    throw Refusal.staleHistory
  }

  /// What a submission's reply shows: the task as it was then, or, of a repeat, as it is now; nil
  /// if it is no longer kept.
  private func task(
    _ id: TaskID, of receipt: Receipt, _ submission: CheckedSubmission, _ context: CallContext
  ) async throws -> API.Task? {
    if !receipt.isRepeat, let submitted = await node.submission(of: id, by: receipt.revision) {
      return API.Task(TaskRecord(new: submitted, poolName: submission.pool), isFull: false)
    }
    let (task, _) = try await read(id, isFull: false, on: context.loop)
    return task.map { API.Task($0, isFull: false) }
  }

  /// Checks all that a submission would be refused for, and stores nothing.
  private func rehearse(
    _ submission: CheckedSubmission, _ context: CallContext
  ) async throws -> (pool: PoolView, revision: Revision) {
    let seen = try await node.see(.pool(submission.pool), on: context.loop)
    guard case .pool(let pool) = seen.value else {
      throw desk.fault("the engine answered a pool call with something else", in: context)
    }
    switch pool.record.state {
    case .active, .paused: break
    case .draining: throw Refusal.poolDraining(submission.pool)
    case .closed, .deleting, .retired: throw Refusal.poolClosed(submission.pool)
    }
    let free = pool.record.state == .active ? max(0, pool.record.spec.slots - pool.inUse) : 0
    let starting = submission.drafts.lazy.filter {
      $0.start == .now && node.handlerKinds.contains($0.kind)
    }.prefix(free).count
    let capacity = pool.record.spec.queueCapacity
    if pool.waiting + Int64(submission.drafts.count) > Int64(capacity + starting) {
      throw Refusal.queueFull(pool: submission.pool, capacity: capacity, waiting: pool.waiting)
    }
    return (pool, seen.revision)
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
    self.init(
      submitted: submitted, poolName: poolName,
      status: TaskStatus(
        state: due > created ? .scheduled : .pending, due: .zero, dueTime: due),
      revision: submitted.submitRevision)
  }
}
