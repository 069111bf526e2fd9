import MartletCore

/// Whose turn it is where tasks have fairness keys.
extension Model {
  /// Whether keys say who starts: one of the pool's live tasks has one, or a weight.
  func goesByShare(_ pool: ModelPool) -> Bool {
    pool.spec.fairness != .off
      && tasks.values.contains {
        $0.pool == pool.id && !$0.status.state.isTerminal
          && $0.submission.policy.fairness != nil
      }
  }

  private func fairness(of task: ModelTask) -> TaskFairness {
    task.submission.policy.fairness ?? TaskFairness(key: "")
  }

  /// No key with a task that could start as well has a smaller share. What workers have been
  /// offered counts, and is not in the log: so it is judged by what is certain.
  func checkFairTurn(of task: ModelTask, in pool: ModelPool) throws(Violation) {
    // Whoever needs a permit may have to let others go first.
    let served = pool.pending.compactMap { tasks[$0] }.filter { isServedHere($0) }
    let able = served.filter { $0.id == task.id || needs($0).isEmpty }
    // With one of them in front a queue may have risen further.
    if pool.spec.priorityAgeing != nil, able.count < served.count { return }
    let uses = uses(in: pool)
    let mine = fairness(of: task)
    let isPriorityFirst = pool.spec.fairness == .priorityFirst
    func level(_ task: ModelTask) -> UInt8 {
      let first = isPriorityFirst ? queue(of: task, among: able).first ?? task : task
      return risen(task.priority, since: first, in: pool)
    }
    let myLevel = level(task)
    for other in able where other.id != task.id && isHead(other, among: able) {
      let theirs = fairness(of: other)
      let theirLevel = level(other)
      let isAlike = mine == theirs
      if isPriorityFirst || isAlike {
        try require(
          myLevel >= theirLevel, "\(task.id) starts before \(other.id), which has a higher priority"
        )
        if myLevel > theirLevel { continue }
      }
      if isAlike {
        try require(
          task.joined < other.joined, "\(task.id) starts before \(other.id), which joined first")
      } else if mine.key != theirs.key {
        let least = (uses[mine.key]?.least ?? 0) * theirs.weight
        let most = (uses[theirs.key]?.most ?? 0) * mine.weight
        try require(
          least <= most,
          "\(task.id) of `\(mine.key)` starts before \(other.id) of `\(theirs.key)`, "
            + "which has a smaller share")
      }
    }
  }

  /// What runs of each key, and what may besides be offered to workers.
  private func uses(in pool: ModelPool) -> [String: (least: Int, most: Int)] {
    var uses: [String: (least: Int, most: Int)] = [:]
    for task in tasks.values where task.pool == pool.id {
      let isRunning = task.status.state == .running
      let mayBeOffered = task.status.state == .pending && !isServedHere(task)
      uses[fairness(of: task).key, default: (0, 0)].least += isRunning ? 1 : 0
      uses[fairness(of: task).key, default: (0, 0)].most += isRunning || mayBeOffered ? 1 : 0
    }
    return uses
  }

  /// The tasks of its priority and kind, in order.
  private func queue(of task: ModelTask, among able: [ModelTask]) -> [ModelTask] {
    able.filter { $0.priority == task.priority && $0.kind == task.kind }
      .sorted { $0.joined < $1.joined }
  }

  /// It is the first of its key in its queue.
  private func isHead(_ task: ModelTask, among able: [ModelTask]) -> Bool {
    let key = fairness(of: task).key
    return queue(of: task, among: able).first { fairness(of: $0).key == key }?.id == task.id
  }

  private func risen(_ priority: UInt8, since first: ModelTask, in pool: ModelPool) -> UInt8 {
    pool.spec.priorityAgeing.map(PriorityAgeing.init)?
      .level(of: priority, pendingSince: first.status.due, at: stamp.elapsed) ?? priority
  }
}
