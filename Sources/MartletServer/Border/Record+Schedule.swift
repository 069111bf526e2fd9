import MartletAPI
import MartletCore

// Schedules in the form that log and index keep. What makes no sense is nil: the store is damaged.

extension LogAPI.ScheduleFact {
  init(_ record: ScheduleRecord) {
    self.init(
      id: record.id.rawValue, name: record.name, spec: .init(record.spec),
      state: UInt32(record.state.rawValue), specRevision: record.specRevision.rawValue,
      revision: record.revision.rawValue, createTime: record.createTime.nanoseconds,
      updateTime: record.updateTime.nanoseconds, pause: record.pause.map { .init($0) },
      next: record.next.map { .init($0) }, lastNominal: record.lastNominal?.nanoseconds,
      made: record.made, lastRun: record.lastRun, runs: record.runs.map { .init($0) },
      live: record.live.map(\.rawValue), buffered: record.buffered.map { .init($0) })
  }

  var value: ScheduleRecord? {
    guard let spec = spec?.value,
      let state = UInt8(exactly: state).flatMap(ScheduleState.init(rawValue:))
    else { return nil }
    var record = ScheduleRecord(
      id: ScheduleID(rawValue: id), name: name, spec: spec, state: state,
      specRevision: Revision(specRevision), revision: Revision(revision),
      createTime: WallTime(nanoseconds: createTime),
      updateTime: WallTime(nanoseconds: updateTime))
    record.pause = pause?.value
    record.next = next?.value
    record.lastNominal = lastNominal.map(WallTime.init(nanoseconds:))
    record.made = made
    record.lastRun = lastRun
    record.runs = runs.compactMap(\.value)
    record.live = live.map(TaskID.init(rawValue:))
    record.buffered = buffered?.value
    return record.runs.count == runs.count ? record : nil
  }
}

extension LogAPI.ScheduleSpec {
  init(_ spec: ScheduleSpec) {
    self.init(
      jitter: spec.jitter.nanoseconds, start: spec.start?.nanoseconds ?? 0,
      end: spec.end?.nanoseconds ?? 0, maxRuns: spec.maxRuns ?? 0,
      overlap: UInt32(spec.overlap.rawValue), catchUp: spec.catchUp.nanoseconds,
      pool: spec.action.pool, task: .init(spec.action.task))
    switch spec.timing {
    case .cron(let cron, let zone):
      self.cron = cron.text
      self.zone = zone
    case .interval(let span): interval = span.nanoseconds
    }
  }

  var value: ScheduleSpec? {
    guard let timing, let task = task?.value,
      let overlap = UInt8(exactly: overlap).flatMap(OverlapPolicy.init(rawValue:))
    else { return nil }
    return ScheduleSpec(
      timing: timing, jitter: Span(nanoseconds: jitter), start: WallTime(unlessZero: start),
      end: WallTime(unlessZero: end), maxRuns: maxRuns == 0 ? nil : maxRuns, overlap: overlap,
      catchUp: Span(nanoseconds: catchUp), action: ScheduleAction(pool: pool, task: task))
  }

  private var timing: ScheduleTiming? {
    if cron.isEmpty { return interval > 0 ? .interval(Span(nanoseconds: interval)) : nil }
    return (try? CronExpression(parsing: cron)).map { .cron($0, zone: zone) }
  }
}

extension LogAPI.TaskDraft {
  init(_ draft: TaskDraft) {
    self.init(
      kind: draft.kind, payload: draft.payload, contentType: draft.contentType,
      labels: draft.labels.records, priority: UInt32(draft.priority),
      retry: draft.retry.map { .init($0) }, runTimeout: draft.runTimeout?.nanoseconds ?? 0,
      queueTimeout: draft.queueTimeout?.nanoseconds ?? 0,
      heartbeatTimeout: draft.heartbeatTimeout?.nanoseconds ?? 0,
      traceParent: draft.traceParent, selector: draft.selector.records,
      fairness: draft.fairness.map { .init($0) })
  }

  var value: TaskDraft? {
    UInt8(exactly: priority).map {
      var draft = TaskDraft(
        kind: kind, payload: payload, contentType: contentType,
        labels: LabelSet(records: labels), priority: $0, retry: retry?.value,
        runTimeout: Span(unlessZero: runTimeout), queueTimeout: Span(unlessZero: queueTimeout),
        heartbeatTimeout: Span(unlessZero: heartbeatTimeout), traceParent: traceParent,
        selector: LabelSet(records: selector))
      draft.fairness = fairness?.value
      return draft
    }
  }
}

extension LogAPI.ScheduledTime {
  init(_ time: ScheduledTime) {
    self.init(nominal: time.nominal.nanoseconds, fire: time.fire.nanoseconds)
  }

  var value: ScheduledTime {
    ScheduledTime(
      nominal: WallTime(nanoseconds: nominal), fire: WallTime(nanoseconds: fire))
  }
}

extension LogAPI.ScheduleRun {
  init(_ run: ScheduleRun) {
    self.init(
      number: run.number, nominal: run.nominal.nanoseconds, time: run.time.nanoseconds,
      byHand: run.isByHand, outcome: UInt32(run.outcome.rawValue),
      reason: UInt32(run.reason?.rawValue ?? 0), task: run.task?.rawValue ?? 0,
      count: run.count, finishTime: run.finishTime?.nanoseconds ?? 0)
  }

  var value: ScheduleRun? {
    guard let outcome = UInt8(exactly: outcome).flatMap(ScheduleRun.Outcome.init(rawValue:)) else {
      return nil
    }
    return ScheduleRun(
      number: number, nominal: WallTime(nanoseconds: nominal), time: WallTime(nanoseconds: time),
      isByHand: byHand, outcome: outcome,
      reason: UInt8(exactly: reason).flatMap(ScheduleRun.Reason.init(rawValue:)),
      task: task == 0 ? nil : TaskID(rawValue: task), count: count,
      finishTime: WallTime(unlessZero: finishTime))
  }
}

extension LogAPI.ScheduleEventRecord {
  init(_ event: ScheduleEvent) {
    self.init(
      schedule: event.schedule.rawValue, name: event.name,
      state: UInt32(event.state.rawValue), next: event.next.map { .init($0) },
      zoneVersion: event.zoneVersion, origin: .init(event.origin))
    switch event.change {
    case .created(let spec):
      change = 1
      self.spec = .init(spec)
    case .updated(let spec):
      change = 2
      self.spec = .init(spec)
    case .paused: change = 3
    case .resumed: change = 4
    case .deleted: change = 5
    case .finished: change = 6
    case .run(let run, let keptFrom):
      change = 7
      self.run = .init(run)
      self.keptFrom = keptFrom
    }
  }

  var value: ScheduleEvent? {
    guard let what,
      let state = UInt8(exactly: state).flatMap(ScheduleState.init(rawValue:))
    else { return nil }
    return ScheduleEvent(
      change: what, schedule: ScheduleID(rawValue: schedule), name: name, state: state,
      next: next?.value, zoneVersion: zoneVersion, origin: origin?.value ?? .server)
  }

  private var what: ScheduleEvent.Change? {
    switch change {
    case 1: spec?.value.map(ScheduleEvent.Change.created)
    case 2: spec?.value.map(ScheduleEvent.Change.updated)
    case 3: .paused
    case 4: .resumed
    case 5: .deleted
    case 6: .finished
    case 7: run?.value.map { .run($0, keptFrom: keptFrom) }
    default: nil
    }
  }
}
