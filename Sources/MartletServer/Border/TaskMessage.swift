import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore

/// A task with both its halves, whichever way they were read: what every reply about a task is
/// made from.
struct TaskRecord: Sendable {
  var submitted: SubmittedTask
  var poolName: String
  var status: TaskStatus
  /// Of the last change.
  var revision: Revision
  /// Only of a task that SUCCEEDED, and only if content was asked for.
  var result: TaskResult?
  /// Only if content was asked for.
  var checkpoint: Checkpoint?
  /// Why it waits, if that was asked for.
  var cause: WaitingCause?
}

extension TaskRecord {
  /// nil if the row is damaged.
  init?(_ row: TaskRow, poolName: String, kindName: String) {
    guard let submitted = SubmittedTask(row, kindName: kindName),
      let status = TaskStatus(row.status)
    else { return nil }
    self.init(
      submitted: submitted, poolName: poolName, status: status, revision: row.status.revision)
    if let bytes = row.status.result {
      guard let result = try? LogAPI.Result(protobufBytes: bytes) else { return nil }
      self.result = result.value
    }
  }
}

// MARK: - The message

extension API.Task {
  init(_ task: TaskRecord, isFull: Bool) {
    let submission = task.submitted.submission
    let status = task.status
    let notes = status.notes
    self.init(
      id: task.submitted.task.description, pool: task.poolName,
      spec: API.TaskSpec(
        submission, labels: task.submitted.labels,
        priority: status.notes?.priority ?? submission.priority, isFull: isFull),
      state: .init(status.state), attempt: Int32(clamping: status.attempt),
      progress: notes?.progress.map { .init($0) },
      result: isFull ? task.result.map { .init($0) } : nil,
      failure: notes?.failure.map { .init($0) }, createTime: .init(task.submitted.createTime),
      dueTime: .init(status.dueTime), startTime: notes?.startTime.map { .init($0) },
      finishTime: status.finishTime.map { .init($0) }, actor: submission.actor,
      requestId: submission.request?.id ?? "", revision: task.revision.rawValue)
    if let cancel = notes?.cancel {
      cancelReason = cancel.origin.reason
      if status.state == .running { cancelRequestTime = .init(cancel.time) }
    }
    if let pause = notes?.pause {
      pauseReason = pause.origin.reason
      if status.state == .running { pauseRequestTime = .init(pause.time) }
    }
    if let saved = task.checkpoint, isFull {
      checkpoint = .init(saved)
    } else if let mark = notes?.checkpoint {
      checkpoint = .init(sequence: mark.sequence)
    }
    if let assignment = notes?.assignment { worker = assignment.worker.name }
    waitingFor = task.cause?.text ?? ""
    workflow = submission.policy.flow?.member?.workflow.description ?? ""
    workflowLevel = submission.level
    schedule = submission.schedule
  }

  /// How many bytes it takes on the wire, from above: names are counted, numbers are rounded up.
  var roughByteCount: Int {
    var count = 512 + actor.utf8.count + requestId.utf8.count + cancelReason.utf8.count
    count += worker.utf8.count + pauseReason.utf8.count + waitingFor.utf8.count
    if let checkpoint { count += checkpoint.data.count + checkpoint.contentType.utf8.count }
    if let spec {
      for (key, value) in spec.workerSelector { count += key.utf8.count + value.utf8.count + 8 }
      count += spec.payload.count + spec.contentType.utf8.count + spec.traceParent.utf8.count
      count += spec.unique?.key.utf8.count ?? 0
      count += spec.fairnessKey.utf8.count
      count += spec.ref.utf8.count + spec.dependsOn.count * 15
      for (key, value) in spec.labels { count += key.utf8.count + value.utf8.count + 8 }
      for code in spec.retryPolicy?.nonRetryableCodes ?? [] { count += code.utf8.count + 4 }
    }
    if let result { count += result.data.count + result.contentType.utf8.count }
    if let failure { count += failure.message.utf8.count + failure.code.utf8.count }
    if let progress {
      count += progress.step.utf8.count
      for name in progress.counters.keys { count += name.utf8.count + 16 }
    }
    return count
  }
}

extension API.TaskSpec {
  init(_ submission: TaskSubmission, labels: LabelSet, priority: UInt8, isFull: Bool) {
    self.init(
      kind: submission.kindName, payload: isFull ? submission.payload : [],
      contentType: submission.contentType, labels: labels.isEmpty ? [:] : labels.dictionary,
      priority: Int32(priority), start: OneOf_Start(submission.start),
      retryPolicy: .init(submission.policy.retry),
      runTimeout: .init(submission.policy.runTimeout),
      deadline: submission.deadlineTime.map { .init($0) }, traceParent: submission.traceParent,
      workerSelector: submission.policy.selector.dictionary,
      queueTimeout: submission.policy.queueTimeout.map { .init($0) },
      heartbeatTimeout: submission.policy.heartbeatTimeout.map { .init($0) },
      unique: submission.unique.map { .init($0) }, ref: submission.ref,
      dependsOn: submission.dependencies?.tasks.map(\.description) ?? [],
      onDependencyFailure: submission.policy.flow.map {
        .init(rawValue: Int32($0.onFailure.rawValue))
      } ?? .unspecified,
      wantDependencyResults: submission.policy.flow?.wantsResults ?? false,
      fairnessKey: submission.policy.fairness?.key ?? "",
      fairnessWeight: submission.policy.fairness.map { Int32($0.weight) })
  }

  /// A task that is only checked: as it would be stored, with what the pool would give it.
  init(_ draft: TaskDraft, pool: PoolSpec) {
    let submission = TaskSubmission(
      kindName: draft.kind, priority: draft.priority,
      policy: draft.policy(in: pool),
      deadlineTime: draft.deadline, start: draft.start, contentType: draft.contentType,
      traceParent: draft.traceParent, unique: draft.unique?.rule, ref: draft.ref)
    self.init(submission, labels: draft.labels, priority: draft.priority, isFull: false)
  }
}

extension API.UniqueRule {
  init(_ rule: UniqueRule) {
    self.init(
      key: rule.key, scope: .init(rawValue: Int32(rule.scope.rawValue)),
      finishedWithin: rule.finishedWithin.map { .init($0) }, waitingOnly: rule.waitingOnly,
      onConflict: .init(rawValue: Int32(rule.onConflict.rawValue)))
  }
}

extension API.TaskSpec.OneOf_Start {
  init?(_ start: TaskSubmission.Start) {
    switch start {
    case .now: return nil
    case .delay(let span): self = .delay(.init(span))
    case .at(let time): self = .scheduleTime(.init(time))
    }
  }
}

extension API.TaskResult {
  init(_ result: TaskResult) { self.init(data: result.data, contentType: result.contentType) }
}
