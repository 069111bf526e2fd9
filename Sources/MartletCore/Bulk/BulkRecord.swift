/// The number of an operation on many tasks, in the order of their starts.
package struct BulkID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (a: BulkID, b: BulkID) -> Bool { a.rawValue < b.rawValue }

  /// `b17`.
  package var description: String { "b\(rawValue)" }

  /// nil for anything that `description` would not write.
  package init?(_ text: String) {
    guard text.utf8.first == UInt8(ascii: "b"), let number = UInt64(text.dropFirst()) else {
      return nil
    }
    self.init(rawValue: number)
    if number == 0 || description != text { return nil }
  }
}

/// What is done with each task.
package enum BulkAction: Hashable, Sendable {
  case cancel
  case retry
  case delete
  /// A past time means now.
  case update(priority: UInt8?, due: WallTime?)
  case move(pool: PoolID, name: String)

  /// The states of the tasks that it can apply to.
  package var states: Set<TaskState> {
    switch self {
    case .cancel: Set(TaskState.allCases.filter { !$0.isTerminal })
    case .retry: [.failed, .cancelled]
    case .delete: Set(TaskState.allCases.filter(\.isTerminal))
    case .update, .move: Set(TaskState.allCases.filter(\.isWaiting))
    }
  }

  /// Whether its tasks have left the engine's memory, and come with the command.
  package var isOnHistory: Bool {
    switch self {
    case .retry, .delete: true
    case .cancel, .update, .move: false
    }
  }
}

/// Why a task that matched could not be changed. The raw values are kept: never change.
package enum BulkFailure: UInt8, Hashable, Sendable, CaseIterable {
  case queueFull = 1
  case poolNotFound = 2
  case poolDraining = 3
  case poolClosed = 4
  case duplicateTask = 5
  case taskNeeded = 6
  case other = 15

  /// As the reason of a refusal.
  package var name: String {
    switch self {
    case .queueFull: "QUEUE_FULL"
    case .poolNotFound: "POOL_NOT_FOUND"
    case .poolDraining: "POOL_DRAINING"
    case .poolClosed: "POOL_CLOSED"
    case .duplicateTask: "DUPLICATE_TASK"
    case .taskNeeded: "TASK_NEEDED"
    case .other: "OTHER"
    }
  }
}

/// An operation on many tasks, with its progress: what a crash may not lose.
package struct BulkRecord: Hashable, Sendable {
  /// The raw values are those of the contract.
  package enum State: UInt8, Hashable, Sendable, CaseIterable {
    case running = 1
    case succeeded = 2
    case stopped = 3
  }

  package var id: BulkID
  package var action: BulkAction
  /// As it was written; it has been read before.
  package var filter: String
  /// Tasks a second; 0 for no limit.
  package var rate: Int
  package var origin: Origin
  /// Empty, or what a repeat of the start has.
  package var requestID: String
  package var fingerprint: UInt64
  package var state: State
  /// Tasks that matched at the start.
  package var total: Int64
  package var done: Int64 = 0
  package var failed: Int64 = 0
  package var failures: [BulkFailure: Int64] = [:]
  /// The newest task at the start: later ones are not looked at.
  package var last: TaskID
  /// Tasks up to here have had their turn.
  package var through = TaskID(rawValue: 0)
  /// Also what the filter's spans are measured to.
  package var createTime: WallTime
  package var finishTime: WallTime?

  package init(
    id: BulkID, action: BulkAction, filter: String, rate: Int, origin: Origin,
    requestID: String, fingerprint: UInt64, state: State, total: Int64, last: TaskID,
    createTime: WallTime
  ) {
    self.id = id
    self.action = action
    self.filter = filter
    self.rate = rate
    self.origin = origin
    self.requestID = requestID
    self.fingerprint = fingerprint
    self.state = state
    self.total = total
    self.last = last
    self.createTime = createTime
  }
}

/// What happened to an operation.
package struct BulkEvent: Hashable, Sendable {
  package enum Change: UInt8, Hashable, Sendable, CaseIterable {
    case started = 1
    case progressed = 2
    case ended = 3
  }

  package var change: Change
  /// After the event, whole.
  package var record: BulkRecord
  /// Of the start or the stop; the server's for progress.
  package var origin: Origin
  /// Operations that are no longer kept from here on.
  package var forgotten: [BulkID]

  package init(
    change: Change, record: BulkRecord, origin: Origin, forgotten: [BulkID] = []
  ) {
    self.change = change
    self.record = record
    self.origin = origin
    self.forgotten = forgotten
  }
}
