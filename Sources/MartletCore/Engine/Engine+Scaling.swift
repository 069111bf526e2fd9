/// Pools that scale, and when they are looked at next. A part of the session: looks are no events,
/// and after a restart the first comes after a whole interval.
struct ScalingBook: Sendable {
  /// Pools are looked at once in so long, unless they rest.
  static let interval = Span.seconds(1)
  /// That one step looks at; the next step goes on.
  static let looksPerStep = 1_000

  /// By rising number.
  private var pools: [PoolID] = []
  private var next = Elapsed.zero
  /// How many of them this round has been through.
  private var looked = 0
  /// Those at which only an event of their own can change anything.
  private var resting: Set<PoolID> = []
  /// What dry runs have suggested, so that it is said once.
  var suggestions: [PoolID: Int] = [:]

  var isEmpty: Bool { pools.isEmpty }

  var nextDeadline: Elapsed? { resting.count == pools.count ? nil : next }

  mutating func letRest(_ pool: PoolID) { resting.insert(pool) }

  mutating func wake(_ pool: PoolID, at now: Elapsed) {
    if resting.isEmpty { return }
    let allRest = resting.count == pools.count
    guard resting.remove(pool) != nil, allRest else { return }
    next = now + Self.interval
    looked = 0
  }

  mutating func set(_ pool: PoolID, scales: Bool, at now: Elapsed) {
    let place = pools.firstIndex { $0 >= pool } ?? pools.count
    let isThere = place < pools.count && pools[place] == pool
    guard isThere != scales else { return }
    if scales {
      if nextDeadline == nil {
        next = now + Self.interval
        looked = 0
      }
      pools.insert(pool, at: place)
      if place < looked { looked += 1 }
    } else {
      pools.remove(at: place)
      suggestions[pool] = nil
      resting.remove(pool)
      if place < looked { looked -= 1 }
    }
  }

  /// Those to look at now.
  mutating func takeDue(at now: Elapsed) -> [PoolID] {
    guard !pools.isEmpty, next <= now else { return [] }
    let due = pools[looked..<min(pools.count, looked + Self.looksPerStep)]
    looked = due.endIndex
    if looked == pools.count {
      looked = 0
      next = now + Self.interval
    }
    return due.filter { !resting.contains($0) }
  }
}

extension Engine {
  /// What a pool that scales should do now, and why.
  package func scalingVerdict(of pool: PoolRecord, at now: Elapsed) -> ScalingVerdict? {
    guard let policy = pool.spec.scaling else { return nil }
    let load = load(of: pool.id, at: now)
    let isOpen = pool.state == .active || pool.state == .draining
    guard policy.mode != .off, isOpen else {
      return ScalingVerdict(
        from: pool.slotLimit, to: pool.slotLimit, reason: isOpen ? .off : .poolState, load: load)
    }
    let changed = breaks(.coolDowns) ? Elapsed.zero : pool.scaledAt
    return ScalingRule(policy: policy).verdict(
      limit: pool.slotLimit, load: load, changed: changed, at: now)
  }

  private func load(of pool: PoolID, at now: Elapsed) -> PoolLoad {
    let offered = state.session.leases.offerCount(in: pool)
    let pending = Int(catalog.counters.states(pool: pool)[.pending])
    return PoolLoad(
      inUse: slotsTaken(in: pool),
      pending: max(0, pending - offered - limitedCount(in: pool, at: now)),
      oldestAge: durable.tasks.oldestReady(in: pool, isLimited: false).map { max(now - $0, .zero) })
  }

  /// True if a pool has more slots, or fewer, than before.
  mutating func scalePools(at now: Instant, stamp: Stamp, into events: inout [Event]) -> Bool {
    guard state.session.scaling.nextDeadline.map({ $0 <= now.elapsed }) ?? false else {
      return false
    }
    let due = state.session.scaling.takeDue(at: now.elapsed)
    guard serverObstacle == nil else { return false }
    var hasScaled = false
    for id in due {
      guard let pool = catalog.pools[id], let mode = pool.spec.scaling?.mode,
        let verdict = scalingVerdict(of: pool, at: now.elapsed)
      else { continue }
      guard mode == .on || isNews(verdict, of: id), verdict.isChange else {
        if staysFor(verdict, in: pool) { state.session.scaling.letRest(id) }
        continue
      }
      let limit = mode == .on ? verdict.to : pool.slotLimit
      let event = PoolEvent(
        change: mode == .on ? .scaled : .scalingSuggested, pool: id, name: pool.name,
        spec: pool.spec, state: pool.state, specVersion: pool.specVersion, origin: .server,
        slotLimit: limit, scaling: verdict)
      events.append(evolve(.pool(event), at: stamp))
      hasScaled = true
    }
    return hasScaled
  }

  /// Of a dry run: whether it is to be said. A cool-down does not take back what was.
  private mutating func isNews(_ verdict: ScalingVerdict, of pool: PoolID) -> Bool {
    if verdict.reason == .coolingDown { return false }
    let suggestion = verdict.isChange ? verdict.to : nil
    if state.session.scaling.suggestions[pool] == suggestion { return false }
    state.session.scaling.suggestions[pool] = suggestion
    return true
  }

  /// Whether time alone will not make it another one.
  private func staysFor(_ verdict: ScalingVerdict, in pool: PoolRecord) -> Bool {
    switch verdict.reason {
    case .coolingDown: false
    case .between: pool.spec.scaling?.oldestAge == nil || verdict.load.pending == 0
    default: true
    }
  }

  /// Something of a pool has changed that its next look may see.
  mutating func followScaling(of pool: PoolID, at now: Elapsed) {
    if state.session.scaling.isEmpty { return }
    state.session.scaling.wake(pool, at: now)
  }

  mutating func followScaling(_ event: PoolEvent, at now: Elapsed) {
    let scales = event.state != .retired && event.spec.scaling.map { $0.mode != .off } ?? false
    state.session.scaling.set(event.pool, scales: scales, at: now)
    followScaling(of: event.pool, at: now)
  }

  /// At a start.
  mutating func findScaledPools(at now: Elapsed) {
    for pool in catalog.pools.values where pool.state != .retired {
      guard let scaling = pool.spec.scaling, scaling.mode != .off else { continue }
      state.session.scaling.set(pool.id, scales: true, at: now)
    }
  }
}
