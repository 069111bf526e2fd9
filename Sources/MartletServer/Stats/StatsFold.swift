package import MartletCore
package import MartletStore

/// Folds events into rows of statistics: what happened within each second, minute and hour, and
/// what there was at its end. Pure: the same segments give the same rows, however they are parted
/// into batches, and a fold that a start puts together from the rows goes on as the one before it
/// would have.
///
/// Only what is open is in memory. What happened goes into the second; when that is over, it is
/// added to the minute, and that to the hour: so the row of the open minute has all but the open
/// second, and the row of the open hour all but the open minute (`StatsLook` adds them).
package struct StatsFold: Equatable, Sendable {
  /// Pairs of a second, a minute or an hour beyond it are counted as `other`.
  package static let pairsMax = 1_000
  /// Groups of failures beyond it, likewise.
  package static let failuresMax = 1_000
  /// Where pairs beyond the bound are counted.
  package static let other = Counters.Key(pool: .gone, kind: .other)

  private var second = StatsLevel<Counters.Key, PairStats>(boundedBy: Self.pairsMax)
  private var minute = StatsLevel<Counters.Key, PairStats>(boundedBy: Self.pairsMax)
  private var hour = StatsLevel<Counters.Key, PairStats>(boundedBy: Self.pairsMax)
  private var minuteFailures = StatsLevel<FailureKey, FailureGroup>(boundedBy: Self.failuresMax)
  private var hourFailures = StatsLevel<FailureKey, FailureGroup>(boundedBy: Self.failuresMax)
  /// The open second since 1970; nil before the first event.
  private var opened: Int64?
  /// Rows that closed, or changed, since the last batch.
  private var rows: [StatsKey: [UInt8]] = [:]

  package init() {}

  // MARK: - Events

  /// A segment of that time comes next.
  ///
  /// - Parameter catalog: As it was before it.
  package mutating func advance(to time: WallTime, catalog: Catalog) {
    let now = Self.second(of: time)
    guard let open = opened else {
      opened = now
      return
    }
    // The feed's time never goes back.
    guard now > open else { return }
    opened = now
    let gauges = GaugeSheet(catalog).bytes
    write(second.takeChanges(), .second, open)
    setGauges(gauges, .second, open)
    for (key, stats) in second.takeAll() { minute.add(stats, at: key) { (Self.other, $0) } }
    guard now / 60 > open / 60 else { return }
    write(minute.takeChanges(), .minute, open / 60)
    write(minuteFailures.takeChanges(), .minute, open / 60)
    setGauges(gauges, .minute, open / 60)
    for (key, stats) in minute.takeAll() { hour.add(stats, at: key) { (Self.other, $0) } }
    for (key, group) in minuteFailures.takeAll() {
      hourFailures.add(group, at: key, else: FailureKey.other)
    }
    guard now / 3_600 > open / 3_600 else { return }
    write(hour.takeChanges(), .hour, open / 3_600)
    write(hourFailures.takeChanges(), .hour, open / 3_600)
    setGauges(gauges, .hour, open / 3_600)
    _ = hour.takeAll()
    _ = hourFailures.takeAll()
  }

  package mutating func count(_ event: TaskEvent, at stamp: Stamp) {
    guard let lane = TaskTally.Lane(event) else { return }
    let key = Counters.Key(pool: event.pool, kind: event.kind)
    second.change(key, else: Self.other, from: PairStats()) { stats in
      stats.count(event, as: lane, at: stamp)
    }
    guard let group = FailureGroup(event, at: stamp) else { return }
    let mark = FailureKey(pair: key, item: group.mark.hash)
    minuteFailures.add(group, at: mark, else: FailureKey.other)
  }

  /// The rows that changed since the last time this was called.
  ///
  /// - Parameter catalog: As it is after the newest segment.
  package mutating func take(catalog: Catalog) -> [StatsKey: [UInt8]] {
    guard let open = opened else { return [:] }
    let gauges = GaugeSheet(catalog).bytes
    for resolution in StatsResolution.allCases {
      setGauges(gauges, resolution, open / resolution.seconds)
    }
    write(second.takeChanges(), .second, open)
    write(minute.takeChanges(), .minute, open / 60)
    write(hour.takeChanges(), .hour, open / 3_600)
    write(minuteFailures.takeChanges(), .minute, open / 60)
    write(hourFailures.takeChanges(), .hour, open / 3_600)
    defer { rows = [:] }
    return rows
  }

  // MARK: - Rows

  private mutating func write(
    _ changes: [(Counters.Key, PairStats)], _ resolution: StatsResolution, _ bucket: Int64
  ) {
    for (key, stats) in changes {
      let key = StatsKey(
        part: .pair, resolution: resolution, bucket: bucket, pool: key.pool, kind: key.kind)
      rows[key] = stats.bytes
    }
  }

  private mutating func write(
    _ changes: [(FailureKey, FailureGroup)], _ resolution: StatsResolution, _ bucket: Int64
  ) {
    for (key, group) in changes {
      let key = StatsKey(
        part: .failure, resolution: resolution, bucket: bucket, pool: key.pair.pool,
        kind: key.pair.kind, item: key.item)
      rows[key] = group.bytes
    }
  }

  private mutating func setGauges(
    _ bytes: [UInt8], _ resolution: StatsResolution, _ bucket: Int64
  ) {
    rows[StatsKey(part: .gauges, resolution: resolution, bucket: bucket)] = bytes
  }

  /// The number of the second since 1970 in which that time is.
  static func second(of time: WallTime) -> Int64 {
    let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Goes on from what an index keeps.
  package init(_ reader: any StatsReader) throws(StoreFailure) {
    guard let newest = try reader.newest(.gauges, .second, before: .max) else { return }
    let open = newest.key.bucket
    opened = open
    second.restore(try Self.pairs(reader, .second, open))
    minute.restore(try Self.pairs(reader, .minute, open / 60))
    hour.restore(try Self.pairs(reader, .hour, open / 3_600))
    minuteFailures.restore(try Self.failures(reader, .minute, open / 60))
    hourFailures.restore(try Self.failures(reader, .hour, open / 3_600))
  }

  private static func pairs(
    _ reader: any StatsReader, _ resolution: StatsResolution, _ bucket: Int64
  ) throws(StoreFailure) -> [Counters.Key: PairStats] {
    var pairs: [Counters.Key: PairStats] = [:]
    for row in try reader.rows(.pair, resolution, bucket..<bucket + 1) {
      pairs[row.key.pair] = try row.pairStats()
    }
    return pairs
  }

  private static func failures(
    _ reader: any StatsReader, _ resolution: StatsResolution, _ bucket: Int64
  ) throws(StoreFailure) -> [FailureKey: FailureGroup] {
    var groups: [FailureKey: FailureGroup] = [:]
    for row in try reader.rows(.failure, resolution, bucket..<bucket + 1) {
      groups[FailureKey(pair: row.key.pair, item: row.key.item)] = try row.failureGroup()
    }
    return groups
  }
}

private struct FailureKey: Hashable, Comparable, Sendable {
  var pair: Counters.Key
  var item: Int64

  static func other(_ group: FailureGroup) -> (FailureKey, FailureGroup) {
    var group = group
    group.mark = .other(group.mark.failure)
    return (FailureKey(pair: StatsFold.other, item: group.mark.hash), group)
  }

  static func < (a: FailureKey, b: FailureKey) -> Bool {
    (a.pair.pool, a.pair.kind, a.item) < (b.pair.pool, b.pair.kind, b.item)
  }
}

extension StatsKey {
  package var pair: Counters.Key { Counters.Key(pool: pool, kind: kind) }
}

extension StatsRow {
  package func pairStats() throws(StoreFailure) -> PairStats {
    guard let stats = PairStats(bytes: bytes) else { throw damage }
    return stats
  }

  package func failureGroup() throws(StoreFailure) -> FailureGroup {
    guard let group = FailureGroup(bytes: bytes) else { throw damage }
    return group
  }

  package func gaugeSheet() throws(StoreFailure) -> GaugeSheet {
    guard let sheet = GaugeSheet(bytes: bytes) else { throw damage }
    return sheet
  }

  private var damage: StoreFailure {
    .corrupted(file: "index.db", reason: "a row of statistics makes no sense")
  }
}
