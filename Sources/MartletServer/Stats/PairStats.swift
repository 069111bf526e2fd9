package import MartletCore

/// What happened to the tasks of a pool and kind within a second, a minute or an hour.
package struct PairStats: Hashable, Sendable {
  /// What tasks that succeeded had counted, and for how long their last attempts ran.
  package struct Items: Hashable, Sendable {
    package var sum: Int64 = 0
    /// In microseconds.
    package var runTime: Int64 = 0
  }

  package var tally = TaskTally()
  package var queueWait = TimeHistogram()
  package var runTime = TimeHistogram()
  package var totalTime = TimeHistogram()
  /// By the counter's name.
  package var items: [String: Items] = [:]

  /// Further counters of a pair, within one bucket, are passed over.
  static let countersMax = 16

  package init() {}

  mutating func count(_ event: TaskEvent, as lane: TaskTally.Lane, at stamp: Stamp) {
    tally[lane] += 1
    let status = event.status
    if case .started = lane, let start = status.notes?.startElapsed {
      queueWait.record(start - status.due)
    }
    if event.from == .running, lane != .released, let start = status.notes?.startElapsed {
      let span = stamp.elapsed - start
      runTime.record(span)
      if case .succeeded = lane { count(status.notes?.progress, over: span) }
    }
    if status.state.isTerminal {
      totalTime.record(stamp.time - (event.createTime ?? event.task.roughCreateTime))
    }
  }

  private mutating func count(_ progress: Progress?, over span: Span) {
    for counter in progress?.counters ?? [] {
      guard items[counter.name] != nil || items.count < Self.countersMax else { continue }
      items[counter.name, default: Items()].sum &+= counter.value
      items[counter.name]?.runTime &+= max(0, span.nanoseconds / 1_000)
    }
  }

  package mutating func merge(_ other: PairStats) {
    tally += other.tally
    queueWait.merge(other.queueWait)
    runTime.merge(other.runTime)
    totalTime.merge(other.totalTime)
    for (name, more) in other.items.sorted(by: { $0.key < $1.key }) {
      guard items[name] != nil || items.count < Self.countersMax else { continue }
      items[name, default: Items()].sum &+= more.sum
      items[name]?.runTime &+= more.runTime
    }
  }

  // MARK: - Rows

  package var bytes: [UInt8] {
    var writer = StatsWriter()
    for number in tally.numbers { writer.append(number) }
    queueWait.append(to: &writer)
    runTime.append(to: &writer)
    totalTime.append(to: &writer)
    writer.append(UInt64(items.count))
    for (name, items) in items.sorted(by: { $0.key < $1.key }) {
      writer.append(name)
      writer.append(items.sum)
      writer.append(items.runTime)
    }
    return writer.bytes
  }

  /// nil if the row is damaged.
  package init?(bytes: [UInt8]) {
    let read = bytes.withUnsafeBytes { bytes -> PairStats? in
      var scanner = StatsScanner(bytes)
      return PairStats(&scanner)
    }
    guard let read else { return nil }
    self = read
  }

  private init?(_ scanner: inout StatsScanner) {
    var numbers: [Int64] = []
    numbers.reserveCapacity(TaskTally.laneCount)
    for _ in 0..<TaskTally.laneCount {
      guard let number = scanner.signed() else { return nil }
      numbers.append(number)
    }
    guard let tally = TaskTally(numbers: numbers), let queueWait = TimeHistogram(&scanner),
      let runTime = TimeHistogram(&scanner), let totalTime = TimeHistogram(&scanner),
      let count = scanner.count()
    else { return nil }
    self.tally = tally
    self.queueWait = queueWait
    self.runTime = runTime
    self.totalTime = totalTime
    for _ in 0..<count {
      guard let name = scanner.text(), let sum = scanner.signed(), let runTime = scanner.signed()
      else { return nil }
      items[name] = Items(sum: sum, runTime: runTime)
    }
  }
}
