/// One time that a schedule fired, or should have.
package struct ScheduleRun: Hashable, Sendable {
  /// The raw values are those of the contract and of the log: never change.
  package enum Outcome: UInt8, Hashable, Sendable, CaseIterable {
    /// Waits until no other run is live.
    case buffered = 1
    /// Its task has not ended.
    case running = 2
    case succeeded = 3
    case failed = 4
    case cancelled = 5
    /// The overlap policy left it out.
    case skipped = 6
    /// Its task could not be submitted.
    case rejected = 7
    /// Its time passed, too long ago to make up for it; stands for `count` runs.
    case missed = 8
  }

  /// Why it was SKIPPED, REJECTED or MISSED. The raw values are those of the contract and of the
  /// log: never change.
  package enum Reason: UInt8, Hashable, Sendable, CaseIterable {
    case overlap = 1
    case bufferFull = 2
    case replaced = 3
    case tooManyRuns = 4
    case poolNotFound = 5
    case poolDraining = 6
    case poolClosed = 7
    case queueFull = 8
    case memoryPressure = 9
    case diskLow = 10
    case late = 11
    case other = 12
  }

  /// From 1 on, in the order in which it was time for them.
  package var number: UInt64
  /// When it was to be by the schedule's rule; of a run by hand when somebody asked for it.
  package var nominal: WallTime
  /// When it was recorded: late by what the jitter or the load of the server made of it.
  package var time: WallTime
  /// Somebody asked for it, apart from the rule.
  package var isByHand: Bool
  package var outcome: Outcome
  package var reason: Reason?
  package var task: TaskID?
  /// 1 but for MISSED.
  package var count: UInt32
  package var finishTime: WallTime?

  package init(
    number: UInt64, nominal: WallTime, time: WallTime, isByHand: Bool = false,
    outcome: Outcome, reason: Reason? = nil, task: TaskID? = nil, count: UInt32 = 1,
    finishTime: WallTime? = nil
  ) {
    self.number = number
    self.nominal = nominal
    self.time = time
    self.isByHand = isByHand
    self.outcome = outcome
    self.reason = reason
    self.task = task
    self.count = count
    self.finishTime = finishTime
  }

  /// Whether `max_runs` counts it when it is recorded first.
  var counts: Bool { !isByHand && (outcome == .running || outcome == .buffered) }
}

extension ScheduleRun.Reason {
  init(_ refusal: Refusal) {
    switch refusal {
    case .poolNotFound: self = .poolNotFound
    case .poolDraining: self = .poolDraining
    case .poolClosed: self = .poolClosed
    case .queueFull: self = .queueFull
    case .memoryPressure: self = .memoryPressure
    case .diskLow: self = .diskLow
    default: self = .other
    }
  }

  /// One sentence for people, without its full stop.
  package var words: String {
    switch self {
    case .overlap: "the run before it had not ended"
    case .bufferFull: "another run waited already"
    case .replaced: "a later run took its place"
    case .tooManyRuns: "as many runs were live as may be"
    case .poolNotFound: "the pool was not there"
    case .poolDraining: "the pool was draining"
    case .poolClosed: "the pool was closed"
    case .queueFull: "the pool's queue was full"
    case .memoryPressure: "the server was short of memory"
    case .diskLow: "the server was short of disk"
    case .late: "the time had passed by more than the catch-up window"
    case .other: "the task could not be submitted"
    }
  }
}
