/// What a worker knows of one lease.
struct HeldLease {
  enum Phase: Equatable {
    /// Its handler runs; it may have been told to stop.
    case running
    /// Its handler has ended, or counts for nothing any more; this is to be said until it is
    /// acknowledged.
    case finished(API.Finish.OneOf_Outcome)
    /// It is given back, for so long, until that is acknowledged.
    case released(delay: Duration = .zero)
    /// Its handler still runs, for nothing.
    case lost
  }

  let kind: String
  let startedAt: Duration
  var phase = Phase.running
  /// What the handler was told; the first word counts, unless the lease is lost.
  var stop: TaskStop?
  /// The end has been said on this stream.
  var isEndSaid = false
  /// It stands in the queue of those that have something to say.
  var isQueued = false

  var progress: API.Progress?
  var progressSaidAt: Duration?
  var logLines: [API.LogLine] = []
  var logSaidAt: Duration?
  /// Of the newest checkpoint that was made.
  var sequence: UInt64
  /// The newest checkpoint that is not acknowledged.
  var checkpoint: API.Checkpoint?
  var isCheckpointSaid = false

  init(kind: String, sequence: UInt64, at now: Duration) {
    self.kind = kind
    self.sequence = sequence
    startedAt = now
  }

  var isRunning: Bool { phase == .running }

  /// Nothing more is reported after this.
  var hasEnded: Bool {
    switch phase {
    case .finished, .released: true
    case .running, .lost: false
    }
  }

  /// Bytes that are kept until the end is acknowledged.
  var keptBytes: Int {
    guard case .finished(.result(let result)) = phase else { return 0 }
    return result.data.count
  }

  /// All is to be said again on the next stream.
  mutating func streamLost() {
    isEndSaid = false
    isQueued = false
    isCheckpointSaid = false
  }
}
