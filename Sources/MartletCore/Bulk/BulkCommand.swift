/// An operation that somebody wants, with every field checked.
package struct BulkDraft: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case cancel
    case retry
    case delete
    case update(priority: UInt8?, due: WallTime?)
    case move(pool: String)
  }

  package var action: Action
  package var filter: String
  package var rate: Int
  package var requestID: String
  /// Of the whole request.
  package var fingerprint: UInt64
  /// How many tasks matched when they were counted.
  package var total: Int64

  package init(
    action: Action, filter: String, rate: Int, requestID: String, fingerprint: UInt64,
    total: Int64 = 0
  ) {
    self.action = action
    self.filter = filter
    self.rate = rate
    self.requestID = requestID
    self.fingerprint = fingerprint
    self.total = total
  }
}

/// The next tasks of an operation, as the index has them.
package struct BulkSlice: Sendable {
  package enum Candidate: Hashable, Sendable {
    /// One that had not ended; it is looked at again where it is.
    case live(TaskID)
    /// One that had, as the index knew it.
    case ended(TaskHistory)

    package var task: TaskID {
      switch self {
      case .live(let id): id
      case .ended(let history): history.task
      }
    }
  }

  /// By rising id, all that matched between the end of the slice before and `through`.
  package var candidates: [Candidate]
  package var through: TaskID
  /// There are no more.
  package var isLast: Bool

  package init(candidates: [Candidate], through: TaskID, isLast: Bool) {
    self.candidates = candidates
    self.through = through
    self.isLast = isLast
  }
}

package enum BulkCommand: Sendable {
  case start(BulkDraft, origin: Origin)
  /// Nothing happens if the operation has ended, or has been there already.
  case step(BulkID, BulkSlice)
  case stop(BulkID, origin: Origin)
}
