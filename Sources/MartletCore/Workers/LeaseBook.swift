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

  private(set) var entries: [TaskID: Entry] = [:]
  private var offers: [PoolID: Int] = [:]
  // When what was inserted ends if it is not renewed: all offers last equally long, and so do all
  // leases. Those of entries that are gone fall out at the head.
  private var offered = ExpiryLine()
  private var leased = ExpiryLine()
  /// Leases that had been renewed when their first time had come.
  private var renewed = ExpiryHeap()
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
    if let old = entries.updateValue(entry, forKey: entry.lease.task) { uncount(old) }
    let expiry = Expiry(at: entry.expires, task: entry.lease.task, epoch: entry.lease.epoch)
    if entry.isOffer {
      offers[entry.pool, default: 0] += 1
      if !offered.append(expiry) { renewed.push(expiry) }
    } else if !leased.append(expiry) {
      renewed.push(expiry)
    }
  }

  @discardableResult
  mutating func remove(_ task: TaskID) -> Entry? {
    guard let entry = entries.removeValue(forKey: task) else { return nil }
    uncount(entry)
    return entry
  }

  private mutating func uncount(_ entry: Entry) {
    guard entry.isOffer else { return }
    let left = (offers[entry.pool] ?? 1) - 1
    offers[entry.pool] = left == 0 ? nil : left
  }

  mutating func renew(_ task: TaskID, until expires: Elapsed) {
    guard let old = entries[task]?.expires else { return }
    entries[task]?.expires = max(old, expires)
  }

  /// When the first may be due. May be too early, never too late.
  var nextDeadline: Elapsed? {
    [offered.first?.at, leased.first?.at, renewed.first?.at].lazy.compactMap { $0 }.min()
  }

  /// One whose time has passed, if there is one; it stays until it is removed.
  mutating func firstExpired(at now: Elapsed) -> Entry? {
    while let first = offered.first {
      guard let entry = entry(of: first), entry.isOffer else {
        offered.removeFirst()
        continue
      }
      if first.at <= now { return entry }
      break
    }
    while let first = leased.first {
      guard let entry = entry(of: first), !entry.isOffer else {
        leased.removeFirst()
        continue
      }
      if first.at > now { break }
      leased.removeFirst()
      renewed.push(Expiry(at: entry.expires, task: first.task, epoch: first.epoch))
    }
    while let first = renewed.first, first.at <= now {
      guard let entry = entry(of: first) else {
        renewed.removeFirst()
        continue
      }
      if entry.expires <= now { return entry }
      renewed.removeFirst()
      renewed.push(Expiry(at: entry.expires, task: first.task, epoch: first.epoch))
    }
    return nil
  }

  private func entry(of expiry: Expiry) -> Entry? {
    guard let entry = entries[expiry.task], entry.lease.epoch == expiry.epoch else { return nil }
    return entry
  }
}
