package import MartletAPI
import MartletCore
import MartletProtobuf
package import MartletRPC
import MartletStore

/// `martlet.v1.WorkflowService`.
package struct WorkflowService: API.WorkflowService {
  let desk: ServiceDesk

  /// How long a watch sleeps when nothing happens.
  private static let wait: Int64 = 15_000_000_000
  /// Between two messages of a watch: commits may come by the thousand.
  private static let pause: Int64 = 50_000_000
  /// Of how many workflows of its name the estimate is made.
  private static let durations = 10
  private static let rowsMax = 1_000

  private var node: Node { desk.node }

  package func submitWorkflow(
    _ request: API.SubmitWorkflowRequest, context: CallContext
  ) async throws -> API.SubmitWorkflowResponse {
    try await desk.answer(context) {
      let draft = try RequestCheck.workflow(request, limits: node.limits)
      let origin = try Origin(context)
      if request.validateOnly {
        let seen = try await withEnds(of: draft, context) { (draft) async throws(Refusal) in
          try await node.see(
            .rehearsal(.workflow(.submit(draft, origin: origin))), on: context.loop)
        }
        return .init(cursor: Cursor(seen.revision).text)
      }
      let outcome = try await withEnds(of: draft, context) { (draft) async throws(Refusal) in
        try await node.perform(.workflow(.submit(draft, origin: origin)), on: context.loop)
      }
      let record = try workflow(in: outcome, context)
      return .init(
        workflow: try await message(record, context),
        taskIds: record.tasks.map(\.description), cursor: Cursor(outcome.revision).text)
    }
  }

  package func getWorkflow(
    _ request: API.GetWorkflowRequest, context: CallContext
  ) async throws -> API.GetWorkflowResponse {
    try await desk.answer(context) {
      let (record, revision) = try await look(RequestCheck.workflowID(request.id), context)
      return .init(
        workflow: try await message(record, context), cursor: Cursor(revision).text)
    }
  }

  package func listWorkflows(
    _ request: API.ListWorkflowsRequest, context: CallContext
  ) async throws -> API.ListWorkflowsResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: node.limits)
      let seen = try await node.see(.catalog, on: context.loop)
      guard case .catalog(let catalog) = seen.value else { throw unexpected(context) }
      let first = list.first ?? seen.revision
      let rest = catalog.workflows.all.filter { record in
        (list.name.isEmpty || record.name == list.name)
          && (list.states.isEmpty || list.states.contains(record.state))
          && list.after.map { record.id < $0 } ?? true
      }
      let page = rest.prefix(list.pageSize)
      var token = ""
      if page.count < rest.count, let last = page.last {
        token =
          PageToken(
            position: Array(last.id.description.utf8), first: first, listHash: list.hash
          ).text
      }
      return .init(
        workflows: page.map { message($0, in: catalog) }, nextPageToken: token,
        cursor: Cursor(first).text)
    }
  }

  package func cancelWorkflow(
    _ request: API.CancelWorkflowRequest, context: CallContext
  ) async throws -> API.CancelWorkflowResponse {
    try await desk.answer(context) {
      let id = try RequestCheck.workflowID(request.id, reason: request.reason)
      let origin = try Origin(context, reason: request.reason)
      let outcome = try await node.perform(
        .workflow(.cancel(id, origin: origin)), on: context.loop)
      let record = try workflow(in: outcome, context)
      return .init(
        workflow: try await message(record, context), cursor: Cursor(outcome.revision).text)
    }
  }

  package func retryWorkflow(
    _ request: API.RetryWorkflowRequest, context: CallContext
  ) async throws -> API.RetryWorkflowResponse {
    try await desk.answer(context) {
      let id = try RequestCheck.workflowID(request.id, reason: request.reason)
      let origin = try Origin(context, reason: request.reason)
      for _ in 0..<TaskService.triesMax {
        let (record, revision) = try await look(id, context)
        let histories = try await histories(of: record, asOf: revision)
        let outcome: Node.Outcome<Answer>
        do throws(Refusal) {
          outcome = try await node.perform(
            .workflow(.retry(id, histories, origin: origin)), on: context.loop)
        } catch {
          guard error == .staleHistory else { throw error }
          continue
        }
        return .init(
          workflow: try await message(workflow(in: outcome, context), context),
          cursor: Cursor(outcome.revision).text)
      }
      throw Refusal.staleHistory
    }
  }

  package func watchWorkflow(
    _ request: API.WatchWorkflowRequest, response: ResponseWriter<API.WatchWorkflowResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let id = try RequestCheck.workflowID(request.id)
      var told: WorkflowRecord?
      while true {
        let (record, revision) = try await look(id, context)
        if record != told {
          try await response.write(
            .init(
              workflow: try await message(record, context), cursor: Cursor(revision).text))
          told = record
        }
        if record.state != .running { return }
        await pause(context)
        if node.feed.isClosed { throw Refusal.stopping }
        try Task.checkCancellation()
        await node.feed.wait(
          after: revision, until: MonotonicTime.now + Self.wait, on: context.loop)
      }
    }
  }

  /// Lets commits gather: what a watch tells is the newest of them.
  private func pause(_ context: CallContext) async {
    await node.feed.wait(
      after: Revision(.max - 1), until: MonotonicTime.now + Self.pause, on: context.loop)
  }

  // MARK: - Parts

  /// With what the index says of tasks that have ended and its own depend on.
  private func withEnds<Value: Sendable>(
    of draft: WorkflowDraft, _ context: CallContext,
    _ ask: (WorkflowDraft) async throws(Refusal) -> Node.Outcome<Value>
  ) async throws -> Node.Outcome<Value> {
    var draft = draft
    let needsEnds = draft.tasks.contains { $0.draft.needsDependencyEnds }
    for number in 0..<TaskService.triesMax {
      if needsEnds {
        let history = try await TaskService(desk: desk).dependencyHistory(
          of: draft.tasks.lazy.map(\.draft), isAgain: number > 0, context)
        for index in draft.tasks.indices where draft.tasks[index].draft.needsDependencyEnds {
          draft.tasks[index].draft.dependencyHistory = history
        }
      }
      do throws(Refusal) {
        return try await ask(draft)
      } catch {
        guard error == .staleHistory, needsEnds else { throw error }
      }
    }
    throw Refusal.staleHistory
  }

  /// Its tasks that did not succeed and are kept.
  private func histories(
    of record: WorkflowRecord, asOf revision: Revision
  ) async throws -> [TaskHistory] {
    var histories: [TaskHistory] = []
    var rest = record.tasks[...]
    while !rest.isEmpty {
      let slice = Array(rest.prefix(Self.rowsMax))
      rest = rest.dropFirst(slice.count)
      for row in try await node.rows(slice, withContent: false, asOf: revision)
      where [.failed, .cancelled].contains(row.status.state) {
        histories.append(try row.history(asOf: revision))
      }
    }
    return histories
  }

  private func look(
    _ id: WorkflowID, _ context: CallContext
  ) async throws -> (WorkflowRecord, Revision) {
    let seen = try await node.see(.workflow(id), on: context.loop)
    guard case .workflow(let record) = seen.value else { throw unexpected(context) }
    return (record, seen.revision)
  }

  private func message(
    _ record: WorkflowRecord, _ context: CallContext
  ) async throws -> API.Workflow {
    var durations: [Span] = []
    if record.state == .running {
      let seen = try await node.see(
        .workflowDurations(record.name, limit: Self.durations), on: context.loop)
      guard case .spans(let spans) = seen.value else { throw unexpected(context) }
      durations = spans
    }
    return API.Workflow(
      record, at: max(node.clock.now.wall, record.createTime), durations: durations)
  }

  private func message(_ record: WorkflowRecord, in catalog: Catalog) -> API.Workflow {
    let durations =
      record.state == .running
      ? catalog.workflows.durations(of: record.name, limit: Self.durations) : []
    return API.Workflow(
      record, at: max(node.clock.now.wall, record.createTime), durations: durations)
  }

  private func workflow(
    in outcome: Node.Outcome<Answer>, _ context: CallContext
  ) throws -> WorkflowRecord {
    guard case .workflow(let record) = outcome.value else { throw unexpected(context) }
    return record
  }

  private func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered about workflows with something else", in: context)
  }
}
