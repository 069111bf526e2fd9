/// What a submission asks for: that there is no other task with its key.
///
/// The rule of the newcomer decides, whatever rule the others came with: which of them count, and
/// what becomes of it and of them.
package struct UniqueRule: Hashable, Sendable {
  /// Where a key means the same. The raw values are those of the contract.
  package enum Scope: UInt8, Hashable, Sendable, CaseIterable {
    case pool = 1
    case namespace = 2
  }

  /// What happens when there is one that counts. The raw values are those of the contract.
  package enum Conflict: UInt8, Hashable, Sendable, CaseIterable {
    case reject = 1
    case returnExisting = 2
    /// One that waits is cancelled.
    case replace = 3
    /// One that waits gets the newcomer's time.
    case debounce = 4
  }

  /// 1 to 255 bytes.
  package var key: String
  package var scope: Scope
  /// One that SUCCEEDED or FAILED counts for so long; nil: not at all.
  package var finishedWithin: Span?
  /// One that runs does not count.
  package var waitingOnly: Bool
  package var onConflict: Conflict

  package init(
    key: String, scope: Scope = .pool, finishedWithin: Span? = nil, waitingOnly: Bool = false,
    onConflict: Conflict = .reject
  ) {
    self.key = key
    self.scope = scope
    self.finishedWithin = finishedWithin
    self.waitingOnly = waitingOnly
    self.onConflict = onConflict
  }

  package func mark(in pool: PoolID) -> UniqueMark {
    UniqueMark(key: key, pool: scope == .pool ? pool : nil)
  }
}

/// A key and its scope as 128 bits of a hash: tasks of one mark are each other's rivals. It is kept
/// on disk, so how it is made never changes.
package struct UniqueMark: Hashable, Sendable {
  package var high: UInt64
  /// Its last bit is set where the scope is the namespace.
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Without a pool the scope is the namespace.
  package init(key: String, pool: PoolID?) {
    high = StableHash.of(key, seed: 0x6D61_7274_6C65_7433)
    low = StableHash.of(key, seed: 0x6D61_7274_6C65_7434) & ~1
    if let pool { turn(pool) } else { low |= 1 }
  }

  private var isOfPool: Bool { low & 1 == 0 }

  /// What it is when its task is moved from one pool to another.
  package func moved(from old: PoolID, to new: PoolID) -> UniqueMark {
    guard isOfPool else { return self }
    var mark = self
    mark.turn(old)
    mark.turn(new)
    return mark
  }

  /// Mixes a pool in, or out again.
  private mutating func turn(_ pool: PoolID) {
    let bits = SeededRandom.mixed(UInt64(pool.rawValue) &+ 1)
    high ^= bits
    low ^= SeededRandom.mixed(bits) & ~1
  }
}

/// What a task asks for when it is submitted, and what its runner knows of those before it.
package struct UniqueClaim: Hashable, Sendable {
  package var rule: UniqueRule
  /// Needed if finished tasks count.
  package var history: UniqueHistory?

  package init(rule: UniqueRule, history: UniqueHistory? = nil) {
    self.rule = rule
    self.history = history
  }
}

/// A task that SUCCEEDED or FAILED.
package struct UniqueEnd: Hashable, Sendable {
  package var task: TaskID
  package var state: TaskState
  package var finishTime: WallTime

  package init(task: TaskID, state: TaskState, finishTime: WallTime) {
    self.task = task
    self.state = state
    self.finishTime = finishTime
  }
}

/// The newest end of a mark's tasks that the index knows.
package struct UniqueHistory: Hashable, Sendable {
  package var mark: UniqueMark
  package var found: UniqueEnd?
  /// The index held everything up to here.
  package var asOf: Revision

  package init(mark: UniqueMark, found: UniqueEnd?, asOf: Revision) {
    self.mark = mark
    self.found = found
    self.asOf = asOf
  }
}
