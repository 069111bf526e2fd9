import MartletAPI
import MartletCore

// Events that are not of a task, in the form that the log keeps.

extension LogAPI.Record {
  /// nil for an event of a task: see `TaskEventCoding`.
  init?(_ body: Event.Body) {
    switch body {
    case .task: return nil
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
    case .bulk(let event): self.init(body: .bulk(.init(event)))
    case .workflow(let event): self.init(body: .workflow(.init(event)))
    case .group(let event): self.init(body: .group(.init(event)))
    case .schedule(let event): self.init(body: .schedule(.init(event)))
    case .lock(let event): self.init(body: .lock(.init(event)))
    case .limit(let event): self.init(body: .limit(.init(event)))
    case .eventsPurged(let before, let count):
      self.init(body: .eventsPurged(.init(before: before.rawValue, count: count)))
    }
  }

  /// nil if the record makes no sense: the log is damaged.
  var value: Event.Body? {
    switch body {
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
    case .bulk(let record): return record.value.map(Event.Body.bulk)
    case .workflow(let record): return record.value.map(Event.Body.workflow)
    case .group(let record): return record.value.map(Event.Body.group)
    case .schedule(let record): return record.value.map(Event.Body.schedule)
    case .lock(let record): return record.value.map(Event.Body.lock)
    case .limit(let record): return record.value.map(Event.Body.limit)
    case nil: return nil
    }
  }
}

extension LogAPI.PoolRecord {
  init(_ event: PoolEvent) {
    self.init(
      change: UInt32(event.change.rawValue), pool: event.pool.rawValue, name: event.name,
      spec: .init(event.spec), state: UInt32(event.state.rawValue),
      specVersion: event.specVersion, origin: .init(event.origin),
      slotLimit: Int64(event.slotLimit), scaling: event.scaling.map { .init($0) },
      restored: event.restored?.rawValue ?? 0)
  }

  var value: PoolEvent? {
    guard let change = UInt8(exactly: change).flatMap(PoolEvent.Change.init(rawValue:)),
      let state = UInt8(exactly: state).flatMap(PoolState.init(rawValue:)),
      let spec = spec?.value
    else { return nil }
    return PoolEvent(
      change: change, pool: PoolID(rawValue: pool), name: name, spec: spec, state: state,
      specVersion: specVersion, origin: origin?.value ?? .server,
      slotLimit: slotLimit == 0 ? nil : Int(slotLimit), scaling: scaling?.value,
      restored: restored == 0 ? nil : Revision(restored))
  }
}

extension TaskState {
  /// 0 and unknown numbers are nil.
  fileprivate init?(record number: UInt32) {
    guard let raw = UInt8(exactly: number) else { return nil }
    self.init(rawValue: raw)
  }
}
