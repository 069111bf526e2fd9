/// The next moment at which time alone changes something about a task.
struct TimerEntry: Hashable, Sendable {
  var at: Elapsed
  var place: TaskTable.Place
}

/// A binary heap of at most one timer a task. Slots know their timer's index, so that a timer goes
/// with its task and a finished task leaves nothing behind.
extension TaskTable {
  package var nextTimer: Elapsed? { timers.first?.at }

  /// The task whose timer is due, if one is; the earliest first, among equals the oldest task.
  func firstDue(at now: Elapsed) -> LiveTask? {
    guard let first = timers.first, first.at <= now else { return nil }
    return self[first.place].task
  }

  /// How many timers are due, counted no further than `limit`.
  func dueCount(at now: Elapsed, upTo limit: Int) -> Int {
    var count = 0
    var open = [0]
    while count < limit, let index = open.popLast() {
      guard index < timers.count, timers[index].at <= now else { continue }
      count += 1
      open.append(2 * index + 1)
      open.append(2 * index + 2)
    }
    return count
  }

  func heartbeatTimeout(of task: LiveTask) -> HeartbeatTimeout? {
    policies.heartbeatTimeout(task.policy).map(HeartbeatTimeout.init)
  }

  func queueTimeout(of task: LiveTask) -> QueueTimeout? {
    policies.queueTimeout(task.policy).map(QueueTimeout.init)
  }

  /// Set by the engine's rules: a delay ends, a task has waited or run too long, a deadline passes.
  func moment(for task: LiveTask) -> Elapsed {
    var at = task.deadline
    switch task.state {
    case .scheduled:
      at = min(at, task.due)
    case .pending:
      if let timeout = queueTimeout(of: task) {
        at = min(at, timeout.end(pendingSince: task.due))
      }
    case .running:
      if let started = task.notes?.startElapsed {
        at = min(at, started + policies[task.policy].runTimeout)
      }
      if let cancel = task.notes?.cancel { at = min(at, cancel.graceEnd) }
      if let pause = task.notes?.pause { at = min(at, pause.graceEnd) }
    default: break
    }
    return at
  }

  mutating func setTimer(_ place: Place) {
    // Not within the call: the whole table would be copied for it.
    let task = self[place].task
    let at = moment(for: task)
    let index = self[place].timer
    if at == .never {
      if index >= 0 { removeTimer(place) }
      return
    }
    let entry = TimerEntry(at: at, place: place)
    if index < 0 {
      timers.append(entry)
      self[place].timer = Int32(timers.count - 1)
      siftUp(timers.count - 1)
    } else if timers[Int(index)].at != at {
      timers[Int(index)] = entry
      siftDown(siftUp(Int(index)))
    }
  }

  mutating func removeTimer(_ place: Place) {
    let index = Int(self[place].timer)
    guard index >= 0 else { return }
    self[place].timer = -1
    let last = timers.removeLast()
    guard index < timers.count else { return }
    timers[index] = last
    self[last.place].timer = Int32(index)
    siftDown(siftUp(index))
  }

  private func precedes(_ a: TimerEntry, _ b: TimerEntry) -> Bool {
    a.at < b.at || (a.at == b.at && self[a.place].task.id < self[b.place].task.id)
  }

  private mutating func exchange(_ i: Int, _ j: Int) {
    timers.swapAt(i, j)
    self[timers[i].place].timer = Int32(i)
    self[timers[j].place].timer = Int32(j)
  }

  @discardableResult
  private mutating func siftUp(_ start: Int) -> Int {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard precedes(timers[index], timers[parent]) else { break }
      exchange(index, parent)
      index = parent
    }
    return index
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var least = index
      let left = 2 * index + 1
      if left < timers.count, precedes(timers[left], timers[least]) { least = left }
      if left + 1 < timers.count, precedes(timers[left + 1], timers[least]) { least = left + 1 }
      guard least != index else { return }
      exchange(index, least)
      index = least
    }
  }
}
