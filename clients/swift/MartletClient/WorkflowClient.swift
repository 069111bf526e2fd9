internal import MartletRPC

/// Tasks that are submitted together, with what they wait for among each other. Got from
/// `MartletClient.workflows`.
public struct WorkflowClient: Sendable {
  let runner: CallRunner

  /// Submits up to 10,000 tasks, in any pools: all or none. Returns the workflow and the ids of its
  /// tasks, in the order of the request.
  ///
  /// Safe against a lost connection: the request carries an id, unless it has one already. Throws,
  /// among others, `.fieldInvalid` (also for tasks that wait for each other in a circle),
  /// `.poolNotFound`, `.dependencyNotFound`, `.queueFull`.
  @discardableResult
  public func submit(
    _ workflow: API.SubmitWorkflowRequest
  ) async throws -> (workflow: Reply<API.Workflow>, taskIDs: [String]) {
    var request = workflow
    if request.requestId.isEmpty { request.requestId = RequestID.random() }
    let response: API.SubmitWorkflowResponse = try await runner.unary(
      API.WorkflowServiceMethods.submitWorkflow, request, repeats: .always)
    return (try reply(response.workflow, response.cursor), response.taskIds)
  }

  /// Checks all that a workflow would be refused for; submits nothing.
  public func validate(_ workflow: API.SubmitWorkflowRequest) async throws {
    var request = workflow
    request.validateOnly = true
    let _: API.SubmitWorkflowResponse = try await runner.unary(
      API.WorkflowServiceMethods.submitWorkflow, request, repeats: .always)
  }

  /// NOT_FOUND (`.workflowNotFound`) if there is none of that id, or no longer.
  public func get(_ id: String) async throws -> Reply<API.Workflow> {
    let response: API.GetWorkflowResponse = try await runner.unary(
      API.WorkflowServiceMethods.getWorkflow, API.GetWorkflowRequest(id: id), repeats: .always)
    return try reply(response.workflow, response.cursor)
  }

  /// A page of workflows, newest first; with the token of the next page, empty without one.
  ///
  /// - Parameters:
  ///   - name: Only of that name; all if empty.
  ///   - states: Only in these states; all if empty.
  public func list(
    name: String = "", states: [API.WorkflowState] = [], pageSize: Int = 0,
    pageToken: String = ""
  ) async throws -> (workflows: [API.Workflow], nextPageToken: String) {
    let request = API.ListWorkflowsRequest(
      name: name, states: states, pageSize: Int32(clamping: pageSize), pageToken: pageToken)
    let response: API.ListWorkflowsResponse = try await runner.unary(
      API.WorkflowServiceMethods.listWorkflows, request, repeats: .always)
    return (response.workflows, response.nextPageToken)
  }

  /// Cancels its tasks that wait, and asks those that run to stop; of one that has ended it changes
  /// nothing.
  @discardableResult
  public func cancel(_ id: String, reason: String = "") async throws -> Reply<API.Workflow> {
    let response: API.CancelWorkflowResponse = try await runner.unary(
      API.WorkflowServiceMethods.cancelWorkflow,
      API.CancelWorkflowRequest(id: id, reason: reason), repeats: .always)
    return try reply(response.workflow, response.cursor)
  }

  /// Reopens what failed and what came after it. FAILED_PRECONDITION (`.workflowNotRetryable`) if
  /// there is nothing to retry: so after a lost connection, if it had got through.
  @discardableResult
  public func retry(_ id: String, reason: String = "") async throws -> Reply<API.Workflow> {
    let response: API.RetryWorkflowResponse = try await runner.unary(
      API.WorkflowServiceMethods.retryWorkflow,
      API.RetryWorkflowRequest(id: id, reason: reason), repeats: .always)
    return try reply(response.workflow, response.cursor)
  }

  /// The workflow now, then after each commit that changed it, up to its end. Resumes by itself
  /// after a lost connection or a restart of the server.
  public func watch(_ id: String) -> WorkflowProgress {
    WorkflowProgress(
      states: WatchedStates(
        runner: runner, method: API.WorkflowServiceMethods.watchWorkflow,
        request: API.WatchWorkflowRequest(id: id)
      ) { response in response.workflow.map { ($0, isLast: $0.state != .running) } })
  }

  private func reply(
    _ workflow: API.Workflow?, _ cursor: String
  ) throws -> Reply<API.Workflow> {
    try Reply(workflow, cursor: cursor, of: "workflow", target: runner.target)
  }
}

/// The states of a workflow as they come; ends with the last.
public struct WorkflowProgress: AsyncSequence, Sendable {
  let states: WatchedStates<API.WatchWorkflowRequest, API.WatchWorkflowResponse, API.Workflow>

  public func makeAsyncIterator() -> Iterator { Iterator(states: states.makeAsyncIterator()) }

  public struct Iterator: AsyncIteratorProtocol {
    var states:
      WatchedStates<API.WatchWorkflowRequest, API.WatchWorkflowResponse, API.Workflow>.Iterator

    public mutating func next() async throws -> API.Workflow? { try await states.next() }
  }
}
