import MartletAPI
import MartletRPC
import Synchronization

struct FakeTaskService: API.TaskService {
  let node: FakeNode

  func submitTask(
    _ request: API.SubmitTaskRequest, context: CallContext
  ) async throws -> API.SubmitTaskResponse {
    try node.enter(context)
    let ids = try node.submit(
      [request.spec ?? API.TaskSpec()], pool: request.pool, requestID: request.requestId)
    return API.SubmitTaskResponse(task: try find(ids.first ?? ""), cursor: node.cursor)
  }

  func batchSubmitTasks(
    _ request: API.BatchSubmitTasksRequest, context: CallContext
  ) async throws -> API.BatchSubmitTasksResponse {
    try node.enter(context)
    if request.validateOnly { return API.BatchSubmitTasksResponse(cursor: node.cursor) }
    let ids = try node.submit(request.specs, pool: request.pool, requestID: request.requestId)
    return API.BatchSubmitTasksResponse(taskIds: ids, cursor: node.cursor)
  }

  func getTask(
    _ request: API.GetTaskRequest, context: CallContext
  ) async throws -> API.GetTaskResponse {
    try node.enter(context)
    return API.GetTaskResponse(task: try find(request.id), cursor: node.cursor)
  }

  /// Knows no filter but gives it back as the label `filter` of each task, for tests to see.
  func listTasks(
    _ request: API.ListTasksRequest, context: CallContext
  ) async throws -> API.ListTasksResponse {
    try node.enter(context)
    let tasks = node.state.withLock { $0.tasks.values.sorted { $0.id > $1.id } }
    let start = Int(request.pageToken) ?? 0
    let end = min(tasks.count, start + Int(request.pageSize))
    var page = Array(tasks[start..<end])
    for index in page.indices where !request.filter.isEmpty {
      page[index].spec?.labels["filter"] = request.filter
    }
    return API.ListTasksResponse(
      tasks: page, nextPageToken: end < tasks.count ? "\(end)" : "",
      totalSize: Int64(tasks.count), cursor: node.cursor)
  }

  func countTasks(
    _ request: API.CountTasksRequest, context: CallContext
  ) async throws -> API.CountTasksResponse {
    try node.enter(context)
    let total = Int64(node.taskCount)
    return API.CountTasksResponse(
      total: total, counts: [.init(pool: "p", state: .succeeded, kind: "echo", count: total)],
      cursor: node.cursor)
  }

  func cancelTask(
    _ request: API.CancelTaskRequest, context: CallContext
  ) async throws -> API.CancelTaskResponse {
    try node.enter(context)
    let task = try node.change { state in
      guard var task = state.tasks[request.id] else {
        throw FakeNode.notFound(task: request.id)
      }
      guard task.state == .running else {
        throw FakeNode.status(
          .failedPrecondition, "TASK_TERMINAL", "the task `\(request.id)` has ended")
      }
      task.state = .cancelled
      task.cancelReason = request.reason
      state.tasks[task.id] = task
      state.append(.taskCancelled, of: task)
      return task
    }
    return API.CancelTaskResponse(task: task, cursor: node.cursor)
  }

  func pauseTask(
    _ request: API.PauseTaskRequest, context: CallContext
  ) async throws -> API.PauseTaskResponse {
    try node.enter(context)
    let task = try node.change { state in
      guard var task = state.tasks[request.id] else {
        throw FakeNode.notFound(task: request.id)
      }
      guard task.state == .running || task.state == .paused else {
        throw FakeNode.status(
          .failedPrecondition, "TASK_TERMINAL", "the task `\(request.id)` has ended")
      }
      task.state = .paused
      task.pauseReason = request.reason
      state.tasks[task.id] = task
      state.append(.taskPaused, of: task)
      return task
    }
    return API.PauseTaskResponse(task: task, cursor: node.cursor)
  }

  func updateTask(
    _ request: API.UpdateTaskRequest, context: CallContext
  ) async throws -> API.UpdateTaskResponse {
    try node.enter(context)
    let task = try node.change { state in
      guard var task = state.tasks[request.id] else {
        throw FakeNode.notFound(task: request.id)
      }
      guard task.state == .running || task.state == .paused else {
        throw FakeNode.status(
          .failedPrecondition, "TASK_TERMINAL", "the task `\(request.id)` has ended")
      }
      let paths = request.updateMask?.paths ?? []
      if paths.contains("priority") { task.spec?.priority = request.task?.priority }
      if paths.contains("labels") { task.spec?.labels = request.task?.labels ?? [:] }
      if paths.contains("due_time") { task.dueTime = request.task?.dueTime }
      state.tasks[task.id] = task
      state.append(.taskUpdated, of: task)
      return task
    }
    return API.UpdateTaskResponse(task: task, cursor: node.cursor)
  }

  func resumeTask(
    _ request: API.ResumeTaskRequest, context: CallContext
  ) async throws -> API.ResumeTaskResponse {
    try node.enter(context)
    let task = try node.change { state in
      guard var task = state.tasks[request.id] else {
        throw FakeNode.notFound(task: request.id)
      }
      guard task.state == .paused else {
        throw FakeNode.status(
          .failedPrecondition, "TASK_NOT_PAUSED", "the task `\(request.id)` is not paused")
      }
      task.state = .running
      task.pauseReason = ""
      state.tasks[task.id] = task
      state.append(.taskResumed, of: task)
      return task
    }
    return API.ResumeTaskResponse(task: task, cursor: node.cursor)
  }

  func retryTask(
    _ request: API.RetryTaskRequest, context: CallContext
  ) async throws -> API.RetryTaskResponse {
    try node.enter(context)
    let task = try find(request.id)
    guard task.state == .failed || task.state == .cancelled else {
      throw FakeNode.status(
        .failedPrecondition, "TASK_NOT_RETRYABLE",
        "the task `\(request.id)` has neither failed nor been cancelled")
    }
    node.finish(request.id, .succeed([]))
    return API.RetryTaskResponse(task: try find(request.id), cursor: node.cursor)
  }

  func waitTask(
    _ request: API.WaitTaskRequest, response: ResponseWriter<API.WaitTaskResponse>,
    context: CallContext
  ) async throws {
    var last: API.Task?
    while true {
      let (task, revision) = try snapshot(request.id)
      if task != last {
        try breakMaybe()
        try await response.write(API.WaitTaskResponse(task: task, cursor: "r\(revision)"))
        last = task
      }
      if [.succeeded, .failed, .cancelled].contains(task.state) { return }
      await node.changed(since: revision)
      try Task.checkCancellation()
    }
  }

  func waitTasks(
    _ request: API.WaitTasksRequest, response: ResponseWriter<API.WaitTasksResponse>,
    context: CallContext
  ) async throws {
    var left = request.ids
    while true {
      let (tasks, revision) = node.state.withLock { ($0.tasks, $0.events.count) }
      let unknown = left.filter { tasks[$0] == nil }
      let ended = left.compactMap { tasks[$0] }.filter {
        [.succeeded, .failed, .cancelled].contains($0.state)
      }
      left.removeAll { id in unknown.contains(id) || ended.contains { $0.id == id } }
      for part in ended.chunked(3) {
        try breakMaybe()
        try await response.write(
          API.WaitTasksResponse(tasks: part, remaining: Int32(left.count), cursor: "r\(revision)"))
      }
      if !unknown.isEmpty {
        try await response.write(
          API.WaitTasksResponse(unknownIds: unknown, remaining: Int32(left.count)))
      }
      if left.isEmpty || (request.mode == .any && !ended.isEmpty) { return }
      await node.changed(since: revision)
      try Task.checkCancellation()
    }
  }

  private func snapshot(_ id: String) throws -> (API.Task, Int) {
    try node.state.withLock { state in
      guard let task = state.tasks[id] else { throw FakeNode.notFound(task: id) }
      return (task, state.events.count)
    }
  }

  func find(_ id: String) throws -> API.Task { try snapshot(id).0 }

  private func breakMaybe() throws { try node.breakStreamMaybe(oneIn: 2) }
}

extension FakeNode {
  /// Throws what a lost connection would, once in so many calls, if streams are to break.
  func breakStreamMaybe(oneIn count: UInt64) throws {
    let breaks = state.withLock { state in
      state.random.map { random in
        var random = random
        defer { state.random = random }
        return random.next(upperBound: count) == 0
      }
    }
    if breaks == true { throw RPCStatus(code: .unavailable, message: "the stream broke") }
  }
}

extension Array {
  func chunked(_ size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min(count, $0 + size)]) }
  }
}
