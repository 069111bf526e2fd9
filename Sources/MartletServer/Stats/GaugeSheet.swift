package import MartletCore

/// What there was at a moment: tasks that wait and that run, by pool and kind, and slots by pool.
package struct GaugeSheet: Hashable, Sendable {
  package struct Gauge: Hashable, Sendable {
    package var queued: Int64 = 0
    package var running: Int64 = 0

    package init(queued: Int64 = 0, running: Int64 = 0) {
      self.queued = queued
      self.running = running
    }

    package static func += (a: inout Gauge, b: Gauge) {
      a.queued += b.queued
      a.running += b.running
    }
  }

  package var pairs: [Counters.Key: Gauge] = [:]
  package var slots: [PoolID: Int64] = [:]

  /// More pairs than this are counted as one: `StatsFold.other`.
  static let pairsMax = 1_000

  package init() {}

  package init(_ catalog: Catalog) {
    var keys: [Counters.Key] = []
    for (key, states) in catalog.counters.counts where states.live > 0 { keys.append(key) }
    keys.sort()
    for (place, key) in keys.enumerated() {
      guard let states = catalog.counters.counts[key] else { continue }
      let running = states[.running]
      pairs[place < Self.pairsMax ? key : StatsFold.other, default: Gauge()] += Gauge(
        queued: states.live - running, running: running)
    }
    for (id, pool) in catalog.pools where pool.state != .retired {
      slots[id] = Int64(pool.slotLimit)
    }
  }

  package var bytes: [UInt8] {
    var writer = StatsWriter()
    writer.append(UInt64(pairs.count))
    for (key, gauge) in pairs.sorted(by: { $0.key < $1.key }) {
      writer.append(UInt64(key.pool.rawValue))
      writer.append(UInt64(key.kind.rawValue))
      writer.append(gauge.queued)
      writer.append(gauge.running)
    }
    for (pool, slots) in slots.sorted(by: { $0.key < $1.key }) {
      writer.append(UInt64(pool.rawValue))
      writer.append(slots)
    }
    return writer.bytes
  }

  /// nil if the row is damaged.
  package init?(bytes: [UInt8]) {
    let read = bytes.withUnsafeBytes { bytes -> GaugeSheet? in
      var scanner = StatsScanner(bytes)
      return GaugeSheet(&scanner)
    }
    guard let read else { return nil }
    self = read
  }

  private init?(_ scanner: inout StatsScanner) {
    guard let count = scanner.count() else { return nil }
    for _ in 0..<count {
      guard let pool = scanner.number(), let kind = scanner.number(),
        let queued = scanner.signed(), let running = scanner.signed()
      else { return nil }
      let key = Counters.Key(
        pool: PoolID(rawValue: UInt32(truncatingIfNeeded: pool)),
        kind: KindID(rawValue: UInt32(truncatingIfNeeded: kind)))
      pairs[key] = Gauge(queued: queued, running: running)
    }
    while !scanner.isAtEnd {
      guard let pool = scanner.number(), let slots = scanner.signed() else { return nil }
      self.slots[PoolID(rawValue: UInt32(truncatingIfNeeded: pool))] = slots
    }
  }
}

extension Counters.States {
  /// Tasks that have not ended.
  fileprivate var live: Int64 {
    self[.blocked] + self[.scheduled] + self[.pending] + self[.running] + self[.paused]
  }
}
