/// The rule of a `TZ` variable as POSIX defines it, with the hours of RFC 8536 (-167 to 167):
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZoneRule: Hashable, Sendable {
  struct Daylight: Hashable, Sendable {
    /// What local time is ahead of UTC by, in seconds.
    var offset: Int64
    var begin: Change
    var end: Change
  }

  /// When clocks change in a year.
  struct Change: Hashable, Sendable {
    enum Day: Hashable, Sendable {
      /// `J60`: 1 to 365, leap days are not counted.
      case julian(Int64)
      /// `59`: 0 to 365, leap days are.
      case ordinal(Int64)
      /// `M3.5.0`: the fifth or last Sunday of March.
      case month(Int64, week: Int64, weekday: Int64)
    }

    var day: Day
    /// Seconds of local time after the day's midnight.
    var time: Int64
  }

  var offset: Int64
  var daylight: Daylight?

  func period(at moment: Int64) -> TimeZoneRules.Period {
    guard let daylight else { return .init(start: .min, end: .max, offset: offset) }
    let year = CivilDate(daysSince1970: (moment + offset).dividedDown(by: 86_400)).year
    var changes: [(at: Int64, offset: Int64)] = []
    for year in year - 1...year + 1 {
      changes.append((daylight.begin.moment(in: year) - offset, daylight.offset))
      changes.append((daylight.end.moment(in: year) - daylight.offset, offset))
    }
    changes.sort { $0.at < $1.at }
    // With all year round daylight time a year ends at the moment at which the next begins.
    var period = TimeZoneRules.Period(start: .min, end: .max, offset: offset)
    for change in changes {
      if change.at <= moment {
        if period.offset != change.offset { period.start = change.at }
        period.offset = change.offset
      } else if change.offset != period.offset {
        period.end = change.at
        break
      }
    }
    return period
  }
}

extension PosixZoneRule.Change {
  /// As local time, in seconds since 1970.
  fileprivate func moment(in year: Int64) -> Int64 {
    dayNumber(in: year) * 86_400 + time
  }

  private func dayNumber(in year: Int64) -> Int64 {
    let first = CivilDate(year: year, month: 1, day: 1).daysSince1970
    switch day {
    case .ordinal(let day): return first + day
    case .julian(let day):
      let isLeap = CivilDate.dayCount(year: year, month: 2) == 29
      return first + day - 1 + (isLeap && day >= 60 ? 1 : 0)
    case .month(let month, let week, let weekday):
      let begin = CivilDate(year: year, month: month, day: 1).daysSince1970
      let ahead = (weekday - (begin + 4).remainder(by: 7)).remainder(by: 7)
      let day = ahead + 7 * (week - 1)
      let count = CivilDate.dayCount(year: year, month: month)
      return begin + (day < count ? day : day - 7)
    }
  }
}

// MARK: - Reading

extension PosixZoneRule {
  /// nil if the text is no rule.
  init?(parsing text: some StringProtocol) {
    var scanner = Scanner(rest: Array(text.utf8)[...])
    guard scanner.skipName(), let west = scanner.time(hoursMax: 24) else { return nil }
    offset = -west
    if scanner.rest.isEmpty { return }
    guard scanner.skipName() else { return nil }
    var summer = offset + 3_600
    if scanner.rest.first != UInt8(ascii: ",") {
      guard let west = scanner.time(hoursMax: 24) else { return nil }
      summer = -west
    }
    guard let begin = scanner.change(), let end = scanner.change(), scanner.rest.isEmpty else {
      return nil
    }
    daylight = Daylight(offset: summer, begin: begin, end: end)
  }

  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: mark) else { return false }
      rest.removeFirst()
      return true
    }

    /// `CET` or `<+03>`.
    mutating func skipName() -> Bool {
      let before = rest.count
      if take("<") {
        while let byte = rest.popFirst(), byte != UInt8(ascii: ">") {}
        return before - rest.count > 2
      }
      while let byte = rest.first, (0x41...0x5A).contains(byte & 0xDF) { rest.removeFirst() }
      return before - rest.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
      var (value, digits): (Int64, Int) = (0, 0)
      while digits < 4, let byte = rest.first, (0x30...0x39).contains(byte) {
        value = value * 10 + Int64(byte - 0x30)
        digits += 1
        rest.removeFirst()
      }
      return digits > 0 && range.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hoursMax: Int64) -> Int64? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard let hours = number(0...hoursMax) else { return nil }
      var (minutes, seconds): (Int64, Int64) = (0, 0)
      if take(":") {
        guard let read = number(0...59) else { return nil }
        minutes = read
        if take(":") {
          guard let read = number(0...59) else { return nil }
          seconds = read
        }
      }
      let value = hours * 3_600 + minutes * 60 + seconds
      return isNegative ? -value : value
    }

    /// `,M3.5.0/2`
    mutating func change() -> Change? {
      guard take(","), let day = day() else { return nil }
      guard take("/") else { return Change(day: day, time: 7_200) }
      return time(hoursMax: 167).map { Change(day: day, time: $0) }
    }

    private mutating func day() -> Change.Day? {
      if take("J") { return number(1...365).map(Change.Day.julian) }
      guard take("M") else { return number(0...365).map(Change.Day.ordinal) }
      guard let month = number(1...12), take("."), let week = number(1...5), take("."),
        let weekday = number(0...6)
      else { return nil }
      return .month(month, week: week, weekday: weekday)
    }
  }
}
