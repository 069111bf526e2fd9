package import MartletAPI
import MartletCore
import MartletProtobuf
package import MartletRPC
import MartletStore

extension TaskService {
  package func cancelTask(
    _ request: API.CancelTaskRequest, context: CallContext
  ) async throws -> API.CancelTaskResponse {
    try await desk.answer(context) {
      let change = try RequestCheck.change(id: request.id, reason: request.reason, limits: limits)
      let (task, cursor) = try await changeLive(change, context) { .cancel($0, origin: $1) }
      return .init(task: task, cursor: cursor)
    }
  }

  package func pauseTask(
    _ request: API.PauseTaskRequest, context: CallContext
  ) async throws -> API.PauseTaskResponse {
    try await desk.answer(context) {
      let change = try RequestCheck.change(id: request.id, reason: request.reason, limits: limits)
      let (task, cursor) = try await changeLive(change, context) { .pause($0, origin: $1) }
      return .init(task: task, cursor: cursor)
    }
  }

  package func resumeTask(
    _ request: API.ResumeTaskRequest, context: CallContext
  ) async throws -> API.ResumeTaskResponse {
    try await desk.answer(context) {
      let change = try RequestCheck.change(id: request.id, reason: request.reason, limits: limits)
      do {
        let (task, cursor) = try await changeLive(change, context) { .resume($0, origin: $1) }
        return .init(task: task, cursor: cursor)
      } catch Refusal.taskTerminal(let id, let state) {
        throw Refusal.taskNotPaused(id, state)
      }
    }
  }

  package func updateTask(
    _ request: API.UpdateTaskRequest, context: CallContext
  ) async throws -> API.UpdateTaskResponse {
    try await desk.answer(context) {
      let update = try RequestCheck.update(request, now: node.clock.now.wall, limits: limits)
      let change = CheckedChange(id: update.id, reason: update.reason)
      let (task, cursor) = try await changeLive(change, context) {
        .update($0, update.change, expected: update.expected, origin: $1)
      }
      return .init(task: task, cursor: cursor)
    }
  }

  package func retryTask(
    _ request: API.RetryTaskRequest, context: CallContext
  ) async throws -> API.RetryTaskResponse {
    try await desk.answer(context) {
      let change = try RequestCheck.change(id: request.id, reason: request.reason, limits: limits)
      let origin = try Origin(context, reason: change.reason)
      for _ in 0..<Self.triesMax {
        let history = try await history(of: change.id, context)
        let outcome: Node.Outcome<Answer>
        do throws(Refusal) {
          outcome = try await node.perform(.retry(history, origin: origin), on: context.loop)
        } catch {
          guard error == .staleHistory else { throw error }
          continue
        }
        return .init(
          task: try await task(in: outcome, context), cursor: Cursor(outcome.revision).text)
      }
      throw Refusal.staleHistory
    }
  }

  // MARK: - Parts

  /// Changes a task that has not ended; TASK_TERMINAL if it has.
  private func changeLive(
    _ change: CheckedChange, _ context: CallContext,
    _ command: (TaskID, Origin) -> Command
  ) async throws -> (task: API.Task, cursor: String) {
    let origin = try Origin(context, reason: change.reason)
    for _ in 0..<Self.triesMax {
      let outcome: Node.Outcome<Answer>
      do throws(Refusal) {
        outcome = try await node.perform(command(change.id, origin), on: context.loop)
      } catch {
        guard case .taskNotLive = error else { throw error }
        let (task, _) = try await read(change.id, isFull: false, on: context.loop)
        guard let task else { throw RPCStatus.taskNotFound(change.id) }
        let state = task.status.state
        if state.isTerminal { throw Refusal.taskTerminal(change.id, state) }
        // Somebody reopened it in between: it can be changed again.
        continue
      }
      return (try await task(in: outcome, context), Cursor(outcome.revision).text)
    }
    throw Refusal.staleHistory
  }

  /// What the engine needs to know again of a task that has ended.
  private func history(of id: TaskID, _ context: CallContext) async throws -> TaskHistory {
    let seen = try await node.see(.task(id), on: context.loop)
    if case .task(let view?) = seen.value {
      throw Refusal.taskNotRetryable(id, view.status.state)
    }
    let rows = try await node.rows([id], withContent: false, asOf: seen.revision)
    guard let row = rows.first else { throw RPCStatus.taskNotFound(id) }
    return try row.history(asOf: seen.revision)
  }

  private func task(
    in outcome: Node.Outcome<Answer>, _ context: CallContext
  ) async throws -> API.Task {
    guard case .task(let view) = outcome.value else {
      throw desk.fault("the engine answered a change of a task with something else", in: context)
    }
    guard let record = try await record(of: view) else { throw RPCStatus.taskNotFound(view.id) }
    return API.Task(record, isFull: false)
  }
}
