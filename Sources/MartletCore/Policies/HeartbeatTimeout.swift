/// How long an attempt's handler may be silent: progress, checkpoints and lines are words of its
/// own; a beat of its worker, which only renews the lease, is not.
struct HeartbeatTimeout: Hashable, Sendable {
  var limit: Span

  func end(heardAt: Elapsed) -> Elapsed { heardAt + limit }

  /// Repeated as the retry policy says.
  func failure(of attempt: UInt32) -> Failure {
    Failure(
      kind: .heartbeatTimeout, message: "the handler was silent for longer than \(limit.text)",
      attempt: attempt, retryable: true)
  }
}

/// The attempts whose handlers must not be silent for long, and when each was heard last. A part of
/// the session: words are no events, and after a restart each attempt has its full time again.
///
/// An attempt that somebody asked to stop is not in here: its grace holds.
struct SilenceWatch: Sendable {
  private struct Entry: Sendable {
    var attempt: UInt32
    var timeout: HeartbeatTimeout
    var end: Elapsed
    /// Of this watch: one that was ended and begun again has another.
    var serial: UInt64
  }

  private var entries: [TaskID: Entry] = [:]
  /// When each may have been silent for too long: it was, unless it has been heard meanwhile. Those
  /// of watches that have ended fall out at the head, or all at once when they are too many.
  private var ends = ExpiryHeap()
  private var lastSerial: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }
  /// What is kept of all of them: those that have ended lately included.
  var endCount: Int { ends.count }

  /// When the first may be due. May be too early, never too late.
  var nextDeadline: Elapsed? { entries.isEmpty ? nil : ends.first?.at }

  mutating func begin(_ token: AttemptToken, _ timeout: HeartbeatTimeout, at now: Elapsed) {
    lastSerial += 1
    let entry = Entry(
      attempt: token.attempt, timeout: timeout, end: timeout.end(heardAt: now),
      serial: lastSerial)
    entries[token.task] = entry
    ends.push(Expiry(at: entry.end, task: token.task, epoch: entry.serial))
  }

  /// The handler of the attempt that runs has said something.
  mutating func heard(_ task: TaskID, at now: Elapsed) {
    guard let entry = entries[task] else { return }
    entries[task]?.end = max(entry.end, entry.timeout.end(heardAt: now))
  }

  /// When the attempt of the task that runs will have been silent for too long; nil if it may be.
  func end(of task: TaskID) -> Elapsed? { entries[task]?.end }

  mutating func end(_ task: TaskID) {
    guard !entries.isEmpty, entries.removeValue(forKey: task) != nil else { return }
    if ends.count > 1_024, ends.count > 4 * entries.count { forgetEnded() }
  }

  private mutating func forgetEnded() {
    ends = ExpiryHeap()
    for (task, entry) in entries {
      ends.push(Expiry(at: entry.end, task: task, epoch: entry.serial))
    }
  }

  /// One that has been silent for too long, if there is one; it stays until it is ended.
  mutating func firstSilent(
    at now: Elapsed
  ) -> (token: AttemptToken, timeout: HeartbeatTimeout)? {
    while let first = ends.first, first.at <= now {
      guard let entry = entries[first.task], entry.serial == first.epoch else {
        ends.removeFirst()
        continue
      }
      if entry.end <= now {
        return (AttemptToken(task: first.task, attempt: entry.attempt), entry.timeout)
      }
      ends.removeFirst()
      ends.push(Expiry(at: entry.end, task: first.task, epoch: entry.serial))
    }
    return nil
  }
}
