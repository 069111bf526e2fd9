/// The limits that there are, and what has been taken of them. Keys that are idle take no room.
package struct LimitTable: Sendable {
  package private(set) var records: [LimitID: LimitRecord] = [:]
  package private(set) var last = LimitID(rawValue: 0)
  /// Those of the records, which are asked for at each start.
  private var rules: [LimitID: LimitRule] = [:]
  private var names: [String: LimitID] = [:]
  package private(set) var states: [LimitKey: LimitState] = [:]
  /// What calls hold, and what fenced attempts left taken.
  package private(set) var grants: [PermitID: PermitRecord] = [:]
  /// What running attempts hold of concurrency limits.
  private var holds: [TaskID: [LimitKey]] = [:]
  /// States of each limit.
  private var keyCounts: [LimitID: Int] = [:]
  /// When states of rates and windows may be idle: perhaps too early.
  private var idling = AlarmHeap<LimitKey>()
  /// Of the newest event.
  private var now = Elapsed.zero

  package init() {}

  /// Puts together what an index kept; what running tasks hold comes with them.
  package init(
    _ records: [LimitRecord], last: LimitID, states: [LimitKey: LimitState],
    grants: [PermitRecord], at now: Elapsed
  ) {
    for record in records {
      self.records[record.id] = record
      rules[record.id] = record.spec.rule
      names[record.name] = record.id
    }
    self.last = last
    self.now = now
    for (key, state) in states {
      guard let idle = rules[key.limit]?.idle(state) else { continue }
      set(key, state)
      idling.push(key, at: idle)
    }
    for grant in grants {
      self.grants[grant.id] = grant
      take(grant.units, of: grant.limitKey, at: now)
    }
  }

  package subscript(id: LimitID) -> LimitRecord? { records[id] }

  package subscript(named name: String) -> LimitRecord? { names[name].flatMap { records[$0] } }

  package var count: Int { records.count }
  package var isEmpty: Bool { records.isEmpty }
  /// Some of them may be idle by now.
  var stateCount: Int { states.count }

  var nextID: LimitID { LimitID(rawValue: last.rawValue + 1) }

  /// By rising number.
  package var all: [LimitRecord] { records.values.sorted { $0.id < $1.id } }

  // MARK: - Questions

  /// Whether tasks of the pool may need permits.
  func mayCover(pool: String) -> Bool {
    records.values.contains {
      $0.spec.isAttached && ($0.spec.pools.isEmpty || $0.spec.pools.contains(pool))
    }
  }

  /// What could be taken now; nil if the limit is gone.
  func available(_ key: LimitKey, at now: Elapsed) -> Int? {
    rules[key.limit]?.available(states[key], at: now)
  }

  func free(_ units: Int, of key: LimitKey, at now: Elapsed) -> Elapsed? {
    rules[key.limit]?.free(units, states[key], at: now)
  }

  func held(of key: LimitKey) -> Int {
    if case .held(let count) = states[key] { count } else { 0 }
  }

  func held(by task: TaskID) -> [LimitKey]? { holds.isEmpty ? nil : holds[task] }

  /// Whether the state says nothing that an index would have to keep.
  package func isIdle(_ key: LimitKey, at now: Elapsed) -> Bool {
    guard let state = states[key], let rule = rules[key.limit],
      !rule.isConcurrency, let idle = rule.idle(state)
    else { return true }
    return idle <= now
  }

  package func keys(of limit: LimitID) -> [LimitKey] {
    states.keys.filter { $0.limit == limit }.sorted()
  }

  /// Some of them may be idle by now.
  func keyCount(of limit: LimitID) -> Int { keyCounts[limit] ?? 0 }

  /// By token.
  package func grants(of key: LimitKey) -> [PermitRecord] {
    grants.values.filter { $0.limitKey == key }.sorted { $0.id < $1.id }
  }

  // MARK: - Changes

  mutating func evolve(_ event: LimitEvent, revision: Revision, at stamp: Stamp) {
    now = stamp.elapsed
    switch event {
    case .limit(.created, let record, _):
      last = record.id
      names[record.name] = record.id
      records[record.id] = record
      rules[record.id] = record.spec.rule
    case .limit(.updated, let record, _):
      if let before = rules[record.id], before != record.spec.rule {
        convert(record.id, from: before, to: record.spec.rule)
      }
      records[record.id] = record
      rules[record.id] = record.spec.rule
    case .limit(.deleted, let record, _): forget(record)
    case .permits(.granted, var record, _):
      take(record.units, of: record.limitKey, at: now)
      guard rules[record.id.limit]?.isConcurrency == true else { return }
      record.acquireTime = stamp.time
      grants[record.id] = record
    case .permits(_, let record, _): giveBack(record.id)
    }
  }

  /// An attempt begins or ends.
  mutating func evolve(_ event: TaskEvent, revision: Revision, at stamp: Stamp) {
    if case .started = event.change {
      guard let permits = event.status.notes?.permits else { return }
      now = stamp.elapsed
      for key in permits.takes { take(1, of: key, at: now) }
      hold(permits, by: event.task)
    } else if event.from == .running, event.status.state != .running,
      let held = holds.removeValue(forKey: event.task)
    {
      now = stamp.elapsed
      for key in held { giveBack(1, of: key) }
      guard let until = event.status.notes?.permits?.keptUntil else { return }
      for key in held where rules[key.limit] != nil {
        let kept = PermitRecord(
          id: PermitID(token: revision, limit: key.limit), key: key.key, units: 1,
          owner: "task/\(event.task)", lease: .zero, task: event.task, keptUntil: until,
          acquireTime: stamp.time)
        grants[kept.id] = kept
        take(1, of: key, at: now)
      }
    }
  }

  /// Of a running task of a snapshot.
  mutating func restore(_ permits: TaskPermits, of task: TaskID) {
    let before = holds.count
    hold(permits, by: task)
    if holds.count > before {
      for key in holds[task] ?? [] { take(1, of: key, at: now) }
    }
  }

  private mutating func hold(_ permits: TaskPermits, by task: TaskID) {
    let held = permits.takes.filter { rules[$0.limit]?.isConcurrency == true }
    if !held.isEmpty { holds[task] = held }
  }

  private mutating func take(_ units: Int, of key: LimitKey, at now: Elapsed) {
    guard let rule = rules[key.limit] else { return }
    let before = states.count
    if let idle = Self.take(units, by: rule, from: &states[key], at: now) {
      idling.push(key, at: idle)
    }
    if states.count > before { keyCounts[key.limit, default: 0] += 1 }
  }

  private mutating func set(_ key: LimitKey, _ state: LimitState?) {
    let before = states.count
    states[key] = state
    let more = states.count - before
    if more != 0 { keyCounts[key.limit, default: 0] += more }
  }

  /// Of a new state that will be idle by itself: when.
  private static func take(
    _ units: Int, by rule: LimitRule, from state: inout LimitState?, at now: Elapsed
  ) -> Elapsed? {
    let isNew = state == nil
    rule.take(units, from: &state, at: now)
    return isNew ? state.flatMap { rule.idle($0) } : nil
  }

  private mutating func giveBack(_ units: Int, of key: LimitKey) {
    guard case .held(let held) = states[key] else { return }
    set(key, held > units ? .held(held - units) : nil)
  }

  private mutating func giveBack(_ id: PermitID) {
    guard let grant = grants.removeValue(forKey: id) else { return }
    giveBack(grant.units, of: grant.limitKey)
  }

  private mutating func convert(_ id: LimitID, from old: LimitRule, to new: LimitRule) {
    guard case .rate = old else { return }
    for (key, state) in states where key.limit == id {
      states[key] = old.converted(state, to: new, at: now)
    }
  }

  private mutating func forget(_ record: LimitRecord) {
    names[record.name] = nil
    records[record.id] = nil
    rules[record.id] = nil
    states = states.filter { $0.key.limit != record.id }
    keyCounts[record.id] = nil
    grants = grants.filter { $0.key.limit != record.id }
    for (task, held) in holds where held.contains(where: { $0.limit == record.id }) {
      let left = held.filter { $0.limit != record.id }
      holds[task] = left.isEmpty ? nil : left
    }
  }

  /// Drops some of the states that say nothing any more; called with each event, so that there are
  /// never many.
  mutating func sweep(at now: Elapsed, count: Int = 3) {
    self.now = now
    for _ in 0..<count {
      guard let key = idling.takeFirst(at: now) else { return }
      guard let state = states[key], let rule = rules[key.limit],
        let idle = rule.idle(state)
      else { continue }
      if idle <= now { set(key, nil) } else { idling.push(key, at: idle) }
    }
  }

  // MARK: - Lists

  /// Those behind a name, in the order of their bytes, and whether there are more.
  func page(_ listing: LimitListing) -> (records: [LimitRecord], hasMore: Bool) {
    let wanted = records.values.filter {
      listing.after.utf8.lexicographicallyPrecedes($0.name.utf8)
        && $0.name.utf8.starts(with: listing.prefix.utf8)
    }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return (Array(wanted.prefix(listing.limit)), wanted.count > listing.limit)
  }
}

extension LimitTable: Hashable {
  /// The same limits, of which the same is taken: states that are idle are as none.
  package static func == (a: LimitTable, b: LimitTable) -> Bool {
    a.records == b.records && a.last == b.last && a.grants == b.grants && a.holds == b.holds
      && (a.states == b.states
        || a.busyStates(at: max(a.now, b.now)) == b.busyStates(at: max(a.now, b.now)))
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(records)
    hasher.combine(grants)
  }

  /// Those that are not idle, without what has left their windows.
  private func busyStates(at now: Elapsed) -> [LimitKey: LimitState] {
    var busy: [LimitKey: LimitState] = [:]
    for (key, state) in states {
      guard let rule = rules[key.limit], rule.idle(state).map({ $0 > now }) ?? true
      else { continue }
      if case .window(_, let length) = rule, case .window(let grants) = state {
        busy[key] = .window(WindowGrants(runs: grants.runs.filter { $0.at + length > now }))
      } else {
        busy[key] = state
      }
    }
    return busy
  }
}
