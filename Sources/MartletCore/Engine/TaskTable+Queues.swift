/// A list of tasks in the order in which they joined; its links are in their slots.
struct TaskList: Hashable, Sendable {
  var head = TaskTable.nowhere
  var tail = TaskTable.nowhere
  var count = 0
}

/// The tasks of one pool by what they wait for.
struct PoolQueues: Sendable {
  /// PENDING tasks of one priority and kind, so that a kind that nobody serves blocks no other.
  struct Ready: Sendable {
    var priority: UInt8
    var kind: KindID
    var list = TaskList()
  }

  /// By falling priority, then rising kind; none is empty.
  var ready: ContiguousArray<Ready> = []
  var scheduled = TaskList()
  var paused = TaskList()
  var blocked = TaskList()
  var running = TaskList()

  /// Where the queue of that priority and kind is, or would be.
  func readyIndex(priority: UInt8, kind: KindID) -> (index: Int, found: Bool) {
    var low = 0
    var high = ready.count
    while low < high {
      let middle = (low + high) / 2
      let entry = ready[middle]
      if entry.priority > priority || (entry.priority == priority && entry.kind < kind) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    let found = low < ready.count && ready[low].priority == priority && ready[low].kind == kind
    return (low, found)
  }

  subscript(list state: TaskState) -> TaskList {
    get {
      switch state {
      case .scheduled: scheduled
      case .paused: paused
      case .blocked: blocked
      default: running
      }
    }
    set {
      switch state {
      case .scheduled: scheduled = newValue
      case .paused: paused = newValue
      case .blocked: blocked = newValue
      default: running = newValue
      }
    }
  }
}

extension TaskTable {
  /// The PENDING task that a free slot of the pool goes to: of the highest priority that has one
  /// whose kind is served, the one that has been PENDING the longest.
  func nextReady(in pool: PoolID, isServed: (KindID) -> Bool) -> LiveTask? {
    guard let queues = queues[pool] else { return nil }
    var best: LiveTask?
    for entry in queues.ready {
      if let best, entry.priority < best.priority { break }
      guard isServed(entry.kind) else { continue }
      let head = self[entry.list.head].task
      if best.map({ head.revision < $0.revision }) ?? true { best = head }
    }
    return best
  }

  /// When the task that has been PENDING the longest became so.
  func oldestReady(in pool: PoolID) -> Elapsed? {
    queues[pool]?.ready.lazy.map { self[$0.list.head].task.due }.min()
  }

  func runningCount(in pool: PoolID) -> Int { queues[pool]?.running.count ?? 0 }

  /// Some tasks of the pool that wait, at most `limit`.
  func waiting(in pool: PoolID, limit: Int) -> [LiveTask] {
    guard let queues = queues[pool] else { return [] }
    var found: [LiveTask] = []
    let lists = queues.ready.map(\.list) + [queues.scheduled, queues.paused, queues.blocked]
    for list in lists {
      collect(list, into: &found, limit: limit)
      if found.count >= limit { break }
    }
    return found
  }

  func running(in pool: PoolID) -> [LiveTask] {
    guard let list = queues[pool]?.running else { return [] }
    var found: [LiveTask] = []
    collect(list, into: &found, limit: .max)
    return found
  }

  private func collect(_ list: TaskList, into found: inout [LiveTask], limit: Int) {
    var place = list.head
    while place != Self.nowhere && found.count < limit {
      found.append(self[place].task)
      place = self[place].next
    }
  }

  mutating func link(_ place: Place) {
    let pool = self[place].task.pool
    Self.link(place, in: &queues[pool, default: PoolQueues()], &slots)
  }

  mutating func unlink(_ place: Place) {
    let pool = self[place].task.pool
    Self.unlink(place, in: &queues[pool, default: PoolQueues()], &slots)
  }

  private static func link(_ place: Place, in queues: inout PoolQueues, _ slots: inout TaskSlots) {
    let (state, priority, kind) = slots.queue(of: place)
    guard state == .pending else { return slots.append(place, to: &queues[list: state]) }
    let (index, found) = queues.readyIndex(priority: priority, kind: kind)
    if !found {
      queues.ready.insert(PoolQueues.Ready(priority: priority, kind: kind), at: index)
    }
    slots.append(place, to: &queues.ready[index].list)
  }

  private static func unlink(
    _ place: Place, in queues: inout PoolQueues, _ slots: inout TaskSlots
  ) {
    let (state, priority, kind) = slots.queue(of: place)
    guard state == .pending else { return slots.remove(place, from: &queues[list: state]) }
    let (index, found) = queues.readyIndex(priority: priority, kind: kind)
    guard found else { return }
    slots.remove(place, from: &queues.ready[index].list)
    if queues.ready[index].list.count == 0 { queues.ready.remove(at: index) }
  }
}

extension TaskTable {
  /// Every attempt that is being made, by task id.
  func allRunning() -> [LiveTask] {
    queues.keys.flatMap { running(in: $0) }.sorted { $0.id < $1.id }
  }

  /// Every live task, by id; for tests and snapshots, not for the hot path.
  package func all() -> [LiveTask] {
    var found: [LiveTask] = []
    found.reserveCapacity(count)
    for id in places.ids { if let task = self[id] { found.append(task) } }
    return found.sorted { $0.id < $1.id }
  }

  /// Brings every queue into the order in which its tasks joined it.
  mutating func sortQueues() {
    for pool in Array(queues.keys) {
      guard var pooled = queues[pool] else { continue }
      for index in pooled.ready.indices { sort(&pooled.ready[index].list) }
      sort(&pooled.scheduled)
      sort(&pooled.paused)
      sort(&pooled.blocked)
      sort(&pooled.running)
      queues[pool] = pooled
    }
  }

  private mutating func sort(_ list: inout TaskList) {
    var places: [Place] = []
    places.reserveCapacity(list.count)
    var place = list.head
    var isSorted = true
    while place != Self.nowhere {
      if let last = places.last, self[place].task.revision < self[last].task.revision {
        isSorted = false
      }
      places.append(place)
      place = self[place].next
    }
    if isSorted { return }
    places.sort { self[$0].task.revision < self[$1].task.revision }
    list = TaskList()
    for place in places { slots.append(place, to: &list) }
  }
}
