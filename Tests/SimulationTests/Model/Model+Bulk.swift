import MartletCore

/// Operations on many tasks, and what they alone do: moves.
extension Model {
  mutating func apply(_ event: BulkEvent) throws(Violation) {
    let record = event.record
    for id in event.forgotten {
      try require(bulks[id].map { $0.state != .running } ?? false, "\(id) was forgotten")
      bulks[id] = nil
    }
    switch event.change {
    case .started:
      try require(
        record.id.rawValue == lastBulk.rawValue + 1 && record.state == .running
          && record.done + record.failed == 0 && record.last == lastTask
          && record.through.rawValue == 0, "operation \(record) starts like that")
      lastBulk = record.id
    case .progressed, .ended:
      guard let before = bulks[record.id], before.state == .running else {
        throw Violation(description: "\(record.id) goes on and does not run")
      }
      try require(
        record.done >= before.done && record.failed >= before.failed
          && record.through >= before.through && record.through <= record.last
          && record.last == before.last && record.total == before.total
          && record.filter == before.filter && record.action == before.action,
        "operation \(before) became \(record)")
      try require(
        record.failures.values.reduce(0, +) == record.failed, "\(record.id) fails without reason")
      try require(
        (record.state == .running) == (event.change == .progressed)
          && (record.finishTime == nil) == (record.state == .running),
        "\(record.id) has ended or not")
    }
    bulks[record.id] = record
  }

  /// A task that waits goes to a pool that takes it and has room, and is no other's rival there.
  mutating func moved(_ event: TaskEvent, from: PoolID) throws(Violation) {
    guard var task = tasks[event.task], task.pool == from, event.pool != from,
      event.from == task.status.state, event.status.state == task.status.state,
      event.labels == task.labels, task.status.state.isWaiting,
      let pool = pools[event.pool]
    else {
      throw Violation(description: "event \(revision) moves a task \(event.task) from \(from)")
    }
    try require(asked.moves.contains(task.id), "nobody moved \(task.id)")
    try require(
      pool.state == .active || pool.state == .paused, "\(task.id) is moved to a closed pool")
    try require(
      pool.waiting < pool.spec.queueCapacity, "\(task.id) is moved to \(pool.name), which is full")
    if let mark = task.submission.unique?.mark(in: event.pool) {
      let rival = tasks.values.first {
        $0.id != task.id && !$0.status.state.isTerminal
          && $0.submission.unique?.mark(in: $0.pool) == mark
      }
      try require(rival == nil, "\(task.id) is moved to its rival")
    }
    move(task.id, in: from, from: task.status.state, to: nil)
    if rooms[event.pool] == nil {
      rooms[event.pool] = Room(before: pool.waiting, capacity: pool.spec.queueCapacity)
    }
    move(task.id, in: event.pool, from: nil, to: event.status.state)
    task.pool = event.pool
    task.status = event.status
    task.revision = revision
    task.joined = revision
    task.history.append((revision, stamp.time, event.status))
    tasks[task.id] = task
  }
}
