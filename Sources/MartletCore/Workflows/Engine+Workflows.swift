/// Tasks that are submitted together, with what they wait for among each other.
extension Engine {
  func decideWorkflow(
    _ command: WorkflowCommand, at now: Instant
  ) throws(Refusal) -> Decision {
    switch command {
    case .submit(let draft, let origin): try decideSubmit(draft, origin: origin, at: now)
    case .cancel(let id, let origin): try decideCancel(id, origin: origin, at: now)
    case .retry(let id, let histories, let origin):
      try decideRetry(id, histories, origin: origin, at: now)
    }
  }

  // MARK: - Submit

  private func decideSubmit(
    _ draft: WorkflowDraft, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    if let known = catalog.workflows.repeated(draft.requestID) {
      guard known.fingerprint == draft.fingerprint else {
        throw .requestIDReused(draft.requestID)
      }
      return Decision([], .workflow(known.id))
    }
    let limits = state.session.limits
    guard catalog.workflows.runningCount < limits.runningWorkflows else {
      throw .memoryPressure(what: "workflows that run", limit: limits.runningWorkflows)
    }
    let pools = try openPools(for: draft, at: now)
    var ids = TaskIDs(last: catalog.lastTask, wall: now.wall)
    let tasks = draft.tasks.map { _ in ids.next() }
    let record = WorkflowRecord(
      id: catalog.workflows.nextID, name: draft.name, origin: origin, levels: draft.levels,
      toleratesFailures: draft.toleratesFailures, taskCount: UInt32(tasks.count),
      firstTask: tasks.first ?? TaskID(rawValue: 0), requestID: draft.requestID,
      fingerprint: draft.fingerprint, createTime: max(now.wall, catalog.stamp.time))
    var events: [Event.Body] = [
      .workflow(
        WorkflowEvent(
          change: .submitted, record: record, origin: origin,
          forgotten: catalog.workflows.oldestEnded(beyond: limits.keptWorkflows)))
    ]
    events.reserveCapacity(tasks.count + 1)
    var kinds = NewKinds(table: catalog.kinds)
    for (index, task) in draft.tasks.enumerated() {
      guard let pool = pools[task.pool] else { throw .poolNotFound(task.pool) }
      let member = WorkflowMember(
        workflow: record.id, level: task.level, weight: task.weight)
      events.append(
        .task(
          submission(
            of: task.draft, id: tasks[index], kind: kinds.number(of: task.draft.kind),
            pool: pool, request: nil,
            dependencies: try dependencies(of: task.draft, index: index, ids: tasks),
            member: member, level: record.levels[Int(task.level)].name, origin: origin,
            at: now)))
    }
    try checkKinds(kinds)
    return Decision(events, .workflow(record.id))
  }

  /// The pools of its tasks, each with room for those that go there.
  private func openPools(
    for draft: WorkflowDraft, at now: Instant
  ) throws(Refusal) -> [String: PoolRecord] {
    let limit = state.session.limits.liveTasks
    if durable.tasks.count + draft.tasks.count > limit {
      throw .memoryPressure(what: "tasks", limit: limit)
    }
    var pools: [String: PoolRecord] = [:]
    for (name, tasks) in Dictionary(grouping: draft.tasks, by: \.pool)
      .sorted(by: { $0.key < $1.key })
    {
      let pool = try pool(named: name)
      try pool.requireOpen()
      try checkRoom(for: tasks.map(\.draft), in: pool, at: now)
      pools[name] = pool
    }
    return pools
  }

  // MARK: - Cancel and retry

  private func decideCancel(
    _ id: WorkflowID, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard var record = catalog.workflows[id] else { throw .workflowNotFound(id) }
    if record.state != .running || record.cancel != nil { return Decision([], .workflow(id)) }
    record.cancel = origin
    var reason = origin
    if reason.reason.isEmpty { reason.reason = "the workflow \(id) was cancelled" }
    var events: [Event.Body] = [
      .workflow(WorkflowEvent(change: .cancelRequested, record: record, origin: origin))
    ]
    for task in durable.tasks.members(of: id) {
      if task.notes?.cancel != nil { continue }
      events.append(
        task.state == .running
          ? cancelRequest(task, origin: reason, at: now)
          : cancelWaiting(task, origin: reason, at: now).0)
    }
    return Decision(events, .workflow(id))
  }

  private func decideRetry(
    _ id: WorkflowID, _ histories: [TaskHistory], origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard var record = catalog.workflows[id] else { throw .workflowNotFound(id) }
    let chosen = histories.filter { history in
      [.failed, .cancelled].contains(history.status.state)
        && history.revival.policy.flow?.member?.workflow == id
        && !durable.tasks.contains(history.task)
    }
    guard !chosen.isEmpty else { throw .workflowNotRetryable(id, record.state) }
    record.state = .running
    record.finishTime = nil
    record.cancel = nil
    var events: [Event.Body] = [
      .workflow(WorkflowEvent(change: .retried, record: record, origin: origin))
    ]
    let coming = Set(chosen.map(\.task))
    for history in Self.inOrder(chosen) {
      events += try decideRetry(history, besides: coming, origin: origin, at: now).events
    }
    return Decision(events, .workflow(id))
  }

  /// Those that others wait for come before them.
  static func inOrder(_ histories: [TaskHistory]) -> [TaskHistory] {
    let places = Dictionary(
      histories.enumerated().map { ($1.task, $0) }, uniquingKeysWith: { first, _ in first })
    let graph = DependencyGraph(
      histories.map { $0.revival.dependencies.compactMap { places[$0] } })
    return (graph.order ?? Array(histories.indices)).map { histories[$0] }
  }

  // MARK: - What follows

  mutating func followWorkflow(of event: TaskEvent) {
    guard let member = event.member, event.from?.isTerminal != event.status.state.isTerminal else {
      return
    }
    if state.session.touchedWorkflows.last != member.workflow {
      state.session.touchedWorkflows.append(member.workflow)
    }
  }

  /// At a start: an earlier process may have left some undone.
  mutating func findTouchedWorkflows() {
    state.session.touchedWorkflows = catalog.workflows.all
      .filter { ($0.state == .running) != ($0.live > 0) }.map(\.id).sorted()
  }

  mutating func settleWorkflows(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    guard !state.session.touchedWorkflows.isEmpty else { return }
    let touched = Set(state.session.touchedWorkflows).sorted()
    state.session.touchedWorkflows.removeAll(keepingCapacity: true)
    for id in touched {
      guard var record = catalog.workflows[id], (record.state == .running) != (record.live > 0)
      else { continue }
      let change: WorkflowEvent.Change = record.live > 0 ? .resumed : .ended
      record.state = record.live > 0 ? .running : record.outcome
      record.finishTime = record.live > 0 ? nil : max(now.wall, stamp.time)
      let event = WorkflowEvent(change: change, record: record, origin: .server)
      events.append(evolve(.workflow(event), at: stamp))
    }
  }
}
