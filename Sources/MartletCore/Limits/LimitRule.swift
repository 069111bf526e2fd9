/// What a limit allows.
package enum LimitRule: Hashable, Sendable {
  /// A bucket of `burst` permits, into which `units` come in each `per`, evenly.
  case rate(units: Int, per: Span, burst: Int)
  /// At most `units` in any stretch of time of that length.
  case window(units: Int, length: Span)
  /// At most `units` at a time.
  case concurrency(units: Int)

  package var isConcurrency: Bool { if case .concurrency = self { true } else { false } }

  /// Whether only the numbers differ.
  package func isOfSameSort(as other: LimitRule) -> Bool {
    switch (self, other) {
    case (.rate, .rate), (.window, .window), (.concurrency, .concurrency): true
    default: false
    }
  }

  /// More can never be had at once.
  package var unitsMax: Int {
    switch self {
    case .rate(_, _, let burst): burst
    case .window(let units, _), .concurrency(let units): units
    }
  }
}

/// What has been taken of one key. One that is idle is as one that there is not.
package enum LimitState: Hashable, Sendable {
  /// When the bucket is full again.
  case rate(fullAt: Elapsed)
  case window(WindowGrants)
  /// Permits that are held.
  case held(Int)
}

/// The grants of the last while, oldest first; those of one moment are one.
package struct WindowGrants: Hashable, Sendable {
  package struct Run: Hashable, Sendable {
    package var at: Elapsed
    package var units: Int

    package init(at: Elapsed, units: Int) {
      self.at = at
      self.units = units
    }
  }

  private var kept: [Run] = []
  /// Those before it have left; they are dropped many at a time.
  private var first = 0
  /// Of those from `first` on.
  private var total = 0

  package init() {}

  package init(runs: [Run]) {
    kept = runs
    total = runs.reduce(0) { $0 + $1.units }
  }

  package var runs: [Run] { Array(kept[first...]) }

  /// Those in the stretch that ends now.
  func units(at now: Elapsed, length: Span) -> Int {
    var sum = total
    for run in kept[first...] {
      guard run.at + length <= now else { break }
      sum -= run.units
    }
    return sum
  }

  mutating func add(_ units: Int, at now: Elapsed, length: Span) {
    while first < kept.count, kept[first].at + length <= now {
      total -= kept[first].units
      first += 1
    }
    if first * 2 > kept.count {
      kept.removeFirst(first)
      first = 0
    }
    total += units
    if let last = kept.last, last.at == now, first < kept.count {
      kept[kept.count - 1].units += units
    } else {
      kept.append(Run(at: now, units: units))
    }
  }

  /// When so many of them will have left.
  func left(_ units: Int, at now: Elapsed, length: Span) -> Elapsed {
    var missing = units
    for run in kept[first...] where run.at + length > now {
      missing -= run.units
      if missing <= 0 { return run.at + length }
    }
    return now
  }

  var newest: Elapsed? { kept.last?.at }
}

extension LimitRule {
  /// How long a bucket takes for one permit: rounded up, so that it is never too fast.
  private static func interval(_ units: Int, _ per: Span) -> Int64 {
    (per.nanoseconds + Int64(units) - 1) / Int64(max(units, 1))
  }

  /// What could be taken now. Below zero if a limit has become smaller.
  func available(_ state: LimitState?, at now: Elapsed) -> Int {
    switch (self, state) {
    case (.rate(let units, let per, let burst), .rate(let fullAt)):
      let missing = fullAt - now
      guard missing > .zero else { return burst }
      let interval = Self.interval(units, per)
      return burst - Int((missing.nanoseconds + interval - 1) / interval)
    case (.window(let units, let length), .window(let grants)):
      return units - grants.units(at: now, length: length)
    case (.concurrency(let units), .held(let held)): return units - held
    default: return unitsMax
    }
  }

  /// Takes what is asked, whether it is there or not: whoever decided has looked.
  func take(_ units: Int, from state: inout LimitState?, at now: Elapsed) {
    switch self {
    case .rate(let perUnits, let per, _):
      var fullAt = now
      if case .rate(let before) = state { fullAt = max(before, now) }
      let interval = Self.interval(perUnits, per)
      state = .rate(fullAt: fullAt + Span(nanoseconds: interval * Int64(units)))
    case .window(_, let length):
      var grants = WindowGrants()
      if case .window(let before) = state { grants = before }
      state = nil
      grants.add(units, at: now, length: length)
      state = .window(grants)
    case .concurrency:
      var held = 0
      if case .held(let before) = state { held = before }
      state = .held(held + units)
    }
  }

  /// When so many can be had, if nobody takes any before; nil if time alone does not bring them.
  func free(_ units: Int, _ state: LimitState?, at now: Elapsed) -> Elapsed? {
    guard units <= unitsMax else { return nil }
    if available(state, at: now) >= units { return now }
    switch (self, state) {
    case (.rate(let perUnits, let per, let burst), .rate(let fullAt)):
      let interval = Self.interval(perUnits, per)
      return Elapsed(
        nanoseconds: fullAt.nanoseconds - Int64(burst - units) * interval)
    case (.window(let all, let length), .window(let grants)):
      let missing = units - (all - grants.units(at: now, length: length))
      return grants.left(missing, at: now, length: length)
    default: return nil
    }
  }

  /// From when on the state says nothing any more; nil while it is held.
  func idle(_ state: LimitState) -> Elapsed? {
    switch (self, state) {
    case (.rate, .rate(let fullAt)): fullAt
    case (.window(_, let length), .window(let grants)):
      grants.newest.map { $0 + length } ?? .zero
    case (.concurrency, .held(let held)): held > 0 ? nil : .zero
    default: .zero
    }
  }

  /// What a state of this rule is under another one of its sort: a bucket lacks as many permits as
  /// before, and no more than it holds.
  func converted(_ state: LimitState, to other: LimitRule, at now: Elapsed) -> LimitState {
    guard case .rate(let units, let per, _) = self,
      case .rate(let newUnits, let newPer, let newBurst) = other,
      case .rate(let fullAt) = state
    else { return state }
    let missing = fullAt - now
    guard missing > .zero else { return state }
    let (old, new) = (Self.interval(units, per), Self.interval(newUnits, newPer))
    let whole = missing.nanoseconds / old
    guard whole < Int64(newBurst) else {
      return .rate(fullAt: now + Span(nanoseconds: Int64(newBurst) * new))
    }
    // The part of a permit that is under way, rounded up.
    let part = missing.nanoseconds % old
    let scaled = (Double(part) / Double(old) * Double(new)).rounded(.up)
    return .rate(
      fullAt: now + Span(nanoseconds: whole * new + min(new, Int64(scaled) + 1)))
  }
}
