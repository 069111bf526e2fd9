/// Handlers that have been silent for too long.
extension Engine {
  /// An attempt begins: by a handler of this process, or by the worker of the assignment.
  mutating func begin(
    _ task: LiveTask, by assignment: Assignment? = nil, at now: Instant, stamp: Stamp,
    into events: inout [Event]
  ) {
    events.append(
      evolve(start(task, by: assignment, at: now, stamp: stamp), at: stamp))
    watch(task, attempt: task.attempt + 1, at: now.elapsed)
  }

  private mutating func watch(_ task: LiveTask, attempt: UInt32, at now: Elapsed) {
    guard let timeout = durable.tasks.heartbeatTimeout(of: task) else { return }
    state.session.silences.begin(AttemptToken(task: task.id, attempt: attempt), timeout, at: now)
  }

  /// A handler that says anything is not silent, whatever becomes of its words.
  mutating func listen(to command: Command, at now: Elapsed) {
    guard !state.session.silences.isEmpty else { return }
    switch command {
    case .report(let token, _):
      if (try? running(token)) != nil { state.session.silences.heard(token.task, at: now) }
    case .worker(.checkpoint(let lease, _)), .worker(.log(let lease, _)):
      if (try? running(lease)) != nil { state.session.silences.heard(lease.task, at: now) }
    default: break
    }
  }

  /// While an attempt is asked to stop its grace holds instead; if it need not stop after all, its
  /// time begins anew.
  mutating func followSilence(_ event: TaskEvent, at now: Elapsed) {
    switch event.change {
    case .cancelRequested, .pauseRequested: state.session.silences.end(event.task)
    case .resumed where event.status.state == .running:
      if let task = durable.tasks[event.task] { watch(task, attempt: task.attempt, at: now) }
    default:
      if event.from == .running, event.status.state != .running {
        state.session.silences.end(event.task)
      }
    }
  }

  /// After a restart each attempt of a worker has its full time from now on.
  mutating func watchAgain(at now: Instant) {
    for task in durable.tasks.allRunning() where task.notes?.assignment != nil {
      if task.notes?.cancel != nil || task.notes?.pause != nil { continue }
      watch(task, attempt: task.attempt, at: now.elapsed)
    }
  }

  /// False if more have been silent for too long than one step may deal with.
  mutating func endSilentAttempts(
    at now: Instant, stamp: Stamp, into events: inout [Event]
  ) -> Bool {
    for _ in 0..<state.session.timersPerStep {
      guard let (token, timeout) = state.session.silences.firstSilent(at: now.elapsed) else {
        return true
      }
      guard let task = try? running(token) else {
        state.session.silences.end(token.task)
        continue
      }
      let body = fail(task, timeout.failure(of: token.attempt), at: now)
      events.append(evolve(fenced(body, at: now), at: stamp))
    }
    return state.session.silences.firstSilent(at: now.elapsed) == nil
  }
}
