/// Tasks that wait for others.
extension Engine {
  /// What a new task waits for; `ids` are those of its batch.
  func dependencies(
    of draft: TaskDraft, index: Int, ids: [TaskID], ends: [TaskID: TaskState] = [:]
  ) throws(Refusal) -> TaskDependencies? {
    if draft.dependencies.isEmpty { return nil }
    var result = TaskDependencies(tasks: [])
    result.tasks.reserveCapacity(draft.dependencies.count)
    var seen = Set<TaskID>(minimumCapacity: draft.dependencies.count)
    for dependency in draft.dependencies {
      let id: TaskID
      switch dependency {
      case .batch(let other): id = ids[other]
      case .task(let other): id = other
      }
      // Several of the batch may have the same task standing for them.
      guard seen.insert(id).inserted else { continue }
      result.tasks.append(id)
      if let state = ends[id] {
        result.ended.append(.init(task: id, state: state))
      } else if case .task = dependency, !durable.tasks.contains(id) {
        result.ended.append(.init(task: id, state: try end(of: id, draft, index: index)))
      }
    }
    result.ended.sort { $0.task < $1.task }
    return result
  }

  private func end(
    of id: TaskID, _ draft: TaskDraft, index: Int
  ) throws(Refusal) -> TaskState {
    guard let history = draft.dependencyHistory,
      !state.session.departed.isStale(id, asOf: history.asOf)
    else { throw .staleHistory }
    guard let state = history.states[id] else {
      throw .dependencyNotFound(id, index: index)
    }
    // It was live when the index was read, and is not any more.
    if !state.isTerminal { throw .staleHistory }
    return state
  }

  // MARK: - What follows

  /// Who waited for the task of an event need not any more, or must not.
  mutating func followDependencies(of event: TaskEvent) {
    if durable.tasks.dependencies.entries.isEmpty { return }
    if event.status.state.isTerminal {
      for dependant in durable.tasks.dependencies.dependants(of: event.task) {
        noteDecided(dependant)
      }
    } else if event.status.state == .blocked {
      noteDecided(event.task)
    }
  }

  private mutating func noteDecided(_ task: TaskID) {
    guard let entry = durable.tasks.dependencies[task], entry.verdict != .waits else { return }
    state.session.decided.append(task)
  }

  /// At a start: an earlier process may have left some undone.
  mutating func findDecided() {
    let entries = durable.tasks.dependencies.entries
    for task in entries.keys.sorted() where durable.tasks[task]?.state == .blocked {
      noteDecided(task)
    }
  }

  /// Lets tasks go on, or cancels them, as many as one step may.
  mutating func settleDependants(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    var done = 0
    var place = 0
    while place < state.session.decided.count, done < state.session.cancelsPerStep {
      let id = state.session.decided[place]
      place += 1
      guard let task = durable.tasks[id], task.state == .blocked,
        let entry = durable.tasks.dependencies[id]
      else { continue }
      switch entry.verdict {
      case .waits: continue
      case .met: events.append(evolve(unblock(task, at: now), at: stamp))
      case .fails(let other):
        events.append(evolve(cancelDependant(task, of: other, at: now), at: stamp))
      }
      done += 1
    }
    state.session.decided.removeFirst(place)
  }

  private func unblock(_ task: LiveTask, at now: Instant) -> Event.Body {
    var status = task.status
    if task.due > now.elapsed {
      status.state = .scheduled
    } else {
      status.state = .pending
      status.due = now.elapsed
      status.dueTime = now.wall
    }
    status.notes = task.notes?.with { if $0.waitsFor != nil { $0.waitsFor = [] } }
    return event(.unblocked, task, status)
  }

  private func cancelDependant(
    _ task: LiveTask, of other: TaskID, at now: Instant
  ) -> Event.Body {
    let reason = "the task \(other), which it depends on, did not succeed"
    var status = cancelledWaiting(
      task.status, by: Origin(actor: "", reason: reason), at: now)
    status.notes = status.notes?.with {
      $0.failure = Failure(
        kind: .dependency, message: reason, attempt: 0, retryable: false)
    }
    return event(.cancelled(Origin(actor: "", reason: reason)), task, status)
  }
}
