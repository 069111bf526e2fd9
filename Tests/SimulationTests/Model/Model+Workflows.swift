import MartletCore

/// Who waits for whom, by nothing but how the tasks are now; and what workflows have come to.
extension Model {
  enum Standing: Equatable {
    case waits
    case met
    case fails
  }

  /// What a task waits for by now.
  func waits(of task: ModelTask) -> [TaskID] {
    task.status.notes?.waitsFor ?? task.submission.dependencies?.tasks ?? []
  }

  /// Those that have not ended, and those that ended without success where that matters.
  func obstacles(of task: ModelTask) -> (open: Int, failed: [TaskID]) {
    var (open, failed) = (0, [TaskID]())
    let rule = task.submission.policy.flow?.onFailure ?? .cancel
    for other in waits(of: task) {
      // One that succeeded may have been purged.
      guard let state = tasks[other]?.status.state else { continue }
      if !state.isTerminal {
        open += 1
      } else if state != .succeeded, rule != .runAnyway {
        failed.append(other)
      }
    }
    return (open, failed.sorted())
  }

  func standing(of task: ModelTask) -> Standing {
    let (open, failed) = obstacles(of: task)
    if !failed.isEmpty, task.submission.policy.flow?.onFailure == .cancel { return .fails }
    return open == 0 && failed.isEmpty ? .met : .waits
  }

  /// At the end of a commit: tasks of one batch may name those behind them.
  func checkBlocked() throws(Violation) {
    for id in submitted {
      guard let task = tasks[id], let first = task.history.first?.status.state else { continue }
      let dependencies = task.submission.dependencies
      try require(
        dependencies != nil || first != .blocked, "\(id) is BLOCKED by nothing")
      for other in dependencies?.tasks ?? [] {
        let ended = dependencies?.ended.first { $0.task == other }
        try require(
          tasks[other] != nil || purged[other] != nil,
          "\(id) waits for \(other), which was never there")
        try require(
          first == .blocked || ended != nil, "\(id) does not wait for \(other)")
      }
    }
  }

  func checkUnblocked(_ task: ModelTask) throws(Violation) {
    try require(
      standing(of: task) == .met, "\(task.id) goes on, and waits for \(obstacles(of: task))")
  }

  /// It was cancelled because another one did not succeed.
  func isCancelledForOther(_ event: TaskEvent, of task: ModelTask) -> Bool {
    guard task.status.state == .blocked, standing(of: task) == .fails,
      let failure = event.status.notes?.failure
    else { return false }
    return failure.kind == .dependency
      && obstacles(of: task).failed.contains { failure.message.contains("\($0)") }
  }

  /// What others are held by is not purged.
  func checkUnneeded(_ gone: ModelTask) throws(Violation) {
    if gone.status.state == .succeeded { return }
    let held = tasks.values.first {
      !$0.status.state.isTerminal && $0.submission.policy.flow?.hasDependencies == true
        && $0.submission.policy.flow?.onFailure != .runAnyway && waits(of: $0).contains(gone.id)
    }
    try require(held == nil, "\(gone.id) was purged, \(held?.id.description ?? "") waits for it")
  }

  func checkReopenedWaits(_ event: TaskEvent, of task: ModelTask) throws(Violation) {
    let all = task.submission.dependencies?.tasks ?? []
    let waits = event.status.notes?.waitsFor ?? []
    try require(
      waits.isEmpty == (event.status.state == .pending) && Set(waits).isSubset(of: all),
      "\(task.id) waits for \(waits) after it was reopened")
    for other in all where !waits.contains(other) {
      try require(
        tasks[other]?.status.state.isTerminal ?? true,
        "\(task.id) was reopened and does not wait for \(other)")
    }
  }

  // MARK: - Workflows

  func isCancelAsked(of task: ModelTask) -> Bool {
    let workflow = task.submission.policy.flow?.member?.workflow
    return asked.cancels.contains(task.id) || workflow.map(asked.workflowCancels.contains) ?? false
  }

  mutating func apply(_ event: WorkflowEvent) throws(Violation) {
    let record = event.record
    for id in event.forgotten {
      try require(workflows[id].map { $0.state != .running } ?? false, "\(id) was forgotten")
      workflows[id] = nil
    }
    let before = workflows[record.id]
    switch event.change {
    case .submitted:
      try require(
        record.id.rawValue == lastWorkflow.rawValue + 1 && record.state == .running
          && record.live == 0, "workflow \(record) starts like that")
      lastWorkflow = record.id
    case .cancelRequested:
      try require(
        asked.workflowCancels.contains(record.id) && before?.cancel == nil,
        "nobody cancelled \(record.id)")
    case .retried:
      try require(
        asked.workflowRetries.contains(record.id) && record.state == .running,
        "nobody retried \(record.id)")
    case .resumed:
      try require(
        before?.state != .running && liveTasks(of: record.id) > 0, "\(record.id) goes on alone")
    case .ended:
      try require(
        before?.state == .running && liveTasks(of: record.id) == 0
          && record.state == outcome(of: record), "\(record.id) ended as \(record.state)")
    }
    workflows[record.id] = record
  }

  private func liveTasks(of workflow: WorkflowID) -> Int {
    members.values.count { $0.workflow == workflow && !$0.state.isTerminal }
  }

  private func outcome(of record: WorkflowRecord) -> WorkflowState {
    let states = members.values.filter { $0.workflow == record.id }.map(\.state)
    if states.allSatisfy({ $0 == .succeeded }) { return .succeeded }
    if record.cancel != nil { return .cancelled }
    return record.toleratesFailures && states.contains(.succeeded) ? .succeeded : .failed
  }

  /// Counts and progress are a recount.
  func checkWorkflow(_ record: WorkflowRecord) throws(Violation) {
    let mine = members.values.filter { $0.workflow == record.id }
    var counts = Counters.States()
    for member in mine { counts[member.state] += 1 }
    try require(
      record.counts == counts && mine.count == record.taskCount,
      "\(record.id) counts \(record.counts), a recount gives \(counts)")
    for (index, level) in record.levels.enumerated() {
      let there = mine.filter { $0.level == index }
      try require(
        Int(level.tasks) == there.count
          && Int(level.ended) == there.count(where: \.state.isTerminal)
          && level.endedWeight
            == there.filter(\.state.isTerminal).reduce(0) { $0 + UInt64($1.weight) },
        "level \(level) of \(record.id) is not a recount")
    }
  }
}

/// A task of a workflow, also after it was purged.
struct ModelMember {
  var workflow: WorkflowID
  var level: Int
  var weight: UInt32
  var state: TaskState
}
