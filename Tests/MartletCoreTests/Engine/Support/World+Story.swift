import MartletCore

/// A task's life as it is told.
extension World {
  /// What the index would keep of it.
  func turns(of id: TaskID) -> [TaskTurn] {
    events.compactMap { event in
      guard case .task(let change) = event.body, change.task == id else { return nil }
      return TaskTurn(change, at: stamp(of: event))
    }
  }

  func trace(_ id: TaskID, keeping kept: Int = .max) -> TaskTrace? {
    var turns = turns(of: id)
    let omitted = max(0, turns.count - kept)
    if omitted > 0 { turns.removeSubrange(1..<1 + omitted) }
    for event in events {
      guard case .task(let change) = event.body, change.task == id,
        case .submitted(let submission) = change.change, let status = status(id)
      else { continue }
      return TaskTrace(
        createTime: stamp(of: event).time, start: submission.start, actor: submission.actor,
        status: status, turns: turns, omitted: Int64(omitted))
    }
    return nil
  }

  /// `submitted`, `queued 2`, `running 1 3 failed` and so on: each stretch with its seconds.
  func story(_ id: TaskID, keeping kept: Int = .max) -> [String] {
    (trace(id, keeping: kept)?.nodes ?? []).map { node in
      let seconds = node.length(at: now.wall).nanoseconds / 1_000_000_000
      let ends = node.end == nil ? "…" : ""
      switch node.stretch {
      case .submitted: return "submitted"
      case .scheduled(let wait): return "\(wait) \(seconds)\(ends)"
      case .queued: return "queued \(seconds)\(ends)"
      case .running(let outcome):
        let result = outcome.map { " \($0)" } ?? ""
        return "running #\(node.attempt) \(seconds)\(ends)\(result)"
      case .paused: return "paused \(seconds)\(ends)"
      case .ended(let state): return "\(state) \(seconds)"
      case .reopened: return "reopened"
      case .omitted(let count): return "omitted \(count) \(seconds)"
      case .blocked: return "blocked \(seconds)\(ends)"
      }
    }
  }

  func explain(_ id: TaskID) throws -> [WaitingCause] {
    guard case .explanation(let explanation?) = try see(.explainTask(id)) else { return [] }
    return explanation.causes
  }

  func explain(pool: String = "p") throws -> PoolExplanation {
    guard case .poolExplanation(let explanation) = try see(.explainPool(pool)) else {
      preconditionFailure("a pool that is there is explained")
    }
    return explanation
  }
}
