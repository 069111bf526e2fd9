import MartletAPI
import MartletCore
import MartletProtobuf

/// Limits as rows of the index's engine table, as they are read back.
struct LimitFacts {
  private(set) var records: [LimitRecord] = []
  private(set) var states: [LimitKey: LimitState] = [:]
  private(set) var grants: [PermitRecord] = []

  /// False if the row makes no sense.
  mutating func read(_ key: String, _ bytes: [UInt8]) -> Bool {
    if key.hasPrefix("limit-state/") {
      guard let fact = (try? LogAPI.LimitStateFact(protobufBytes: bytes))?.value else {
        return false
      }
      states[fact.key] = fact.state
    } else if key.hasPrefix("limit-permits/") {
      guard let fact = try? LogAPI.PermitFact(protobufBytes: bytes) else { return false }
      grants.append(fact.value)
    } else {
      guard let record = (try? LogAPI.LimitFact(protobufBytes: bytes))?.value else { return false }
      records.append(record)
    }
    return true
  }
}

/// Which rows about limits are to be written. States that are idle by the time of the write are
/// not: most keys of a busy server come and go between two.
struct TouchedLimits: Sendable {
  private var limits: Set<LimitID> = []
  private var states: Set<LimitKey> = []
  private var grants: Set<PermitID> = []
  /// States that the index has a row of, and the order in which they are looked at again.
  private var stored: Set<LimitKey> = []
  private var order: [LimitKey] = []
  private var next = 0

  /// Rows that are looked at again with each write, beside as many as it writes.
  private static let looks = 256

  init(_ table: LimitTable) {
    for (key, state) in table.states where LogAPI.LimitStateFact(key, state) != nil {
      stored.insert(key)
      order.append(key)
    }
  }

  /// Right after the event has been applied.
  mutating func note(_ event: LimitEvent, in table: LimitTable) {
    switch event {
    case .limit(let change, let record, _):
      limits.insert(record.id)
      if change == .updated { states.formUnion(table.keys(of: record.id)) }
      if change == .deleted {
        states.formUnion(stored.filter { $0.limit == record.id })
        // What is held of it has gone with it.
        grants.formUnion(storedGrants.filter { $0.limit == record.id })
      }
    case .permits(_, let record, _):
      grants.insert(record.id)
      storedGrants.insert(record.id)
      states.insert(record.limitKey)
    }
  }

  /// Grants that the index may have a row of.
  private var storedGrants: Set<PermitID> = []

  mutating func knows(_ table: LimitTable) { storedGrants.formUnion(table.grants.keys) }

  mutating func note(_ event: TaskEvent, revision: Revision, in table: LimitTable) {
    guard let permits = event.status.notes?.permits else { return }
    if case .started = event.change {
      for key in permits.takes where table[key.limit]?.spec.rule.isConcurrency == false {
        states.insert(key)
      }
    } else if permits.keptUntil != nil {
      for key in permits.takes {
        let id = PermitID(token: revision, limit: key.limit)
        guard table.grants[id] != nil else { continue }
        grants.insert(id)
        storedGrants.insert(id)
      }
    }
  }

  mutating func take(_ table: LimitTable, at now: Elapsed, into facts: inout [String: [UInt8]?]) {
    for id in limits {
      facts.updateValue(
        table[id].map { LogAPI.LimitFact($0).protobufBytes() },
        forKey: CatalogFacts.limitKey(id))
    }
    for id in grants {
      let grant = table.grants[id]
      if grant == nil { storedGrants.remove(id) }
      facts.updateValue(
        grant.map { LogAPI.PermitFact($0).protobufBytes() }, forKey: CatalogFacts.permitKey(id))
    }
    for key in states { write(key, table, at: now, into: &facts) }
    lookAgain(states.count + Self.looks, table, at: now, into: &facts)
    limits.removeAll()
    grants.removeAll()
    states.removeAll(keepingCapacity: states.count < 65_536)
  }

  private mutating func write(
    _ key: LimitKey, _ table: LimitTable, at now: Elapsed, into facts: inout [String: [UInt8]?]
  ) {
    if !table.isIdle(key, at: now), let state = table.states[key],
      let fact = LogAPI.LimitStateFact(key, state)
    {
      facts[CatalogFacts.limitStateKey(key)] = fact.protobufBytes()
      if stored.insert(key).inserted { order.append(key) }
    } else if stored.remove(key) != nil {
      facts.updateValue(nil, forKey: CatalogFacts.limitStateKey(key))
    }
  }

  /// Rows of states that have become idle go, a part of them each time.
  private mutating func lookAgain(
    _ count: Int, _ table: LimitTable, at now: Elapsed, into facts: inout [String: [UInt8]?]
  ) {
    let end = min(order.count, next + count)
    while next < end {
      let key = order[next]
      next += 1
      guard stored.contains(key) else { continue }
      if table.isIdle(key, at: now) {
        stored.remove(key)
        facts.updateValue(nil, forKey: CatalogFacts.limitStateKey(key))
      } else {
        order.append(key)
      }
    }
    if next > 65_536 || next == order.count {
      order.removeFirst(next)
      next = 0
    }
  }
}
