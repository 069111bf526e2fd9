/// The form that people and filters use: RFC 3339 in UTC, `2025-01-31T23:59:59.5Z`.
extension WallTime: CustomStringConvertible {
  package var description: String { rfc3339 }

  /// In UTC, with no fraction or one of 3, 6 or 9 digits: as many as are needed to lose nothing.
  package var rfc3339: String {
    let (seconds, nanoseconds) = Self.floored(self.nanoseconds, by: 1_000_000_000)
    let (days, secondOfDay) = Self.floored(seconds, by: 86_400)
    let date = CivilDate(daysSince1970: days)
    return String(unsafeUninitializedCapacity: 30) { buffer in
      var writer = DigitWriter(buffer: buffer)
      writer.number(date.year, digits: 4)
      writer.mark("-")
      writer.number(date.month, digits: 2)
      writer.mark("-")
      writer.number(date.day, digits: 2)
      writer.mark("T")
      writer.number(secondOfDay / 3600, digits: 2)
      writer.mark(":")
      writer.number(secondOfDay / 60 % 60, digits: 2)
      writer.mark(":")
      writer.number(secondOfDay % 60, digits: 2)
      if nanoseconds != 0 {
        writer.mark(".")
        if nanoseconds % 1_000_000 == 0 {
          writer.number(nanoseconds / 1_000_000, digits: 3)
        } else if nanoseconds % 1000 == 0 {
          writer.number(nanoseconds / 1000, digits: 6)
        } else {
          writer.number(nanoseconds, digits: 9)
        }
      }
      writer.mark("Z")
      return writer.count
    }
  }

  /// Reads an RFC 3339 date-time: any offset from UTC, a fraction of 1 to 9 digits, `T` and `Z` in
  /// either case, and a space for the `T`. Leap seconds (`:60`) are refused, as UTC here has none.
  /// Years run from 0 to 9999; what this type cannot hold (before 1677, after 2262) becomes the
  /// nearest that it can, so that `before 9999-12-31T00:00:00Z` means what it says.
  package init(rfc3339 text: some StringProtocol) throws(RFC3339Error) {
    var parser = RFC3339Parser(bytes: Array(text.utf8.prefix(RFC3339Parser.byteCountMax + 1)))
    self = try parser.dateTime()
  }

  private static func floored(_ value: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// Why a text is no RFC 3339 date-time.
package struct RFC3339Error: Error, Hashable, Sendable {
  /// What was expected at `offset`, as the end of a sentence: `an hour of 00 to 23`.
  package var expected: String
  /// Bytes from the start of the text.
  package var offset: Int
}

/// A date of the Gregorian calendar, also before it was introduced.
struct CivilDate {
  var year: Int64
  /// 1 to 12.
  var month: Int64
  /// 1 to 31.
  var day: Int64

  static func dayCount(year: Int64, month: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension CivilDate {
  // Both ways count in eras of 400 years (146,097 days) of years that begin in March, so that the
  // leap day is a year's last one; day 0 of era 0 is 0000-03-01, 719,468 days before 1970.

  init(daysSince1970 days: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysSince1970: Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
    let yearOfEra = marchYear - era * 400
    let marchMonth = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

private struct DigitWriter {
  let buffer: UnsafeMutableBufferPointer<UInt8>
  var count = 0

  mutating func mark(_ scalar: Unicode.Scalar) {
    buffer[count] = UInt8(ascii: scalar)
    count += 1
  }

  mutating func number(_ value: Int64, digits: Int) {
    var rest = value
    for place in stride(from: count + digits - 1, through: count, by: -1) {
      buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    count += digits
  }
}
