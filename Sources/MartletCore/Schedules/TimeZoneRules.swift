/// What a time zone's clocks showed and will show: offsets from UTC, and when they change. Seconds
/// since 1970 throughout.
package struct TimeZoneRules: Hashable, Sendable {
  /// The IANA name: `Europe/Vienna`.
  package let name: String
  /// Of the data: `2025b`; empty if that is not known.
  package let version: String
  /// When the offset changes, rising.
  private let changes: [Int64]
  /// `offsets[0]` holds before the first change, `offsets[n]` from `changes[n - 1]` on.
  private let offsets: [Int64]
  /// What holds after the last change.
  private let rule: PosixZoneRule?

  /// A span of time without a change.
  struct Period: Hashable {
    /// The first second of it; `Int64.min` without one.
    var start: Int64
    /// The first second after it; `Int64.max` without one.
    var end: Int64
    /// What local time is ahead of UTC by.
    var offset: Int64
  }

  /// - Parameter offsets: One more than changes.
  init(
    name: String, version: String, changes: [Int64], offsets: [Int64], rule: PosixZoneRule?
  ) {
    self.name = name
    self.version = version
    self.changes = changes
    self.offsets = offsets
    self.rule = rule
  }

  package static let utc = TimeZoneRules(
    name: "UTC", version: "", changes: [], offsets: [0], rule: nil)

  func period(at moment: Int64) -> Period {
    let place = changes.partitioned { $0 <= moment }
    if place == changes.count, let rule {
      var period = rule.period(at: moment)
      period.start = max(period.start, changes.last ?? .min)
      return period
    }
    return Period(
      start: place == 0 ? .min : changes[place - 1],
      end: place == changes.count ? .max : changes[place], offset: offsets[place])
  }

  /// When a local time comes.
  enum LocalMoment: Hashable {
    /// The only time, or the first of two; clocks that went back show times up to `repeats` again.
    case at(Int64, repeats: Int64?)
    /// Clocks jump over it at that moment, and show `next` then.
    case skipped(Int64, next: Int64)
  }

  func moment(ofLocal local: Int64) -> LocalMoment {
    // No offset is further from UTC than 26 h.
    var period = period(at: local - 93_600)
    while true {
      let moment = local - period.offset
      if moment < period.start {
        return .skipped(period.start, next: period.start + period.offset)
      }
      if moment < period.end {
        guard period.end < .max else { return .at(moment, repeats: nil) }
        let next = self.period(at: period.end)
        let isRepeated = local >= period.end + next.offset
        return .at(moment, repeats: isRepeated ? period.end + period.offset : nil)
      }
      period = self.period(at: period.end)
    }
  }
}

extension [Int64] {
  /// How many at the front are `isBefore`; the rest must not be.
  fileprivate func partitioned(_ isBefore: (Int64) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// The zones that a node knows, by name.
package typealias TimeZoneTable = [String: TimeZoneRules]
