/// Reads one RFC 3339 date-time from bytes, place by place, so that an error can point.
struct RFC3339Parser {
  /// `2025-01-31T23:59:59.123456789+01:00`: nothing longer is one.
  static let byteCountMax = 35

  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func dateTime() throws(RFC3339Error) -> WallTime {
    let date = try self.date()
    guard let separator = next, "Tt ".utf8.contains(separator) else {
      throw expected("`T` and a time of day")
    }
    position += 1
    let secondOfDay = try timeOfDay()
    let nanoseconds = try fraction()
    let offset = try offsetFromUTC()
    guard position == bytes.count else { throw expected("the end of the time") }

    let seconds = date.daysSince1970 * 86_400 + secondOfDay - offset
    return Self.saturated(seconds: seconds, nanoseconds: nanoseconds)
  }

  private static func saturated(seconds: Int64, nanoseconds: Int64) -> WallTime {
    // Before 1970 the fraction is counted down from the next second: the product of the earliest
    // second that has representable parts would not fit.
    let borrows = seconds < 0 && nanoseconds > 0
    let (whole, overflow) = (borrows ? seconds + 1 : seconds)
      .multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return WallTime(nanoseconds: seconds < 0 ? .min : .max) }
    let part = borrows ? nanoseconds - 1_000_000_000 : nanoseconds
    return WallTime(nanoseconds: whole) + Span(nanoseconds: part)
  }

  private mutating func date() throws(RFC3339Error) -> CivilDate {
    let example = "a time such as 2025-01-31T23:59:59Z"
    let year = try number(digits: 4, in: 0...9999, example)
    try mark("-", example)
    let month = try number(digits: 2, in: 1...12, "a month of 01 to 12")
    try mark("-", example)
    let lastDay = CivilDate.dayCount(year: year, month: month)
    let day = try number(digits: 2, in: 1...lastDay, "a day of 01 to \(lastDay)")
    return CivilDate(year: year, month: month, day: day)
  }

  private mutating func timeOfDay() throws(RFC3339Error) -> Int64 {
    let hour = try number(digits: 2, in: 0...23, "an hour of 00 to 23")
    try mark(":", "`:` and minutes")
    let minute = try number(digits: 2, in: 0...59, "a minute of 00 to 59")
    try mark(":", "`:` and seconds")
    let second = try number(digits: 2, in: 0...59, "a second of 00 to 59")
    return hour * 3600 + minute * 60 + second
  }

  private mutating func fraction() throws(RFC3339Error) -> Int64 {
    guard next == UInt8(ascii: ".") else { return 0 }
    position += 1
    var value: Int64 = 0
    var digits = 0
    while let digit = nextDigit {
      guard digits < 9 else { throw expected("at most 9 digits of a fraction") }
      value = value * 10 + digit
      digits += 1
      position += 1
    }
    guard digits > 0 else { throw expected("the digits of a fraction") }
    for _ in digits..<9 { value *= 10 }
    return value
  }

  private mutating func offsetFromUTC() throws(RFC3339Error) -> Int64 {
    let hint = "`Z` or an offset such as +02:00"
    let sign: Int64
    switch next {
    case UInt8(ascii: "Z"), UInt8(ascii: "z"):
      position += 1
      return 0
    case UInt8(ascii: "+"): sign = 1
    case UInt8(ascii: "-"): sign = -1
    default: throw expected(hint)
    }
    position += 1
    let hours = try number(digits: 2, in: 0...23, hint)
    try mark(":", hint)
    let minutes = try number(digits: 2, in: 0...59, hint)
    return sign * (hours * 3600 + minutes * 60)
  }
}

extension RFC3339Parser {
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var nextDigit: Int64? {
    guard let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else { return nil }
    return Int64(next - UInt8(ascii: "0"))
  }

  private func expected(_ what: String) -> RFC3339Error {
    RFC3339Error(expected: what, offset: position)
  }

  private mutating func mark(
    _ scalar: Unicode.Scalar, _ what: @autoclosure () -> String
  ) throws(RFC3339Error) {
    guard next == UInt8(ascii: scalar) else { throw expected(what()) }
    position += 1
  }

  private mutating func number(
    digits: Int, in range: ClosedRange<Int64>, _ what: @autoclosure () -> String
  ) throws(RFC3339Error) -> Int64 {
    let start = position
    var value: Int64 = 0
    for _ in 0..<digits {
      guard let digit = nextDigit else { throw expected(what()) }
      value = value * 10 + digit
      position += 1
    }
    guard range.contains(value) else { throw RFC3339Error(expected: what(), offset: start) }
    return value
  }
}
