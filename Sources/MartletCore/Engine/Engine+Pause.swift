/// Tasks that are taken out by hand, and brought back.
extension Engine {
  func decidePause(
    _ id: TaskID, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard let task = durable.tasks[id] else { throw .taskNotLive(id) }
    if task.notes?.pause != nil { return Decision([], .task(viewAfter(task.status, of: task))) }
    if task.notes?.cancel != nil { throw .taskNotPausable(id) }
    var status = task.status
    let change: TaskEvent.Change
    if task.state == .running {
      change = .pauseRequested(origin)
    } else {
      change = .paused(origin)
      status.state = .paused
    }
    status.notes = task.knownNotes.with { facts in
      facts.pause = stopRequest(by: origin, at: now)
      facts.joined = nil
    }
    return Decision([event(change, task, status)], .task(viewAfter(status, of: task)))
  }

  func decideResume(
    _ id: TaskID, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard let task = durable.tasks[id] else { throw .taskNotLive(id) }
    guard task.notes?.pause != nil else { throw .taskNotPaused(id, task.state) }
    var status = task.status
    if task.state == .paused {
      if let entry = durable.tasks.dependencies[id], entry.verdict != .met {
        status.state = .blocked
      } else if task.due > now.elapsed {
        status.state = .scheduled
      } else {
        status.state = .pending
        status.due = now.elapsed
        status.dueTime = now.wall
      }
    }
    status.notes = task.knownNotes.with { $0.pause = nil }.unlessEmpty
    return Decision([event(.resumed(origin), task, status)], .task(viewAfter(status, of: task)))
  }

  /// For an answer, should the task have left the engine by then.
  func viewAfter(_ status: TaskStatus, of task: LiveTask) -> TaskView {
    TaskView(
      id: task.id, status: status, revision: task.revision, submitRevision: task.submitRevision,
      labels: durable.tasks.labels(of: task), pool: task.pool)
  }
}
