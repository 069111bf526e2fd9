/// The number of a workflow, in the order of their submission.
package struct WorkflowID: RawRepresentable, Hashable, Comparable, Sendable,
  CustomStringConvertible
{
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (a: WorkflowID, b: WorkflowID) -> Bool { a.rawValue < b.rawValue }

  /// `w17`.
  package var description: String { "w\(rawValue)" }

  /// nil for anything that `description` would not write.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.first == UInt8(ascii: "w"), let number = UInt64(text.dropFirst()) else {
      return nil
    }
    self.init(rawValue: number)
    if number == 0 || description != text { return nil }
  }
}

/// The raw values are those of the contract.
package enum WorkflowState: UInt8, Hashable, Sendable, CaseIterable {
  case running = 1
  case succeeded = 2
  case failed = 3
  case cancelled = 4

  package var name: String {
    switch self {
    case .running: "RUNNING"
    case .succeeded: "SUCCEEDED"
    case .failed: "FAILED"
    case .cancelled: "CANCELLED"
    }
  }
}

/// Tasks of a workflow that count together in its progress.
package struct WorkflowLevel: Hashable, Sendable {
  package var name: String
  /// Its share of the whole, in proportion to the other levels'.
  package var weight: UInt32
  /// Of all its tasks, and of those that have ended.
  package var taskWeight: UInt64 = 0
  package var endedWeight: UInt64 = 0
  package var tasks: UInt32 = 0
  package var ended: UInt32 = 0

  package init(name: String, weight: UInt32) {
    self.name = name
    self.weight = weight
  }

  /// 0 to 1; a level without tasks is done.
  package var progress: Double {
    taskWeight == 0 ? 1 : Double(endedWeight) / Double(taskWeight)
  }
}

/// Tasks that were submitted together, and how far they have come.
package struct WorkflowRecord: Hashable, Sendable {
  package var id: WorkflowID
  /// What several may have: their durations say how long the next one will take.
  package var name: String
  package var origin: Origin
  package var state: WorkflowState
  /// One or more.
  package var levels: [WorkflowLevel]
  /// It succeeds if some of its tasks do.
  package var toleratesFailures: Bool
  /// How many of its tasks are in which state; purged ones still count.
  package var counts = Counters.States()
  package var taskCount: UInt32
  /// The others have the ids that follow.
  package var firstTask: TaskID
  /// Empty, or what a repeat of the submission has.
  package var requestID: String
  package var fingerprint: UInt64
  package var createTime: WallTime
  package var finishTime: WallTime?
  /// Who asked it to stop.
  package var cancel: Origin?

  package init(
    id: WorkflowID, name: String, origin: Origin, levels: [WorkflowLevel],
    toleratesFailures: Bool, taskCount: UInt32, firstTask: TaskID, requestID: String,
    fingerprint: UInt64, createTime: WallTime, state: WorkflowState = .running
  ) {
    self.id = id
    self.name = name
    self.origin = origin
    self.state = state
    self.levels = levels
    self.toleratesFailures = toleratesFailures
    self.taskCount = taskCount
    self.firstTask = firstTask
    self.requestID = requestID
    self.fingerprint = fingerprint
    self.createTime = createTime
  }

  /// Its tasks that have not ended.
  package var live: Int64 {
    TaskState.allCases.lazy.filter { !$0.isTerminal }.map { counts[$0] }.reduce(0, +)
  }

  /// 0 to 1.
  package var progress: Double {
    let whole = levels.reduce(0.0) { $0 + Double($1.weight) }
    let done = levels.reduce(0.0) { $0 + Double($1.weight) * $1.progress }
    return whole == 0 ? 1 : done / whole
  }

  /// What it has come to when none of its tasks is left.
  package var outcome: WorkflowState {
    let unsuccessful = counts[.failed] + counts[.cancelled]
    if cancel != nil, unsuccessful > 0 { return .cancelled }
    if unsuccessful == 0 { return .succeeded }
    return toleratesFailures && counts[.succeeded] > 0 ? .succeeded : .failed
  }

  /// In the order of the submission.
  package var tasks: [TaskID] {
    var tasks: [TaskID] = []
    tasks.reserveCapacity(Int(taskCount))
    var next = firstTask
    for _ in 0..<taskCount {
      tasks.append(next)
      next = TaskIDs.following(next)
    }
    return tasks
  }

  mutating func count(_ member: WorkflowMember, from: TaskState?, to: TaskState) {
    if let from { counts[from] -= 1 }
    counts[to] += 1
    let level = Int(member.level)
    guard levels.indices.contains(level) else { return }
    if from == nil {
      levels[level].tasks += 1
      levels[level].taskWeight += UInt64(member.weight)
    }
    let wasOver = from?.isTerminal ?? false
    if to.isTerminal, !wasOver {
      levels[level].ended += 1
      levels[level].endedWeight += UInt64(member.weight)
    } else if wasOver, !to.isTerminal {
      levels[level].ended -= 1
      levels[level].endedWeight -= UInt64(member.weight)
    }
  }
}

/// What happened to a workflow as a whole.
package struct WorkflowEvent: Hashable, Sendable {
  package enum Change: UInt8, Hashable, Sendable, CaseIterable {
    /// Before the events of its tasks.
    case submitted = 1
    case cancelRequested = 2
    /// What failed goes on.
    case retried = 3
    /// A task of it was reopened by itself.
    case resumed = 4
    case ended = 5
  }

  package var change: Change
  /// After the event, whole.
  package var record: WorkflowRecord
  package var origin: Origin
  /// Workflows that are no longer kept from here on.
  package var forgotten: [WorkflowID]

  package init(
    change: Change, record: WorkflowRecord, origin: Origin, forgotten: [WorkflowID] = []
  ) {
    self.change = change
    self.record = record
    self.origin = origin
    self.forgotten = forgotten
  }
}
