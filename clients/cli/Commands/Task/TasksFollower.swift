internal import MartletClient

/// Waits for many tasks, writes a line for each as it ends, and shows how many are left.
struct TasksFollower {
  let session: Session
  /// Write a line for each task.
  var listsTasks = true

  struct Outcome: Equatable {
    var ended = 0
    var unsuccessful = 0
    var unknownIDs: [String] = []
  }

  func end(of ids: [String], mode: API.WaitMode) async throws -> Outcome {
    let display = ProgressDisplay(session.surroundings)
    defer { display.clear() }
    var outcome = Outcome()
    for try await ended in session.client.tasks.wait(ids, mode: mode) {
      outcome.ended += ended.tasks.count
      outcome.unsuccessful += ended.tasks.count { $0.state != .succeeded }
      outcome.unknownIDs += ended.unknownIDs
      if listsTasks, !ended.tasks.isEmpty {
        display.clear()
        for task in ended.tasks { show(task) }
      }
      let done = ids.count - ended.remaining
      display.draw(
        ProgressLine(
          title: "waiting", share: Double(done) / Double(max(1, ids.count)),
          note: "\(done) of \(ids.count) ended"))
    }
    try Task.checkCancellation()
    return outcome
  }

  private func show(_ task: API.Task) {
    switch session.format {
    case .json: session.print(JSON(task))
    case .table:
      let why = task.failure.map { "  " + TerminalText.harmless($0.text) } ?? ""
      let state = session.style.paint(task.state.name, task.state.colour)
      session.print("\(task.id)  \(state)\(why)")
    }
  }
}
