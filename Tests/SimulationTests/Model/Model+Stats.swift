import MartletCore

/// What happened to tasks, counted in the plainest way: by the states that they left and entered.
struct Recount: Hashable {
  struct Counts: Hashable {
    var submitted: Int64 = 0
    var started: Int64 = 0
    var ended: [TaskState: Int64] = [:]
    /// Attempts after which the task waits again.
    var cameBack: Int64 = 0
    var reopened: Int64 = 0
  }

  /// How often something was measured, and its sum in microseconds.
  struct Measure: Hashable {
    var count: UInt64 = 0
    var sum: UInt64 = 0

    mutating func add(_ span: Span) {
      count += 1
      sum += UInt64(max(0, span.nanoseconds / 1_000))
    }
  }

  var counts: [Counters.Key: Counts] = [:]
  var waits = Measure()
  var runs = Measure()
  var totals = Measure()
  /// Attempts that failed, and failures that ended a task.
  var failures: Int64 = 0
  var failedTasks: Int64 = 0
}

extension Model {
  /// - Parameter task: As it was before the event; nil of a submission.
  mutating func recount(_ event: TaskEvent, of task: ModelTask?) throws(Violation) {
    let key = Counters.Key(pool: event.pool, kind: event.kind)
    let (from, to) = (event.from, event.status.state)
    var counts = recount.counts[key] ?? .init()
    // A task that only moved into a pool has had nothing counted there.
    defer { if counts != .init() { recount.counts[key] = counts } }
    guard let task, let from else {
      counts.submitted += 1
      return
    }
    if to == .running, from != .running {
      counts.started += 1
      recount.waits.add(stamp.elapsed - task.status.due)
    }
    if from.isTerminal, !to.isTerminal { counts.reopened += 1 }
    if from == .running, !to.isTerminal, to != .running { counts.cameBack += 1 }
    if to.isTerminal {
      counts.ended[to, default: 0] += 1
      recount.totals.add(stamp.time - task.createTime)
      let isReplaced = to == .cancelled && event.createTime == nil
      try require(
        event.createTime == task.createTime || isReplaced,
        "the end of \(task.id) says that it was submitted at another time")
    }
    noteAttempt(event, of: task)
  }

  private mutating func noteAttempt(_ event: TaskEvent, of task: ModelTask) {
    let isGivenBack: Bool
    switch event.change {
    case .released, .paused: isGivenBack = true
    default: isGivenBack = false
    }
    if event.from == .running, event.status.state != .running, !isGivenBack,
      let start = task.status.notes?.startElapsed
    {
      recount.runs.add(stamp.elapsed - start)
    }
    // The failure of this event is a new one, or the task has failed.
    let failure = event.status.notes?.failure
    let failed = event.status.state == .failed
    guard
      failed || event.from == .running && failure != nil && failure != task.status.notes?.failure,
      event.status.state != .cancelled
    else { return }
    recount.failures += 1
    if failed { recount.failedTasks += 1 }
  }
}
