/// Where a task stands. The raw values are those of the contract and of the index: never change.
package enum TaskState: UInt8, Hashable, Sendable, CaseIterable {
  case blocked = 1
  case scheduled = 2
  case pending = 3
  case running = 4
  case paused = 5
  case succeeded = 6
  case failed = 7
  case cancelled = 8

  /// No report changes it any more; only a retry by hand reopens FAILED and CANCELLED.
  package var isTerminal: Bool { rawValue >= TaskState.succeeded.rawValue }
  /// Counts against the queue capacity of its pool.
  package var isWaiting: Bool { !isTerminal && self != .running }

  /// As in the contract, without its prefix: `PENDING`.
  package var name: String {
    switch self {
    case .blocked: "BLOCKED"
    case .scheduled: "SCHEDULED"
    case .pending: "PENDING"
    case .running: "RUNNING"
    case .paused: "PAUSED"
    case .succeeded: "SUCCEEDED"
    case .failed: "FAILED"
    case .cancelled: "CANCELLED"
    }
  }

  package init?(name: some StringProtocol) {
    guard let state = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = state
  }
}
