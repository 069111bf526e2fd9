import MartletAPI
import MartletRPC
import Synchronization

/// A task's story as a server would tell it that knows only how the task stands.
extension FakeTaskService {
  func getTaskTrace(
    _ request: API.GetTaskTraceRequest, context: CallContext
  ) async throws -> API.GetTaskTraceResponse {
    try node.enter(context)
    let task = try find(request.id)
    let start = task.createTime ?? .init(seconds: 1_700_000_000)
    let second = WellKnown.Timestamp(seconds: start.seconds + 1, nanos: start.nanos)
    let end = WellKnown.Timestamp(seconds: start.seconds + 3, nanos: start.nanos)
    let isOver = [.succeeded, .failed, .cancelled].contains(task.state)
    var nodes = [
      API.TraceNode(
        type: .submitted, startTime: start, endTime: start, duration: .init(), actor: "ada"),
      API.TraceNode(
        type: .queued, startTime: start, endTime: second, duration: .init(seconds: 1)),
      API.TraceNode(
        type: .running, startTime: second, endTime: isOver ? end : nil,
        duration: .init(seconds: 2), attempt: 1, worker: "eve",
        outcome: task.state == .failed
          ? .failed : task.state == .succeeded ? .succeeded : .unspecified,
        failure: task.failure),
    ]
    if isOver {
      nodes.append(
        API.TraceNode(
          type: .ended, startTime: end, endTime: end, duration: .init(), attempt: 1,
          failure: task.failure, state: task.state))
    }
    let totals = API.TraceTotals(
      lifetime: .init(seconds: 3), queueWait: .init(seconds: 1), runTime: .init(seconds: 2),
      attempts: 1)
    return .init(
      trace: .init(taskId: task.id, state: task.state, revision: 7, nodes: nodes, totals: totals),
      cursor: node.cursor)
  }

  func explainTask(
    _ request: API.ExplainTaskRequest, context: CallContext
  ) async throws -> API.ExplainTaskResponse {
    try node.enter(context)
    let task = try find(request.id)
    var causes = [
      API.WaitingCause(type: .running, text: "it runs", remedy: "its end", attempt: 1)
    ]
    if task.state == .paused {
      causes = [
        API.WaitingCause(
          type: .paused, text: "it was paused by ada", remedy: "ResumeTask", actor: "ada"),
        API.WaitingCause(
          type: .noFreeSlot, text: "the pool's one slot is in use", remedy: "more slots",
          pool: task.pool, slots: 1, slotsInUse: 1, tasksAhead: 0),
      ]
    }
    return .init(taskId: task.id, state: task.state, causes: causes, cursor: node.cursor)
  }
}

extension FakePoolService {
  func explainPool(
    _ request: API.ExplainPoolRequest, context: CallContext
  ) async throws -> API.ExplainPoolResponse {
    try node.enter(context)
    let pool = try node.state.withLock { state in
      guard let pool = state.pools[request.name] else {
        throw FakeNode.status(
          .notFound, "POOL_NOT_FOUND", "there is no pool `\(request.name)`")
      }
      return pool
    }
    var causes: [API.WaitingCause] = []
    if pool.state == .paused {
      causes.append(
        .init(
          type: .poolPaused, text: "the pool \(pool.name) is paused", remedy: "ResumePool",
          pool: pool.name, tasks: 4))
    }
    return .init(
      pool: pool.name, state: pool.state, causes: causes, cursor: node.cursor,
      slots: pool.spec?.slots ?? 0, pending: 4)
  }
}
