import MartletAPI
import MartletCore

extension API.Lock {
  /// As an event tells it.
  init(_ record: LockRecord, acquireTime: WallTime) {
    self.init(
      name: record.name, owner: record.owner, token: record.token.rawValue,
      count: Int64(record.count), lease: .init(record.lease), acquireTime: .init(acquireTime))
  }

  /// With what no event says, as seen at an instant.
  init(_ view: LockView, at now: Instant) {
    self.init(view.record, acquireTime: view.record.acquireTime)
    if view.record.count > 0 { expireTime = .init(now.wall + (view.expires - now.elapsed)) }
    waiters = Int32(clamping: view.waiters)
  }
}

extension API.Event {
  mutating func set(_ event: LockEvent, at stamp: Stamp) {
    switch event.change {
    case .acquired: type = .lockAcquired
    case .released: type = .lockReleased
    case .expired: type = .lockExpired
    case .broken: type = .lockBroken
    }
    actor = event.origin.actor
    reason = event.origin.reason
    // Of the grant itself: it is told by the event's own time.
    let isGrant = event.record.token == Revision(revision)
    lock = .init(event.record, acquireTime: isGrant ? stamp.time : event.record.acquireTime)
  }
}
