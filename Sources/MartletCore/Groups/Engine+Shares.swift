/// Who of a group starts next. A group uses no more than its budget; what a pool is owed goes
/// before what others would like; what is left goes round.
extension Engine {
  // MARK: - What follows from events

  /// Something of the pool's slots, queue or offers has changed.
  mutating func followShare(of pool: PoolID) {
    if state.session.shares.isEmpty { return }
    guard state.session.shares[pool] != nil else { return }
    state.session.shares.set(pool, inUse: slotsTaken(in: pool), owed: owed(to: pool))
  }

  /// The pool's own word has changed: its group, its guarantee, its state.
  mutating func enrol(_ pool: PoolID) {
    let record = catalog.pools[pool]
    let isThere = record.map { $0.state != .retired } ?? false
    let name = isThere ? record?.spec.group ?? "" : ""
    if name.isEmpty, state.session.shares.isEmpty { return }
    state.session.shares.move(pool, to: catalog.groups[named: name]?.id)
    followShare(of: pool)
    touchGroup(of: pool)
  }

  /// True if it is in a group: then its tasks start where the group's are shared out.
  @discardableResult
  mutating func touchGroup(of pool: PoolID) -> Bool {
    if state.session.shares.isEmpty { return false }
    guard let group = state.session.shares[pool]?.group else { return false }
    state.session.shares.touched.insert(group)
    return true
  }

  mutating func touchGroup(_ id: GroupID) {
    if catalog.groups[id] == nil {
      state.session.shares.forget(id)
    } else {
      state.session.shares.touched.insert(id)
    }
  }

  /// At a start.
  mutating func findShares() {
    for pool in catalog.pools.keys.sorted() { enrol(pool) }
  }

  // MARK: - Rules

  /// What the pool lacks of its guarantee, as far as it has tasks that could start.
  private func owed(to id: PoolID) -> Int {
    guard let pool = catalog.pools[id], pool.spec.groupMinimum > 0, obstacle(in: pool) == nil,
      !state.session.starved.contains(id)
    else { return 0 }
    let lacking = min(pool.spec.groupMinimum, pool.slotLimit) - slotsTaken(in: id)
    return max(0, min(lacking, readyCount(in: id)))
  }

  /// PENDING tasks that no worker has been offered, without those that wait for a limit.
  func readyCount(in pool: PoolID) -> Int {
    let pending = Int(catalog.counters.states(pool: pool)[.pending])
    return max(
      0,
      pending - state.session.leases.offerCount(in: pool) - durable.tasks.parkedCount(in: pool))
  }

  /// What of its group keeps a pool from starting one more.
  func groupObstacle(of pool: PoolRecord) -> WaitingCause? {
    if state.session.shares.isEmpty { return nil }
    guard let share = state.session.shares[pool.id], let group = catalog.groups[share.group] else {
      return nil
    }
    let lines = state.session.shares[share.group]
    let budget = group.spec.budget + (breaks(.budgets) ? 1 : 0)
    if share.owed > 0 {
      return lines.inUse < budget
        ? nil
        : .budgetLent(
          group: group.name, budget: group.spec.budget, minimum: pool.spec.groupMinimum,
          inUse: share.inUse)
    }
    let owed = breaks(.guarantees) ? 0 : lines.owed
    return lines.inUse + owed < budget
      ? nil
      : .budgetInUse(
        group: group.name, budget: group.spec.budget, inUse: lines.inUse, owed: lines.owed)
  }

  /// Of a pool whose offer is to be accepted: the budget may be smaller than it was.
  func isWithinBudget(_ pool: PoolID) -> Bool {
    guard let group = state.session.shares[pool]?.group, let record = catalog.groups[group] else {
      return true
    }
    return state.session.shares[group].inUse <= record.spec.budget + (breaks(.budgets) ? 1 : 0)
  }

  // MARK: - Starts

  /// The pool waits for its turn if it has a task that could start.
  mutating func standInLine(_ pool: PoolRecord, at now: Instant) {
    guard obstacle(in: pool) == nil else { return }
    learnServedKinds()
    guard let group = state.session.shares[pool.id]?.group, canStart(pool, at: now) else { return }
    if state.session.shares[pool.id]?.owed ?? 0 > 0 {
      state.session.shares[group].claims.append(pool.id)
    } else {
      state.session.shares[group].line.append(pool.id)
    }
  }

  /// Whether the pool itself would start one, and notes it if only workers are missing.
  private mutating func canStart(_ pool: PoolRecord, at now: Instant) -> Bool {
    let free = freeSlots(in: pool)
    let isFree = free > 0
    callUp(pool, free: free)
    let isReady = isFree && nextStartable(in: pool, at: now) != nil
    if isFree, !isReady, durable.tasks.hasReady(in: pool.id) {
      state.session.starved.insert(pool.id)
    } else {
      state.session.starved.remove(pool.id)
    }
    followShare(of: pool.id)
    return isReady
  }

  mutating func shareOut(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    if state.session.shares.touched.isEmpty { return }
    let touched = state.session.shares.touched.sorted()
    state.session.shares.touched.removeAll(keepingCapacity: true)
    for group in touched {
      while let id = nextInLine(of: group) {
        guard let pool = catalog.pools[id], obstacle(in: pool) == nil,
          state.session.shares[id]?.group == group, freeSlots(in: pool) > 0,
          groupObstacle(of: pool) == nil,
          let (task, taker) = nextStartable(in: pool, at: now)
        else {
          // It stands in line again where it belongs, if it still wants to.
          if let pool = catalog.pools[id], state.session.shares[id]?.group == group {
            standInLine(pool, at: now)
          }
          continue
        }
        begin(task, by: taker, in: pool, at: now, stamp: stamp, into: &events)
        standInLine(pool, at: now)
      }
    }
  }

  /// Takes the pool out of its line that the next slot goes to, if there is one to give.
  private mutating func nextInLine(of id: GroupID) -> PoolID? {
    guard let group = catalog.groups[id] else { return nil }
    let budget = group.spec.budget + (breaks(.budgets) ? 1 : 0)
    guard state.session.shares[id].inUse < budget else { return nil }
    if breaks(.guarantees), let pool = state.session.shares[id].line.popFirst() { return pool }
    if let pool = state.session.shares[id].claims.popFirst() { return pool }
    let owed = breaks(.guarantees) ? 0 : state.session.shares[id].owed
    guard state.session.shares[id].inUse + owed < budget else { return nil }
    return state.session.shares[id].line.popFirst()
  }
}
