/// What has happened to tasks, counted: each event is in one lane at most. Only ever rises.
package struct TaskTally: Hashable, Sendable {
  /// What is counted. The raw values are places in rows of the index: never change.
  package enum Lane: Hashable, Sendable {
    case submitted
    /// Attempts that began.
    case started
    case succeeded
    case cancelled
    /// Attempts that failed and are repeated.
    case retried
    /// Attempts whose process was lost, and that are repeated.
    case lost
    /// Attempts that ended without an outcome: given back, or paused.
    case released
    /// FAILED and CANCELLED tasks that are live again.
    case reopened
    case failed(FailureKind)

    package var number: Int {
      switch self {
      case .submitted: 0
      case .started: 1
      case .succeeded: 2
      case .cancelled: 3
      case .retried: 4
      case .lost: 5
      case .released: 6
      case .reopened: 7
      // The failures have the upper half: `FailureKind` begins with 1.
      case .failed(let kind): 7 + Int(kind.rawValue)
      }
    }

    /// nil if the event counts nowhere.
    package init?(_ event: TaskEvent) {
      switch event.change {
      case .submitted: self = .submitted
      case .started: self = .started
      case .succeeded: self = .succeeded
      case .cancelled: self = .cancelled
      case .retryScheduled: self = .retried
      case .lost: self = .lost
      case .released: self = .released
      case .paused:
        guard event.from == .running else { return nil }
        self = .released
      case .reopened: self = .reopened
      case .failed: self = .failed(event.status.notes?.failure?.kind ?? .handler)
      case .due, .progressed, .cancelRequested, .checkpointed, .pauseRequested, .resumed, .moved,
        .logged, .updated, .unblocked:
        return nil
      }
    }
  }

  package static let laneCount = 16
  private var lanes = SIMD16<Int64>()

  package init() {}

  /// nil unless there is one number for each lane.
  package init?(numbers: [Int64]) {
    guard numbers.count == Self.laneCount else { return nil }
    lanes = SIMD16(numbers)
  }

  package var numbers: [Int64] { (0..<Self.laneCount).map { lanes[$0] } }

  package subscript(lane: Lane) -> Int64 {
    get { lanes[lane.number] }
    set { lanes[lane.number] = newValue }
  }

  package static func += (a: inout TaskTally, b: TaskTally) { a.lanes &+= b.lanes }

  package var isZero: Bool { lanes == SIMD16<Int64>() }

  /// Of every kind of failure.
  package var failed: Int64 { lanes.highHalf.wrappedSum() }
  package var finished: Int64 { self[.succeeded] &+ failed &+ self[.cancelled] }
  /// Attempts that did not end their task and are repeated.
  package var repeated: Int64 { self[.retried] &+ self[.lost] }
}

/// Tallies by pool and kind since the log began: exact at every revision, because they are moved by
/// the same events as the tasks are. The purge of a task takes nothing away. A pool that is gone
/// with all its tasks leaves its numbers to `PoolID.gone`.
package struct TallyTable: Hashable, Sendable {
  package private(set) var tallies: [Counters.Key: TaskTally] = [:]

  /// More pairs of pool and kind than this are counted as `KindID.other` of their pool.
  package static let pairsMax = 100_000

  package init() {}

  package init(_ tallies: [Counters.Key: TaskTally]) { self.tallies = tallies }

  package mutating func count(_ event: TaskEvent) {
    guard let lane = TaskTally.Lane(event) else { return }
    tallies[key(of: event), default: TaskTally()][lane] += 1
  }

  package var isFull: Bool { tallies.count >= Self.pairsMax }

  /// Under which key the event is counted.
  private func key(of event: TaskEvent) -> Counters.Key {
    let key = Counters.Key(pool: event.pool, kind: event.kind)
    if !isFull || tallies[key] != nil { return key }
    return Counters.Key(pool: event.pool, kind: .other)
  }

  /// The pool is gone: what was counted of it goes on in the sum of those that are.
  package mutating func retire(_ pool: PoolID) {
    for (key, tally) in tallies where key.pool == pool {
      tallies[key] = nil
      tallies[Counters.Key(pool: .gone, kind: key.kind), default: TaskTally()] += tally
    }
  }
}

extension PoolID {
  /// No pool's: what pools count that are gone with all their tasks.
  package static let gone = PoolID(rawValue: 0)
}

extension KindID {
  /// No kind's: of a table of counts, whatever has no line of its own.
  package static let other = KindID(rawValue: .max)
}
