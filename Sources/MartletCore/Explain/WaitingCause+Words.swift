/// For people: one sentence that says what the cause is, and one that says what would end it.
extension WaitingCause {
  package var text: String {
    switch self {
    case .ended(let state, _, let failure, let origin):
      return "it has ended as \(state.name)" + Self.words(failure) + Self.words(origin)
    case .running(let attempt):
      let by = attempt.worker.map { "the worker \($0)" } ?? "the server"
      return "it runs: attempt \(attempt.number), made by \(by)"
    case .cancelRequested(let origin, _, _): return "it was asked to stop" + Self.words(origin)
    case .pauseRequested(let origin, _, _): return "it was asked to pause" + Self.words(origin)
    case .paused(let origin, _): return "it was paused" + Self.words(origin)
    case .delayed(let until): return "it is due at \(until.inMilliseconds)"
    case .backOff(let until, let failure):
      return "attempt \(failure.attempt) failed" + Self.words(failure)
        + ": the next one is due at \(until.inMilliseconds)"
    case .serverStarting: return "the server has just started and starts nothing yet"
    case .serverStopping: return "the server is stopping and starts nothing more"
    case .poolPaused(let pool): return "the pool \(pool) is paused"
    case .poolClosed(let pool): return "the pool \(pool) is closed"
    case .poolDeleting(let pool): return "the pool \(pool) is being deleted"
    case .noFreeSlot(_, let slots, let inUse, let position):
      return Self.slots(slots, inUse) + Self.words(position)
    case .fairShare(let standing): return Self.words(standing)
    case .budgetLent(let group, _, let minimum, let inUse):
      return "the group \(group) has lent the pool's slots: "
        + "\(inUse) of \(minimum) that are guaranteed are its own"
    case .budgetInUse(let group, let budget, let inUse, let owed):
      return "the budget of the group \(group) is taken: \(inUse) of \(budget) slots are in use"
        + (owed > 0 ? ", \(owed) are owed to other pools" : "")
    case .limit(let wait): return wait.text
    case .offered(let worker, _):
      return "it is offered to the worker \(worker), which has yet to accept"
    case .noWorker(let kind, let byServer):
      return byServer
        ? "no worker serves \(kind), and a task with a worker selector goes to workers only"
        : "nobody serves \(kind)"
    case .noWorkerForPool(let kind, let pool, let count):
      return "\(Self.workers(count, "serves", "serve")) \(kind), but none of the pool \(pool)"
    case .selectorUnmatched(let kind, let missing, let count):
      return "\(Self.workers(count, "serves", "serve")) \(kind), but none has \(missing.words)"
    case .workersBusy(let kind, let count):
      return Self.able(kind, count, "is busy", "are busy")
    case .workersSilent(let kind, let count):
      return Self.able(kind, count, "lets offers lapse", "let offers lapse")
    case .workersDraining(let kind, let count):
      return Self.able(kind, count, "is draining", "are draining")
    case .workersDisconnected(let kind, let count):
      return Self.able(kind, count, "has lost its stream", "have lost their streams")
    case .dependencies(let tasks, let count):
      return "it waits for \(Self.words(tasks, count))"
    case .heldByDependencies(let tasks, let count):
      return "it is held: \(Self.words(tasks, count)) did not succeed"
    case .starting: return "nothing holds it: it is about to start"
    }
  }

  /// What would end it.
  package var remedy: String {
    switch self {
    case .ended(.succeeded, _, _, _): "nothing: it is done"
    case .ended: "RetryTask reopens it"
    case .running(let attempt):
      attempt.timers.first.map { "its end, or \($0.kind.words) at \($0.at.inMilliseconds)" }
        ?? "its end"
    case .cancelRequested(_, _, let until):
      "its handler returns, or is given up at \(until.inMilliseconds)"
    case .pauseRequested(_, _, let until):
      "its handler gives it back, or is given up at \(until.inMilliseconds)"
    case .paused: "ResumeTask"
    case .delayed, .backOff: "time"
    case .serverStarting: "time: it goes on at once"
    case .serverStopping: "the next start of the server"
    case .poolPaused, .poolClosed: "ResumePool"
    case .poolDeleting: "nothing: it is about to be cancelled"
    case .noFreeSlot: "the end of an attempt, or more slots (UpdatePool)"
    case .fairShare: "its key's turn; a larger `fairness_weight` brings it sooner"
    case .budgetLent: "the end of any attempt in the group: the pool is next"
    case .budgetInUse: "the end of attempts in the group, or a larger budget (UpdateGroup)"
    case .limit(let wait): wait.remedy
    case .offered(_, let until):
      "its acceptance; without one it is offered again at \(until.inMilliseconds)"
    case .noWorker(let kind, _): "a worker that serves \(kind)"
    case .noWorkerForPool(let kind, let pool, _):
      "a worker that serves \(kind) and takes tasks of the pool \(pool)"
    case .selectorUnmatched(let kind, let missing, _):
      "a worker that serves \(kind) and has \(missing.words)"
    case .workersBusy: "one of them finishes something, or another worker"
    case .workersSilent: "one of them says something, or another worker"
    case .workersDraining: "another worker"
    case .workersDisconnected: "one of them comes back, or another worker"
    case .dependencies: "their success"
    case .heldByDependencies: "RetryTask on them, and their success"
    case .starting: "time: it starts next"
    }
  }

  // MARK: - Parts

  private static func words(_ failure: Failure?) -> String {
    guard let failure else { return "" }
    let code = failure.code.isEmpty ? "" : " \(failure.code)"
    return " (\(failure.kind.name)\(code): \(failure.message))"
  }

  private static func words(_ origin: Origin?) -> String {
    guard let origin else { return "" }
    let actor = origin.actor.isEmpty ? "" : " by \(origin.actor)"
    return actor + (origin.reason.isEmpty ? "" : ": \(origin.reason)")
  }

  private static func words(_ position: QueuePosition?) -> String {
    guard let position, position.isExact || position.ahead > 0 else { return "" }
    let least = position.isExact ? "" : "at least "
    return ", \(least)\(position.ahead) \(position.ahead == 1 ? "task goes" : "tasks go") before it"
  }

  private static func words(_ standing: FairStanding) -> String {
    let share = standing.share
    let name = share.key.isEmpty ? "tasks without a key have" : "its key \(share.key) has"
    let weight = share.weight == 1 ? "" : " at weight \(share.weight)"
    let others = standing.others == 1 ? "1 other key waits" : "\(standing.others) other keys wait"
    return "slots go to the key with the smallest share: \(name) \(share.running) running"
      + "\(weight), \(standing.ahead) of its own \(standing.ahead == 1 ? "goes" : "go") before it, "
      + others
  }

  private static func words(_ tasks: [TaskID], _ count: Int) -> String {
    let names = tasks.map(\.description).joined(separator: ", ")
    let rest = count > tasks.count ? " and \(count - tasks.count) more" : ""
    return "\(count == 1 ? "the task" : "the tasks") \(names)\(rest)"
  }

  private static func slots(_ slots: Int, _ inUse: Int) -> String {
    slots == 1
      ? "the pool's one slot is in use" : "\(inUse) of the pool's \(slots) slots are in use"
  }

  private static func workers(_ count: Int, _ one: String, _ many: String) -> String {
    count == 1 ? "1 worker \(one)" : "\(count) workers \(many)"
  }

  private static func able(_ kind: String, _ count: Int, _ one: String, _ many: String) -> String {
    count == 1
      ? "the worker that could run \(kind) \(one)"
      : "\(count) workers that could run \(kind) \(many)"
  }
}

extension LimitWait {
  fileprivate var text: String {
    let name = key.isEmpty ? limit : "\(limit) for \(key)"
    let what =
      switch rule {
      case .rate(let units, let per, _): "the limit \(name) lets \(units) start in \(per.text)"
      case .window(let units, let length):
        "the limit \(name) lets \(units) start in any \(length.text)"
      case .concurrency(0): "the limit \(name) lets none run"
      case .concurrency(let units): "the limit \(name) lets \(units) run at a time"
      }
    guard let ahead, ahead.ahead > 0 else { return what }
    let least = ahead.isExact ? "" : "at least "
    return "\(what), \(least)\(ahead.ahead) \(ahead.ahead == 1 ? "waits" : "wait") before it"
  }

  fileprivate var remedy: String {
    if let until { return "time: the next may start at \(until.inMilliseconds)" }
    return switch rule {
    case .concurrency(0): "a larger limit (UpdateLimit)"
    case .concurrency: "the end of one of those, or a larger limit (UpdateLimit)"
    case .rate, .window: "time, or a larger limit (UpdateLimit)"
    }
  }
}

extension WaitingCause.Timer.Kind {
  package var words: String {
    switch self {
    case .runTimeout: "its run timeout"
    case .deadline: "its deadline"
    case .lease: "the end of its lease"
    case .cancelGrace, .pauseGrace: "the end of its grace"
    case .heartbeatTimeout: "its heartbeat timeout"
    }
  }
}

extension LabelSet {
  /// `gpu=yes, zone=a`.
  fileprivate var words: String { labels.map { "\($0.key)=\($0.value)" }.joined(separator: ", ") }
}

extension WallTime {
  /// RFC 3339, no finer than people read.
  fileprivate var inMilliseconds: String {
    WallTime(nanoseconds: nanoseconds / 1_000_000 * 1_000_000).rfc3339
  }
}
