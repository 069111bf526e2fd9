/// Who takes next what falls free.
extension Engine {
  /// Before pools start tasks: whoever stands first in a line gets what is there. A call takes it;
  /// for a pool it is set aside until the end of the step.
  mutating func giveTurns(at now: Instant, stamp: Stamp, into events: inout [Event]) {
    state.session.limitBook.parksLeft = LimitBook.parksPerStep
    makeRoomForKeys(at: now.elapsed)
    for number in state.session.limitBook.takeTouched() {
      giveTurns(at: number, at: now, stamp: stamp, into: &events)
    }
  }

  private mutating func giveTurns(
    at number: LimitBook.LineNumber, at now: Instant, stamp: Stamp, into events: inout [Event]
  ) {
    // Not the line itself: a second one would be copied when somebody stands in it.
    let known = state.session.limitBook[number].map { ($0.key, $0.isDissolved) }
    guard let (key, isDissolved) = known else { return }
    state.session.limitBook.change(number)
    var left = isDissolved ? .max / 2 : available(key, at: now.elapsed)
    left -= state.session.limitBook.turnsLeft(of: number)
    for _ in 0..<LimitBook.turnsPerLine {
      switch state.session.limitBook.firstEntry(of: number) {
      case nil: return
      case .call(let waiter):
        guard let place = state.session.limitBook.places[waiter] else { return }
        if catalog.limits[key.limit] == nil {
          state.session.limitBook.leave(waiter)
          tell(waiter, .refused(.limitNotFound(place.claim.limit)))
          continue
        }
        guard place.claim.units <= left else { return }
        left -= place.claim.units
        state.session.limitBook.leave(waiter)
        if let view = grant(
          place.claim, to: waiter, place.origin, at: now, stamp: stamp, into: &events)
        {
          tell(waiter, .granted(view))
        }
      case .pool(let pool):
        guard left > 0 else { return }
        left -= 1
        _ = state.session.limitBook.takeFirst(of: number)
        state.session.limitBook.giveTurn(pool, at: number)
        unsettle(pool)
        if wantsMore(pool, at: number) { state.session.limitBook.stand(pool, in: number) }
      }
    }
  }

  /// Where there are as many keys as may be: of those that are idle some go at once.
  mutating func makeRoomForKeys(at now: Elapsed) {
    guard catalog.limits.stateCount >= state.session.limits.limitKeys else { return }
    state.durable.catalog.sweepLimits(at: now, count: LimitBook.linesPerStep)
  }

  private func wantsMore(_ pool: PoolID, at number: LimitBook.LineNumber) -> Bool {
    guard let line = state.session.limitBook[number] else { return false }
    let turns = line.turns[pool]?.left ?? 0
    if line.parkers.contains(pool) { return durable.tasks.parkedCount(in: pool, number) > turns }
    return readyCount(in: pool) > turns
  }

  /// After pools have started tasks: what they did not take goes to whoever is next, in the next
  /// step.
  mutating func endTurns(at now: Elapsed) {
    for number in state.session.limitBook.takeChanged() {
      for (pool, turn) in state.session.limitBook.takeTurns(of: number) {
        giveUp(turn, of: pool, at: number)
      }
      rearm(number, at: now)
    }
    state.session.limitBook.forgetTurns()
    if !state.session.limitBook.sliced.isEmpty {
      for pool in state.session.limitBook.sliced.sorted() { unsettle(pool) }
      state.session.limitBook.sliced.removeAll()
    }
  }

  /// A pool that could not use its turn stands in line no more, or it would be its turn for ever.
  private mutating func giveUp(
    _ turn: LimitBook.Turn, of pool: PoolID, at number: LimitBook.LineNumber
  ) {
    let known = state.session.limitBook[number].map { ($0.key, $0.isDissolved) }
    if let (key, isDissolved) = known, !isDissolved, isFull(besides: key) {
      // Others took the last room for keys in this step: the alarm of the line looks again. Whoever
      // stood in a line that is dissolved needs no room there.
      return state.session.limitBook.stand(pool, in: number)
    }
    let isParked = durable.tasks.parkedCount(in: pool, number) > 0
    if turn.hasUsed || turn.left == 0 {
      if isParked { state.session.limitBook.stand(pool, in: number) }
      return
    }
    state.session.limitBook.leave(pool, number)
    if isParked { state.session.limitBook.letRest(pool, at: number) }
  }

  private mutating func rearm(_ number: LimitBook.LineNumber, at now: Elapsed) {
    guard let line = state.session.limitBook[number] else { return }
    guard let first = state.session.limitBook.firstEntry(of: number) else {
      for pool in line.parkers.sorted() where durable.tasks.parkedCount(in: pool, number) == 0 {
        state.session.limitBook.forgetParker(pool, of: number)
      }
      if state.session.limitBook[number]?.parkers.isEmpty == true {
        state.session.limitBook.drop(number)
      }
      return
    }
    var units = 1
    if case .call(let waiter) = first {
      units = state.session.limitBook.places[waiter]?.claim.units ?? 1
    }
    if line.isDissolved || available(line.key, at: now) >= units {
      state.session.limitBook.touch(number)
    } else if isFull(besides: line.key) {
      state.session.limitBook.setAlarm(of: number, at: now + .seconds(1))
    } else if let free = catalog.limits.free(units, of: line.key, at: now), free > now {
      state.session.limitBook.setAlarm(of: number, at: free)
    }
  }
}
