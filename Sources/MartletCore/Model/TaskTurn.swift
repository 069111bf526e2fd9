/// Where a task's life took another way than straight from its submission to its end: an attempt
/// that did not end it, a pause, a resumption, another due time, a reopening. What a task's row
/// says no more.
package struct TaskTurn: Hashable, Sendable {
  package var time: WallTime
  package var from: TaskState
  package var to: TaskState
  /// After it: when a SCHEDULED task is due, else when it was queued.
  package var dueTime: WallTime
  /// The newest attempt; if the turn came from RUNNING, the one that it ended.
  package var attempt: UInt32
  /// When that attempt had started; nil if the turn ended none.
  package var startTime: WallTime?
  /// Who made that attempt: the worker's name, empty for the server.
  package var worker = ""
  /// Why that attempt failed; nil if it was given back.
  package var failure: Failure?
  /// Who asked for it; nil for what followed from an attempt.
  package var origin: Origin?
  /// How the task had ended; of a reopening only.
  package var pastEnd: PastEnd?

  package init(
    time: WallTime, from: TaskState, to: TaskState, dueTime: WallTime, attempt: UInt32
  ) {
    self.time = time
    self.from = from
    self.to = to
    self.dueTime = dueTime
    self.attempt = attempt
  }

  /// nil if the event is no turn: the task's row says all there is to say.
  package init?(_ event: TaskEvent, at stamp: Stamp) {
    guard let from = event.from else { return nil }
    let status = event.status
    switch event.change {
    case .retryScheduled, .lost, .released, .paused, .reopened, .unblocked: break
    case .resumed where from == .paused: break
    // A change by hand of what the task waits for, or until when.
    case .updated where from != status.state || from == .scheduled: break
    default: return nil
    }
    self.init(
      time: stamp.time, from: from, to: status.state, dueTime: status.dueTime,
      attempt: status.attempt)
    if from == .running {
      startTime = status.notes?.startTime
      worker = status.notes?.assignment?.worker.name ?? ""
      failure = status.notes?.failure.flatMap { $0.attempt == status.attempt ? $0 : nil }
    }
    switch event.change {
    case .paused(let origin), .resumed(let origin), .updated(_, let origin): self.origin = origin
    case .reopened(let revival, let origin):
      self.origin = origin
      pastEnd = revival.pastEnd
    default: break
    }
  }
}

/// How a task had ended that was reopened: of its row, what the reopening writes over.
package struct PastEnd: Hashable, Sendable {
  package var startTime: WallTime?
  package var finishTime: WallTime
  /// Who made the newest attempt: the worker's name, empty for the server.
  package var worker = ""
  package var failure: Failure?
  /// Who cancelled it.
  package var cancel: Origin?

  package init(
    startTime: WallTime?, finishTime: WallTime, worker: String = "", failure: Failure? = nil,
    cancel: Origin? = nil
  ) {
    self.startTime = startTime
    self.finishTime = finishTime
    self.worker = worker
    self.failure = failure
    self.cancel = cancel
  }

  /// nil of a task that has not ended.
  package init?(_ status: TaskStatus) {
    guard let finishTime = status.finishTime else { return nil }
    self.init(
      startTime: status.notes?.startTime, finishTime: finishTime,
      worker: status.notes?.assignment?.worker.name ?? "", failure: status.notes?.failure,
      cancel: status.notes?.cancel?.origin)
  }
}
