/// Locks: who gets them, keeps them, loses them.
extension Engine {
  /// Nothing has been changed when it throws.
  mutating func perform(
    _ command: LockCommand, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> LockView? {
    switch command {
    case .acquire(let claim, let waiter, let origin):
      return try acquire(claim, by: waiter, origin, at: now, stamp: stamp, into: &events)
    case .abandon(let name, let waiter, let origin):
      abandon(name, waiter, origin, stamp: stamp, into: &events)
      return nil
    case .renew(let grant):
      let record = try held(by: grant, at: now.elapsed)
      state.session.locks.hold(
        record.name, token: record.token, until: now.elapsed + record.lease)
      return view(of: record, at: now.elapsed)
    case .release(let grant, let origin):
      let record = try held(by: grant, at: now.elapsed)
      return view(
        of: release(record, origin, stamp: stamp, into: &events), at: now.elapsed)
    case .breakLock(let name, let token, let origin):
      guard let record = catalog.locks[name] else { throw .lockNotFound(name) }
      if let token, token != record.token { throw .lockNotHeld(name, token) }
      let view = view(of: record, at: now.elapsed)
      var gone = record
      gone.count = 0
      note(.broken, gone, origin, stamp: stamp, into: &events)
      return view
    }
  }

  // MARK: - Acquire

  /// nil if the claim stands in line.
  private mutating func acquire(
    _ claim: LockClaim, by waiter: LockWaiter, _ origin: Origin, at now: Instant, stamp: Stamp,
    into events: inout [Event]
  ) throws(Refusal) -> LockView? {
    let record = catalog.locks[claim.name]
    let isOver = record.map { hasEnded($0, at: now.elapsed) } ?? false
    if let record, !isOver, record.owner == claim.owner {
      return try acquireAgain(
        record, claim, by: waiter, origin, at: now, stamp: stamp, into: &events)
    }
    let isTaken = record != nil && !isOver && !breaks(.lockHolders)
    if isTaken || state.session.locks.waiters(for: claim.name) > 0 {
      try stand(claim, by: waiter, origin, at: now.elapsed)
      return nil
    }
    let limit = state.session.limits.locks
    if record == nil, catalog.locks.count >= limit {
      throw .memoryPressure(what: "locks", limit: limit)
    }
    if let record, isOver { expire(record, stamp: stamp, into: &events) }
    return grant(claim, to: waiter, origin, at: now, stamp: stamp, into: &events)
  }

  private mutating func acquireAgain(
    _ record: LockRecord, _ claim: LockClaim, by waiter: LockWaiter, _ origin: Origin,
    at now: Instant, stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> LockView? {
    // Whoever asks again has the lock from here on, whatever becomes of the call before.
    if !claim.request.isEmpty, claim.request == record.request {
      state.session.locks.granted(record.name, to: waiter)
      return view(of: record, at: now.elapsed)
    }
    let (count, overflow) = record.count.addingReportingOverflow(1)
    if overflow { throw .memoryPressure(what: "counts of a lock", limit: Int(UInt32.max)) }
    var record = record
    record.count = count
    record.lease = claim.lease
    record.request = claim.request
    note(.acquired, record, origin, stamp: stamp, into: &events)
    state.session.locks.granted(record.name, to: waiter)
    return view(of: catalog.locks[record.name] ?? record, at: now.elapsed)
  }

  private mutating func stand(
    _ claim: LockClaim, by waiter: LockWaiter, _ origin: Origin, at now: Elapsed
  ) throws(Refusal) {
    guard claim.wait > .zero else {
      throw .lockHeld(claim.name, by: catalog.locks[claim.name].map { view(of: $0, at: now) })
    }
    let limit = state.session.limits.lockWaiters
    if state.session.locks.waiters(for: claim.name) >= limit {
      throw .memoryPressure(what: "calls that wait for one lock", limit: limit)
    }
    state.session.locks.stand(
      .init(waiter: waiter, claim: claim, deadline: now + claim.wait, origin: origin))
  }

  private mutating func grant(
    _ claim: LockClaim, to waiter: LockWaiter, _ origin: Origin, at now: Instant, stamp: Stamp,
    into events: inout [Event]
  ) -> LockView {
    let record = LockRecord(
      name: claim.name, owner: claim.owner, token: catalog.revision.next, lease: claim.lease,
      request: claim.request)
    note(.acquired, record, origin, stamp: stamp, into: &events)
    state.session.locks.granted(claim.name, to: waiter)
    return view(of: catalog.locks[claim.name] ?? record, at: now.elapsed)
  }

  // MARK: - The end of a hold

  private mutating func abandon(
    _ name: String, _ waiter: LockWaiter, _ origin: Origin, stamp: Stamp,
    into events: inout [Event]
  ) {
    if state.session.locks.leave(waiter) != nil { return }
    guard state.session.locks.holds[name]?.waiter == waiter, let record = catalog.locks[name]
    else { return }
    state.session.locks.granted(name, to: nil)
    _ = release(record, origin, stamp: stamp, into: &events)
  }

  private mutating func release(
    _ record: LockRecord, _ origin: Origin, stamp: Stamp, into events: inout [Event]
  ) -> LockRecord {
    var record = record
    record.count -= 1
    note(.released, record, origin, stamp: stamp, into: &events)
    return catalog.locks[record.name] ?? record
  }

  private mutating func expire(
    _ record: LockRecord, stamp: Stamp, into events: inout [Event]
  ) {
    var record = record
    record.count = 0
    note(.expired, record, .server, stamp: stamp, into: &events)
  }

  private mutating func note(
    _ change: LockEvent.Change, _ record: LockRecord, _ origin: Origin, stamp: Stamp,
    into events: inout [Event]
  ) {
    let event = LockEvent(change: change, record: record, origin: origin)
    events.append(evolve(.lock(event), at: stamp))
  }

  private func held(by grant: LockGrant, at now: Elapsed) throws(Refusal) -> LockRecord {
    guard let record = catalog.locks[grant.name], record.owner == grant.owner,
      record.token == grant.token, !hasEnded(record, at: now)
    else { throw .lockNotHeld(grant.name, grant.token) }
    return record
  }

  /// Its lease has ended, whether or not that has been noted.
  private func hasEnded(_ record: LockRecord, at now: Elapsed) -> Bool {
    guard let hold = state.session.locks.holds[record.name] else { return false }
    return hold.expires <= now
  }

  // MARK: - What follows

  mutating func followLock(_ event: LockEvent, at now: Elapsed) {
    if event.record.count == 0 {
      state.session.locks.free(event.record.name)
    } else if event.change == .acquired {
      state.session.locks.hold(
        event.record.name, token: event.record.token, until: now + event.record.lease)
    }
  }

  /// Leases that are over end, who has waited longest gets what is free, and who has waited long
  /// enough is told so. What one step leaves, the next one does.
  mutating func settleLocks(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    if state.session.locks.isIdle { return }
    for _ in 0..<state.session.timersPerStep {
      if let name = state.session.locks.takeFreed() {
        grantNext(name, at: now, stamp: stamp, into: &events)
        continue
      }
      switch state.session.locks.takeDue(at: now.elapsed) {
      case .hold(let name):
        if let record = catalog.locks[name] { expire(record, stamp: stamp, into: &events) }
      case .wait(let place): tell(place.waiter, .timedOut(holder(of: place, at: now.elapsed)))
      case nil: return
      }
    }
  }

  private mutating func grantNext(
    _ name: String, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    guard catalog.locks[name] == nil else { return }
    while let place = state.session.locks.takeFirst(for: name) {
      guard place.deadline > now.elapsed else {
        tell(place.waiter, .timedOut(nil))
        continue
      }
      let view = grant(
        place.claim, to: place.waiter, place.origin, at: now, stamp: stamp, into: &events)
      return tell(place.waiter, .granted(view))
    }
  }

  private func holder(of place: LockBook.Place, at now: Elapsed) -> LockView? {
    catalog.locks[place.claim.name].map { view(of: $0, at: now) }
  }

  private mutating func tell(_ waiter: LockWaiter, _ outcome: LockNotice.Outcome) {
    state.session.lockNotices.append(LockNotice(waiter: waiter, outcome: outcome))
  }

  /// After a restart each lease has its full length from now on.
  mutating func restoreLocks(at now: Elapsed) {
    for record in catalog.locks.all.sorted(by: { $0.token < $1.token }) {
      state.session.locks.hold(record.name, token: record.token, until: now + record.lease)
    }
  }

  /// What there is to tell calls that stood in line since the last call.
  package mutating func takeLockNotices() -> [LockNotice] {
    guard !state.session.lockNotices.isEmpty else { return [] }
    defer { state.session.lockNotices.removeAll() }
    return state.session.lockNotices
  }

  // MARK: - Views

  private func view(of record: LockRecord, at now: Elapsed) -> LockView {
    let expires = state.session.locks.holds[record.name]?.expires ?? now
    return LockView(
      record: record, expires: expires, left: max(expires - now, .zero),
      waiters: state.session.locks.waiters(for: record.name))
  }

  func see(lock name: String, at now: Elapsed) throws(Refusal) -> LockView {
    guard let record = catalog.locks[name] else { throw .lockNotFound(name) }
    return view(of: record, at: now)
  }

  func see(_ listing: LockListing, at now: Elapsed) -> LockPage {
    let (records, hasMore) = catalog.locks.page(listing)
    return LockPage(views: records.map { view(of: $0, at: now) }, hasMore: hasMore)
  }
}
