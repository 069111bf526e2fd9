import MartletAPI
import MartletCore

// MARK: - Tasks

extension RequestCheck {
  static let spanMin = Span.milliseconds(1)
  static let timeoutMax = Span.seconds(30 * 86_400)
  /// Ten years with as many leap days as ten years can have.
  static let delayMax = Span.seconds(3_653 * 86_400)

  /// `lastKind` is the newest kind that was found well written: tasks of a batch mostly share it.
  mutating func draft(
    _ spec: API.TaskSpec, _ path: FieldPath, lastKind: inout String
  ) -> TaskDraft {
    if spec.kind != lastKind || spec.kind.isEmpty {
      if NameRule.isKind(spec.kind) {
        lastKind = spec.kind
      } else {
        fail(path, "kind", "must be the name of a kind: \(NameRule.kindText)")
      }
    }
    if spec.payload.count > limits.payloadBytes {
      fail(
        path, "payload", "must be at most \(limits.payloadBytes) bytes, not \(spec.payload.count)")
    }
    var draft = TaskDraft(
      kind: spec.kind, payload: spec.payload, contentType: spec.contentType,
      traceParent: spec.traceParent)
    text(spec.contentType, bytesMax: 127, path, "content_type")
    if !spec.labels.isEmpty { draft.labels = labels(spec.labels, path) }
    if let priority = spec.priority {
      draft.priority = UInt8(clamping: number(priority, in: 0...10, path, "priority"))
    }
    if let start = spec.start { draft.start = self.start(start, path) }
    if let policy = spec.retryPolicy { draft.retry = retry(policy, path.inside("retry_policy")) }
    draft.runTimeout = timeout(spec.runTimeout, path, "run_timeout")
    if let deadline = spec.deadline { draft.deadline = time(deadline, path, "deadline") }
    text(spec.traceParent, bytesMax: 255, path, "trace_parent")
    if !spec.workerSelector.isEmpty {
      draft.selector = labels(spec.workerSelector, path, "worker_selector")
    }
    draft.queueTimeout = timeout(spec.queueTimeout, path, "queue_timeout")
    draft.heartbeatTimeout = timeout(spec.heartbeatTimeout, path, "heartbeat_timeout")
    if let rule = spec.unique {
      draft.unique = UniqueClaim(rule: unique(rule, path.inside("unique")))
    }
    draft.fairness = fairness(spec, path)
    draft.ref = spec.ref
    draft.onDependencyFailure = self.rule(spec.onDependencyFailure, path)
    draft.wantsDependencyResults = spec.wantDependencyResults
    return draft
  }

  private mutating func start(
    _ start: API.TaskSpec.OneOf_Start, _ path: FieldPath
  ) -> TaskSubmission.Start {
    switch start {
    case .delay(let delay):
      let span = span(delay, in: .zero...Self.delayMax, "0 to 10 years", path, "delay")
      return span == .zero ? .now : .delay(span)
    case .scheduleTime(let time):
      return .at(self.time(time, path, "schedule_time"))
    }
  }

  private mutating func timeout(
    _ value: WellKnown.Duration?, _ path: FieldPath, _ field: StaticString
  ) -> Span? {
    guard let value else { return nil }
    return span(value, in: Self.spanMin...Self.timeoutMax, "1 ms to 30 days", path, field)
  }
}

// MARK: - Unique tasks

extension RequestCheck {
  private static let windowMax = Span.seconds(365 * 86_400)

  private mutating func unique(_ rule: API.UniqueRule, _ path: FieldPath) -> UniqueRule {
    var result = UniqueRule(key: rule.key, waitingOnly: rule.waitingOnly)
    if rule.key.isEmpty { fail(path, "key", "must be 1 to 255 bytes") }
    text(rule.key, bytesMax: 255, path, "key")
    switch rule.scope {
    case .unspecified, .pool: break
    case .namespace: result.scope = .namespace
    case .unrecognized(let number):
      fail(
        path, "scope",
        "must be UNIQUE_SCOPE_POOL or UNIQUE_SCOPE_NAMESPACE; \(number) is not known here")
    }
    if let window = rule.finishedWithin {
      result.finishedWithin = span(
        window, in: Self.spanMin...Self.windowMax, "1 ms to 365 days", path, "finished_within")
    }
    switch rule.onConflict {
    case .unspecified, .reject: break
    case .returnExisting: result.onConflict = .returnExisting
    case .replace: result.onConflict = .replace
    case .debounce: result.onConflict = .debounce
    case .unrecognized(let number):
      fail(
        path, "on_conflict",
        "must be UNIQUE_CONFLICT_REJECT, UNIQUE_CONFLICT_RETURN_EXISTING, UNIQUE_CONFLICT_REPLACE "
          + "or UNIQUE_CONFLICT_DEBOUNCE; \(number) is not known here")
    }
    return result
  }
}

// MARK: - Retry policies

extension RequestCheck {
  mutating func retry(_ policy: API.RetryPolicy, _ path: FieldPath) -> RetryPolicy {
    var result = RetryPolicy.default
    if let attempts = policy.maxAttempts {
      result.maxAttempts = number(attempts, in: 1...1_000, path, "max_attempts")
    }
    if let backoff = policy.initialBackoff {
      result.initialBackoff = span(
        backoff, in: Self.spanMin...Span.seconds(86_400), "1 ms to 1 day", path, "initial_backoff")
    }
    if let factor = policy.factor {
      result.factor = share(factor, in: 1...10, path, "factor")
    }
    result.maxBackoff = maxBackoff(policy, initial: result.initialBackoff, path)
    if let jitter = policy.jitter {
      result.jitter = share(jitter, in: 0...1, path, "jitter")
    }
    if policy.nonRetryableCodes.count > 32 {
      let count = policy.nonRetryableCodes.count
      fail(path, "non_retryable_codes", "must be at most 32, not \(count)")
    }
    for (index, code) in policy.nonRetryableCodes.prefix(33).enumerated() {
      text(code, bytesMax: 63, path, "non_retryable_codes", .index(index))
    }
    result.nonRetryableCodes = policy.nonRetryableCodes
    return result
  }

  private mutating func maxBackoff(
    _ policy: API.RetryPolicy, initial: Span, _ path: FieldPath
  ) -> Span {
    guard let most = policy.maxBackoff else {
      let most = RetryPolicy.default.maxBackoff
      if initial > most {
        fail(
          path, "max_backoff",
          "must be set: unset it is \(most.text), less than `initial_backoff`")
      }
      return most
    }
    return span(
      most, in: initial...Span.seconds(7 * 86_400), "`initial_backoff` to 7 days", path,
      "max_backoff")
  }
}

// MARK: - Pools

extension RequestCheck {
  mutating func pool(_ spec: API.PoolSpec) -> PoolSpec {
    PoolSpec(
      slots: slots(spec), queueCapacity: queueCapacity(spec), retry: defaultRetry(spec),
      runTimeout: defaultRunTimeout(spec), queueTimeout: defaultQueueTimeout(spec),
      heartbeatTimeout: defaultHeartbeatTimeout(spec), labels: labels(spec.labels, .spec),
      failureClassDelays: failureClassDelays(spec), priorityAgeing: priorityAgeing(spec),
      retention: retention(spec), scaling: scaling(spec), group: group(spec),
      groupMinimum: groupMinimum(spec), fairness: fairness(spec), permitGrace: permitGrace(spec))
  }

  mutating func retention(_ spec: API.PoolSpec) -> Retention {
    var retention = Retention()
    guard let given = spec.retention else { return retention }
    if let bounds = given.succeeded {
      retention.succeeded = self.bounds(bounds, FieldPath.spec.inside("retention.succeeded"))
    }
    if let bounds = given.failed {
      retention.failed = self.bounds(bounds, FieldPath.spec.inside("retention.failed"))
    }
    if let bounds = given.cancelled {
      retention.cancelled = self.bounds(bounds, FieldPath.spec.inside("retention.cancelled"))
    }
    return retention
  }

  private mutating func bounds(
    _ given: API.OutcomeRetention, _ path: FieldPath
  ) -> Retention.Bounds {
    var bounds = Retention.Bounds()
    if let age = given.maxAge {
      bounds.maxAge = span(
        age, in: Span.seconds(1)...Self.delayMax, "1 s to 10 years", path, "max_age")
    }
    if let count = given.maxCount {
      if !(0...1_000_000_000).contains(count) {
        fail(path, "max_count", "must be 0 to 1,000,000,000, not \(count)")
      }
      bounds.maxCount = Int(clamping: count)
    }
    return bounds
  }

  mutating func slots(_ spec: API.PoolSpec) -> Int {
    number(spec.slots, in: 1...10_000, .spec, "slots")
  }

  mutating func queueCapacity(_ spec: API.PoolSpec) -> Int {
    spec.queueCapacity.map { number($0, in: 1...10_000_000, .spec, "queue_capacity") }
      ?? limits.queueCapacity
  }

  mutating func defaultRetry(_ spec: API.PoolSpec) -> RetryPolicy {
    spec.defaultRetryPolicy.map { retry($0, FieldPath.spec.inside("default_retry_policy")) }
      ?? .default
  }

  mutating func defaultRunTimeout(_ spec: API.PoolSpec) -> Span {
    timeout(spec.defaultRunTimeout, .spec, "default_run_timeout")
      ?? .seconds(Int64(limits.runTimeoutSeconds))
  }

  mutating func defaultQueueTimeout(_ spec: API.PoolSpec) -> Span? {
    timeout(spec.defaultQueueTimeout, .spec, "default_queue_timeout")
  }

  mutating func defaultHeartbeatTimeout(_ spec: API.PoolSpec) -> Span? {
    timeout(spec.defaultHeartbeatTimeout, .spec, "default_heartbeat_timeout")
  }

  mutating func priorityAgeing(_ spec: API.PoolSpec) -> Span? {
    spec.priorityAgeing.map {
      span(
        $0, in: .seconds(1)...Span.seconds(7 * 86_400), "1 s to 7 days", .spec, "priority_ageing")
    }
  }

  mutating func failureClassDelays(_ spec: API.PoolSpec) -> [String: Span] {
    let field: StaticString = "failure_class_delays"
    let named = spec.failureClassDelays
    if named.count > 32 { fail(.spec, field, "must be at most 32, not \(named.count)") }
    var delays: [String: Span] = [:]
    for (name, delay) in named.sorted(by: { $0.key < $1.key }).prefix(33) {
      if !NameRule.isFailureClass(name) {
        fail(
          .spec, field, .key(name),
          "must have a key that is a class of failures: \(NameRule.failureClassText)")
      }
      delays[name] = span(
        delay, in: .zero...Self.delayMax, "0 to 10 years", .spec, field, .key(name))
    }
    return delays
  }
}
