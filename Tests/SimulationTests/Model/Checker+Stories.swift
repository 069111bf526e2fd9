import MartletAPI
import MartletProtobuf
import MartletStore

@testable import MartletCore
@testable import MartletServer

/// What the index keeps of tasks' lives gives their stories again.
extension Checker {
  /// A stretch of a task's life that everybody can see: not a wait, but what divides waits.
  private struct Landmark: Equatable {
    var state: TaskState
    var attempt: UInt32
    var worker: String
    var start: WallTime
    /// nil while it goes on, or for ever.
    var end: WallTime?
  }

  func compareStories(in index: any TaskIndex) throws(Violation) {
    for task in model.tasks.values {
      let found = try storing { () throws(StoreFailure) in try index.story(task.id) }
      guard let story = found else {
        throw Violation(description: "the index has no story of \(task.id)")
      }
      let turns = story.turns.compactMap { try? LogAPI.Turn(protobufBytes: $0.bytes) }
        .compactMap(\.value)
      try require(
        turns.count == story.turns.count && turns.count + Int(story.omitted) == task.turns,
        "\(turns.count) turns of \(task.id) are kept, \(story.omitted) are not, of \(task.turns)")
      let trace = TaskTrace(
        createTime: task.createTime, start: task.submission.start,
        actor: task.submission.actor, status: task.status, turns: turns, omitted: story.omitted,
        hasDependencies: task.submission.dependencies != nil)
      try check(trace, of: task)
      if story.omitted == 0 {
        let (told, seen) = (landmarks(of: trace), landmarks(of: task))
        try require(told == seen, "the story of \(task.id) is \(told), it was \(seen)")
      }
    }
  }

  /// It has no gaps and no end before its time.
  private func check(_ trace: TaskTrace, of task: ModelTask) throws(Violation) {
    let nodes = trace.nodes
    try require(
      nodes.first?.start == task.createTime && nodes.first?.stretch == .submitted
        && (nodes.last?.end == nil) == !task.status.state.isTerminal,
      "the story of \(task.id) begins or ends wrongly: \(nodes)")
    for (node, next) in zip(nodes, nodes.dropFirst()) {
      try require(
        node.end == next.start && node.start <= next.start,
        "the story of \(task.id) has a gap: \(nodes)")
    }
    let totals = trace.totals(at: model.stamp.time)
    let parts = [
      totals.queueWait, totals.runTime, totals.delay, totals.backOff, totals.paused, totals.ended,
      totals.omitted, totals.blocked,
    ]
    try require(
      parts.reduce(.zero, +) == totals.lifetime && totals.attempts == Int(task.status.attempt),
      "the story of \(task.id) does not add up: \(totals)")
  }

  private func landmarks(of trace: TaskTrace) -> [Landmark] {
    trace.nodes.enumerated().compactMap { number, node in
      let isLast = number == trace.nodes.count - 1
      let state: TaskState
      switch node.stretch {
      case .running: state = .running
      case .paused: state = .paused
      case .ended(let end): state = end
      default: return nil
      }
      return Landmark(
        state: state, attempt: node.attempt, worker: node.worker, start: node.start,
        end: isLast ? nil : node.end)
    }
  }

  /// From the states that its events stated, one by one.
  private func landmarks(of task: ModelTask) -> [Landmark] {
    var found: [Landmark] = []
    var last: TaskState?
    for entry in task.history {
      defer { last = entry.status.state }
      let state = entry.status.state
      guard state != last else { continue }
      if let last, last == .running || last == .paused || last.isTerminal {
        found[found.count - 1].end = entry.time
      }
      guard state == .running || state == .paused || state.isTerminal else { continue }
      let worker = entry.status.notes?.assignment?.worker.name ?? ""
      found.append(
        Landmark(
          state: state, attempt: entry.status.attempt, worker: state == .running ? worker : "",
          start: entry.time))
    }
    return found
  }
}

extension ModelTask {
  /// How often its life took another way than straight to its end.
  fileprivate var turns: Int {
    dueChanges
      + zip(history, history.dropFirst()).count { before, after in
        let (from, to) = (before.status.state, after.status.state)
        return from == .running && to.isWaiting || from != .paused && to == .paused
          || from == .paused && !to.isTerminal && to != .paused || from.isTerminal
          || from == .blocked && (to == .pending || to == .scheduled)
      }
  }
}
