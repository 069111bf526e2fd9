/// A list of tasks in the order in which they joined; its links are in their slots.
struct TaskList: Hashable, Sendable {
  var head = TaskTable.nowhere
  var tail = TaskTable.nowhere
  var count = 0
}

/// The tasks of one pool by what they wait for.
struct PoolQueues: Sendable {
  /// PENDING tasks of one priority, kind and selector, so that a kind that nobody serves, or a
  /// selector that matches nobody, blocks no other.
  struct Ready: Sendable {
    var priority: UInt8
    var kind: KindID
    var selector: LabelSet
    /// All its tasks, unless `lanes` has them.
    private(set) var plain = TaskLane()
    /// Set while one of its tasks has a fairness key.
    private(set) var lanes: FairLanes?

    init(priority: UInt8, kind: KindID, selector: LabelSet) {
      self.priority = priority
      self.kind = kind
      self.selector = selector
    }

    var count: Int { lanes?.count ?? plain.list.count }

    /// The task that joined first.
    var oldest: TaskTable.Place { lanes?.oldest ?? plain.list.head }

    mutating func append(
      _ place: TaskTable.Place, _ slots: inout TaskSlots, _ shares: FairShares?
    ) {
      guard let shares, makeLanes(for: place, slots, shares) else {
        return plain.append(place, &slots)
      }
      lanes?.append(place, &slots, shares)
    }

    /// Puts it back to where it was.
    mutating func reinsert(
      _ place: TaskTable.Place, _ slots: inout TaskSlots, _ shares: FairShares?
    ) {
      guard let shares, makeLanes(for: place, slots, shares) else {
        return plain.reinsert(place, &slots)
      }
      lanes?.reinsert(place, &slots, shares)
    }

    mutating func remove(
      _ place: TaskTable.Place, _ slots: inout TaskSlots, _ shares: FairShares?
    ) {
      guard lanes != nil, let shares else { return plain.remove(place, &slots) }
      lanes?.remove(place, &slots, shares)
      guard let rest = lanes?.plain else { return }
      plain = rest
      lanes = nil
    }

    mutating func follow(
      _ share: FairShares.Share, _ slots: TaskSlots, _ shares: FairShares
    ) {
      lanes?.follow(share, slots, shares)
    }

    /// Gives its tasks another order.
    mutating func sort(
      _ slots: inout TaskSlots, _ shares: FairShares?,
      by sort: (inout TaskList, inout TaskSlots) -> Void
    ) {
      if lanes != nil, let shares {
        lanes?.replace(&slots, shares, by: sort)
      } else {
        var list = plain.list
        sort(&list, &slots)
        plain.replace(list, slots)
      }
    }

    /// False if its tasks, with this one, need none.
    private mutating func makeLanes(
      for place: TaskTable.Place, _ slots: TaskSlots, _ shares: FairShares
    ) -> Bool {
      if lanes != nil { return true }
      if shares.share(of: slots.claim(of: place)) == FairShares.plain { return false }
      lanes = FairLanes(plain)
      plain = TaskLane()
      return true
    }
  }

  /// By falling priority, then rising kind; none is empty.
  var ready: ContiguousArray<Ready> = []
  /// Set while one of the pool's live tasks has a fairness key or a weight.
  var shares: FairShares?
  /// PENDING tasks that workers have been offered.
  var offered = TaskList()
  /// PENDING tasks that wait for a limit, by its line; none is empty.
  var parked: [Int32: TaskList] = [:]
  var parkedCount = 0
  var scheduled = TaskList()
  var paused = TaskList()
  var blocked = TaskList()
  var running = TaskList()

  /// Where the queue of such tasks is, or would be.
  func readyIndex(
    priority: UInt8, kind: KindID, selector: LabelSet
  ) -> (index: Int, found: Bool) {
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
    while low < ready.count, ready[low].priority == priority, ready[low].kind == kind {
      if ready[low].selector == selector { return (low, true) }
      low += 1
    }
    return (low, false)
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
  /// The PENDING task that a free slot of the pool goes to, and who takes it: of the highest
  /// priority that has one that anybody takes, the one that has been PENDING the longest; where
  /// tasks have fairness keys, as the rule says.
  ///
  /// - Parameter asked: What `taker` is told beside kind and selector. A closure that held it would
  ///   hold a copy.
  func nextReady<Asked, Taker>(
    in pool: PoolID, fairness: FairnessMode = .priorityFirst, ageing: PriorityAgeing? = nil,
    at now: Elapsed = .zero, of asked: Asked, taker: (Asked, KindID, LabelSet) -> Taker?
  ) -> (task: LiveTask, taker: Taker)? {
    guard let queues = queues[pool] else { return nil }
    if let shares = queues.shares {
      let rule = FairRule(mode: fairness, ageing: ageing, now: now)
      return nextFair(queues.ready, shares, rule, of: asked, taker: taker)
    }
    if let ageing { return nextReady(queues.ready, ageing, at: now, of: asked, taker: taker) }
    var best: (task: LiveTask, taker: Taker)?
    for entry in queues.ready {
      if let best, entry.priority < best.task.priority { break }
      let head = self[entry.plain.list.head].task
      if let best, best.task.joined < head.joined { continue }
      if let taker = taker(asked, entry.kind, entry.selector) { best = (head, taker) }
    }
    return best
  }

  /// The same where waiting counts: the head of each queue has the level that it has risen to.
  private func nextReady<Asked, Taker>(
    _ queues: ContiguousArray<PoolQueues.Ready>, _ ageing: PriorityAgeing, at now: Elapsed,
    of asked: Asked, taker: (Asked, KindID, LabelSet) -> Taker?
  ) -> (task: LiveTask, taker: Taker)? {
    var best: (task: LiveTask, taker: Taker)?
    var bestLevel: UInt8 = 0
    for entry in queues {
      let head = self[entry.plain.list.head].task
      let level = ageing.level(of: entry.priority, pendingSince: head.due, at: now)
      if let best, level < bestLevel || level == bestLevel && best.task.joined < head.joined {
        continue
      }
      guard let taker = taker(asked, entry.kind, entry.selector) else { continue }
      best = (head, taker)
      bestLevel = level
    }
    return best
  }

  /// When the task that has been PENDING the longest became so.
  ///
  /// - Parameter isLimited: Whether those count that wait for a limit.
  func oldestReady(in pool: PoolID, isLimited: Bool = true) -> Elapsed? {
    guard let queues = queues[pool] else { return nil }
    var heads = queues.ready.map(\.oldest) + [queues.offered.head]
    if isLimited { heads += queues.parked.values.map(\.head) }
    return heads.lazy.filter { $0 != Self.nowhere }.map { self[$0].task.due }.min()
  }

  func hasReady(in pool: PoolID) -> Bool { queues[pool]?.ready.isEmpty == false }

  func runningCount(in pool: PoolID) -> Int { queues[pool]?.running.count ?? 0 }

  /// Some tasks of the pool that wait, at most `limit`.
  func waiting(in pool: PoolID, limit: Int) -> [LiveTask] {
    guard let queues = queues[pool] else { return [] }
    var found: [LiveTask] = []
    let parked = queues.parked.sorted { $0.key < $1.key }.map(\.value)
    let lists =
      queues.ready.flatMap(\.lists) + parked
      + [queues.offered, queues.scheduled, queues.paused, queues.blocked]
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
    let selector = policies[self[place].task.policy].selector
    Self.link(place, in: &queues[pool, default: PoolQueues()], &slots, selector: selector)
  }

  mutating func unlink(_ place: Place) {
    let pool = self[place].task.pool
    let selector = policies[self[place].task.policy].selector
    Self.unlink(place, in: &queues[pool, default: PoolQueues()], &slots, selector: selector)
  }

  static func link(
    _ place: Place, in queues: inout PoolQueues, _ slots: inout TaskSlots, selector: LabelSet,
    atItsPlace: Bool = false
  ) {
    let (state, priority, kind, isOffered) = slots.queue(of: place)
    if state == .running || isOffered { queues.takeSlot(slots.claim(of: place), slots) }
    guard state == .pending else { return slots.append(place, to: &queues[list: state]) }
    if isOffered { return slots.append(place, to: &queues.offered) }
    if slots.line(of: place) >= 0 { return queues.park(place, &slots) }
    let (index, found) = queues.readyIndex(priority: priority, kind: kind, selector: selector)
    if !found {
      queues.ready.insert(
        PoolQueues.Ready(priority: priority, kind: kind, selector: selector), at: index)
    }
    queues.shares?.wait(slots.claim(of: place))
    if atItsPlace {
      queues.ready[index].reinsert(place, &slots, queues.shares)
    } else {
      queues.ready[index].append(place, &slots, queues.shares)
    }
  }

  private static func unlink(
    _ place: Place, in queues: inout PoolQueues, _ slots: inout TaskSlots, selector: LabelSet
  ) {
    let (state, priority, kind, isOffered) = slots.queue(of: place)
    if state == .running || isOffered { queues.giveSlotBack(slots.claim(of: place), slots) }
    guard state == .pending else { return slots.remove(place, from: &queues[list: state]) }
    if isOffered { return slots.remove(place, from: &queues.offered) }
    if slots.line(of: place) >= 0 { return queues.unpark(place, &slots) }
    let (index, found) = queues.readyIndex(priority: priority, kind: kind, selector: selector)
    guard found else { return }
    queues.shares?.waitNoMore(slots.claim(of: place))
    queues.ready[index].remove(place, &slots, queues.shares)
    if queues.ready[index].count == 0 { queues.ready.remove(at: index) }
  }

  // MARK: - Offers

  /// Takes a PENDING task out of the ready queues, or puts it back to where it was.
  mutating func setOffered(_ isOffered: Bool, _ id: TaskID) {
    guard let place = place(of: id), self[place].task.state == .pending,
      self[place].isOffered != isOffered
    else { return }
    unlink(place)
    self[place].isOffered = isOffered
    let pool = self[place].task.pool
    let selector = policies[self[place].task.policy].selector
    Self.link(
      place, in: &queues[pool, default: PoolQueues()], &slots, selector: selector,
      atItsPlace: true)
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
    for place in places.all { found.append(self[place].task) }
    return found.sorted { $0.id < $1.id }
  }

  /// Brings every queue into the order in which its tasks joined it.
  mutating func sortQueues() {
    for pool in Array(queues.keys) {
      guard var pooled = queues[pool] else { continue }
      for index in pooled.ready.indices {
        pooled.ready[index].sort(&slots, pooled.shares, by: Self.sort)
      }
      Self.sort(&pooled.offered, &slots)
      Self.sort(&pooled.scheduled, &slots)
      Self.sort(&pooled.paused, &slots)
      Self.sort(&pooled.blocked, &slots)
      Self.sort(&pooled.running, &slots)
      queues[pool] = pooled
    }
  }

  private static func sort(_ list: inout TaskList, _ slots: inout TaskSlots) {
    var places: [Place] = []
    places.reserveCapacity(list.count)
    var place = list.head
    var isSorted = true
    while place != TaskTable.nowhere {
      if let last = places.last, slots[place].task.joined < slots[last].task.joined {
        isSorted = false
      }
      places.append(place)
      place = slots[place].next
    }
    if isSorted { return }
    places.sort { [slots] in slots[$0].task.joined < slots[$1].task.joined }
    list = TaskList()
    for place in places { slots.append(place, to: &list) }
  }
}
