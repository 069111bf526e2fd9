extension WellKnown.Timestamp {
  /// In UTC, with as many digits of the second as are given: `2026-11-21T10:48:43.123Z`.
  ///
  /// - Parameter digits: 0, 3, 6 or 9.
  public func rfc3339(digits: Int = 3) -> String {
    let days = seconds.floorDivided(by: 86_400)
    let second = seconds - days * 86_400
    let date = CivilDate(daysSinceEpoch: days)
    let text =
      "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))"
      + "T\((second / 3_600).padded(2)):\((second / 60 % 60).padded(2)):\((second % 60).padded(2))"
    guard digits > 0 else { return text + "Z" }
    return text + "." + Int64(nanos).padded(9).prefix(digits) + "Z"
  }

  /// Reads RFC 3339: `2026-11-21T10:48:43.123Z` or with an offset such as `+01:00`. The time may
  /// be left out (midnight), and the offset (UTC).
  public init?(rfc3339 text: String) {
    var reader = DigitReader(text)
    guard let year = reader.number(digits: 4), reader.skip("-"),
      let month = reader.number(digits: 2), reader.skip("-"),
      let day = reader.number(digits: 2),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    self.init(seconds: date.daysSinceEpoch * 86_400)
    if reader.isAtEnd { return }
    guard reader.skip("T") || reader.skip("t") || reader.skip(" "),
      let hour = reader.number(digits: 2), hour < 24, reader.skip(":"),
      let minute = reader.number(digits: 2), minute < 60
    else { return nil }
    seconds += hour * 3_600 + minute * 60
    if reader.skip(":") {
      guard let second = reader.number(digits: 2), second <= 60 else { return nil }
      seconds += second
      if reader.skip(".") {
        guard let fraction = reader.fraction() else { return nil }
        nanos = fraction
      }
    }
    guard let offset = reader.offsetSeconds(), reader.isAtEnd else { return nil }
    seconds -= offset
  }
}

/// A day of the Gregorian calendar.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  /// Nil for a day that there is not.
  init?(year: Int64, month: Int64, day: Int64) {
    guard (1...12).contains(month), day >= 1 else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    let back = CivilDate(daysSinceEpoch: daysSinceEpoch)
    guard back.month == month, back.day == day else { return nil }
  }

  /// Counts in eras of 400 years that begin in March, as all such conversions do.
  init(daysSinceEpoch: Int64) {
    let shifted = daysSinceEpoch + 719_468
    let era = shifted.floorDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSinceEpoch: Int64 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear.floorDivided(by: 400)
    let yearOfEra = shiftedYear - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// Reads numbers of a fixed width from the front of a text.
private struct DigitReader {
  private var rest: Substring

  init(_ text: String) { rest = text[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(digits: Int) -> Int64? {
    let text = rest.prefix(digits)
    guard text.count == digits, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    rest.removeFirst(digits)
    return Int64(text)
  }

  /// The digits behind the point, as nanoseconds; more than nine are cut.
  mutating func fraction() -> Int32? {
    let text = rest.prefix { $0.isASCII && $0.isNumber }
    guard !text.isEmpty else { return nil }
    rest.removeFirst(text.count)
    let nine = text.prefix(9)
    return Int32(nine + String(repeating: "0", count: 9 - nine.count))
  }

  /// `Z`, nothing, or `+HH:MM`.
  mutating func offsetSeconds() -> Int64? {
    if isAtEnd || skip("Z") || skip("z") { return 0 }
    let sign: Int64 = rest.first == "-" ? -1 : 1
    guard skip("+") || skip("-"), let hours = number(digits: 2), skip(":"),
      let minutes = number(digits: 2)
    else { return nil }
    return sign * (hours * 3_600 + minutes * 60)
  }
}

extension Int64 {
  fileprivate func floorDivided(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }

  fileprivate func padded(_ width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
