/// The revision at which a schedule was created: a name may be used again, this is not.
package struct ScheduleID: RawRepresentable, Hashable, Comparable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (a: ScheduleID, b: ScheduleID) -> Bool { a.rawValue < b.rawValue }
}

/// The raw values are those of the contract and of the log: never change.
package enum ScheduleState: UInt8, Hashable, Sendable, CaseIterable {
  case active = 1
  case paused = 2
  /// There is no further time.
  case finished = 3
}

/// A schedule as it stands.
package struct ScheduleRecord: Hashable, Sendable {
  package var id: ScheduleID
  package var name: String
  package var spec: ScheduleSpec
  package var state: ScheduleState
  /// Of the last change of the spec: what an etag is made from.
  package var specRevision: Revision
  package var revision: Revision
  package var createTime: WallTime
  package var updateTime: WallTime
  /// Who paused it and why; nil unless it is PAUSED.
  package var pause: Origin?
  /// nil unless it is ACTIVE.
  package var next: ScheduledTime?
  /// How many runs its rule has made; what `maxRuns` bounds.
  package var made: UInt64 = 0
  /// The newest time that its rule came to; no later one fires at or before it.
  package var lastNominal: WallTime?
  /// The newest number that a run has.
  package var lastRun: UInt64 = 0
  /// The newest, by rising number.
  package var runs: [ScheduleRun] = []
  /// Tasks of runs that have not ended, the oldest first.
  package var live: [TaskID] = []
  /// Waits until none is live.
  package var buffered: ScheduleRun?

  package init(
    id: ScheduleID, name: String, spec: ScheduleSpec, state: ScheduleState,
    specRevision: Revision, revision: Revision, createTime: WallTime, updateTime: WallTime
  ) {
    self.id = id
    self.name = name
    self.spec = spec
    self.state = state
    self.specRevision = specRevision
    self.revision = revision
    self.createTime = createTime
    self.updateTime = updateTime
  }

  /// nil: without end.
  package var remainingRuns: UInt64? { spec.maxRuns.map { $0 > made ? $0 - made : 0 } }

  package func run(_ number: UInt64) -> ScheduleRun? {
    runs.last { $0.number == number }
  }

  /// The one that waits is submitted as soon as possible.
  var isReady: Bool { buffered != nil && live.isEmpty }

  // MARK: - Changes

  mutating func note(_ run: ScheduleRun, keptFrom: UInt64) {
    if run.number > lastRun {
      lastRun = run.number
      if run.counts { made += 1 }
      if !run.isByHand { lastNominal = max(run.nominal, lastNominal ?? run.nominal) }
      runs.append(run)
    } else if let place = runs.lastIndex(where: { $0.number == run.number }) {
      runs[place] = run
    }
    if run.outcome == .buffered {
      buffered = run
    } else if buffered?.number == run.number {
      buffered = nil
    }
    if run.outcome == .running, let task = run.task { live.append(task) }
    runs.removeAll { $0.number < keptFrom }
  }

  mutating func noteEnd(of task: TaskID, as state: TaskState, at time: WallTime?) {
    live.removeAll { $0 == task }
    guard let place = runs.lastIndex(where: { $0.task == task }) else { return }
    runs[place].finishTime = time
    switch state {
    case .succeeded: runs[place].outcome = .succeeded
    case .failed: runs[place].outcome = .failed
    default: runs[place].outcome = .cancelled
    }
  }
}

/// What happened to a schedule.
package struct ScheduleEvent: Hashable, Sendable {
  package enum Change: Hashable, Sendable {
    indirect case created(ScheduleSpec)
    indirect case updated(ScheduleSpec)
    case paused
    case resumed
    case deleted
    /// There is no further time.
    case finished
    /// A run as it is from here on; runs of a lower number than `keptFrom` are forgotten.
    indirect case run(ScheduleRun, keptFrom: UInt64)
  }

  package var change: Change
  /// Of a creation: its own revision.
  package var schedule: ScheduleID
  package var name: String
  /// After the event.
  package var state: ScheduleState
  package var next: ScheduledTime?
  /// The version of the data that `next` was told by; empty without a zone.
  package var zoneVersion: String
  package var origin: Origin

  package init(
    change: Change, schedule: ScheduleID, name: String, state: ScheduleState,
    next: ScheduledTime?, zoneVersion: String = "", origin: Origin
  ) {
    self.change = change
    self.schedule = schedule
    self.name = name
    self.state = state
    self.next = next
    self.zoneVersion = zoneVersion
    self.origin = origin
  }
}
