import MartletCore

/// Who may be there beside a task that is to be the only one.
extension Model {
  /// Tasks with the key of a rule of that pool, that are kept.
  func rivals(of rule: UniqueRule, in pool: PoolID) -> [ModelTask] {
    tasks.values.filter { other in
      guard let theirs = other.submission.unique else { return false }
      return theirs.key == rule.key && theirs.scope == rule.scope
        && (rule.scope == .namespace || other.pool == pool)
    }
  }

  func counts(_ other: ModelTask, by rule: UniqueRule) -> Bool {
    switch other.status.state {
    case .running: return !rule.waitingOnly
    case .cancelled: return false
    case .succeeded, .failed:
      guard let window = rule.finishedWithin, let time = other.status.finishTime else {
        return false
      }
      return stamp.time < time + window
    case .blocked, .scheduled, .pending, .paused: return true
    }
  }

  /// A task is submitted: no other one counts, and what was cancelled for it was its rival.
  mutating func checkUnique(_ rule: UniqueRule, _ event: TaskEvent) throws(Violation) {
    for other in rivals(of: rule, in: event.pool) {
      try require(
        !counts(other, by: rule), "\(event.task) is not the only one of \(rule): \(other.id)")
    }
    for other in replaced.removeValue(forKey: event.task.description) ?? [] {
      let theirs = other.submission.unique
      try require(
        rule.onConflict == .replace && theirs?.key == rule.key && theirs?.scope == rule.scope
          && other.status.state.isWaiting,
        "\(other.id) was replaced by \(event.task), which had no right to it")
    }
  }

  func checkReopened(_ task: ModelTask, _ revival: TaskRevival) throws(Violation) {
    let rule = task.submission.unique
    try require(
      revival.unique == rule?.mark(in: task.pool), "\(task.id) comes back with another key")
    guard let rule else { return }
    try require(
      rivals(of: rule, in: task.pool).allSatisfy(\.status.state.isTerminal),
      "\(task.id) was reopened beside another one of \(rule)")
  }

  /// A task got the time of one that was submitted under its key.
  func isDebounced(_ event: TaskEvent, of task: ModelTask) -> Bool {
    guard let key = task.submission.unique?.key, event.labels == task.labels,
      case .updated(task.priority, _) = event.change
    else { return false }
    let status = event.status
    let isNow =
      status.due <= stamp.elapsed && [.pending, .paused, .blocked].contains(status.state)
    return asked.debounces[key]?.contains { start in
      switch start {
      case .now: isNow
      case .delay(let span): status.due == stamp.elapsed + span
      case .at(let time): status.dueTime == time || isNow
      }
    } ?? false
  }
}

extension Checker {
  /// What a client was told of a key that is taken.
  func isJust(
    duplicate id: TaskID, _ state: TaskState, index: Int?, _ command: Command
  ) -> Bool {
    guard let other = model.tasks[id] else { return false }
    switch (command, index) {
    case (.retry(let history, _), nil):
      return history.revival.unique == other.submission.unique?.mark(in: other.pool)
        && other.status.state == state && !state.isTerminal
    case (.submit(let pool, let drafts, _, _, _), let index?):
      guard let rule = drafts[index].unique?.rule, let pool = model.names[pool] else {
        return false
      }
      // The batch may have changed it before it was refused as a whole.
      return model.rivals(of: rule, in: pool).contains { $0.id == id }
        && other.status.state.isTerminal == state.isTerminal
        && (!state.isTerminal || rule.finishedWithin != nil && state != .cancelled)
    default: return false
    }
  }

  /// The task that stands for one that was submitted is one of its key.
  func check(existing id: TaskID, for draft: TaskDraft) throws(Violation) {
    guard let rule = draft.unique?.rule else {
      throw Violation(description: "\(id) stands for a task that any number may be like")
    }
    try require(
      rule.onConflict == .returnExisting || rule.onConflict == .debounce,
      "\(id) stands for a task that was not to be had so")
    let key = model.tasks[id]?.submission.unique?.key
    try require(
      key == rule.key || model.purged[id] != nil, "\(id) stands for a task of another key")
  }
}
