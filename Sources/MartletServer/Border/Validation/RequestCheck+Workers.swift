import MartletAPI
import MartletCore

extension RequestCheck {
  /// `field` is where the request has it.
  static func hello(
    _ hello: API.WorkerHello?, _ field: StaticString, limits: Limits
  ) throws(InvalidRequest) -> WorkerHello {
    guard let hello else { throw InvalidRequest(field: "\(field)", description: "must be set") }
    var check = RequestCheck(limits: limits)
    let path = FieldPath(root: .request, message: field)
    let held = check.held(hello.heldLeases, path)
    check.name(hello.name, path, "name")
    check.name(hello.instance, path, "instance")
    if !(1...1_000).contains(hello.kinds.count) {
      check.fail(path, "kinds", "must be 1 to 1000 kinds, not \(hello.kinds.count)")
    }
    for (index, kind) in hello.kinds.enumerated() where !NameRule.isKind(kind) {
      check.fail(
        path, "kinds", .index(index), "must be the name of a kind: \(NameRule.kindText)")
    }
    if hello.pools.count > 1_000 {
      check.fail(path, "pools", "must be at most 1000, not \(hello.pools.count)")
    }
    for (index, pool) in hello.pools.enumerated() where !NameRule.isPool(pool) {
      check.fail(
        path, "pools", .index(index), "must be the name of a pool: \(NameRule.poolText)")
    }
    let labels = check.labels(hello.labels, path)
    let slots = check.number(hello.slots, in: 1...10_000, path, "slots")
    try check.conclude()
    return WorkerHello(
      identity: WorkerIdentity(name: hello.name, instance: hello.instance),
      kinds: Set(hello.kinds), pools: Set(hello.pools), labels: labels, slots: slots, held: held)
  }

  private mutating func name(_ name: String, _ path: FieldPath, _ field: StaticString) {
    if name.isEmpty { fail(path, field, "must be 1 to 63 bytes") }
    text(name, bytesMax: 63, path, field)
  }

  private mutating func held(_ texts: [String], _ path: FieldPath) -> [Lease] {
    if texts.count > 10_000 {
      fail(path, "held_leases", "must be at most 10000, not \(texts.count)")
    }
    return texts.prefix(10_000).enumerated().compactMap { index, text in
      if let lease = Lease(text) { return lease }
      fail(path, "held_leases", .index(index), "must be a lease that this server gave")
      return nil
    }
  }

  static func leases(
    _ texts: [String], _ field: String
  ) throws(InvalidRequest) -> [Lease] {
    var leases: [Lease] = []
    for (index, text) in texts.enumerated() {
      guard let lease = Lease(text) else {
        throw InvalidRequest(
          field: "\(field)[\(index)].lease", description: "must be a lease that this server gave")
      }
      leases.append(lease)
    }
    return leases
  }

  static func wait(_ wait: WellKnown.Duration?, max: Span) throws(InvalidRequest) -> Span {
    guard let wait else { return .zero }
    var check = RequestCheck(limits: Limits())
    let span = check.span(wait, in: .zero...max, "0 to 60 s", .request, "wait")
    try check.conclude()
    return span
  }

  /// How many entries a request of a worker may have.
  static func count(
    _ count: Int, _ field: String, max: Int = 10_000
  ) throws(InvalidRequest) {
    guard (1...max).contains(count) else {
      throw InvalidRequest(field: field, description: "must be 1 to \(max), not \(count)")
    }
  }
}

/// What is wrong with one entry of a worker's message; the others are taken all the same.
struct EntryProblem: Error {
  var text: String
}

extension Span {
  /// A wait that a worker asks for; nil if it does not.
  init?(delay: WellKnown.Duration?, _ field: StaticString) throws(EntryProblem) {
    guard let delay else { return nil }
    var check = RequestCheck(limits: Limits())
    self = check.span(
      delay, in: .zero...RequestCheck.delayMax, "0 to 10 years", .request, field)
    if let violation = check.violations.first {
      throw EntryProblem(text: "\(violation.field) \(violation.description)")
    }
  }
}

extension AttemptOutcome {
  init(_ finish: API.Finish, limits: Limits) throws(EntryProblem) {
    switch finish.outcome {
    case .result(let result):
      guard result.data.count <= limits.resultBytes else {
        throw EntryProblem(
          text: "result has \(result.data.count) bytes, at most \(limits.resultBytes) are taken")
      }
      guard result.contentType.utf8.count <= 127 else {
        throw EntryProblem(text: "content_type must be at most 127 bytes")
      }
      self = .succeeded(TaskResult(data: result.data, contentType: result.contentType))
    case .failure(let failure):
      let name = failure.failureClass
      guard name.isEmpty || NameRule.isFailureClass(name) else {
        throw EntryProblem(
          text: "failure.failure_class must be empty or a class: \(NameRule.failureClassText)")
      }
      self = .failed(
        kind: .handler, code: failure.code.prefixed(bytes: 63),
        message: failure.message.prefixed(bytes: 4_096), retryable: !failure.nonRetryable,
        failureClass: name,
        retryDelay: try Span(delay: failure.retryDelay, "failure.retry_delay"))
    case nil:
      throw EntryProblem(text: "result or failure must be set")
    }
  }
}

extension Checkpoint {
  init(_ checkpoint: API.Checkpoint, limits: Limits) throws(EntryProblem) {
    guard checkpoint.sequence > 0 else {
      throw EntryProblem(text: "checkpoint.sequence must be 1 or more")
    }
    guard checkpoint.data.count <= limits.checkpointBytes else {
      throw EntryProblem(
        text: "checkpoint has \(checkpoint.data.count) bytes, at most \(limits.checkpointBytes) "
          + "are taken")
    }
    guard checkpoint.contentType.utf8.count <= 127 else {
      throw EntryProblem(text: "checkpoint.content_type must be at most 127 bytes")
    }
    self.init(
      sequence: checkpoint.sequence, data: checkpoint.data, contentType: checkpoint.contentType)
  }
}

extension LogLine {
  private static let countMax = 100
  private static let bytesMax = 4_096
  private static let allBytesMax = 65_536

  /// As many as fit; what is too long is cut: lines are for people.
  static func lines(reported lines: [API.LogLine]) -> [LogLine] {
    var left = allBytesMax
    var taken: [LogLine] = []
    for line in lines.prefix(countMax) {
      let text = line.text.prefixed(bytes: min(bytesMax, left))
      left -= text.utf8.count
      let level = UInt8(exactly: line.level.rawValue).flatMap(Level.init(rawValue:)) ?? .info
      taken.append(
        LogLine(time: time(of: line), level: level, text: text))
      if left == 0 { break }
    }
    return taken
  }

  /// A time that makes no sense is now.
  private static func time(of line: API.LogLine) -> WallTime {
    guard let time = line.time else { return NodeClock.wall }
    var check = RequestCheck(limits: Limits())
    let read = check.time(time, .request, "time")
    return (try? check.conclude()) == nil ? NodeClock.wall : read
  }
}

extension Progress {
  /// What does not fit is cut: progress is for people.
  init(reported progress: API.Progress) {
    let counters = progress.counters.sorted { $0.key < $1.key }.prefix(32)
      .map { Counter(name: $0.key.prefixed(bytes: 63), value: $0.value) }
    self.init(
      percent: progress.percent.map { $0.isFinite ? min(max($0, 0), 100) : 0 },
      step: progress.step.prefixed(bytes: 255), counters: counters)
  }
}
