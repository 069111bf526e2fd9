/// Permits of calls: who gets them, keeps them, loses them.
extension Engine {
  /// Nothing has been changed when it throws.
  mutating func perform(
    _ command: PermitCommand, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> PermitView? {
    switch command {
    case .acquire(let claim, let waiter, let origin):
      return try acquire(claim, by: waiter, origin, at: now, stamp: stamp, into: &events)
    case .abandon(let waiter, let origin):
      if state.session.limitBook.leave(waiter) != nil { return nil }
      guard let id = state.session.limitBook.grants.grant(to: waiter),
        let record = catalog.limits.grants[id]
      else { return nil }
      note(.released, record, origin, stamp: stamp, into: &events)
      return nil
    case .renew(let grant):
      let record = try held(by: grant, at: now.elapsed)
      state.session.limitBook.hold(record.id, until: now.elapsed + record.lease)
      return view(of: record, at: now.elapsed)
    case .release(let grant, let origin):
      let record = try held(by: grant, at: now.elapsed)
      note(.released, record, origin, stamp: stamp, into: &events)
      return view(of: record, at: now.elapsed)
    }
  }

  // MARK: - Acquire

  /// nil if the claim stands in line.
  private mutating func acquire(
    _ claim: PermitClaim, by waiter: PermitWaiter, _ origin: Origin, at now: Instant,
    stamp: Stamp, into events: inout [Event]
  ) throws(Refusal) -> PermitView? {
    guard let limit = catalog.limits[named: claim.limit] else {
      throw .limitNotFound(claim.limit)
    }
    if let record = repeated(claim, of: limit) {
      state.session.limitBook.grants.isGranted(record.id, to: waiter)
      return view(of: record, at: now.elapsed)
    }
    let most = limit.spec.rule.unitsMax
    if claim.units > most, most > 0 {
      throw .limitTooSmall(claim.limit, units: claim.units, most: most)
    }
    makeRoomForKeys(at: now.elapsed)
    let key = LimitKey(limit: limit.id, key: claim.key)
    let number = state.session.limitBook.number(of: key)
    let isEmpty = number.map { state.session.limitBook.isEmpty($0) } ?? true
    let turns = number.map { state.session.limitBook.turnsLeft(of: $0) } ?? 0
    let left = available(key, at: now.elapsed) - turns
    if isEmpty, left >= claim.units {
      return grant(claim, to: waiter, origin, at: now, stamp: stamp, into: &events)
    }
    if isEmpty, left < claim.units, catalog.limits.stateCount >= state.session.limits.limitKeys,
      catalog.limits.states[key] == nil
    {
      throw .memoryPressure(what: "keys of limits", limit: state.session.limits.limitKeys)
    }
    guard claim.wait > .zero else {
      throw .limitExceeded(shortage(of: claim, key, at: now.elapsed))
    }
    let waiters = state.session.limits.limitWaiters
    if let number, state.session.limitBook[number]?.calls ?? 0 >= waiters {
      throw .memoryPressure(what: "calls that wait for one limit", limit: waiters)
    }
    state.session.limitBook.stand(
      waiter, claim, for: key, until: now.elapsed + claim.wait, origin)
    return nil
  }

  /// What the same call was granted before, if it is held still.
  private func repeated(_ claim: PermitClaim, of limit: LimitRecord) -> PermitRecord? {
    if claim.request.isEmpty { return nil }
    guard let id = state.session.limitBook.grants.grant(request: claim.request, of: claim.owner),
      let record = catalog.limits.grants[id], record.id.limit == limit.id,
      record.key == claim.key, record.units == claim.units
    else { return nil }
    return record
  }

  func shortage(of claim: PermitClaim, _ key: LimitKey, at now: Elapsed) -> LimitShortage {
    let left = max(available(key, at: now), 0)
    let free = catalog.limits.free(claim.units, of: key, at: now)
    // When somebody gives one back nobody knows.
    let wait = free.map { max($0 - now, .milliseconds(1)) } ?? .seconds(1)
    return LimitShortage(
      limit: claim.limit, key: claim.key, units: claim.units, available: left, retryAfter: wait)
  }

  mutating func grant(
    _ claim: PermitClaim, to waiter: PermitWaiter, _ origin: Origin, at now: Instant,
    stamp: Stamp, into events: inout [Event]
  ) -> PermitView? {
    guard let limit = catalog.limits[named: claim.limit] else { return nil }
    let record = PermitRecord(
      id: PermitID(token: catalog.revision.next, limit: limit.id), key: claim.key,
      units: claim.units, owner: claim.owner,
      lease: limit.spec.rule.isConcurrency ? claim.lease : .zero, request: claim.request,
      acquireTime: stamp.time)
    note(.granted, record, origin, stamp: stamp, into: &events)
    state.session.limitBook.grants.isGranted(record.id, to: waiter)
    return view(of: record, at: now.elapsed)
  }

  private mutating func note(
    _ change: LimitEvent.PermitChange, _ record: PermitRecord, _ origin: Origin, stamp: Stamp,
    into events: inout [Event]
  ) {
    events.append(evolve(.limit(.permits(change, record, origin)), at: stamp))
  }

  private func held(by grant: PermitGrant, at now: Elapsed) throws(Refusal) -> PermitRecord {
    guard let limit = catalog.limits[named: grant.limit] else { throw .limitNotFound(grant.limit) }
    let id = PermitID(token: grant.token, limit: limit.id)
    guard let record = catalog.limits.grants[id], record.owner == grant.owner,
      record.task == nil, state.session.limitBook.grants.holds[id].map({ $0.expires > now }) ?? true
    else { throw .permitsNotHeld(grant.limit, grant.token) }
    return record
  }

  // MARK: - Time

  /// Leases that are over end, lines whose time has come are looked at, and who has waited long
  /// enough is told so. What one step leaves, the next one does.
  mutating func expirePermits(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    if state.session.limitBook.isIdle { return }
    for _ in 0..<state.session.timersPerStep {
      switch state.session.limitBook.takeDue(at: now.elapsed) {
      case .line(let number):
        state.session.limitBook.silenceAlarm(of: number)
        if state.session.limitBook[number] != nil { state.session.limitBook.touch(number) }
      case .lease(let id):
        guard let hold = state.session.limitBook.grants.holds[id] else { continue }
        guard hold.expires <= now.elapsed else {
          state.session.limitBook.sound(at: hold.expires, .lease(id))
          continue
        }
        guard let record = catalog.limits.grants[id] else {
          state.session.limitBook.grants.forget(id)
          continue
        }
        note(.expired, record, .server, stamp: stamp, into: &events)
      case .wait(let waiter):
        guard let place = state.session.limitBook.leave(waiter) else { continue }
        let key = state.session.limitBook[place.line]?.key
        let shortage = key.map { self.shortage(of: place.claim, $0, at: now.elapsed) }
        tell(waiter, shortage.map { .timedOut($0) } ?? .refused(.limitNotFound(place.claim.limit)))
      case nil: return
      }
    }
  }

  mutating func tell(_ waiter: PermitWaiter, _ outcome: PermitNotice.Outcome) {
    state.session.permitNotices.append(PermitNotice(waiter: waiter, outcome: outcome))
  }

  /// What there is to tell calls that stood in line since the last call.
  package mutating func takePermitNotices() -> [PermitNotice] {
    guard !state.session.permitNotices.isEmpty else { return [] }
    defer { state.session.permitNotices.removeAll() }
    return state.session.permitNotices
  }

  /// After a restart each lease has its full length from now on; graces go on.
  mutating func restorePermits(at now: Elapsed) {
    for (id, record) in catalog.limits.grants.sorted(by: { $0.key < $1.key }) {
      state.session.limitBook.hold(id, until: record.keptUntil ?? now + record.lease)
      state.session.limitBook.grants.knows(record)
    }
  }

  // MARK: - Views

  private func view(of record: PermitRecord, at now: Elapsed) -> PermitView {
    PermitView(
      record: record, limit: catalog.limits[record.id.limit]?.name ?? "",
      expires: state.session.limitBook.grants.holds[record.id]?.expires,
      available: max(0, available(record.limitKey, at: now)))
  }

  private static let holdersMax = 100

  func see(limit name: String, key: String, at now: Elapsed) throws(Refusal) -> LimitView {
    guard let record = catalog.limits[named: name] else { throw .limitNotFound(name) }
    return view(of: record, key: key, at: now, isWhole: true)
  }

  func see(_ listing: LimitListing, at now: Elapsed) -> LimitPage {
    let (records, hasMore) = catalog.limits.page(listing)
    // Each pool is looked at once, in however many lines it stands.
    let pools = records.reduce(into: Set<PoolID>()) {
      $0.formUnion(limitLine(of: LimitKey(limit: $1.id))?.pools ?? [])
    }
    let stopped = tasksStopped(in: pools, at: now)
    return LimitPage(
      views: records.map { view(of: $0, key: "", at: now, isWhole: false, stopped: stopped) },
      hasMore: hasMore)
  }

  /// - Parameter isWhole: Else without what must be looked for: holders and keys.
  func view(
    of record: LimitRecord, key: String, at now: Elapsed, isWhole: Bool,
    stopped: [LimitKey: Int]? = nil
  ) -> LimitView {
    let limitKey = LimitKey(limit: record.id, key: key)
    let left = available(limitKey, at: now)
    let grants = isWhole ? catalog.limits.grants(of: limitKey) : []
    let held = catalog.limits.held(of: limitKey)
    return LimitView(
      record: record, key: key, available: max(0, left),
      inUse: held + state.session.limitBook.offered.count(of: limitKey),
      waitingCalls: limitLine(of: limitKey)?.calls ?? 0,
      waitingTasks: tasksInLine(for: limitKey, stopped: stopped, at: now),
      keys: isWhole ? catalog.limits.keyCount(of: record.id) : 0,
      nextFree: left > 0 ? nil : catalog.limits.free(1, of: limitKey, at: now),
      holders: grants.prefix(Self.holdersMax).map {
        .init(record: $0, expires: state.session.limitBook.grants.holds[$0.id]?.expires ?? now)
      },
      runningTasks: isWhole ? held - grants.reduce(0) { $0 + $1.units } : 0)
  }
}
