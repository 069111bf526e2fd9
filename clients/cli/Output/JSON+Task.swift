internal import MartletClient

extension JSON {
  init(_ task: API.Task) {
    var fields: [Field] = []
    fields.add("id", task.id)
    fields.add("pool", task.pool)
    fields.add("state", task.state.name)
    fields.add("attempt", task.attempt)
    fields.add("spec", task.spec.map { JSON($0) })
    fields.add("progress", task.progress.map { JSON($0) })
    fields.add("result", task.result.map { JSON($0) })
    fields.add("failure", task.failure.map { JSON($0) })
    fields.add("create_time", task.createTime.map { JSON($0) })
    fields.add("due_time", task.dueTime.map { JSON($0) })
    fields.add("start_time", task.startTime.map { JSON($0) })
    fields.add("finish_time", task.finishTime.map { JSON($0) })
    fields.add("cancel_request_time", task.cancelRequestTime.map { JSON($0) })
    fields.add("pause_request_time", task.pauseRequestTime.map { JSON($0) })
    fields.add("checkpoint", task.checkpoint.map { JSON($0) })
    fields.add("worker", task.worker)
    if !task.waitingFor.isEmpty { fields.add("waiting_for", task.waitingFor) }
    fields.add("actor", task.actor)
    fields.add("request_id", task.requestId)
    fields.add("cancel_reason", task.cancelReason)
    if !task.pauseReason.isEmpty { fields.add("pause_reason", task.pauseReason) }
    if !task.workflow.isEmpty {
      fields.add("workflow", task.workflow)
      fields.add("workflow_level", task.workflowLevel)
    }
    if !task.schedule.isEmpty { fields.add("schedule", task.schedule) }
    fields.append(Field("revision", .unsigned(task.revision)))
    self = .object(fields)
  }

  init(_ spec: API.TaskSpec) {
    var fields: [Field] = []
    fields.add("kind", spec.kind)
    if !spec.payload.isEmpty { fields.add("payload", bytes: spec.payload) }
    fields.add("content_type", spec.contentType)
    fields.append(Field("labels", JSON(spec.labels)))
    fields.add("priority", spec.priority.map { .integer(Int64($0)) })
    switch spec.start {
    case .delay(let delay): fields.append(Field("delay", JSON(delay)))
    case .scheduleTime(let time): fields.append(Field("schedule_time", JSON(time)))
    case nil: break
    }
    fields.add("retry_policy", spec.retryPolicy.map { JSON($0) })
    fields.add("run_timeout", spec.runTimeout.map { JSON($0) })
    fields.add("queue_timeout", spec.queueTimeout.map { JSON($0) })
    fields.add("heartbeat_timeout", spec.heartbeatTimeout.map { JSON($0) })
    fields.add("deadline", spec.deadline.map { JSON($0) })
    fields.add("trace_parent", spec.traceParent.isEmpty ? nil : .string(spec.traceParent))
    if !spec.workerSelector.isEmpty {
      fields.append(Field("worker_selector", JSON(spec.workerSelector)))
    }
    if !spec.fairnessKey.isEmpty { fields.add("fairness_key", spec.fairnessKey) }
    fields.add("fairness_weight", spec.fairnessWeight.map { .integer(Int64($0)) })
    fields.add("unique", spec.unique.map { JSON($0) })
    if !spec.ref.isEmpty { fields.add("ref", spec.ref) }
    if !spec.dependsOn.isEmpty {
      fields.append(Field("depends_on", .array(spec.dependsOn.map { .string($0) })))
      fields.add("on_dependency_failure", spec.onDependencyFailure.name)
    }
    if spec.wantDependencyResults {
      fields.append(Field("want_dependency_results", .bool(true)))
    }
    self = .object(fields)
  }

  init(_ rule: API.UniqueRule) {
    var fields: [Field] = []
    fields.add("key", rule.key)
    fields.add("scope", rule.scope.name)
    fields.add("finished_within", rule.finishedWithin.map { JSON($0) })
    fields.append(Field("waiting_only", .bool(rule.waitingOnly)))
    fields.add("on_conflict", rule.onConflict.name)
    self = .object(fields)
  }

  init(_ policy: API.RetryPolicy) {
    var fields: [Field] = []
    fields.add("max_attempts", policy.maxAttempts.map { .integer(Int64($0)) })
    fields.add("initial_backoff", policy.initialBackoff.map { JSON($0) })
    fields.add("factor", policy.factor.map { .number($0) })
    fields.add("max_backoff", policy.maxBackoff.map { JSON($0) })
    fields.add("jitter", policy.jitter.map { .number($0) })
    if !policy.nonRetryableCodes.isEmpty {
      fields.append(
        Field("non_retryable_codes", .array(policy.nonRetryableCodes.map { .string($0) })))
    }
    self = .object(fields)
  }

  init(_ progress: API.Progress) {
    var fields: [Field] = []
    fields.add("percent", progress.percent.map { .number($0) })
    fields.add("step", progress.step)
    let counters = progress.counters.sorted { $0.key < $1.key }
    fields.append(
      Field("counters", .object(counters.map { Field($0.key, .integer($0.value)) })))
    self = .object(fields)
  }

  init(_ checkpoint: API.Checkpoint) {
    var fields: [Field] = [Field("sequence", .unsigned(checkpoint.sequence))]
    if !checkpoint.data.isEmpty {
      fields.add("data", bytes: checkpoint.data)
      fields.add("content_type", checkpoint.contentType)
    }
    self = .object(fields)
  }

  init(_ result: API.TaskResult) {
    var fields: [Field] = []
    fields.add("data", bytes: result.data)
    fields.add("content_type", result.contentType)
    self = .object(fields)
  }

  init(_ failure: API.Failure) {
    var fields: [Field] = []
    fields.add("kind", failure.kind.name)
    fields.add("code", failure.code)
    fields.add("message", failure.message)
    fields.add("attempt", failure.attempt)
    fields.append(Field("retryable", .bool(failure.retryable)))
    if !failure.failureClass.isEmpty { fields.add("failure_class", failure.failureClass) }
    fields.add("retry_delay", failure.retryDelay.map { JSON($0) })
    self = .object(fields)
  }

  init(_ response: API.CountTasksResponse) {
    let counts = response.counts.map { row in
      var fields: [Field] = []
      fields.add("pool", row.pool)
      fields.add("state", row.state.name)
      fields.add("kind", row.kind)
      fields.add("count", row.count)
      return JSON.object(fields)
    }
    self = .object([
      Field("total", .integer(response.total)), Field("counts", .array(counts)),
      Field("cursor", .string(response.cursor)),
    ])
  }
}
