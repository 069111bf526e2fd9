/// When something recurs by the calendar: which seconds, minutes, hours and days it names. Local
/// times only; what a time zone makes of them is said by `ScheduleTimes`.
package struct CronExpression: Hashable, Sendable {
  /// As it was written, without spaces around it.
  package let text: String
  /// Allowed values as bits, from bit 0 on.
  var seconds: UInt64
  var minutes: UInt64
  var hours: UInt64
  /// Bits 1 to 31.
  var days: UInt64
  /// `L`: the last day of the month.
  var hasLastDay = false
  /// Bits 1 to 12.
  var months: UInt64
  /// Bits 0 (Sunday) to 6.
  var weekdays: UInt64
  /// `5#3`: bits of weekdays by which of the month they are, from the first on.
  var numberedWeekdays: [UInt64] = Array(repeating: 0, count: 5)
  /// `5L`.
  var lastWeekdays: UInt64 = 0
  /// The field of days of the month is `*`.
  var isAnyDay: Bool
  /// The field of days of the week is.
  var isAnyWeekday: Bool

  /// An expression that never fires within so many years never does: a fifth Monday of February is
  /// 40 years away at most.
  static let yearsMax: Int64 = 60

  /// It fires in every hour, so what it means is an even rhythm.
  package var isEveryHour: Bool { hours == (1 << 24) - 1 }

  /// Whether there is any date at all that it names.
  package var everFires: Bool { nextLocal(atOrAfter: 0) != nil }

  /// The first moment that it names from one on; nil if there is none. Moments are seconds of a
  /// local calendar since 1970-01-01T00:00:00.
  package func nextLocal(atOrAfter moment: Int64) -> Int64? {
    var day = moment.dividedDown(by: 86_400)
    let first = day
    var date = CivilDate(daysSince1970: day)
    let lastYear = date.year + Self.yearsMax
    while date.year <= lastYear {
      guard months.has(date.month) else {
        day += CivilDate.dayCount(year: date.year, month: date.month) - date.day + 1
        date = CivilDate(daysSince1970: day)
        continue
      }
      let from = day == first ? moment - day * 86_400 : 0
      if names(date, day: day), let time = timeOfDay(atOrAfter: from) {
        return day * 86_400 + time
      }
      day += 1
      date = CivilDate(daysSince1970: day)
    }
    return nil
  }

  private func names(_ date: CivilDate, day: Int64) -> Bool {
    if isAnyDay, isAnyWeekday { return true }
    let last = CivilDate.dayCount(year: date.year, month: date.month)
    let isDay = days.has(date.day) || hasLastDay && date.day == last
    if isAnyWeekday { return isDay }
    // 1970-01-01 was a Thursday.
    let weekday = (day + 4).remainder(by: 7)
    let isWeekday =
      weekdays.has(weekday) || numberedWeekdays[Int((date.day - 1) / 7)].has(weekday)
      || lastWeekdays.has(weekday) && date.day > last - 7
    return isAnyDay ? isWeekday : isDay || isWeekday
  }

  /// Seconds of the day.
  private func timeOfDay(atOrAfter moment: Int64) -> Int64? {
    let (hour, minute, second) = (moment / 3_600, moment / 60 % 60, moment % 60)
    guard let nextHour = hours.first(from: hour) else { return nil }
    if nextHour > hour { return time(nextHour, minutes.first(from: 0), seconds.first(from: 0)) }
    if let nextMinute = minutes.first(from: minute) {
      if nextMinute > minute { return time(hour, nextMinute, seconds.first(from: 0)) }
      if let nextSecond = seconds.first(from: second) { return time(hour, minute, nextSecond) }
      if let later = minutes.first(from: minute + 1) {
        return time(hour, later, seconds.first(from: 0))
      }
    }
    guard let later = hours.first(from: hour + 1) else { return nil }
    return time(later, minutes.first(from: 0), seconds.first(from: 0))
  }

  private func time(_ hour: Int64, _ minute: Int64?, _ second: Int64?) -> Int64? {
    guard let minute, let second else { return nil }
    return hour * 3_600 + minute * 60 + second
  }
}

extension UInt64 {
  fileprivate func has(_ bit: Int64) -> Bool { self >> UInt64(bit) & 1 == 1 }

  /// The lowest bit that is set from one on.
  fileprivate func first(from bit: Int64) -> Int64? {
    if bit > 63 { return nil }
    let rest = self >> UInt64(bit)
    return rest == 0 ? nil : bit + Int64(rest.trailingZeroBitCount)
  }
}

extension Int64 {
  /// The quotient, rounded down.
  func dividedDown(by divisor: Int64) -> Int64 {
    let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? quotient - 1 : quotient
  }

  /// Never negative.
  func remainder(by divisor: Int64) -> Int64 { self - dividedDown(by: divisor) * divisor }
}
