/// What a task went through, put together from its row and its turns.
package struct TaskTrace: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case succeeded
    case failed
    case lost
    case released
    case cancelled
  }

  package enum Wait: Hashable, Sendable {
    case delay
    case backOff
    case givenBack
  }

  package enum Stretch: Hashable, Sendable {
    case submitted
    case scheduled(Wait)
    case queued
    /// nil while it goes on.
    case running(Outcome?)
    case paused
    case ended(TaskState)
    case reopened
    /// So many turns are not kept.
    case omitted(Int64)
    case blocked
  }

  package struct Node: Hashable, Sendable {
    package var stretch: Stretch
    package var start: WallTime
    /// nil while it goes on.
    package var end: WallTime?
    package var attempt: UInt32 = 0
    package var worker = ""
    package var failure: Failure?
    package var origin: Origin?
  }

  /// Without gaps: each starts where the one before ended.
  package private(set) var nodes: [Node] = []

  private var place: WallTime
  /// What the task waits in, and until when, after what is in `nodes`.
  private var waiting: Stretch
  private var due: WallTime
  /// The newest attempt that `nodes` knows of.
  private var attempt: UInt32 = 0
  /// What it was SCHEDULED for the last time, and after which failure.
  private var wait = Wait.delay
  private var waitFailure: Failure?
  /// Who paused it.
  private var waitOrigin: Origin?

  /// - Parameters:
  ///   - turns: In order; all of them but for `omitted` ones after the first.
  package init(
    createTime: WallTime, start: TaskSubmission.Start, actor: String, status: TaskStatus,
    turns: [TaskTurn], omitted: Int64 = 0, hasDependencies: Bool = false
  ) {
    place = createTime
    switch start {
    case .now: due = createTime
    case .delay(let span): due = createTime + span
    case .at(let time): due = time
    }
    // Without a turn the row knows better: the due time may have been changed.
    if turns.isEmpty { due = status.dueTime }
    waiting = due > createTime ? .scheduled(.delay) : .queued
    if hasDependencies, turns.first.map({ $0.from == .blocked }) ?? (status.attempt == 0) {
      waiting = .blocked
    }
    add(.submitted, until: createTime) { $0.origin = Origin(actor: actor) }
    for (number, turn) in turns.enumerated() {
      if number == 1, omitted > 0 {
        // Whatever it waited in before this turn is among what is left out.
        add(.omitted(omitted), until: turn.startTime ?? turn.time)
        add(turn, afterWait: false)
      } else {
        add(turn, afterWait: true)
      }
    }
    finish(status)
  }

  // MARK: - Turns

  private mutating func add(_ turn: TaskTurn, afterWait: Bool) {
    switch turn.from {
    case .running:
      if afterWait { wait(until: turn.startTime ?? turn.time, isOver: true) }
      let outcome: Outcome =
        switch turn.failure?.kind {
        case nil: .released
        case .workerLost: .lost
        default: .failed
        }
      attempt = turn.attempt
      add(.running(outcome), until: turn.time) {
        $0.worker = turn.worker
        $0.failure = turn.failure
      }
    case .succeeded, .failed, .cancelled:
      if afterWait {
        end(as: turn.from, turn.pastEnd, attempt: turn.attempt)
        place = max(turn.time, place)
        nodes[nodes.count - 1].end = place
      }
      attempt = turn.attempt
      add(.reopened, until: place) { $0.origin = turn.origin }
    case .blocked, .scheduled, .pending, .paused:
      if afterWait { wait(until: turn.time, isOver: turn.from == .pending) }
    }
    attempt = turn.attempt
    wait(after: turn)
  }

  /// What the task does from the turn on.
  private mutating func wait(after turn: TaskTurn) {
    due = turn.dueTime
    waitOrigin = nil
    if turn.from == .running {
      wait = turn.failure == nil ? .givenBack : .backOff
      waitFailure = turn.failure
    } else if turn.from == .pending || turn.from.isTerminal {
      wait = .delay
    }
    switch turn.to {
    case .scheduled: waiting = .scheduled(wait)
    case .paused:
      waiting = .paused
      waitOrigin = turn.origin
    case .blocked: waiting = .blocked
    default: waiting = .queued
    }
  }

  /// - Parameter isOver: The wait was for a slot when it ended, not for its time.
  private mutating func wait(until time: WallTime, isOver: Bool) {
    guard case .scheduled = waiting else { return add(waiting, until: time, waitNotes) }
    if !isOver || due > time {
      add(waiting, until: time, waitNotes)
    } else {
      add(waiting, until: due, waitNotes)
      add(.queued, until: time)
    }
  }

  private func waitNotes(_ node: inout Node) {
    node.origin = waitOrigin
    if case .scheduled(.backOff) = waiting { node.failure = waitFailure }
  }

  // MARK: - The end, or now

  private mutating func finish(_ status: TaskStatus) {
    if status.state.isTerminal {
      return end(as: status.state, PastEnd(status), attempt: status.attempt)
    }
    if status.state == .running {
      wait(until: status.notes?.startTime ?? place, isOver: true)
      attempt = status.attempt
      nodes.append(
        Node(
          stretch: .running(nil), start: place, end: nil, attempt: attempt,
          worker: status.notes?.assignment?.worker.name ?? ""))
      return
    }
    if case .scheduled = waiting, status.state == .pending {
      add(waiting, until: max(place, due), waitNotes)
      waiting = .queued
    }
    var node = Node(stretch: waiting, start: place, end: nil, attempt: attempt)
    waitNotes(&node)
    nodes.append(node)
  }

  private mutating func end(as state: TaskState, _ end: PastEnd?, attempt newest: UInt32) {
    let time = max(end?.finishTime ?? place, place)
    if newest > attempt {
      wait(until: end?.startTime ?? time, isOver: true)
      attempt = newest
      let outcome: Outcome =
        switch state {
        case .succeeded: .succeeded
        case .cancelled: .cancelled
        default: end?.failure?.kind == .workerLost ? .lost : .failed
        }
      add(.running(outcome), until: time) {
        $0.worker = end?.worker ?? ""
        $0.failure = state == .failed ? end?.failure : nil
      }
    } else {
      wait(until: time, isOver: due < time)
    }
    add(.ended(state), until: time) {
      $0.failure = state == .failed ? end?.failure : nil
      $0.origin = state == .cancelled ? end?.cancel : nil
    }
  }

  /// Times that a wall clock, set back, has put out of order are put in order. Waits that took no
  /// time at all are left out.
  private mutating func add(
    _ stretch: Stretch, until time: WallTime, _ notes: (inout Node) -> Void = { _ in }
  ) {
    let end = max(time, place)
    defer { place = end }
    switch stretch {
    case .scheduled, .blocked: if end == place { return }
    default: break
    }
    var node = Node(stretch: stretch, start: place, end: end, attempt: attempt)
    notes(&node)
    nodes.append(node)
  }
}

extension TaskTrace {
  /// How long the task spent in what.
  package struct Totals: Hashable, Sendable {
    package var lifetime = Span.zero
    package var queueWait = Span.zero
    package var runTime = Span.zero
    package var delay = Span.zero
    package var backOff = Span.zero
    package var paused = Span.zero
    package var ended = Span.zero
    package var omitted = Span.zero
    package var blocked = Span.zero
    package var attempts = 0
  }

  /// - Parameter now: The end of what goes on.
  package func totals(at now: WallTime) -> Totals {
    var totals = Totals()
    for node in nodes {
      let length = node.length(at: now)
      totals.lifetime = totals.lifetime + length
      switch node.stretch {
      case .submitted, .reopened: break
      case .scheduled(.delay): totals.delay = totals.delay + length
      case .scheduled: totals.backOff = totals.backOff + length
      case .queued: totals.queueWait = totals.queueWait + length
      case .running: totals.runTime = totals.runTime + length
      case .paused: totals.paused = totals.paused + length
      case .ended: totals.ended = totals.ended + length
      case .omitted: totals.omitted = totals.omitted + length
      case .blocked: totals.blocked = totals.blocked + length
      }
    }
    totals.attempts = Int(attempt)
    return totals
  }
}

extension TaskTrace.Node {
  /// - Parameter now: The end of what goes on.
  package func length(at now: WallTime) -> Span { max((end ?? now) - start, .zero) }
}
