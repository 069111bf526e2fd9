internal import MartletClient

/// A workflow as lines: its levels with how far they are, and below them its tasks, each under one
/// that it waits for. Of a large workflow only what runs and what failed.
struct WorkflowTree {
  /// More tasks than these do not fit a screen.
  static let tasksMax = 40

  var workflow: API.Workflow
  /// All of them, or those to show.
  var tasks: [API.Task]
  var style: Style
  /// Columns of the terminal.
  var width: Int

  static func fits(_ workflow: API.Workflow) -> Bool { Int(workflow.tasks) <= tasksMax }

  var lines: [String] {
    var lines = [headline]
    for level in workflow.levels where workflow.levels.count > 1 { lines.append(line(level)) }
    lines += Self.fits(workflow) ? branches : leaves
    return lines.map { TerminalText.truncatedPainted($0, to: width) }
  }

  private var headline: String {
    let state = style.paint(workflow.state.name, workflow.state.colour)
    let percent = Int((workflow.progress * 100).rounded(.down))
    var line = "\(workflow.id)  \(TerminalText.harmless(workflow.name))  \(state)  \(percent) %"
    for count in workflow.counts {
      line += "  \(count.count) \(style.paint(count.state.name, count.state.colour))"
    }
    if let elapsed = workflow.elapsed { line += "  " + elapsed.rough }
    if let left = workflow.estimatedRemaining { line += ", about \(left.rough) left" }
    return line
  }

  private func line(_ level: API.WorkflowLevel) -> String {
    "  "
      + ProgressLine(
        title: level.name, share: level.progress, note: "\(level.endedTasks)/\(level.tasks)"
      ).text(width: max(20, width - 2))
  }

  // MARK: - Small ones

  /// Each task below the last of those that it waits for.
  private var branches: [String] {
    let places = Dictionary(
      tasks.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    var below: [Int: [Int]] = [:]
    var roots: [Int] = []
    for (index, task) in tasks.enumerated() {
      let parents = (task.spec?.dependsOn ?? []).compactMap { places[$0] }
      if let parent = parents.last {
        below[parent, default: []].append(index)
      } else {
        roots.append(index)
      }
    }
    var lines: [String] = []
    var open = roots.reversed().map { (index: $0, depth: 1) }
    while let (index, depth) = open.popLast() {
      lines.append(String(repeating: "  ", count: depth) + line(tasks[index]))
      open += (below[index] ?? []).reversed().map { ($0, depth + 1) }
    }
    return lines
  }

  private var leaves: [String] { tasks.map { "    " + line($0) } }

  private func line(_ task: API.Task) -> String {
    let spec = task.spec ?? .init()
    let state = style.paint(task.state.name, task.state.colour)
    var line = "\(spec.ref.isEmpty ? task.id : spec.ref)  \(spec.kind)  \(state)"
    if task.attempt > 1 { line += "  attempt \(task.attempt)" }
    if let percent = task.progress?.percent, task.state == .running {
      line += "  \(Int(percent)) %"
    }
    if spec.dependsOn.count > 1 { line += "  after \(spec.dependsOn.count)" }
    if let failure = task.failure, task.state == .failed || task.state == .cancelled {
      line += "  " + style.paint(TerminalText.harmless(failure.message), .faint)
    }
    return line
  }
}

extension API.WorkflowState {
  var colour: Style.Colour? {
    switch self {
    case .running: .cyan
    case .succeeded: .green
    case .failed: .red
    case .cancelled: .yellow
    case .unspecified, .unrecognized: nil
    }
  }
}

extension WellKnown.Duration {
  /// For people who wait: `1.2 s`, `3 min 20 s`, `2 h 5 min`.
  var rough: String {
    if seconds < 60 {
      let tenths = (seconds * 10) + Int64(nanos / 100_000_000)
      return "\(tenths / 10).\(tenths % 10) s"
    }
    if seconds < 3_600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
  }
}
