package import MartletCore

/// Failures of attempts and waiting tasks that are alike, of a pair, within a minute or an hour.
package struct FailureGroup: Hashable, Sendable {
  /// What they have in common.
  package struct Mark: Hashable, Sendable {
    package var failure: FailureKind
    package var code: String
    /// nil: of all groups beyond the bound.
    package var pattern: String?

    package init(failure: FailureKind, code: String, pattern: String?) {
      self.failure = failure
      self.code = code
      self.pattern = pattern
    }

    /// The same in every process.
    var hash: Int64 {
      var hash = StableHash.of(code, seed: UInt64(failure.rawValue))
      hash = StableHash.of(pattern ?? "", seed: hash &+ (pattern == nil ? 1 : 0))
      return Int64(bitPattern: hash)
    }

    /// What is beyond the bound is one group of each kind of failure.
    static func other(_ failure: FailureKind) -> Mark {
      Mark(failure: failure, code: "", pattern: nil)
    }
  }

  package var mark: Mark
  package var attempts: Int64 = 0
  /// Of the attempts, those that ended their task.
  package var tasks: Int64 = 0
  package var first: WallTime
  package var last: WallTime
  /// The newest.
  package var sample: TaskID
  package var message: String

  /// Of a sample's message.
  static let messageBytesMax = 512

  /// nil if the event tells of no failure.
  init?(_ event: TaskEvent, at stamp: Stamp) {
    switch event.change {
    case .failed, .retryScheduled, .lost: break
    case .paused where event.from == .running: break
    default: return nil
    }
    guard let failure = event.status.notes?.failure, !event.isPlainPause(failure) else {
      return nil
    }
    mark = Mark(
      failure: failure.kind, code: failure.code, pattern: FailurePattern.of(failure.message))
    attempts = 1
    tasks = event.status.state == .failed ? 1 : 0
    (first, last) = (stamp.time, stamp.time)
    sample = event.task
    message = String(decoding: failure.message.utf8.prefix(Self.messageBytesMax), as: UTF8.self)
  }

  package mutating func merge(_ other: FailureGroup) {
    attempts += other.attempts
    tasks += other.tasks
    first = min(first, other.first)
    guard other.last >= last else { return }
    last = other.last
    sample = other.sample
    message = other.message
  }

  // MARK: - Rows

  package var bytes: [UInt8] {
    var writer = StatsWriter()
    writer.append(UInt64(mark.failure.rawValue))
    writer.append(mark.code)
    writer.append(UInt64(mark.pattern == nil ? 0 : 1))
    writer.append(mark.pattern ?? "")
    writer.append(attempts)
    writer.append(tasks)
    writer.append(first.nanoseconds)
    writer.append(last.nanoseconds)
    writer.append(sample.rawValue)
    writer.append(message)
    return writer.bytes
  }

  /// nil if the row is damaged.
  package init?(bytes: [UInt8]) {
    let read = bytes.withUnsafeBytes { bytes -> FailureGroup? in
      var scanner = StatsScanner(bytes)
      return FailureGroup(&scanner)
    }
    guard let read else { return nil }
    self = read
  }

  private init?(_ scanner: inout StatsScanner) {
    guard let kind = scanner.number().flatMap(UInt8.init(exactly:)),
      let failure = FailureKind(rawValue: kind), let code = scanner.text(),
      let hasPattern = scanner.number(), let pattern = scanner.text(),
      let attempts = scanner.signed(), let tasks = scanner.signed(),
      let first = scanner.signed(), let last = scanner.signed(), let sample = scanner.number(),
      let message = scanner.text()
    else { return nil }
    mark = Mark(failure: failure, code: code, pattern: hasPattern == 0 ? nil : pattern)
    self.attempts = attempts
    self.tasks = tasks
    self.first = WallTime(nanoseconds: first)
    self.last = WallTime(nanoseconds: last)
    self.sample = TaskID(rawValue: sample)
    self.message = message
  }
}

extension TaskEvent {
  /// Whether the attempt that the pause ended had not failed: the failure is of one before.
  fileprivate func isPlainPause(_ failure: Failure) -> Bool {
    guard case .paused = change else { return false }
    return failure.attempt != status.attempt || status.notes?.startElapsed == nil
  }
}
