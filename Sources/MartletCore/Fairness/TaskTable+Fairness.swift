/// What a free slot goes by where tasks have fairness keys.
struct FairRule {
  var mode: FairnessMode
  var ageing: PriorityAgeing?
  var now: Elapsed
}

extension PoolQueues {
  /// A task runs, or is offered.
  mutating func takeSlot(_ claim: FairShares.Claim, _ slots: TaskSlots) {
    if shares == nil { return }
    shares?.run(claim)
    follow(claim, slots)
  }

  mutating func giveSlotBack(_ claim: FairShares.Claim, _ slots: TaskSlots) {
    if shares == nil { return }
    shares?.runNoMore(claim)
    follow(claim, slots)
  }

  /// The rank of a key has changed, if it has tasks that wait.
  mutating func follow(_ claim: FairShares.Claim, _ slots: TaskSlots) {
    guard let shares else { return }
    let share = shares.share(of: claim)
    guard shares.entries[Int(share)].waiting > 0 else { return }
    for index in ready.indices { ready[index].follow(share, slots, shares) }
  }
}

extension PoolQueues.Ready {
  /// By key, in no order that means anything.
  var lists: [TaskList] { lanes?.lanes.map(\.tasks.list).filter { $0.count > 0 } ?? [plain.list] }

  /// The tasks of one key.
  func lane(of share: FairShares.Share) -> TaskLane? {
    if let lanes { return lanes[share] }
    return share == FairShares.plain ? plain : nil
  }

  /// The task that a slot goes to, if one goes to this queue.
  func next(_ mode: FairnessMode) -> TaskTable.Place {
    mode == .off ? oldest : lanes?.next ?? plain.list.head
  }
}

extension TaskTable {
  // MARK: - Who counts for which key

  /// The task is of its pool from now on. Call it before it is linked.
  mutating func joinShares(_ place: Place, _ fairness: TaskFairness?) {
    let pool = self[place].task.pool
    guard fairness != nil || !fairPools.isEmpty && fairPools.contains(pool) else { return }
    slots.setClaim(Self.join(fairness, &queues[pool, default: PoolQueues()]), of: place)
    fairPools.insert(pool)
  }

  private static func join(
    _ fairness: TaskFairness?, _ queues: inout PoolQueues
  ) -> FairShares.Claim {
    if queues.shares == nil {
      queues.shares = FairShares(
        running: queues.running.count + queues.offered.count,
        waiting: queues.ready.reduce(0) { $0 + $1.count })
    }
    return queues.shares?.join(fairness) ?? FairShares.plain
  }

  /// The task is about to leave its pool, and is in no queue any more.
  mutating func leaveShares(_ place: Place) {
    if fairPools.isEmpty { return }
    let (pool, claim) = (self[place].task.pool, slots.claim(of: place))
    guard fairPools.contains(pool) else { return }
    queues[pool]?.shares?.leave(claim)
    slots.setClaim(FairShares.plain, of: place)
    guard queues[pool]?.shares?.isEmpty == true else { return }
    queues[pool]?.shares = nil
    fairPools.remove(pool)
  }

  // MARK: - Turns

  /// A free slot of its pool goes to the task.
  mutating func takeTurn(_ task: LiveTask) {
    if fairPools.isEmpty { return }
    guard fairPools.contains(task.pool), let place = place(of: task.id) else { return }
    let claim = slots.claim(of: place)
    queues[task.pool]?.shares?.takeTurn(claim)
    queues[task.pool]?.follow(claim, slots)
  }

  /// Of the heads of all queues that anybody serves the one that comes first by the rule.
  ///
  /// Where waiting tasks rise, a queue of one priority and kind rises with the task in it that has
  /// waited the longest, and gives the one whose turn it is; if shares come first, each task rises
  /// by itself.
  func nextFair<Asked, Taker>(
    _ queues: ContiguousArray<PoolQueues.Ready>, _ shares: FairShares, _ rule: FairRule,
    of asked: Asked, taker: (Asked, KindID, LabelSet) -> Taker?
  ) -> (task: LiveTask, taker: Taker)? {
    var best: (task: LiveTask, taker: Taker)?
    var bestRank: FairRank?
    for queue in queues {
      if let best, rule.mode != .shareFirst, rule.ageing == nil,
        queue.priority < best.task.priority
      {
        break
      }
      let place = queue.next(rule.mode)
      let task = self[place].task
      let risen = rule.mode == .shareFirst ? task : self[queue.oldest].task
      let level =
        rule.ageing?.level(of: queue.priority, pendingSince: risen.due, at: rule.now)
        ?? queue.priority
      let rank = FairRank(level: level, claim: slots.claim(of: place), joined: task.joined)
      if let bestRank, !rank.goesFirst(bestRank, rule.mode, shares) { continue }
      guard let taker = taker(asked, queue.kind, queue.selector) else { continue }
      best = (task, taker)
      bestRank = rank
    }
    return best
  }
}

private struct FairRank {
  var level: UInt8
  var claim: FairShares.Claim
  var joined: Revision

  func goesFirst(_ other: FairRank, _ mode: FairnessMode, _ shares: FairShares) -> Bool {
    let byLevel = level == other.level ? nil : level > other.level
    let byShare = shares.goesFirst(claim, other.claim)
    let byAge = joined < other.joined
    return switch mode {
    case .priorityFirst: byLevel ?? byShare ?? byAge
    case .shareFirst: byShare ?? byLevel ?? byAge
    case .off: byLevel ?? byAge
    }
  }
}

// MARK: - What is told

extension TaskTable {
  /// Keys that a look tells of.
  static let sharesTold = 20

  /// Of a PENDING task that is in a queue, in a pool in which tasks have keys.
  func standing(of task: LiveTask, in pool: String) -> FairStanding? {
    guard fairPools.contains(task.pool), let queues = queues[task.pool],
      let shares = queues.shares, let place = place(of: task.id), slots.line(of: place) < 0
    else { return nil }
    let claim = slots.claim(of: place)
    let share = shares.share(of: claim)
    let (index, found) = queues.readyIndex(
      priority: task.priority, kind: task.kind, selector: policies[task.policy].selector)
    let lane = found ? queues.ready[index].lane(of: share) : nil
    let isWaiting = shares[share].waiting > 0
    var told = KeyShare(shares[share])
    told.weight = Int(shares.weight(of: claim))
    return FairStanding(
      share: told, pool: pool,
      ahead: lane.map { slots.count(of: $0, before: task.joined) } ?? 0,
      others: shares.waitingKeys - (isWaiting ? 1 : 0))
  }

  /// The keys with the most running tasks, then those with the most that wait, then by name; and
  /// how many others have live tasks that run or wait.
  func shares(in pool: PoolID) -> (told: [KeyShare], omitted: Int) {
    guard fairPools.contains(pool), let entries = queues[pool]?.shares?.entries else {
      return ([], 0)
    }
    var told: [KeyShare] = []
    var count = 0
    for entry in entries where entry.running > 0 || entry.waiting > 0 {
      count += 1
      if told.count == Self.sharesTold, let last = told.last,
        (entry.running, entry.waiting) < (last.running, last.waiting)
      {
        continue
      }
      let share = KeyShare(entry)
      let index = told.firstIndex { share.goesBefore($0) } ?? told.count
      told.insert(share, at: index)
      if told.count > Self.sharesTold { told.removeLast() }
    }
    return (told, count - told.count)
  }
}

extension KeyShare {
  fileprivate init(_ entry: FairShares.Entry) {
    self.init(
      key: entry.key, weight: entry.weight, running: entry.running, waiting: entry.waiting)
  }

  fileprivate func goesBefore(_ other: KeyShare) -> Bool {
    if running != other.running { return running > other.running }
    if waiting != other.waiting { return waiting > other.waiting }
    return key.utf8.lexicographicallyPrecedes(other.key.utf8)
  }
}
