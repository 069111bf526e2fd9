internal import MartletRPC

/// The calls about tasks. Got from `MartletClient.tasks`.
public struct TaskClient: Sendable {
  let runner: CallRunner

  /// Submits a task. When this returns, the task is durable.
  ///
  /// Safe against a lost connection: the request carries an id, by which the server knows a
  /// repeat. Throws, among others, `.queueFull` (see `MartletClient.Configuration.waitsForRoom`),
  /// `.poolNotFound`, `.poolDraining`, `.duplicateTask` with the id of the other one in `metadata`,
  /// `.fieldInvalid` with every violation. Where `spec.unique` returned a task that was there
  /// already, `existing` of the reply is not empty.
  ///
  /// - Parameter requestID: Your own id of 1 to 127 bytes, if you may submit the same again from
  ///   another process: within 24 h it returns the first answer. A random one if unset.
  @discardableResult
  public func submit(
    _ spec: API.TaskSpec, to pool: String, requestID: String? = nil
  ) async throws -> Reply<API.Task> {
    let request = API.SubmitTaskRequest(
      pool: pool, spec: spec, requestId: requestID ?? RequestID.random())
    let response: API.SubmitTaskResponse = try await runner.unary(
      API.TaskServiceMethods.submitTask, request, repeats: .always)
    var reply = try reply(response.task, response.cursor)
    if response.existing { reply.existing = [0] }
    return reply
  }

  /// Submits up to 10,000 tasks, at most 16 MiB in all: all of them or none.
  ///
  /// - Returns: Their ids, in order. Errors and repeats as in `submit`.
  @discardableResult
  public func submitBatch(
    _ specs: [API.TaskSpec], to pool: String, requestID: String? = nil
  ) async throws -> Reply<[String]> {
    let request = API.BatchSubmitTasksRequest(
      pool: pool, specs: specs, requestId: requestID ?? RequestID.random())
    let response: API.BatchSubmitTasksResponse = try await runner.unary(
      API.TaskServiceMethods.batchSubmitTasks, request, repeats: .always)
    var reply = Reply(response.taskIds, cursor: response.cursor)
    reply.existing = response.existing.map { Int($0) }
    return reply
  }

  /// Has the server check tasks as if they were submitted, and stores nothing.
  public func validate(_ specs: [API.TaskSpec], for pool: String) async throws {
    let request = API.BatchSubmitTasksRequest(pool: pool, specs: specs, validateOnly: true)
    let _: API.BatchSubmitTasksResponse = try await runner.unary(
      API.TaskServiceMethods.batchSubmitTasks, request, repeats: .always)
  }

  /// A task as it is now. NOT_FOUND (`.taskNotFound`) if there is none, or no longer.
  public func get(
    _ id: String, view: API.TaskView = .full, minCursor: String = ""
  ) async throws -> Reply<API.Task> {
    let request = API.GetTaskRequest(id: id, view: view, minCursor: minCursor)
    let response: API.GetTaskResponse = try await runner.unary(
      API.TaskServiceMethods.getTask, request, repeats: .always)
    return try reply(response.task, response.cursor)
  }

  /// What a task went through: how long it waited for its time and for a slot, who ran it, what
  /// came of each attempt. NOT_FOUND (`.taskNotFound`) if there is none, or no longer.
  public func trace(_ id: String, minCursor: String = "") async throws -> Reply<API.TaskTrace> {
    let response: API.GetTaskTraceResponse = try await runner.unary(
      API.TaskServiceMethods.getTaskTrace,
      API.GetTaskTraceRequest(id: id, minCursor: minCursor), repeats: .always)
    return try Reply(
      response.trace, cursor: response.cursor, of: "trace", target: runner.target)
  }

  /// Why a task does not run: what must go away, what is in the way first in front. Of one that
  /// runs or has ended, what it does. NOT_FOUND (`.taskNotFound`) if there is none, or no longer.
  public func explain(_ id: String) async throws -> API.ExplainTaskResponse {
    try await runner.unary(
      API.TaskServiceMethods.explainTask, API.ExplainTaskRequest(id: id), repeats: .always)
  }

  /// The tasks that match, fetched page by page as they are read.
  ///
  /// - Parameters:
  ///   - filter: AND of comparisons, such as `pool = "mails" AND state = FAILED`; see ListTasks
  ///     in the contract.
  ///   - order: `create_time` or `finish_time`, with ` asc` or ` desc`. Newest first if empty.
  ///   - pageSize: 1 to 1,000.
  ///   - wantTotal: Count the matches even where that means reading them all.
  public func list(
    filter: String = "", order: String = "", pageSize: Int = 50, view: API.TaskView = .basic,
    minCursor: String = "", wantTotal: Bool = false
  ) -> TaskList {
    TaskList(
      runner: runner,
      request: API.ListTasksRequest(
        filter: filter, orderBy: order, pageSize: Int32(clamping: pageSize), view: view,
        minCursor: minCursor, wantTotal: wantTotal))
  }

  /// Exact counts by pool, state and kind.
  public func count(
    filter: String = "", minCursor: String = ""
  ) async throws -> API.CountTasksResponse {
    try await runner.unary(
      API.TaskServiceMethods.countTasks,
      API.CountTasksRequest(filter: filter, minCursor: minCursor), repeats: .always)
  }

  /// A waiting task becomes CANCELLED; a running one is asked to stop.
  /// FAILED_PRECONDITION (`.taskTerminal`) if it has ended.
  @discardableResult
  public func cancel(_ id: String, reason: String = "") async throws -> Reply<API.Task> {
    let response: API.CancelTaskResponse = try await runner.unary(
      API.TaskServiceMethods.cancelTask, API.CancelTaskRequest(id: id, reason: reason),
      repeats: .always)
    return try reply(response.task, response.cursor)
  }

  /// A waiting task becomes PAUSED; a running one is told to save what it has come to, gives its
  /// slot back and is PAUSED then, at the latest after the grace time.
  /// FAILED_PRECONDITION: `.taskTerminal` if it has ended, `.taskNotPausable` if it was asked to
  /// stop.
  @discardableResult
  public func pause(_ id: String, reason: String = "") async throws -> Reply<API.Task> {
    let response: API.PauseTaskResponse = try await runner.unary(
      API.TaskServiceMethods.pauseTask, API.PauseTaskRequest(id: id, reason: reason),
      repeats: .always)
    return try reply(response.task, response.cursor)
  }

  /// A PAUSED task waits for a slot again, or for its time.
  /// FAILED_PRECONDITION (`.taskNotPaused`) in any other state.
  @discardableResult
  public func resume(_ id: String, reason: String = "") async throws -> Reply<API.Task> {
    let response: API.ResumeTaskResponse = try await runner.unary(
      API.TaskServiceMethods.resumeTask, API.ResumeTaskRequest(id: id, reason: reason),
      repeats: .never)
    return try reply(response.task, response.cursor)
  }

  /// Reopens a FAILED or CANCELLED task with a fresh budget of attempts.
  /// FAILED_PRECONDITION (`.taskNotRetryable`) in any other state; ALREADY_EXISTS
  /// (`.duplicateTask`) while another task that has not ended has its unique key.
  @discardableResult
  public func retry(_ id: String, reason: String = "") async throws -> Reply<API.Task> {
    let response: API.RetryTaskResponse = try await runner.unary(
      API.TaskServiceMethods.retryTask, API.RetryTaskRequest(id: id, reason: reason),
      repeats: .never)
    return try reply(response.task, response.cursor)
  }

  /// Changes a waiting task: what is nil stays as it is.
  ///
  /// FAILED_PRECONDITION: `.taskRunning` if it runs, `.taskTerminal` if it has ended.
  /// ABORTED (`.revisionMismatch`) if it has changed since `ifRevision`.
  ///
  /// - Parameters:
  ///   - priority: 0 to 10, 10 first. The task goes to the tail of that priority's queue.
  ///   - dueTime: To come: it waits until then. Past: it waits no longer.
  ///   - labels: All that it has from now on.
  ///   - ifRevision: The task's revision as it was read.
  @discardableResult
  public func update(
    _ id: String, priority: Int32? = nil, dueTime: WellKnown.Timestamp? = nil,
    labels: [String: String]? = nil, ifRevision: UInt64 = 0, reason: String = ""
  ) async throws -> Reply<API.Task> {
    var paths: [String] = []
    if priority != nil { paths.append("priority") }
    if dueTime != nil { paths.append("due_time") }
    if labels != nil { paths.append("labels") }
    let request = API.UpdateTaskRequest(
      id: id, task: .init(priority: priority, dueTime: dueTime, labels: labels ?? [:]),
      updateMask: .init(paths: paths), ifRevision: ifRevision, reason: reason)
    let response: API.UpdateTaskResponse = try await runner.unary(
      API.TaskServiceMethods.updateTask, request, repeats: ifRevision == 0 ? .always : .never)
    return try reply(response.task, response.cursor)
  }

  /// The task now, then after each change; the last one is terminal. Resumes by itself after a
  /// lost connection.
  public func wait(_ id: String, view: API.TaskView = .full) -> TaskWait {
    TaskWait(runner: runner, request: API.WaitTaskRequest(id: id, view: view))
  }

  /// Waits until a task has ended, and returns it with its result or failure.
  public func waitUntilEnded(
    _ id: String, view: API.TaskView = .full
  ) async throws -> API.Task {
    var last: API.Task?
    for try await task in wait(id, view: view) { last = task }
    try Task.checkCancellation()
    guard let last, last.state.isTerminal else {
      throw MartletError(
        code: .internalError, message: "the wait for task \(id) ended before the task did",
        target: runner.target)
    }
    return last
  }

  /// Waits for up to 10,000 tasks; each is handed out when it has ended. Resumes by itself after
  /// a lost connection.
  public func wait(
    _ ids: [String], mode: API.WaitMode = .all, view: API.TaskView = .basic
  ) -> TasksWait {
    TasksWait(
      runner: runner, request: API.WaitTasksRequest(ids: ids, mode: mode, view: view))
  }

  private func reply(_ task: API.Task?, _ cursor: String) throws -> Reply<API.Task> {
    try Reply(task, cursor: cursor, of: "task", target: runner.target)
  }
}
