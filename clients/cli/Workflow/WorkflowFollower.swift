internal import MartletClient

/// Follows a workflow to its end: on a terminal as a tree that is drawn over itself, elsewhere as a
/// line for each tenth of the way.
struct WorkflowFollower {
  let session: Session

  /// Of the tasks of a large workflow, those of each state that are shown.
  private static let shownMax: Int = 8

  func end(of id: String) async throws -> API.Workflow {
    var last: API.Workflow?
    var drawn = 0
    var tenth = -1
    for try await workflow in session.client.workflows.watch(id) {
      last = workflow
      if session.format == .json {
        session.print(JSON(workflow))
      } else if let width = session.surroundings.outputWidth {
        drawn = try await draw(workflow, over: drawn, width: width)
      } else if Int(workflow.progress * 10) != tenth || workflow.state != .running {
        tenth = Int(workflow.progress * 10)
        session.print(
          WorkflowTree(workflow: workflow, tasks: [], style: session.style, width: 200).lines[0])
      }
    }
    try Task.checkCancellation()
    guard let last, last.state != .running else {
      throw CommandFailure(
        .other, "the watch ended before the workflow did: see `martlet workflow get \(id)`.")
    }
    return last
  }

  private func draw(_ workflow: API.Workflow, over before: Int, width: Int) async throws -> Int {
    let tree = WorkflowTree(
      workflow: workflow, tasks: try await tasks(of: workflow), style: session.style,
      width: width - 1)
    let lines = tree.lines
    var text = before > 0 ? "\u{1b}[\(before)A\r\u{1b}[J" : ""
    text += lines.joined(separator: "\n") + "\n"
    session.surroundings.output.write(text)
    return lines.count
  }

  func tasks(of workflow: API.Workflow) async throws -> [API.Task] {
    let filter = "workflow = \(workflow.id)"
    if WorkflowTree.fits(workflow) {
      return try await first(WorkflowTree.tasksMax, filter)
    }
    var tasks: [API.Task] = []
    for state in ["RUNNING", "FAILED"] {
      tasks += try await first(Self.shownMax, "\(filter) AND state = \(state)")
    }
    return tasks
  }

  private func first(_ count: Int, _ filter: String) async throws -> [API.Task] {
    let found = session.client.tasks.list(
      filter: filter, order: "create_time asc", pageSize: count)
    var tasks: [API.Task] = []
    for try await task in found {
      tasks.append(task)
      if tasks.count == count { break }
    }
    return tasks
  }
}
