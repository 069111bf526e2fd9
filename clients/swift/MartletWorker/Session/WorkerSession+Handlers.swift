/// What handlers say.
extension WorkerSession {
  /// A handler has ended.
  mutating func handlerEnded(
    _ lease: String, _ outcome: HandlerOutcome, at now: Duration
  ) -> AttemptEnding {
    occupiedSlots = max(0, occupiedSlots - 1)
    defer { leaveIfDone(at: now) }
    guard let held = leases[lease], !held.hasEnded else { return .released }
    guard held.phase != .lost else {
      leases[lease] = nil
      return .lost
    }
    let (phase, ending) = end(outcome, held.stop)
    change(lease) { $0.phase = phase }
    queue(lease)
    return ending
  }

  private func end(
    _ outcome: HandlerOutcome, _ stop: TaskStop?
  ) -> (HeldLease.Phase, AttemptEnding) {
    let isCancelled = stop?.cause == .cancelled
    switch outcome {
    case .content(let content): return end(content, isCancelled)
    case .failure(let failure):
      return (.finished(.failure(.init(failure))), isCancelled ? .cancelled : .failed)
    case .snoozed(let delay):
      return (.released(delay: delay.asDelay), isCancelled ? .cancelled : .released)
    case .interrupted, .other:
      if let stop, stop.cause != .cancelled { return (.released(), .released) }
    }
    var failure = TaskFailure(code: "", message: "the handler cancelled itself")
    if case .other(let words) = outcome { failure.message = words }
    if let stop {
      failure = TaskFailure(
        code: "CANCELLED", message: stop.reason.isEmpty ? "cancelled" : stop.reason)
    }
    return (.finished(.failure(.init(failure))), isCancelled ? .cancelled : .failed)
  }

  private func end(
    _ content: TaskContent, _ isCancelled: Bool
  ) -> (HeldLease.Phase, AttemptEnding) {
    guard content.data.count <= limits.contentBytesMax else {
      let failure = TaskFailure(
        code: "RESULT_TOO_LARGE",
        message: "the result has \(content.data.count) bytes; "
          + "at most \(limits.contentBytesMax) are taken",
        isRetryable: false)
      return (.finished(.failure(.init(failure))), .failed)
    }
    let result = API.TaskResult(
      data: content.data, contentType: content.contentType.cut(bytes: 127))
    return (.finished(.result(result)), isCancelled ? .cancelled : .succeeded)
  }

  mutating func report(_ progress: API.Progress, of lease: String) {
    guard leases[lease]?.isRunning == true else { return }
    leases[lease]?.progress = progress
    queue(lease)
  }

  mutating func log(_ line: API.LogLine, of lease: String) {
    guard let held = leases[lease], held.isRunning else { return }
    if held.logLines.count >= limits.logLinesMax { leases[lease]?.logLines.removeFirst() }
    leases[lease]?.logLines.append(line)
    queue(lease)
  }

  /// The number of the checkpoint, which is said until it is acknowledged or a newer one comes;
  /// nil: the lease does not hold any more.
  mutating func saveCheckpoint(_ content: TaskContent, of lease: String) -> UInt64? {
    guard let held = leases[lease], held.isRunning else { return nil }
    let sequence = held.sequence + 1
    leases[lease]?.sequence = sequence
    leases[lease]?.checkpoint = API.Checkpoint(
      data: content.data, sequence: sequence, contentType: content.contentType.cut(bytes: 127))
    leases[lease]?.isCheckpointSaid = false
    queue(lease)
    return sequence
  }
}

extension API.WorkerFailure {
  init(_ failure: TaskFailure) {
    self.init(
      code: failure.code.cut(bytes: 63), message: failure.message.cut(bytes: 4_096),
      nonRetryable: !failure.isRetryable,
      retryDelay: failure.retryDelay.map { WellKnown.Duration($0.asDelay) },
      failureClass: failure.hasReadableClass ? failure.failureClass : "")
  }
}

extension TaskFailure {
  /// The server takes it.
  fileprivate var hasReadableClass: Bool {
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let others = Set("0123456789_-".utf8)
    let bytes = failureClass.utf8
    return bytes.count <= 63 && bytes.first.map(letters.contains) ?? false
      && bytes.allSatisfy { letters.contains($0) || others.contains($0) }
  }
}

extension Duration {
  /// The nearest one that the server takes as a delay.
  fileprivate var asDelay: Duration { min(max(self, .zero), .seconds(3_653 * 86_400)) }
}
