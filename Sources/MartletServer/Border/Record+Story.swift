import MartletAPI
import MartletCore

// Turns of a task's life in the form that the index keeps.

extension LogAPI.PastEnd {
  init(_ end: PastEnd) {
    self.init(
      startTime: end.startTime?.nanoseconds ?? 0, finishTime: end.finishTime.nanoseconds,
      worker: end.worker, failure: end.failure.map { .init($0) },
      cancel: end.cancel.map { .init($0) })
  }

  var value: PastEnd {
    PastEnd(
      startTime: WallTime(unlessZero: startTime), finishTime: WallTime(nanoseconds: finishTime),
      worker: worker, failure: failure?.value, cancel: cancel?.value)
  }
}

extension LogAPI.Turn {
  init(_ turn: TaskTurn) {
    self.init(
      time: turn.time.nanoseconds, from: UInt32(turn.from.rawValue),
      to: UInt32(turn.to.rawValue), dueTime: turn.dueTime.nanoseconds, attempt: turn.attempt,
      startTime: turn.startTime?.nanoseconds ?? 0, worker: turn.worker,
      failure: turn.failure.map { .init($0) }, origin: turn.origin.map { .init($0) },
      pastEnd: turn.pastEnd.map { .init($0) })
  }

  /// nil if it makes no sense: the index is damaged.
  var value: TaskTurn? {
    guard let from = UInt8(exactly: from).flatMap(TaskState.init(rawValue:)),
      let to = UInt8(exactly: to).flatMap(TaskState.init(rawValue:))
    else { return nil }
    var turn = TaskTurn(
      time: WallTime(nanoseconds: time), from: from, to: to,
      dueTime: WallTime(nanoseconds: dueTime), attempt: attempt)
    turn.startTime = WallTime(unlessZero: startTime)
    turn.worker = worker
    turn.failure = failure?.value
    turn.origin = origin?.value
    turn.pastEnd = pastEnd?.value
    return turn
  }
}
