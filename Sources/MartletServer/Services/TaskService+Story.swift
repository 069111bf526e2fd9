package import MartletAPI
import MartletCore
import MartletProtobuf
package import MartletRPC
import MartletStore

/// Where a task has been, and why it is where it is.
extension TaskService {
  package func explainTask(
    _ request: API.ExplainTaskRequest, context: CallContext
  ) async throws -> API.ExplainTaskResponse {
    try await desk.answer(context) {
      let id = try RequestCheck.get(.init(id: request.id), limits: limits).id
      let seen = try await node.see(.explainTask(id), on: context.loop)
      if case .explanation(let explanation?) = seen.value {
        return .init(
          taskId: id.description, state: .init(explanation.state),
          causes: explanation.causes.map { .init($0) }, cursor: Cursor(seen.revision).text)
      }
      let rows = try await node.rows([id], withContent: false, asOf: seen.revision)
      guard let row = rows.first else { throw RPCStatus.taskNotFound(id) }
      guard let status = TaskStatus(row.status) else {
        throw StoreFailure.corrupted(file: "index.db", reason: "the row of \(id) is damaged")
      }
      let revision = max(seen.revision, row.status.revision)
      return .init(
        taskId: id.description, state: .init(status.state),
        causes: [.init(WaitingCause(ended: status))], cursor: Cursor(revision).text)
    }
  }

  package func getTaskTrace(
    _ request: API.GetTaskTraceRequest, context: CallContext
  ) async throws -> API.GetTaskTraceResponse {
    try await desk.answer(context) {
      let get = try RequestCheck.trace(request, limits: limits)
      try desk.check(get.minimum)
      let seen = try await node.see(.task(get.id), on: context.loop)
      let id = get.id
      let found = try await node.read(asOf: seen.revision) { index throws(StoreFailure) in
        try index.story(id)
      }
      guard let story = found else { throw RPCStatus.taskNotFound(id) }
      var live: TaskView?
      if case .task(let view) = seen.value { live = view }
      let (trace, status, revision) = try trace(of: story, live)
      return .init(
        trace: .init(trace, of: id, status, revision: revision, now: node.clock.now.wall),
        cursor: Cursor(max(seen.revision, revision)).text)
    }
  }

  /// The index may be ahead of what was seen of a live task: its later turns are left out.
  private func trace(
    of story: TaskStory, _ live: TaskView?
  ) throws(StoreFailure) -> (TaskTrace, TaskStatus, Revision) {
    let row = story.row
    guard let status = live?.status ?? TaskStatus(row.status),
      let submitted = SubmittedTask(row, kindName: "")
    else { throw .corrupted(file: "index.db", reason: "the row of \(row.id) is damaged") }
    let revision = live?.revision ?? row.status.revision
    var turns: [TaskTurn] = []
    for row in story.turns where row.revision <= revision {
      guard let turn = (try? LogAPI.Turn(protobufBytes: row.bytes))?.value else {
        throw .corrupted(file: "index.db", reason: "a turn of \(row.task) is damaged")
      }
      turns.append(turn)
    }
    let trace = TaskTrace(
      createTime: submitted.createTime, start: submitted.submission.start,
      actor: submitted.submission.actor, status: status, turns: turns, omitted: story.omitted,
      hasDependencies: submitted.submission.dependencies != nil)
    return (trace, status, revision)
  }
}
