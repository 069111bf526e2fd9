import MartletStore

@testable import MartletCore
@testable import MartletServer

/// What a caller asked.
enum Call {
  case command(Command)
  case query(Query)
}

extension Checker {
  /// A reply is on its way out: it must be true of a state that is on disk.
  mutating func check(_ reply: Reply, to call: Call, durable: Revision) throws(Violation) {
    try require(
      reply.revision <= durable, "a reply of \(reply.revision) left, \(durable) was durable")
    try advance(through: reply.revision)
    try require(model.revision == reply.revision, "a reply left out of turn")
    show(reply.revision)
    switch (reply.content, call) {
    case (.answer(let answer), .command(let command)): try check(answer, to: command)
    case (.sight(let sight), .query(let query)): try check(sight, of: query)
    case (.refusal(let refusal), .command(let command)): try check(refusal, of: command)
    case (.refusal(let refusal), .query(.rehearsal(let command))):
      try check(refusal, of: command)
    case (.refusal(.poolNotFound(let name)), .query(.pool)):
      try require(model.names[name] == nil, "pool \(name) was not found and is there")
    case (.refusal(.groupNotFound(let name)), .query(.group)):
      try require(model.groups[name] == nil, "group \(name) was not found and is there")
    default: throw Violation(description: "\(call) was answered with \(reply.content)")
    }
  }

  // MARK: - Answers

  private mutating func check(_ answer: Answer, to command: Command) throws(Violation) {
    switch (command, answer) {
    case (.submit(let pool, let drafts, let request, _, _), .submitted(let ids, let repeated)):
      try check(ids, drafts, pool: pool, repeated: repeated, request: request)
    case (.cancel, .task(let view)), (.retry, .task(let view)), (.pause, .task(let view)),
      (.resume, .task(let view)), (.update, .task(let view)):
      try require(
        model.status(of: view.id, asOf: view.revision) == view.status,
        "\(view) was told and is not so")
    case (.finish(let token, _), .done), (.release(let token, _), .done):
      try require(
        model.tasks[token.task]?.status.state != .running
          || model.tasks[token.task]?.token != token, "\(token) has ended and runs")
    case (.worker(.release(let lease, _)), .done):
      try require(!runs(lease), "\(lease) has ended and runs")
    case (.worker(.finish(let ends)), .finished(let refusals)):
      try require(ends.count == refusals.count, "\(ends.count) finishes, other answers")
      // Taken or refused, it runs no more.
      for end in ends { try require(!runs(end.lease), "\(end.lease) has ended and runs") }
    case (.worker(.checkpoint(let lease, let checkpoint)), .done):
      let kept = model.tasks[lease.task]?.checkpoint?.sequence ?? .max
      try require(kept >= checkpoint.sequence, "\(checkpoint) was taken and is not kept")
      model.heard(lease.token)
    case (.worker(.log(let lease, _)), .done): model.heard(lease.token)
    case (.worker(.connect(let hello)), .worker(let welcome)):
      for lease in welcome.kept {
        // It may have ended at the same instant.
        let assignment = model.tasks[lease.task]?.status.notes?.assignment
        try require(
          assignment == nil || assignment?.epoch != lease.epoch
            || assignment?.worker == hello.identity, "\(lease) was kept and is not its worker's")
      }
      try check(welcome.report)
    case (.worker, .leases(let report)): try check(report)
    case (.worker, .done): break
    case (.report(let token, _), .done):
      model.asked.progressHeard[token, default: 0] += 1
      model.heard(token)
    case (.bulk(let change), .bulk(let record)): try check(record, after: change)
    case (.workflow, .workflow(let record)):
      try require(
        model.workflows[record.id] != nil || record.id <= model.lastWorkflow,
        "\(record.id) was told and is not there")
      for task in record.tasks {
        try require(
          model.tasks[task] != nil || model.purged[task] != nil,
          "\(task) of \(record.id) was acknowledged and is not in the log")
      }
    case (.group, .group(let view)):
      try require(
        model.groups[view.record.name].map { $0.id >= view.record.id } ?? true,
        "\(view) was told and is older than what is there")
    case (.schedule(let change), .schedule(let answer)): try check(answer, after: change)
    case (.lock(let change), .lock(let view)): try check(view, after: change)
    case (.permits(let change), .permits(let view)): try check(view, after: change)
    case (.limit, .limit): break
    case (_, .pool(let view)): try check(view)
    case (.recover, .done): try model.recovered()
    case (.purgeTasks, .done), (.purgeEvents, .done), (.tick, .done): break
    default: throw Violation(description: "\(command) was answered with \(answer)")
    }
  }

  private func check(_ told: BulkRecord, after command: BulkCommand) throws(Violation) {
    guard let record = model.bulks[told.id] else {
      return try require(told.id <= model.lastBulk, "\(told.id) was told and is not there")
    }
    try require(
      record.through >= told.through && record.done >= told.done && record.last == told.last,
      "\(told) was told, it is \(record)")
    switch command {
    case .start(let draft, _):
      try require(told.filter == draft.filter || !draft.requestID.isEmpty, "another filter")
    case .step: break
    case .stop: try require(record.state != .running, "\(record.id) was stopped and runs")
    }
  }

  private func runs(_ lease: Lease) -> Bool {
    guard let task = model.tasks[lease.task] else { return false }
    return task.status.state == .running && task.status.attempt == lease.attempt
      && task.status.notes?.assignment?.epoch == lease.epoch
  }

  private func check(_ report: LeaseReport) throws(Violation) {
    for lost in report.lost {
      try require(!runs(lost.lease), "\(lost.lease) is said to be lost and runs")
    }
    for stopping in report.stopping {
      let notes = model.tasks[stopping.lease.task]?.status.notes
      try require(
        (stopping.purpose == .cancel ? notes?.cancel : notes?.pause) != nil,
        "\(stopping.lease) is to \(stopping.purpose), and nobody asked for that")
    }
  }

  private func check(
    _ ids: [AnsweredTask], _ drafts: [TaskDraft], pool: String, repeated: Bool,
    request: RequestStamp?
  ) throws(Violation) {
    try require(ids.count == drafts.count, "\(drafts.count) tasks became \(ids.count)")
    if ids.allSatisfy(\.existed) {
      try require(!repeated, "what submitted nothing is not remembered")
    } else if let request {
      try require(
        model.requests[request.key]?.tasks == ids, "request \(request.id) has other tasks")
    } else {
      try require(!repeated, "a request without an id is no repeat")
    }
    for (answered, draft) in zip(ids, drafts) {
      let id = answered.task
      if answered.existed {
        try check(existing: id, for: draft)
        continue
      }
      guard let task = model.tasks[id] else {
        try require(
          model.purged[id] != nil, "task \(id) was acknowledged and is not in the log")
        continue
      }
      try require(
        task.submission.kindName == draft.kind
          && (task.labels == draft.labels || model.asked.updates[id] != nil)
          && task.submission.unique == draft.unique?.rule
          && task.submission.priority == draft.priority
          && task.submission.payload == draft.payload && task.submission.start == draft.start
          && task.submission.deadlineTime == draft.deadline
          && isAsDrafted(task.submission.policy, draft),
        "task \(id) is not what was submitted")
    }
  }

  /// What the task did not bring, its pool gave it.
  private func isAsDrafted(_ policy: TaskPolicy, _ draft: TaskDraft) -> Bool {
    draft.retry.map { $0 == policy.retry } ?? true
      && draft.runTimeout.map { $0 == policy.runTimeout } ?? true
      && draft.queueTimeout.map { $0 == policy.queueTimeout } ?? true
      && draft.heartbeatTimeout.map { $0 == policy.heartbeatTimeout } ?? true
  }

  private func check(_ view: PoolView) throws(Violation) {
    let record = view.record
    // A pool that was deleted at once is told as deleting and is gone by now.
    guard let pool = model.pools[record.id], record.state != .deleting else { return }
    let told = pool.history.last { $0.revision <= record.revision }
    try require(
      told?.revision == record.revision && told?.state == record.state && told?.spec == record.spec,
      "pool \(record.name) was told as \(record), it was \(String(describing: told))")
  }

  // MARK: - Looks

  private func check(_ sight: Sight, of query: Query) throws(Violation) {
    switch (query, sight) {
    case (.pool(let name), .pool(let view)):
      try require(view.record.name == name, "another pool was seen")
      try checkExactly(view)
    case (.pools, .pools(let views)):
      try require(
        views.map(\.record.name) == model.names.keys.sorted(), "other pools were seen")
      for view in views { try checkExactly(view) }
    case (.task(let id), .task(let view)): try check(view, of: id)
    case (.tasks(let ids), .tasks(let views)):
      let live = ids.filter { model.tasks[$0].map { !$0.status.state.isTerminal } ?? false }
      try require(views.map(\.id) == live, "other tasks were seen")
      for view in views { try check(view, of: view.id) }
    case (.rehearsal, .rehearsed): break
    case (.groups, .groups(let views)):
      try require(
        views.map(\.record) == model.groups.values.sorted { $0.name < $1.name },
        "other groups were seen")
    case (.group(let name), .groups(let views)):
      try require(views.map(\.record) == [model.groups[name]], "another group was seen")
    case (.locks(let listing), .locks(let page)): try check(page, of: listing)
    case (.catalog, .catalog(let catalog)):
      try require(catalog == replayed.catalog, "another catalog was seen")
    default: throw Violation(description: "\(query) showed \(sight)")
    }
  }

  private func check(_ view: TaskView?, of id: TaskID) throws(Violation) {
    let task = model.tasks[id].flatMap { $0.status.state.isTerminal ? nil : $0 }
    try require(
      view?.status == task?.status && view?.revision == task?.revision
        && view?.submitRevision == task?.submitRevision && view?.labels == task?.labels
        && view?.pool == task?.pool,
      "task \(id) was seen as \(String(describing: view)), it is \(String(describing: task))")
  }

  private func checkExactly(_ view: PoolView) throws(Violation) {
    let pool = model.pools[view.record.id]
    try require(
      view.record == replayed.catalog.pools[view.record.id] && view.inUse >= pool?.running ?? 0
        && Int(view.waiting) == pool?.waiting
        && (view.oldestAge == nil) == (pool?.pending.isEmpty ?? true),
      "pool \(view.record.name) was seen as \(view), it is \(String(describing: pool))")
  }

  // MARK: - Refusals

  private func check(_ refusal: Refusal, of command: Command) throws(Violation) {
    try require(isJust(refusal, command), "\(command) was refused without cause: \(refusal)")
  }

  private func isJust(_ refusal: Refusal, _ command: Command) -> Bool {
    switch refusal {
    case .poolNotFound(let name):
      if case .retry(let history, _) = command {
        return model.pools[history.pool].map { $0.state == .retired } ?? true
      }
      if case .workflow(.retry(_, let histories, _)) = command {
        return histories.contains {
          model.pools[$0.pool].map { $0.state == .retired } ?? true
        }
      }
      return model.names[name] == nil
    case .poolExists(let name): return model.names[name] != nil
    case .poolNotEmpty(let name, let unfinished):
      return unfinished > 0 && model.pool(named: name).map { $0.unfinished == unfinished } ?? false
    case .poolDraining(let name): return model.pool(named: name)?.state == .draining
    case .poolClosed(let name):
      return [.closed, .deleting].contains(model.pool(named: name)?.state)
    case .queueFull(let name, let capacity, let waiting):
      guard let pool = model.pool(named: name) else { return false }
      return pool.waiting == waiting && pool.spec.queueCapacity == capacity
        && pool.waiting + command.newTasks(in: name) > capacity
    case .memoryPressure("bytes", _): return true
    case .memoryPressure(_, let limit): return isJust(limit: limit, command)
    case .taskNotLive(let id): return model.tasks[id]?.status.state.isTerminal ?? true
    case .taskNotRetryable(let id, let state): return model.tasks[id]?.status.state == state
    case .duplicateTask(let id, let state, let index):
      return isJust(duplicate: id, state, index: index, command)
    case .duplicateInBatch(let index, let first):
      guard case .submit(_, let drafts, _, _, _) = command, first < index,
        let (a, b) = drafts[first].unique.flatMap({ a in drafts[index].unique.map { (a, $0) } })
      else { return false }
      return a.rule.key == b.rule.key && a.rule.scope == b.rule.scope
    case .leaseLost(let id, let attempt):
      if case .worker(.checkpoint(let lease, _)) = command { return !runs(lease) }
      if case .worker(.log(let lease, _)) = command { return !runs(lease) }
      if case .worker(.release(let lease, _)) = command { return !runs(lease) }
      let task = model.tasks[id]
      return task?.status.state != .running || task?.status.attempt != attempt
    case .workerNotFound:
      if case .worker = command { return true }
      return false
    case .requestIDReused(let id):
      if case .bulk(.start(let draft, _)) = command {
        return model.bulks.values.contains {
          $0.requestID == id && $0.fingerprint != draft.fingerprint
        }
      }
      if case .workflow(.submit(let draft, _)) = command {
        return model.workflows.values.contains {
          $0.requestID == id && $0.fingerprint != draft.fingerprint
        }
      }
      guard case .submit(_, _, let request?, _, _) = command else { return false }
      return model.requests[request.key].map { $0.fingerprint != request.fingerprint } ?? false
    case .staleHistory: return isStale(command)
    case .diskLow: return true
    case .bulkNotFound, .dependencyNotFound, .workflowNotFound, .workflowNotRetryable,
      .taskRunning, .revisionMismatch, .taskNotPausable, .taskNotPaused, .checkpointOutOfOrder,
      .scheduleNotFound, .scheduleExists, .scheduleNeverFires, .scheduleEtagMismatch,
      .timeZoneUnknown, .lockHeld, .lockNotHeld, .lockNotFound,
      .limitNotFound, .limitExists, .limitEtagMismatch, .limitSortFixed, .limitTooSmall,
      .limitExceeded, .permitsNotHeld, .limitNotHeld:
      return isJustOfOne(refusal, command)
    case .poolSpecInvalid, .poolRevisionNotFound, .groupNotFound, .groupExists, .groupNotEmpty,
      .groupBudgetExceeded, .groupEtagMismatch, .etagMismatch:
      return isJustOfGroup(refusal, command)
    case .taskTerminal, .taskNeeded, .stopping: return false
    }
  }

  /// There are as many tasks, operations or schedules as may be.
  private func isJust(limit: Int, _ command: Command) -> Bool {
    switch command {
    case .bulk(.start): model.bulks.values.count { $0.state == .running } >= limit
    case .schedule(.create): model.schedules.count >= limit
    case .lock(.acquire(let claim, _, _)): isJust(lockLimit: limit, claim)
    case .limit(.create): model.limits.records.count >= limit
    case .permits(.acquire): true
    default: replayed.tasks.count + command.newTasks() > limit
    }
  }

  /// Refusals that look at one task, operation, workflow or schedule.
  private func isJustOfOne(_ refusal: Refusal, _ command: Command) -> Bool {
    switch refusal {
    case .taskRunning(let id): return model.tasks[id]?.status.state == .running
    case .revisionMismatch(let id, let revision):
      return model.tasks[id]?.revision == revision
    case .taskNotPausable(let id): return model.tasks[id]?.status.notes?.cancel != nil
    case .taskNotPaused(let id, let state):
      let status = model.tasks[id]?.status
      return status?.state == state && status?.notes?.pause == nil
    case .bulkNotFound(let id): return model.bulks[id] == nil
    case .dependencyNotFound(let id, _): return model.tasks[id] == nil
    case .workflowNotFound(let id): return model.workflows[id] == nil
    case .workflowNotRetryable(let id, _):
      guard case .workflow(.retry(_, let histories, _)) = command else { return false }
      return model.workflows[id] != nil
        && histories.allSatisfy { model.tasks[$0.task].map { !$0.status.state.isTerminal } ?? true }
    case .checkpointOutOfOrder(let id, let kept):
      return model.tasks[id]?.checkpoint?.sequence == kept
    case .lockHeld, .lockNotHeld, .lockNotFound: return isJustOfLock(refusal, command)
    case .limitNotFound, .limitExists, .limitEtagMismatch, .limitSortFixed, .limitTooSmall,
      .limitExceeded, .permitsNotHeld, .limitNotHeld:
      return isJustOfLimit(refusal, command)
    default: return isJustOfSchedule(refusal, command)
    }
  }

  private func isStale(_ draft: TaskDraft) -> Bool {
    draft.needsDependencyEnds
      && draft.dependencyHistory.map { $0.asOf < model.revision } ?? true
  }

  /// Something has happened since the history was read.
  private func isStale(_ command: Command) -> Bool {
    switch command {
    case .retry(let history, _):
      let last = model.tasks[history.task]?.revision ?? model.purged[history.task]
      return last.map { $0 > history.asOf } ?? false
    case .submit(_, let drafts, let request, let history, _):
      let claims = drafts.compactMap(\.unique).filter { $0.rule.finishedWithin != nil }
      return request != nil && history.map { $0.asOf < model.revision } ?? true
        || claims.contains { $0.history.map { $0.asOf < model.revision } ?? true }
        || drafts.contains { isStale($0) }
    case .workflow(.submit(let draft, _)): return draft.tasks.contains { isStale($0.draft) }
    case .workflow(.retry(_, let histories, _)):
      return histories.contains { history in
        let last = model.tasks[history.task]?.revision ?? model.purged[history.task]
        return last.map { $0 > history.asOf } ?? false
      }
    case .bulk(.step(_, let slice)):
      return slice.candidates.contains { candidate in
        guard case .ended(let history) = candidate else { return false }
        let last = model.tasks[history.task]?.revision ?? model.purged[history.task]
        return last.map { $0 > history.asOf } ?? false
      }
    default: return false
    }
  }
}

extension Command {
  /// How many tasks it would submit, in one pool or in all.
  fileprivate func newTasks(in pool: String? = nil) -> Int {
    switch self {
    case .submit(_, let drafts, _, _, _): drafts.count
    case .workflow(.submit(let draft, _)):
      draft.tasks.count { pool == nil || $0.pool == pool }
    default: 0
    }
  }
}
