import MartletAPI
import MartletCore

// Locks in the form that log and index keep.

extension LogAPI.LockFact {
  init(_ record: LockRecord) {
    self.init(
      name: record.name, owner: record.owner, token: record.token.rawValue,
      lease: record.lease.nanoseconds, count: record.count, request: record.request,
      acquireTime: record.acquireTime.nanoseconds, revision: record.revision.rawValue)
  }

  var value: LockRecord {
    LockRecord(
      name: name, owner: owner, token: Revision(token), lease: Span(nanoseconds: lease),
      count: count, request: request, acquireTime: WallTime(nanoseconds: acquireTime),
      revision: Revision(revision))
  }
}

extension LogAPI.LockEventRecord {
  init(_ event: LockEvent) {
    self.init(
      change: UInt32(event.change.rawValue), lock: .init(event.record),
      origin: .init(event.origin))
  }

  /// nil if it makes no sense: the log is damaged.
  var value: LockEvent? {
    guard let change = UInt8(exactly: change).flatMap(LockEvent.Change.init(rawValue:)), let lock
    else { return nil }
    return LockEvent(change: change, record: lock.value, origin: origin?.value ?? .server)
  }
}
