import MartletAPI
import MartletCore

extension API.Schedule {
  /// - Parameter isFull: With the payload.
  init(_ record: ScheduleRecord, isFull: Bool) {
    self.init(
      name: record.name, spec: .init(record.spec, isFull: isFull),
      state: .init(rawValue: Int32(record.state.rawValue)),
      etag: ScheduleEtag.text(record.specRevision), revision: record.revision.rawValue,
      createTime: .init(record.createTime), updateTime: .init(record.updateTime),
      nextTime: record.next.map { .init($0.nominal) },
      nextFireTime: record.next.map { .init($0.fire) },
      remainingRuns: record.remainingRuns.map { Int64(clamping: $0) },
      pauseActor: record.pause?.actor ?? "", pauseReason: record.pause?.reason ?? "",
      liveTaskIds: record.live.map(\.description), lastRun: record.runs.last.map { .init($0) })
  }

  /// How many bytes it takes on the wire, from above.
  var roughByteCount: Int {
    var count = 512 + name.utf8.count + liveTaskIds.count * 15 + pauseReason.utf8.count
    guard let spec else { return count }
    count += spec.cron.utf8.count + spec.timeZone.utf8.count
    guard let task = spec.task else { return count }
    count += task.contentType.utf8.count + task.traceParent.utf8.count
    count += task.fairnessKey.utf8.count
    for (key, value) in task.labels { count += key.utf8.count + value.utf8.count + 8 }
    for (key, value) in task.workerSelector { count += key.utf8.count + value.utf8.count + 8 }
    for code in task.retryPolicy?.nonRetryableCodes ?? [] { count += code.utf8.count + 4 }
    return count
  }
}

/// Opaque to callers: changes with the spec of one schedule, and is another's never.
enum ScheduleEtag {
  static func text(_ revision: Revision) -> String { "s\(revision.rawValue)" }

  /// Takes exactly what `text` gives; nil for anything else.
  static func revision(of text: String) -> Revision? {
    guard let number = UInt64(text.dropFirst()) else { return nil }
    let revision = Revision(number)
    return self.text(revision) == text ? revision : nil
  }
}

extension API.ScheduleSpec {
  init(_ spec: ScheduleSpec, isFull: Bool) {
    self.init(
      jitter: spec.jitter == .zero ? nil : .init(spec.jitter),
      startTime: spec.start.map { .init($0) }, endTime: spec.end.map { .init($0) },
      maxRuns: spec.maxRuns.map { Int64(clamping: $0) },
      overlapPolicy: .init(rawValue: Int32(spec.overlap.rawValue)),
      catchUpWindow: .init(spec.catchUp), pool: spec.action.pool,
      task: .init(template: spec.action.task, isFull: isFull))
    switch spec.timing {
    case .cron(let cron, let zone):
      timing = .cron(cron.text)
      timeZone = zone
    case .interval(let span): timing = .interval(.init(span))
    }
  }

  /// Empty with an interval.
  var cron: String { if case .cron(let text) = timing { text } else { "" } }
}

extension API.TaskSpec {
  /// What is submitted again and again: what the pool says is left open.
  init(template draft: TaskDraft, isFull: Bool) {
    self.init(
      kind: draft.kind, payload: isFull ? draft.payload : [], contentType: draft.contentType,
      labels: draft.labels.dictionary, priority: Int32(draft.priority),
      retryPolicy: draft.retry.map { .init($0) }, runTimeout: draft.runTimeout.map { .init($0) },
      traceParent: draft.traceParent, workerSelector: draft.selector.dictionary,
      queueTimeout: draft.queueTimeout.map { .init($0) },
      heartbeatTimeout: draft.heartbeatTimeout.map { .init($0) },
      fairnessKey: draft.fairness?.key ?? "",
      fairnessWeight: draft.fairness.map { Int32($0.weight) })
  }
}

extension API.ScheduleRun {
  init(_ run: ScheduleRun) {
    self.init(
      number: run.number, time: .init(run.nominal), fireTime: .init(run.time),
      byHand: run.isByHand, outcome: .init(rawValue: Int32(run.outcome.rawValue)),
      reason: .init(rawValue: Int32(run.reason?.rawValue ?? 0)),
      message: run.reason?.words ?? "", taskId: run.task?.description ?? "",
      count: Int32(clamping: run.count), finishTime: run.finishTime.map { .init($0) })
  }
}

extension API.ScheduledTime {
  init(_ time: ScheduledTime, local: String) {
    self.init(time: .init(time.nominal), fireTime: .init(time.fire), localTime: local)
  }
}

// MARK: - Events

extension API.Event {
  mutating func set(_ event: ScheduleEvent) {
    type = event.type
    schedule = event.name
    actor = event.origin.actor
    reason = event.origin.reason
    scheduleChange = API.ScheduleChange(
      state: .init(rawValue: Int32(event.state.rawValue)),
      nextTime: event.next.map { .init($0.nominal) },
      nextFireTime: event.next.map { .init($0.fire) }, timeZoneVersion: event.zoneVersion)
    if case .run(let run, _) = event.change { scheduleRun = .init(run) }
  }
}

extension ScheduleEvent {
  fileprivate var type: API.EventType {
    switch change {
    case .created: .scheduleCreated
    case .updated: .scheduleUpdated
    case .paused: .schedulePaused
    case .resumed: .scheduleResumed
    case .deleted: .scheduleDeleted
    case .finished: .scheduleFinished
    case .run(let run, _):
      switch run.outcome {
      case .buffered: .scheduleBuffered
      case .skipped: .scheduleSkipped
      case .rejected: .scheduleRejected
      case .missed: .scheduleMissed
      case .running, .succeeded, .failed, .cancelled: .scheduleFired
      }
    }
  }
}
