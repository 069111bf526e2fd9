/// A rule of the engine that a test may break, to show that the simulation would notice if somebody
/// broke it for good. Nothing breaks one in a release build: there the question costs nothing.
package enum BrokenRule: CaseIterable, Sendable {
  /// Only the newest attempt of a task may finish it.
  case fencing
  /// A pool runs at most as many attempts as it has slots.
  case slots
  /// A pool's queue takes no more than its capacity.
  case queueCapacity
  /// No timer fires before its time.
  case timers
  /// Higher priorities go first.
  case priorities
  /// A task that runs counts for those that are to be the only one of their key.
  case uniqueness
  /// What a process ran that is gone does not run any more.
  case recovery
  /// A task has no more attempts than its policy says.
  case attempts
  /// A repeated request submits nothing.
  case requests
  /// A lease lasts for as long as its worker was told.
  case leases
  /// A group uses no more than its budget.
  case budgets
  /// A pool is not kept from its guarantee by pools that have theirs.
  case guarantees
  /// Nothing scales again before its cool-down is over.
  case coolDowns
  /// While a run of a schedule is live, its overlap policy says what becomes of the next one.
  case overlap
  /// An event that ends a task says when it was submitted.
  case createTimes
  /// Among tasks of one priority slots go to the key with the smallest share.
  case shares
  /// A lock has one holder.
  case lockHolders
  /// No more permits of a concurrency limit are held than there are.
  case limitHolders
  /// A rate or a window grants no more than it may.
  case limitRates
}

extension Engine {
  /// True in a test that wants to see the rule broken.
  @inline(__always)
  func breaks(_ rule: BrokenRule) -> Bool {
    #if DEBUG
      state.session.brokenRule == rule
    #else
      false
    #endif
  }
}
