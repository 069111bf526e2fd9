/// Why an attempt or a task failed. The raw values are those of the contract.
package enum FailureKind: UInt8, Hashable, Sendable, CaseIterable {
  case handler = 1
  case runTimeout = 2
  case queueTimeout = 3
  case heartbeatTimeout = 4
  case workerLost = 5
  case deadline = 6
  case dependency = 7
  case rejected = 8
}

package struct Failure: Hashable, Sendable {
  package var kind: FailureKind
  /// Chosen by the handler; what a retry policy names. Empty if it gave none.
  package var code: String
  /// One sentence for people.
  package var message: String
  /// 0 if the task failed while it waited.
  package var attempt: UInt32
  package var retryable: Bool

  package init(
    kind: FailureKind, code: String = "", message: String, attempt: UInt32, retryable: Bool
  ) {
    self.kind = kind
    self.code = code
    self.message = message
    self.attempt = attempt
    self.retryable = retryable
  }
}

/// How far an attempt has come, as its handler says.
package struct Progress: Hashable, Sendable {
  package struct Counter: Hashable, Sendable {
    package var name: String
    package var value: Int64

    package init(name: String, value: Int64) {
      self.name = name
      self.value = value
    }
  }

  /// 0 to 100.
  package var percent: Double?
  package var step: String
  /// By name, each once.
  package var counters: [Counter]

  package init(percent: Double?, step: String, counters: [Counter]) {
    self.percent = percent
    self.step = step
    self.counters = counters
  }
}

/// What a handler returned.
package struct TaskResult: Hashable, Sendable {
  package var data: [UInt8]
  package var contentType: String

  package init(data: [UInt8], contentType: String) {
    self.data = data
    self.contentType = contentType
  }
}

/// Who asked for a change and why, in words of their own.
package struct Origin: Hashable, Sendable {
  /// Empty for the server itself.
  package var actor: String
  package var reason: String

  package init(actor: String, reason: String = "") {
    self.actor = actor
    self.reason = reason
  }

  package static let server = Origin(actor: "")
}

/// What is known of a task beyond its state; most waiting tasks have none of it, so it lives in a
/// box of its own. Never changed: replaced.
package final class TaskNotes: Sendable {
  /// The newest attempt's start.
  package let startTime: WallTime?
  package let startElapsed: Elapsed?
  package let progress: Progress?
  package let failure: Failure?
  /// Set while a running task is asked to stop, and kept when it ended CANCELLED.
  package let cancel: CancelRequest?
  /// Set from a retry by hand on: the deadline of the submission holds no longer.
  package let isReopened: Bool
  /// The worker that makes the attempt, or made the newest one; nil if the server does.
  package let assignment: Assignment?

  package struct CancelRequest: Hashable, Sendable {
    package var time: WallTime
    /// When the task ends as CANCELLED even if its handler has not returned.
    package var graceEnd: Elapsed
    package var origin: Origin

    package init(time: WallTime, graceEnd: Elapsed, origin: Origin) {
      self.time = time
      self.graceEnd = graceEnd
      self.origin = origin
    }
  }

  package init(
    startTime: WallTime? = nil, startElapsed: Elapsed? = nil, progress: Progress? = nil,
    failure: Failure? = nil, cancel: CancelRequest? = nil, isReopened: Bool = false,
    assignment: Assignment? = nil
  ) {
    self.startTime = startTime
    self.startElapsed = startElapsed
    self.progress = progress
    self.failure = failure
    self.cancel = cancel
    self.isReopened = isReopened
    self.assignment = assignment
  }
}

extension TaskNotes: Hashable {
  package static func == (a: TaskNotes, b: TaskNotes) -> Bool {
    a === b
      || a.startTime == b.startTime && a.startElapsed == b.startElapsed
        && a.progress == b.progress && a.failure == b.failure && a.cancel == b.cancel
        && a.isReopened == b.isReopened && a.assignment == b.assignment
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(startTime)
    hasher.combine(startElapsed)
    hasher.combine(failure)
  }
}
