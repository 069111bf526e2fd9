/// Who has been offered or given what, and until when. Renewals only move a time here: they are no
/// events.
struct LeaseBook: Sendable {
  struct Entry: Sendable {
    var lease: Lease
    /// nil until the worker comes back after a restart of the server.
    var worker: WorkerID?
    var pool: PoolID
    var expires: Elapsed
    /// Not accepted yet.
    var isOffer: Bool
  }

  private struct Expiry: Sendable {
    var at: Elapsed
    var task: TaskID
    var epoch: UInt64

    func precedes(_ other: Expiry) -> Bool {
      (at, task.rawValue) < (other.at, other.task.rawValue)
    }
  }

  private(set) var entries: [TaskID: Entry] = [:]
  private var offers: [PoolID: Int] = [:]
  /// A binary heap with one expiry for each entry, and some of entries that are gone. It is not
  /// touched by renewals: an expiry whose time has come looks up when it is really due.
  private var heap: ContiguousArray<Expiry> = []
  private var lastEpoch: UInt64 = 0

  subscript(task: TaskID) -> Entry? { entries[task] }

  /// Slots of the pool that offers take.
  func offerCount(in pool: PoolID) -> Int { offers[pool] ?? 0 }

  /// Greater than every one before, also of the process before this one: it follows the log's
  /// clock, which never goes back.
  mutating func nextEpoch(at now: Elapsed) -> UInt64 {
    lastEpoch = max(lastEpoch + 1, UInt64(clamping: now.nanoseconds))
    return lastEpoch
  }

  /// No epoch may be given out again that is known from before a restart.
  mutating func knows(epoch: UInt64) { lastEpoch = max(lastEpoch, epoch) }

  mutating func insert(_ entry: Entry) {
    remove(entry.lease.task)
    entries[entry.lease.task] = entry
    if entry.isOffer { offers[entry.pool, default: 0] += 1 }
    push(Expiry(at: entry.expires, task: entry.lease.task, epoch: entry.lease.epoch))
  }

  @discardableResult
  mutating func remove(_ task: TaskID) -> Entry? {
    guard let entry = entries.removeValue(forKey: task) else { return nil }
    if entry.isOffer {
      let left = (offers[entry.pool] ?? 1) - 1
      offers[entry.pool] = left == 0 ? nil : left
    }
    return entry
  }

  mutating func renew(_ task: TaskID, until expires: Elapsed) {
    guard let old = entries[task]?.expires else { return }
    entries[task]?.expires = max(old, expires)
  }

  /// When the first may be due. May be too early, never too late.
  var nextDeadline: Elapsed? { heap.first?.at }

  /// One whose time has passed, if there is one; it stays until it is removed.
  mutating func firstExpired(at now: Elapsed) -> Entry? {
    while let first = heap.first, first.at <= now {
      guard let entry = entries[first.task], entry.lease.epoch == first.epoch else {
        popFirst()
        continue
      }
      if entry.expires <= now { return entry }
      popFirst()
      push(Expiry(at: entry.expires, task: first.task, epoch: first.epoch))
    }
    return nil
  }

  // MARK: - Heap

  private mutating func push(_ expiry: Expiry) {
    heap.append(expiry)
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].precedes(heap[parent]) else { break }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  private mutating func popFirst() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heap.count && heap[child].precedes(heap[least]) { least = child }
      guard least != index else { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
