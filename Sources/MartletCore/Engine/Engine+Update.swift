/// Changes by hand of tasks that wait.
extension Engine {
  /// A worker that was offered the task loses the offer: it would run what is no longer so.
  func decideUpdate(
    _ id: TaskID, _ change: TaskUpdate, expected: Revision?, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    guard let task = durable.tasks[id] else { throw .taskNotLive(id) }
    if let expected, expected != task.revision { throw .revisionMismatch(id, task.revision) }
    if task.state == .running { throw .taskRunning(id) }
    let labels = change.labels ?? durable.tasks.labels(of: task)
    let priority = change.priority ?? task.priority
    var status = task.status
    switch change.due {
    case nil: break
    case .now: setDue(after: .zero, of: &status, at: now)
    case .at(let time): setDue(after: max(time - now.wall, .zero), of: &status, at: now)
    }
    let isSame =
      priority == task.priority && status == task.status
      && labels == durable.tasks.labels(of: task)
    if isSame { return Decision([], .task(viewAfter(status, of: task))) }
    let keepsItsPlace =
      status.state == .pending && task.state == .pending
      && priority == task.priority
    status.notes =
      task.knownNotes.with { facts in
        if priority != task.priority { facts.priority = priority }
        facts.joined = keepsItsPlace ? task.joined : nil
      }.unlessEmpty
    let event = TaskEvent(
      task: id, pool: task.pool, kind: task.kind, labels: labels, from: task.state,
      status: status, change: .updated(priority: priority, origin),
      member: durable.tasks.member(of: task))
    return Decision([.task(event)], .task(viewAfter(status, of: task)))
  }

  /// A time to come makes a PENDING task SCHEDULED, a past one a SCHEDULED task PENDING; others
  /// wait for something else first, and for the time then.
  func setDue(after wait: Span, of status: inout TaskStatus, at now: Instant) {
    // It has been due for a while.
    if wait == .zero, status.state == .pending { return }
    status.due = now.elapsed + wait
    status.dueTime = now.wall + wait
    switch status.state {
    case .pending, .scheduled: status.state = wait > .zero ? .scheduled : .pending
    case .blocked, .paused, .running, .succeeded, .failed, .cancelled: break
    }
  }
}
