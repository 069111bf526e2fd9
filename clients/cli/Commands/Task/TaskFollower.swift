internal import MartletClient

/// Waits for one task and shows how far it is while it waits.
struct TaskFollower {
  let session: Session

  /// The task as it ended.
  func end(of id: String) async throws -> API.Task {
    let display = ProgressDisplay(session.surroundings)
    defer { display.clear() }
    var last: API.Task?
    for try await task in session.client.tasks.wait(id) {
      last = task
      if !task.state.isTerminal { display.draw(Self.line(task)) }
    }
    try Task.checkCancellation()
    guard let last, last.state.isTerminal else {
      throw CommandFailure(
        .other, "the wait ended before the task did: see `martlet task get \(id)`.")
    }
    return last
  }

  static func line(_ task: API.Task) -> ProgressLine {
    var notes = [task.state.name]
    if task.attempt > 1 { notes.append("attempt \(task.attempt)") }
    let progress = task.progress
    if let step = progress?.step, !step.isEmpty { notes.append(step) }
    for (name, count) in (progress?.counters ?? [:]).sorted(by: { $0.key < $1.key }) {
      notes.append("\(name)=\(count)")
    }
    return ProgressLine(
      title: task.id, share: progress?.percent.map { $0 / 100 },
      note: notes.joined(separator: "  "))
  }
}
