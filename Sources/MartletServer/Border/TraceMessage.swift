import MartletAPI
import MartletCore

extension API.TaskTrace {
  /// - Parameter now: The end of what goes on.
  init(_ trace: TaskTrace, of task: TaskID, _ status: TaskStatus, revision: Revision, now: WallTime)
  {
    self.init(
      taskId: task.description, state: .init(status.state), revision: revision.rawValue,
      nodes: trace.nodes.map { .init($0, now: now) }, totals: .init(trace.totals(at: now)))
  }
}

extension API.TraceNode {
  init(_ node: TaskTrace.Node, now: WallTime) {
    self.init(
      startTime: .init(node.start), endTime: node.end.map { .init($0) },
      duration: .init(node.length(at: now)), attempt: Int32(clamping: node.attempt),
      worker: node.worker, failure: node.failure.map { .init($0) },
      actor: node.origin?.actor ?? "", reason: node.origin?.reason ?? "")
    switch node.stretch {
    case .submitted: type = .submitted
    case .scheduled(let wait):
      type = .scheduled
      scheduleReason = .init(wait)
    case .queued: type = .queued
    case .running(let outcome):
      type = .running
      if let outcome { self.outcome = .init(outcome) }
    case .paused: type = .paused
    case .ended(let state):
      type = .ended
      self.state = .init(state)
    case .reopened: type = .reopened
    case .omitted(let count):
      type = .omitted
      omittedTurns = count
    case .blocked: type = .blocked
    }
  }
}

extension API.ScheduleReason {
  init(_ wait: TaskTrace.Wait) {
    self =
      switch wait {
      case .delay: .delay
      case .backOff: .backOff
      case .givenBack: .givenBack
      }
  }
}

extension API.AttemptOutcome {
  init(_ outcome: TaskTrace.Outcome) {
    self =
      switch outcome {
      case .succeeded: .succeeded
      case .failed: .failed
      case .lost: .lost
      case .released: .released
      case .cancelled: .cancelled
      }
  }
}

extension API.TraceTotals {
  init(_ totals: TaskTrace.Totals) {
    self.init(
      lifetime: .init(totals.lifetime), queueWait: .init(totals.queueWait),
      runTime: .init(totals.runTime), delay: .init(totals.delay), backOff: .init(totals.backOff),
      paused: .init(totals.paused), ended: .init(totals.ended), omitted: .init(totals.omitted),
      attempts: Int32(clamping: totals.attempts), blocked: .init(totals.blocked))
  }
}
