/// What somebody wants to be done over time, with every field checked.
package struct ScheduleSpec: Hashable, Sendable {
  package var timing: ScheduleTiming
  /// Each run is put off by less than that; 0 to 24 h.
  package var jitter: Span
  /// The first and the last time at which it may fire, both included.
  package var start: WallTime?
  package var end: WallTime?
  /// How often it fires by time; 1 or more. nil: without end.
  package var maxRuns: UInt64?
  package var overlap: OverlapPolicy
  /// How late a run may be and still be made: 1 s to 365 days.
  package var catchUp: Span
  package var action: ScheduleAction

  package init(
    timing: ScheduleTiming, jitter: Span = .zero, start: WallTime? = nil, end: WallTime? = nil,
    maxRuns: UInt64? = nil, overlap: OverlapPolicy = .skip, catchUp: Span = .seconds(60),
    action: ScheduleAction
  ) {
    self.timing = timing
    self.jitter = jitter
    self.start = start
    self.end = end
    self.maxRuns = maxRuns
    self.overlap = overlap
    self.catchUp = catchUp
    self.action = action
  }

  /// Whether it fires at the same times as another.
  func hasTimes(of other: ScheduleSpec) -> Bool {
    timing == other.timing && jitter == other.jitter && start == other.start && end == other.end
      && maxRuns == other.maxRuns
  }
}

/// The task that each run submits.
package struct ScheduleAction: Hashable, Sendable {
  package var pool: String
  /// Starts at once, depends on none, has neither key nor deadline.
  package var task: TaskDraft

  package init(pool: String, task: TaskDraft) {
    self.pool = pool
    self.task = task
  }
}

/// What happens when it is time for a run while another one of the schedule is live. The raw values
/// are those of the contract and of the log: never change.
package enum OverlapPolicy: UInt8, Hashable, Sendable, CaseIterable {
  case skip = 1
  /// One run waits for the live one to end.
  case bufferOne = 2
  case allowAll = 3
  /// Those that are live are cancelled; the new one follows as soon as they have ended.
  case cancelOther = 4
}
