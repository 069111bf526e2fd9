/// One attempt, as its handler sees it.
package struct HandlerContext: Sendable {
  /// The task's id as text.
  package var taskID: String
  package var kind: String
  package var pool: String
  /// From 1.
  package var attempt: Int
  package var payload: [UInt8]
  /// Media type of the payload; empty if the submitter gave none.
  package var contentType: String
  package var labels: [String: String]
  /// W3C trace context of the submitter; empty if there is none.
  package var traceParent: String
  /// What the tasks came to that this one depends on, in their order; empty unless its submitter
  /// asked for that.
  package var dependencies: [DependencyOutcome]
  /// When the attempt will be told to stop: the earlier of run time-out and deadline.
  package var deadline: ContinuousClock.Instant?
  private let link: any HandlerLink

  package init(
    taskID: String, kind: String, pool: String, attempt: Int, payload: [UInt8] = [],
    contentType: String = "", labels: [String: String] = [:], traceParent: String = "",
    dependencies: [DependencyOutcome] = [],
    deadline: ContinuousClock.Instant? = nil, link: any HandlerLink
  ) {
    self.taskID = taskID
    self.kind = kind
    self.pool = pool
    self.attempt = attempt
    self.payload = payload
    self.contentType = contentType
    self.labels = labels
    self.traceParent = traceParent
    self.dependencies = dependencies
    self.deadline = deadline
    self.link = link
  }

  /// Says how far the attempt is. Cheap and never blocks; the newest value wins.
  package func report(_ progress: HandlerProgress) { link.report(progress) }

  /// Whether the attempt should stop now. A handler that loops asks this every few milliseconds.
  package var isCancelled: Bool { Task.isCancelled }

  /// Why it should stop; nil while it need not.
  package var stopReason: HandlerStopReason? { Task.isCancelled ? link.stopReason : nil }

  /// Throws `HandlerFailure.cancelled` if the attempt should stop.
  package func checkCancellation() throws(HandlerFailure) {
    if Task.isCancelled { throw .cancelled }
  }
}

/// The way from a running attempt back to who runs it. Both are called on the handler's thread.
package protocol HandlerLink: Sendable {
  func report(_ progress: HandlerProgress)
  /// Set before the attempt's Swift task is cancelled.
  var stopReason: HandlerStopReason? { get }
}

package enum HandlerStopReason: Hashable, Sendable {
  /// Somebody cancelled the task.
  case cancelRequested
  /// Somebody paused the task; it will run again when it is resumed.
  case pauseRequested
  /// The attempt ran longer than it may.
  case runTimeout
  /// The handler was silent for longer than it may.
  case heartbeatTimeout
  /// The task's deadline passed.
  case deadline
  /// The server stops; the task will run again, here or elsewhere.
  case shutdown
}

/// How far an attempt is.
package struct HandlerProgress: Hashable, Sendable {
  /// 0 to 100; nil if unknown.
  package var percent: Double?
  /// What it does now. At most 255 bytes.
  package var step: String
  /// Named counts. At most 32.
  package var counters: [String: Int64]

  package init(percent: Double? = nil, step: String = "", counters: [String: Int64] = [:]) {
    self.percent = percent
    self.step = step
    self.counters = counters
  }
}
