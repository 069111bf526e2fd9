import MartletAPI
import MartletCore

/// What a request id stands for: the request's body as a number, and the id itself as a key.
///
/// Both are kept on disk, so how they are made never changes: each field that is set is hashed with
/// its number in the contract, in a fixed order, labels by key. A field that a later version adds
/// and a request does not set changes nothing.
struct RequestFingerprint {
  private(set) var value: UInt64

  static func stamp(_ request: API.SubmitTaskRequest) -> RequestStamp? {
    guard !request.requestId.isEmpty else { return nil }
    var body = RequestFingerprint(method: 1)
    body.add(1, request.pool)
    if let spec = request.spec { body.add(2, spec) }
    return stamp(request.requestId, body)
  }

  static func stamp(_ request: API.BatchSubmitTasksRequest) -> RequestStamp? {
    guard !request.requestId.isEmpty else { return nil }
    var body = RequestFingerprint(method: 2)
    body.add(1, request.pool)
    for spec in request.specs { body.add(2, spec) }
    return stamp(request.requestId, body)
  }

  static func value(_ request: API.SubmitWorkflowRequest) -> UInt64 {
    var body = RequestFingerprint(method: 40)
    body.add(1, request.name)
    body.add(2, request.pool)
    for task in request.tasks {
      body.add(1, task.pool)
      if let spec = task.spec { body.add(2, spec) }
      body.add(3, task.level)
      if let weight = task.weight { body.add(4, number: UInt64(bitPattern: Int64(weight))) }
      body.add(0, number: 3)
    }
    for level in request.levels {
      body.add(1, level.name)
      if let weight = level.weight { body.add(2, number: UInt64(bitPattern: Int64(weight))) }
      body.add(0, number: 4)
    }
    if request.tolerateFailures { body.add(5, number: 1) }
    return body.value
  }

  static func key(_ requestID: String) -> RememberedRequest.Key {
    RememberedRequest.Key(
      high: StableHash.of(requestID, seed: 0x6D61_7274_6C65_7431),
      low: StableHash.of(requestID, seed: 0x6D61_7274_6C65_7432))
  }

  private static func stamp(_ id: String, _ body: RequestFingerprint) -> RequestStamp {
    RequestStamp(id: id, key: key(id), fingerprint: body.value)
  }

  init(method: UInt64) { value = SeededRandom.mixed(method) }

  private mutating func add(_ field: UInt64, number: UInt64) {
    value = SeededRandom.mixed(value ^ SeededRandom.mixed(field) &+ number)
  }

  private mutating func add(_ field: UInt64, _ text: String) {
    if !text.isEmpty { add(field, number: StableHash.of(text, seed: value)) }
  }

  private mutating func add(_ field: UInt64, _ bytes: [UInt8]) {
    if !bytes.isEmpty { add(field, number: StableHash.of(bytes, seed: value)) }
  }

  private mutating func add(_ field: UInt64, seconds: Int64, nanos: Int32) {
    add(field, number: UInt64(bitPattern: seconds))
    add(field, number: UInt64(bitPattern: Int64(nanos)))
  }

  private mutating func add(_ field: UInt64, _ span: WellKnown.Duration?) {
    if let span { add(field, seconds: span.seconds, nanos: span.nanos) }
  }

  private mutating func add(_ field: UInt64, _ time: WellKnown.Timestamp?) {
    if let time { add(field, seconds: time.seconds, nanos: time.nanos) }
  }

  /// Each message ends with a mark, so that a field cannot pass for one of its neighbour.
  private mutating func add(_ field: UInt64, _ spec: API.TaskSpec) {
    add(1, spec.kind)
    add(2, spec.payload)
    add(3, spec.contentType)
    if !spec.labels.isEmpty { add(4, LabelSet(spec.labels)) }
    if let priority = spec.priority { add(5, number: UInt64(bitPattern: Int64(priority))) }
    switch spec.start {
    case .delay(let span): add(6, span)
    case .scheduleTime(let time): add(7, time)
    case nil: break
    }
    if let policy = spec.retryPolicy { add(8, policy) }
    add(9, spec.runTimeout)
    add(10, spec.deadline)
    add(11, spec.traceParent)
    if !spec.workerSelector.isEmpty { add(12, LabelSet(spec.workerSelector)) }
    add(13, spec.queueTimeout)
    add(14, spec.heartbeatTimeout)
    if let rule = spec.unique { add(15, rule) }
    add(30, spec.ref)
    for name in spec.dependsOn { add(31, number: StableHash.of(name, seed: value)) }
    if spec.onDependencyFailure != .unspecified {
      add(32, number: UInt64(bitPattern: Int64(spec.onDependencyFailure.rawValue)))
    }
    if spec.wantDependencyResults { add(33, number: 1) }
    add(36, spec.fairnessKey)
    if let weight = spec.fairnessWeight { add(37, number: UInt64(bitPattern: Int64(weight))) }
    add(0, number: field)
  }

  private mutating func add(_ field: UInt64, _ labels: LabelSet) {
    for label in labels.labels {
      add(field, number: StableHash.of(label.key, seed: value))
      add(field, number: StableHash.of(label.value, seed: value))
    }
  }

  private mutating func add(_ field: UInt64, _ rule: API.UniqueRule) {
    add(1, rule.key)
    add(2, number: UInt64(bitPattern: Int64(rule.scope.rawValue)))
    add(3, rule.finishedWithin)
    add(4, number: rule.waitingOnly ? 1 : 0)
    add(5, number: UInt64(bitPattern: Int64(rule.onConflict.rawValue)))
    add(0, number: field)
  }

  private mutating func add(_ field: UInt64, _ policy: API.RetryPolicy) {
    if let attempts = policy.maxAttempts { add(1, number: UInt64(bitPattern: Int64(attempts))) }
    add(2, policy.initialBackoff)
    if let factor = policy.factor { add(3, number: factor.bitPattern) }
    add(4, policy.maxBackoff)
    if let jitter = policy.jitter { add(5, number: jitter.bitPattern) }
    for code in policy.nonRetryableCodes {
      add(6, number: StableHash.of(code, seed: value))
    }
    add(0, number: field)
  }
}
