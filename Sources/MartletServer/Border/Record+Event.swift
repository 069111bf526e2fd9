import MartletAPI
import MartletCore

// Events in the form that the log keeps.

extension LogAPI.Record {
  init(_ body: Event.Body) {
    switch body {
    case .task(let event): self.init(body: .task(.init(event)))
    case .pool(let event): self.init(body: .pool(.init(event)))
    case .tasksPurged(let purge):
      self.init(
        body: .tasksPurged(
          .init(
            entries: purge.entries.map {
              .init(
                task: $0.task.rawValue, pool: $0.pool.rawValue, kind: $0.kind.rawValue,
                state: UInt32($0.state.rawValue))
            })))
    case .eventsPurged(let before, let count):
      self.init(body: .eventsPurged(.init(before: before.rawValue, count: count)))
    }
  }

  /// nil if the record makes no sense: the log is damaged.
  var value: Event.Body? {
    switch body {
    case .task(let record): return record.value.map(Event.Body.task)
    case .pool(let record): return record.value.map(Event.Body.pool)
    case .tasksPurged(let record):
      var entries: [TasksPurged.Entry] = []
      for entry in record.entries {
        guard let state = TaskState(record: entry.state) else { return nil }
        entries.append(
          TasksPurged.Entry(
            task: TaskID(rawValue: entry.task), pool: PoolID(rawValue: entry.pool),
            kind: KindID(rawValue: entry.kind), state: state))
      }
      return .tasksPurged(TasksPurged(entries: entries))
    case .eventsPurged(let record):
      return .eventsPurged(before: Revision(record.before), count: record.count)
    case nil: return nil
    }
  }
}

extension LogAPI.TaskRecord {
  init(_ event: TaskEvent) {
    self.init()
    task = event.task.rawValue
    pool = event.pool.rawValue
    kind = event.kind.rawValue
    if !event.labels.isEmpty { labels = event.labels.records }
    from = event.from.map { UInt32($0.rawValue) } ?? 0
    state = UInt32(event.status.state.rawValue)
    attempt = event.status.attempt
    attemptsForgiven = event.status.attemptsForgiven
    due = event.status.due.nanoseconds
    dueTime = event.status.dueTime.nanoseconds
    finishTime = event.status.finishTime?.nanoseconds ?? 0
    notes = event.status.notes.map { .init($0) }
    set(event.change)
  }

  private mutating func set(_ value: TaskEvent.Change) {
    switch value {
    case .submitted(let submission):
      change = .submitted
      self.submission = .init(submission)
    case .due: change = .due
    case .started: change = .started
    case .progressed: change = .progressed
    case .cancelRequested(let origin):
      change = .cancelRequested
      self.origin = .init(origin)
    case .retryScheduled: change = .retryScheduled
    case .released: change = .released
    case .lost: change = .lost
    case .succeeded(let result):
      change = .succeeded
      if !result.data.isEmpty || !result.contentType.isEmpty { self.result = .init(result) }
    case .failed: change = .failed
    case .cancelled(let origin):
      change = .cancelled
      self.origin = .init(origin)
    case .reopened(let revival, let origin):
      change = .reopened
      self.origin = .init(origin)
      self.revival = .init(
        priority: UInt32(revival.priority), policy: .init(revival.policy),
        createTime: revival.createTime.nanoseconds,
        submitRevision: revival.submitRevision.rawValue)
    }
  }

  var value: TaskEvent? {
    guard let state = TaskState(record: state), let change = changeValue else { return nil }
    let status = TaskStatus(
      state: state, attempt: attempt, attemptsForgiven: attemptsForgiven,
      due: Elapsed(nanoseconds: due), dueTime: WallTime(nanoseconds: dueTime),
      finishTime: WallTime(unlessZero: finishTime), notes: notes?.value)
    return TaskEvent(
      task: TaskID(rawValue: task), pool: PoolID(rawValue: pool), kind: KindID(rawValue: kind),
      labels: LabelSet(records: labels), from: TaskState(record: from), status: status,
      change: change)
  }

  private var changeValue: TaskEvent.Change? {
    switch change {
    case .submitted: submission?.value.map { .submitted($0) }
    case .due: .due
    case .started: .started
    case .progressed: .progressed
    case .cancelRequested: .cancelRequested(origin?.value ?? .server)
    case .retryScheduled: .retryScheduled
    case .released: .released
    case .lost: .lost
    case .succeeded: .succeeded(result?.value ?? TaskResult(data: [], contentType: ""))
    case .failed: .failed
    case .cancelled: .cancelled(origin?.value ?? .server)
    case .reopened: revivalValue.map { .reopened($0, origin?.value ?? .server) }
    case .unspecified, .unrecognized: nil
    }
  }

  private var revivalValue: TaskRevival? {
    guard let revival, let policy = revival.policy?.value,
      let priority = UInt8(exactly: revival.priority)
    else { return nil }
    return TaskRevival(
      priority: priority, policy: policy, createTime: WallTime(nanoseconds: revival.createTime),
      submitRevision: Revision(revival.submitRevision))
  }
}

extension LogAPI.PoolRecord {
  init(_ event: PoolEvent) {
    self.init(
      change: UInt32(event.change.rawValue), pool: event.pool.rawValue, name: event.name,
      spec: .init(event.spec), state: UInt32(event.state.rawValue),
      specVersion: event.specVersion, origin: .init(event.origin))
  }

  var value: PoolEvent? {
    guard let change = UInt8(exactly: change).flatMap(PoolEvent.Change.init(rawValue:)),
      let state = UInt8(exactly: state).flatMap(PoolState.init(rawValue:)),
      let spec = spec?.value
    else { return nil }
    return PoolEvent(
      change: change, pool: PoolID(rawValue: pool), name: name, spec: spec, state: state,
      specVersion: specVersion, origin: origin?.value ?? .server)
  }
}

extension TaskState {
  /// 0 and unknown numbers are nil.
  init?(record number: UInt32) {
    guard let raw = UInt8(exactly: number) else { return nil }
    self.init(rawValue: raw)
  }
}
