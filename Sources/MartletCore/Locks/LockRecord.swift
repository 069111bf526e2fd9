/// A lock that somebody holds.
package struct LockRecord: Hashable, Sendable {
  package var name: String
  package var owner: String
  /// The revision of the grant, so that each is above all before it, whichever lock they were of.
  package var token: Revision
  /// How long the holder may be silent.
  package var lease: Span
  /// How many releases it takes until the lock is free.
  package var count: UInt32
  /// Of the call that the newest count came from; empty without one.
  package var request: String
  /// Of the grant.
  package var acquireTime: WallTime
  /// Of the last event.
  package var revision: Revision

  package init(
    name: String, owner: String, token: Revision, lease: Span, count: UInt32 = 1,
    request: String = "", acquireTime: WallTime = WallTime(nanoseconds: 0),
    revision: Revision = .zero
  ) {
    self.name = name
    self.owner = owner
    self.token = token
    self.lease = lease
    self.count = count
    self.request = request
    self.acquireTime = acquireTime
    self.revision = revision
  }
}

package struct LockEvent: Hashable, Sendable {
  package enum Change: UInt8, Hashable, Sendable, CaseIterable {
    /// Granted, or counted once more.
    case acquired = 1
    /// With a count of 0 after it the lock is free.
    case released = 2
    /// The lease was over.
    case expired = 3
    /// An operator took it away.
    case broken = 4
  }

  package var change: Change
  /// After the event; of one that made it free: as it was, with a count of 0.
  package var record: LockRecord
  package var origin: Origin

  package init(change: Change, record: LockRecord, origin: Origin) {
    self.change = change
    self.record = record
    self.origin = origin
  }
}

/// The locks that are held.
package struct LockTable: Hashable, Sendable {
  private var records: [String: LockRecord] = [:]

  package init() {}

  /// Puts together what an index kept.
  package init(_ records: [LockRecord]) {
    for record in records { self.records[record.name] = record }
  }

  package subscript(name: String) -> LockRecord? { records[name] }

  package var count: Int { records.count }
  package var isEmpty: Bool { records.isEmpty }
  /// In no order.
  package var all: some Collection<LockRecord> { records.values }

  mutating func evolve(_ event: LockEvent, revision: Revision, at time: WallTime) {
    var record = event.record
    guard record.count > 0 else {
      records[record.name] = nil
      return
    }
    record.revision = revision
    let known = records[record.name]
    record.acquireTime = known?.token == record.token ? known?.acquireTime ?? time : time
    records[record.name] = record
  }

  /// Those behind a name, in the order of their bytes, and whether there are more. One walk over
  /// all locks, of which only a page is put in order: others wait meanwhile.
  func page(_ listing: LockListing) -> (records: [LockRecord], hasMore: Bool) {
    var names: [String] = []
    for (name, record) in records where listing.wants(record) {
      if names.count > listing.limit, let last = names.last, !Self.isBefore(name, last) { continue }
      names.insert(name, at: Self.place(of: name, in: names))
      if names.count > listing.limit + 1 { names.removeLast() }
    }
    return (names.prefix(listing.limit).compactMap { records[$0] }, names.count > listing.limit)
  }

  private static func place(of name: String, in names: [String]) -> Int {
    var (low, high) = (0, names.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(names[middle], name) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  fileprivate static func isBefore(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}

/// Which locks somebody wants to see.
package struct LockListing: Hashable, Sendable {
  /// Behind this name; empty: from the first one on.
  package var after: String
  package var prefix: String
  /// Empty: of any.
  package var owner: String
  package var limit: Int

  package init(after: String = "", prefix: String = "", owner: String = "", limit: Int) {
    self.after = after
    self.prefix = prefix
    self.owner = owner
    self.limit = limit
  }

  fileprivate func wants(_ record: LockRecord) -> Bool {
    LockTable.isBefore(after, record.name) && record.name.utf8.starts(with: prefix.utf8)
      && (owner.isEmpty || record.owner == owner)
  }
}

/// A lock as somebody sees it.
package struct LockView: Hashable, Sendable {
  package var record: LockRecord
  /// When the lease is over.
  package var expires: Elapsed
  /// How long it had left when it was looked at.
  package var left: Span
  package var waiters: Int

  package init(record: LockRecord, expires: Elapsed, left: Span, waiters: Int) {
    self.record = record
    self.expires = expires
    self.left = left
    self.waiters = waiters
  }
}

package struct LockPage: Hashable, Sendable {
  /// By name.
  package var views: [LockView]
  package var hasMore: Bool
}
