import Histogram
package import MartletCore

/// How long something took, often: counts of values that are equal to two digits, as HdrHistogram
/// groups them, of which only those are kept that are not zero. Sums and extremes are exact, to the
/// microsecond. Two that are merged are as if all had been recorded in one.
package struct TimeHistogram: Hashable, Sendable {
  struct Entry: Hashable, Sendable {
    /// In microseconds, the least of those that are counted with it.
    var value: UInt64
    var count: UInt64
  }

  package private(set) var count: UInt64 = 0
  /// In microseconds; wraps after half a million years.
  private(set) var sum: UInt64 = 0
  private(set) var least: UInt64 = 0
  private(set) var greatest: UInt64 = 0
  /// By rising value.
  private(set) var entries: [Entry] = []

  /// Longer times are counted as this: 400 days.
  static let microsecondsMax: UInt64 = 400 * 86_400 * 1_000_000

  /// Only asked which values are equal: what is recorded is in `entries`.
  private static let ruler = Histogram<UInt32>(
    lowestDiscernibleValue: 1, highestTrackableValue: microsecondsMax,
    numberOfSignificantValueDigits: .two)

  package init() {}

  /// Times below zero, of clocks that were set, are counted as zero.
  package mutating func record(_ span: Span) {
    let value = min(UInt64(max(0, span.nanoseconds / 1_000)), Self.microsecondsMax)
    least = count == 0 ? value : min(least, value)
    greatest = max(greatest, value)
    count += 1
    sum &+= value
    let group = Self.ruler.lowestEquivalentForValue(value)
    let place = place(of: group)
    if place < entries.count, entries[place].value == group {
      entries[place].count += 1
    } else {
      entries.insert(Entry(value: group, count: 1), at: place)
    }
  }

  /// The first entry that is not below `value`.
  private func place(of value: UInt64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].value < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  package mutating func merge(_ other: TimeHistogram) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
    count += other.count
    sum &+= other.sum
    var merged: [Entry] = []
    merged.reserveCapacity(entries.count + other.entries.count)
    var (a, b) = (0, 0)
    while a < entries.count, b < other.entries.count {
      let (mine, theirs) = (entries[a], other.entries[b])
      if mine.value == theirs.value {
        merged.append(Entry(value: mine.value, count: mine.count + theirs.count))
      } else {
        merged.append(mine.value < theirs.value ? mine : theirs)
      }
      if mine.value <= theirs.value { a += 1 }
      if theirs.value <= mine.value { b += 1 }
    }
    merged += entries[a...]
    merged += other.entries[b...]
    entries = merged
  }

  // MARK: - What it says

  package var minimum: Span { Span(microseconds: least) }
  package var maximum: Span { Span(microseconds: greatest) }
  package var mean: Span {
    count == 0 ? .zero : Span(nanoseconds: Int64(Double(sum) * 1_000 / Double(count)))
  }
  /// In seconds.
  package var total: Double { Double(sum) / 1_000_000 }

  /// What `percent` of the values are at or below, to two digits, as HdrHistogram tells it.
  package func percentile(_ percent: Double) -> Span {
    let share = min(max(percent.nextDown, 0), 100) * Double(count) / 100
    let wanted = max(1, UInt64(share.rounded(.up)))
    var seen: UInt64 = 0
    for entry in entries {
      seen += entry.count
      guard seen >= wanted else { continue }
      let highest = Self.ruler.highestEquivalentForValue(entry.value)
      return Span(microseconds: max(least, min(highest, greatest)))
    }
    return .zero
  }

  // MARK: - Rows

  func append(to writer: inout StatsWriter) {
    writer.append(count)
    if count == 0 { return }
    writer.append(sum)
    writer.append(least)
    writer.append(greatest)
    writer.append(UInt64(entries.count))
    var last: UInt64 = 0
    for entry in entries {
      writer.append(entry.value - last)
      writer.append(entry.count)
      last = entry.value
    }
  }

  /// nil if the row is damaged.
  init?(_ scanner: inout StatsScanner) {
    guard let count = scanner.number() else { return nil }
    if count == 0 { return }
    guard let sum = scanner.number(), let least = scanner.number(),
      let greatest = scanner.number(), let number = scanner.count()
    else { return nil }
    (self.count, self.sum, self.least, self.greatest) = (count, sum, least, greatest)
    entries.reserveCapacity(number)
    var last: UInt64 = 0
    for _ in 0..<number {
      guard let step = scanner.number(), let count = scanner.number() else { return nil }
      last &+= step
      entries.append(Entry(value: last, count: count))
    }
  }
}

extension Span {
  fileprivate init(microseconds: UInt64) {
    self.init(nanoseconds: Int64(clamping: microseconds) &* 1_000)
  }
}
