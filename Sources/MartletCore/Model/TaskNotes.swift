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
  /// What it failed of, for the delays of the pool. Empty if the handler did not say.
  package var failureClass: String
  /// The wait before the next attempt that the handler asked for.
  package var retryDelay: Span?

  package init(
    kind: FailureKind, code: String = "", message: String, attempt: UInt32, retryable: Bool,
    failureClass: String = "", retryDelay: Span? = nil
  ) {
    self.kind = kind
    self.code = code
    self.message = message
    self.attempt = attempt
    self.retryable = retryable
    self.failureClass = failureClass
    self.retryDelay = retryDelay
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

/// What an attempt has come to so far, for the next one to go on from.
package struct Checkpoint: Hashable, Sendable {
  /// From 1; larger than that of every checkpoint of the task before it.
  package var sequence: UInt64
  package var data: [UInt8]
  package var contentType: String

  package init(sequence: UInt64, data: [UInt8], contentType: String) {
    self.sequence = sequence
    self.data = data
    self.contentType = contentType
  }
}

/// A task's newest checkpoint without its bytes: those are read when the next attempt begins.
package struct CheckpointMark: Hashable, Sendable {
  package var sequence: UInt64
  /// Who saved it: only that attempt may say it again.
  package var attempt: UInt32
  /// Of the event that holds the bytes.
  package var revision: Revision

  package init(sequence: UInt64, attempt: UInt32, revision: Revision) {
    self.sequence = sequence
    self.attempt = attempt
    self.revision = revision
  }
}

/// A line that a handler wrote about its work.
package struct LogLine: Hashable, Sendable {
  /// The raw values are those of the contract.
  package enum Level: UInt8, Hashable, Sendable, CaseIterable {
    case debug = 1
    case info = 2
    case warning = 3
    case error = 4
  }

  /// By the clock of whoever ran it.
  package var time: WallTime
  package var level: Level
  package var text: String

  package init(time: WallTime, level: Level, text: String) {
    self.time = time
    self.level = level
    self.text = text
  }
}

/// What is known of a task beyond its state; most waiting tasks have none of it, so it lives in a
/// box of its own. Never changed: replaced.
package final class TaskNotes: Sendable {
  package let facts: Facts

  package struct Facts: Hashable, Sendable {
    /// The newest attempt's start.
    package var startTime: WallTime?
    package var startElapsed: Elapsed?
    package var progress: Progress?
    package var failure: Failure?
    /// Set while a running task is asked to stop, and kept when it ended CANCELLED.
    package var cancel: StopRequest?
    /// Set while a running task is asked to pause, and while it is PAUSED.
    package var pause: StopRequest?
    /// Set from a retry by hand on: the deadline of the submission holds no longer.
    package var isReopened = false
    /// The worker that makes the attempt, or made the newest one; nil if the server does.
    package var assignment: Assignment?
    /// The newest one that an attempt saved.
    package var checkpoint: CheckpointMark?
    /// Set from a change of it on: the priority of the submission holds no longer.
    package var priority: UInt8?
    /// When a PENDING task joined its queue, if it has changed since and kept its place there.
    package var joined: Revision?
    /// Of a task that was reopened: which of its dependencies had not ended then. It waits for no
    /// others.
    package var waitsFor: [TaskID]?
    /// What the attempt that is being made has taken of limits; of one that was fenced, what stays
    /// taken for a while.
    package var permits: TaskPermits?

    package init() {}

    /// What of it a new attempt, or the way back into the queue, leaves as it is.
    package var lasting: Facts {
      var facts = Facts()
      facts.failure = failure
      facts.isReopened = isReopened
      facts.checkpoint = checkpoint
      facts.priority = priority
      facts.waitsFor = waitsFor
      return facts
    }
  }

  /// Somebody's wish that an attempt ends.
  package struct StopRequest: Hashable, Sendable {
    package var time: WallTime
    /// When the attempt ends even if its handler has not returned.
    package var graceEnd: Elapsed
    package var origin: Origin

    package init(time: WallTime, graceEnd: Elapsed, origin: Origin) {
      self.time = time
      self.graceEnd = graceEnd
      self.origin = origin
    }
  }

  package init(_ facts: Facts = Facts()) { self.facts = facts }

  /// The same but for what `change` does.
  package func with(_ change: (inout Facts) -> Void) -> TaskNotes {
    var facts = facts
    change(&facts)
    return TaskNotes(facts)
  }

  /// A task that never ran has none: the index reads empty ones back as none.
  package var unlessEmpty: TaskNotes? { facts == Facts() ? nil : self }

  package var startTime: WallTime? { facts.startTime }
  package var startElapsed: Elapsed? { facts.startElapsed }
  package var progress: Progress? { facts.progress }
  package var failure: Failure? { facts.failure }
  package var cancel: StopRequest? { facts.cancel }
  package var pause: StopRequest? { facts.pause }
  package var isReopened: Bool { facts.isReopened }
  package var assignment: Assignment? { facts.assignment }
  package var checkpoint: CheckpointMark? { facts.checkpoint }
  package var priority: UInt8? { facts.priority }
  package var joined: Revision? { facts.joined }
  package var waitsFor: [TaskID]? { facts.waitsFor }
  package var permits: TaskPermits? { facts.permits }
}

extension TaskNotes: Hashable {
  package static func == (a: TaskNotes, b: TaskNotes) -> Bool { a === b || a.facts == b.facts }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(startTime)
    hasher.combine(startElapsed)
    hasher.combine(failure)
  }
}
