import MartletAPI
import MartletCore

// The values of the model in the form that the log and the index keep. What is read back was
// written by this code: a value out of its range means a damaged store, and is nil.

extension LogAPI.RetryPolicy {
  init(_ policy: RetryPolicy) {
    self.init(
      maxAttempts: Int64(policy.maxAttempts), initialBackoff: policy.initialBackoff.nanoseconds,
      factor: policy.factor, maxBackoff: policy.maxBackoff.nanoseconds, jitter: policy.jitter,
      nonRetryableCodes: policy.nonRetryableCodes)
  }

  var value: RetryPolicy {
    RetryPolicy(
      maxAttempts: Int(maxAttempts), initialBackoff: Span(nanoseconds: initialBackoff),
      factor: factor, maxBackoff: Span(nanoseconds: maxBackoff), jitter: jitter,
      nonRetryableCodes: nonRetryableCodes)
  }
}

extension LogAPI.Policy {
  init(_ policy: TaskPolicy) {
    self.init(
      retry: .init(policy.retry), runTimeout: policy.runTimeout.nanoseconds,
      selector: policy.selector.records,
      queueTimeout: policy.queueTimeout?.nanoseconds ?? 0,
      heartbeatTimeout: policy.heartbeatTimeout?.nanoseconds ?? 0,
      flow: policy.flow.map { .init($0) }, fairness: policy.fairness.map { .init($0) })
  }

  var value: TaskPolicy? {
    retry.map {
      TaskPolicy(
        retry: $0.value, runTimeout: Span(nanoseconds: runTimeout),
        queueTimeout: Span(unlessZero: queueTimeout),
        heartbeatTimeout: Span(unlessZero: heartbeatTimeout),
        selector: LabelSet(records: selector), flow: flow?.value, fairness: fairness?.value)
    }
  }
}

extension LogAPI.Fairness {
  init(_ fairness: TaskFairness) {
    self.init(key: fairness.key, weight: UInt32(fairness.weight))
  }

  var value: TaskFairness { TaskFairness(key: key, weight: Int(weight)) }
}

extension LogAPI.Origin {
  init(_ origin: Origin) { self.init(actor: origin.actor, reason: origin.reason) }

  var value: Origin { Origin(actor: actor, reason: reason) }
}

extension LogAPI.Failure {
  init(_ failure: Failure) {
    self.init(
      kind: UInt32(failure.kind.rawValue), code: failure.code, message: failure.message,
      attempt: failure.attempt, retryable: failure.retryable,
      failureClass: failure.failureClass, retryDelay: failure.retryDelay?.nanoseconds)
  }

  var value: Failure? {
    UInt8(exactly: kind).flatMap(FailureKind.init(rawValue:)).map {
      Failure(
        kind: $0, code: code, message: message, attempt: attempt, retryable: retryable,
        failureClass: failureClass, retryDelay: retryDelay.map(Span.init(nanoseconds:)))
    }
  }
}

extension LogAPI.Progress {
  init(_ progress: Progress) {
    self.init(
      percent: progress.percent, step: progress.step,
      counters: progress.counters.map { .init(name: $0.name, value: $0.value) })
  }

  var value: Progress {
    Progress(
      percent: percent, step: step,
      counters: counters.map { Progress.Counter(name: $0.name, value: $0.value) })
  }
}

extension LogAPI.Result {
  init(_ result: TaskResult) { self.init(data: result.data, contentType: result.contentType) }

  var value: TaskResult { TaskResult(data: data, contentType: contentType) }
}

extension LogAPI.StopRequest {
  init(_ request: TaskNotes.StopRequest) {
    self.init(
      time: request.time.nanoseconds, graceEnd: request.graceEnd.nanoseconds,
      origin: .init(request.origin))
  }

  var value: TaskNotes.StopRequest {
    TaskNotes.StopRequest(
      time: WallTime(nanoseconds: time), graceEnd: Elapsed(nanoseconds: graceEnd),
      origin: origin?.value ?? .server)
  }
}

extension LogAPI.Notes {
  init(_ notes: TaskNotes) {
    self.init(
      startTime: notes.startTime?.nanoseconds ?? 0,
      startElapsed: notes.startElapsed?.nanoseconds,
      progress: notes.progress.map { .init($0) }, failure: notes.failure.map { .init($0) },
      cancel: notes.cancel.map { .init($0) }, reopened: notes.isReopened,
      assignment: notes.assignment.map { .init($0) }, pause: notes.pause.map { .init($0) },
      checkpointMark: notes.checkpoint.map { .init($0) },
      priorityOverride: notes.priority.map { UInt32($0) }, joined: notes.joined?.rawValue ?? 0,
      waitsFor: notes.waitsFor.map { .init($0) }, permits: notes.permits.map { .init($0) })
  }

  var value: TaskNotes {
    var facts = TaskNotes.Facts()
    facts.startTime = WallTime(unlessZero: startTime)
    facts.startElapsed = startElapsed.map(Elapsed.init(nanoseconds:))
    facts.progress = progress?.value
    facts.failure = failure?.value
    facts.cancel = cancel?.value
    facts.pause = pause?.value
    facts.isReopened = reopened
    facts.assignment = assignment?.value
    facts.checkpoint = checkpointMark?.value
    facts.priority = priorityOverride.map { UInt8(truncatingIfNeeded: $0) }
    facts.joined = joined == 0 ? nil : Revision(joined)
    facts.waitsFor = waitsFor?.value
    facts.permits = permits?.value
    return TaskNotes(facts)
  }
}

extension LogAPI.CheckpointMark {
  init(_ mark: CheckpointMark) {
    self.init(
      sequence: mark.sequence, attempt: mark.attempt, revision: mark.revision.rawValue)
  }

  var value: CheckpointMark {
    CheckpointMark(sequence: sequence, attempt: attempt, revision: Revision(revision))
  }
}

extension LogAPI.Checkpoint {
  init(_ checkpoint: Checkpoint) {
    self.init(
      sequence: checkpoint.sequence, data: checkpoint.data, contentType: checkpoint.contentType)
  }

  var value: Checkpoint {
    Checkpoint(sequence: sequence, data: data, contentType: contentType)
  }
}

extension LogAPI.LogLine {
  init(_ line: LogLine) {
    self.init(time: line.time.nanoseconds, level: UInt32(line.level.rawValue), text: line.text)
  }

  var value: LogLine? {
    UInt8(exactly: level).flatMap(LogLine.Level.init(rawValue:)).map {
      LogLine(time: WallTime(nanoseconds: time), level: $0, text: text)
    }
  }
}

extension LogAPI.Assignment {
  init(_ assignment: Assignment) {
    self.init(
      workerName: assignment.worker.name, workerInstance: assignment.worker.instance,
      epoch: assignment.epoch)
  }

  var value: Assignment {
    Assignment(
      worker: WorkerIdentity(name: workerName, instance: workerInstance), epoch: epoch)
  }
}

extension LogAPI.Spec {
  init(_ submission: TaskSubmission) {
    self.init(
      deadlineTime: submission.deadlineTime?.nanoseconds ?? 0,
      contentType: submission.contentType, traceParent: submission.traceParent,
      actor: submission.actor, requestId: submission.request?.id ?? "",
      unique: submission.unique.map { .init($0) }, ref: submission.ref,
      dependsOn: submission.dependencies?.tasks.map(\.rawValue) ?? [], level: submission.level,
      schedule: submission.schedule)
    switch submission.start {
    case .now: break
    case .delay(let span): delay = span.nanoseconds
    case .at(let time): scheduleTime = time.nanoseconds
    }
  }

  var start: TaskSubmission.Start {
    if delay != 0 { return .delay(Span(nanoseconds: delay)) }
    if scheduleTime != 0 { return .at(WallTime(nanoseconds: scheduleTime)) }
    return .now
  }
}

extension LogAPI.Submission {
  init(_ submission: TaskSubmission) {
    self.init(
      kindName: submission.kindName, priority: UInt32(submission.priority),
      policy: .init(submission.policy),
      deadline: submission.deadline == .never ? 0 : submission.deadline.nanoseconds,
      spec: .init(submission), payload: submission.payload,
      request: submission.request.map { .init($0) },
      endedDependencies: submission.dependencies?.ended.map { .init($0) } ?? [])
  }

  var value: TaskSubmission? {
    guard let policy = policy?.value, let priority = UInt8(exactly: priority) else { return nil }
    let spec = spec ?? .init()
    var submission = TaskSubmission(
      kindName: kindName, priority: priority, policy: policy,
      deadline: deadline == 0 ? .never : Elapsed(nanoseconds: deadline),
      deadlineTime: WallTime(unlessZero: spec.deadlineTime), start: spec.start, payload: payload,
      contentType: spec.contentType, traceParent: spec.traceParent, actor: spec.actor,
      request: request.map { $0.value(id: spec.requestId) }, unique: spec.unique?.value,
      ref: spec.ref, dependencies: spec.dependencies(ended: endedDependencies.compactMap(\.value)),
      level: spec.level)
    submission.schedule = spec.schedule
    return submission
  }
}

extension LogAPI.PoolSpec {
  init(_ spec: PoolSpec) {
    self.init(
      slots: Int64(spec.slots), queueCapacity: Int64(spec.queueCapacity),
      retry: .init(spec.retry), runTimeout: spec.runTimeout.nanoseconds,
      labels: spec.labels.records, queueTimeout: spec.queueTimeout?.nanoseconds ?? 0,
      heartbeatTimeout: spec.heartbeatTimeout?.nanoseconds ?? 0,
      failureClassDelays: spec.failureClassDelays.sorted { $0.key < $1.key }
        .map { .init(failureClass: $0.key, delay: $0.value.nanoseconds) },
      priorityAgeing: spec.priorityAgeing?.nanoseconds ?? 0,
      retention: spec.retention.isEmpty ? nil : .init(spec.retention),
      scaling: spec.scaling.map { .init($0) }, group: spec.group,
      groupMinimum: Int64(spec.groupMinimum), permitGrace: spec.permitGrace?.nanoseconds ?? 0,
      fairness: UInt32(spec.fairness.rawValue))
  }

  var value: PoolSpec? {
    guard let retry else { return nil }
    return PoolSpec(
      slots: Int(slots), queueCapacity: Int(queueCapacity), retry: retry.value,
      runTimeout: Span(nanoseconds: runTimeout), queueTimeout: Span(unlessZero: queueTimeout),
      heartbeatTimeout: Span(unlessZero: heartbeatTimeout), labels: LabelSet(records: labels),
      failureClassDelays: Dictionary(
        failureClassDelays.map { ($0.failureClass, Span(nanoseconds: $0.delay)) },
        uniquingKeysWith: { first, _ in first }),
      priorityAgeing: Span(unlessZero: priorityAgeing),
      retention: retention?.value ?? Retention(), scaling: scaling?.value, group: group,
      groupMinimum: Int(groupMinimum),
      fairness: UInt8(exactly: fairness).flatMap(FairnessMode.init(rawValue:)) ?? .priorityFirst,
      permitGrace: Span(unlessZero: permitGrace))
  }
}

extension LabelSet {
  var records: [LogAPI.Label] { labels.map { .init(key: $0.key, value: $0.value) } }

  init(records: [LogAPI.Label]) {
    self =
      records.isEmpty
      ? .none : LabelSet(sorted: records.map { Label(key: $0.key, value: $0.value) })
  }
}

extension Span {
  /// The log writes 0 for: none.
  init?(unlessZero nanoseconds: Int64) {
    if nanoseconds == 0 { return nil }
    self.init(nanoseconds: nanoseconds)
  }
}

extension WallTime {
  /// The log writes 0 for: none.
  init?(unlessZero nanoseconds: Int64) {
    if nanoseconds == 0 { return nil }
    self.init(nanoseconds: nanoseconds)
  }
}
