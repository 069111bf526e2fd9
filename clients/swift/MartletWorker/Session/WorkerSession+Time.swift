/// What time alone changes, and the way out.
extension WorkerSession {
  /// To be told several times a second.
  mutating func tick(at now: Duration) -> [SessionEffect] {
    var effects: [SessionEffect] = []
    for lease in deferred.sorted() where isDue(lease, at: now) {
      deferred.remove(lease)
      queue(lease)
    }
    switch course {
    case .draining(let until?) where now >= until:
      course = .stopping(until: now + limits.stopGrace)
      tellAll(TaskStop(.stopping, "the worker is stopping", limits.stopGrace), &effects)
    case .stopping(let until) where now >= until: releaseAll(&effects)
    default: break
    }
    leaveIfDone(at: now)
    if stream != .none, now - heardAt >= limits.silenceMax || hasWaitedEnough(at: now) {
      effects.append(.abandonStream)
    }
    return effects
  }

  /// The next report of this lease need not wait any longer.
  private func isDue(_ lease: String, at now: Duration) -> Bool {
    guard let held = leases[lease] else { return true }
    let progress =
      held.progress != nil ? held.progressSaidAt.map { $0 + limits.progressInterval } : nil
    let lines = held.logLines.isEmpty ? nil : held.logSaidAt.map { $0 + limits.logInterval }
    return [progress, lines].compactMap(\.self).contains { now >= $0 }
      || progress == nil && lines == nil
  }

  /// Takes nothing more; is done when what runs has ended.
  mutating func drain(at now: Duration) {
    if course == .serving { course = .draining(until: nil) }
    leaveIfDone(at: now)
  }

  /// The same, and tells what still runs after `grace` to stop.
  mutating func shutdown(grace: Duration, at now: Duration) {
    switch course {
    case .serving, .draining(nil): course = .draining(until: now + grace)
    case .draining(let until?): course = .draining(until: min(until, now + grace))
    case .stopping, .leaving: break
    }
    leaveIfDone(at: now)
  }

  /// Nothing is left to be done, or to be waited for.
  func isDone(at now: Duration) -> Bool {
    switch course {
    case .serving: false
    case .leaving(let until): leases.isEmpty && occupiedSlots == 0 || now >= until
    case .draining, .stopping: false
    }
  }

  /// It leaves, and the server has not ended the stream.
  private func hasWaitedEnough(at now: Duration) -> Bool {
    if case .leaving(let until) = course { now >= until } else { false }
  }

  private mutating func tellAll(_ word: TaskStop, _ effects: inout [SessionEffect]) {
    for lease in leases.keys.sorted() { stop(lease, word, &effects) }
  }

  /// Gives back what handlers would not let go of.
  private mutating func releaseAll(_ effects: inout [SessionEffect]) {
    for lease in leases.filter({ $0.value.isRunning }).keys.sorted() {
      change(lease) { $0.phase = .released() }
      queue(lease)
    }
    // Their handlers count for nothing any more, and need not be waited for.
    leases = leases.filter { $0.value.phase != .lost }
    occupiedSlots = 0
  }

  mutating func leaveIfDone(at now: Duration) {
    switch course {
    case .draining, .stopping:
      if occupiedSlots == 0 { course = .leaving(until: now + limits.leaveLimit) }
    case .serving, .leaving: break
    }
  }
}
