/// The `grpc-timeout` field: one to eight digits and a unit.
enum GRPCTimeout {
  /// Nanoseconds, at most some 292 years; nil when ill-formed.
  static func parse(_ text: UnsafeRawBufferPointer) -> UInt64? {
    guard let unit = text.last, 2...9 ~= text.count else { return nil }
    var number: UInt64 = 0
    for digit in text.dropLast() {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
      number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    let nanoseconds: UInt64
    switch unit {
    case UInt8(ascii: "H"): nanoseconds = 3_600_000_000_000
    case UInt8(ascii: "M"): nanoseconds = 60_000_000_000
    case UInt8(ascii: "S"): nanoseconds = 1_000_000_000
    case UInt8(ascii: "m"): nanoseconds = 1_000_000
    case UInt8(ascii: "u"): nanoseconds = 1_000
    case UInt8(ascii: "n"): nanoseconds = 1
    default: return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: nanoseconds)
    return overflow ? UInt64(Int64.max) : min(product, UInt64(Int64.max))
  }

  /// Rounded up to six digits of the finest unit that allows it: short on the wire, and at most
  /// a thousandth too long.
  static func format(nanoseconds: UInt64) -> String {
    let units: [(UInt64, String)] = [
      (1, "n"), (1_000, "u"), (1_000_000, "m"), (1_000_000_000, "S"), (60_000_000_000, "M"),
    ]
    for (size, name) in units {
      let number = nanoseconds / size + (nanoseconds % size == 0 ? 0 : 1)
      if number <= 999_999 { return "\(number)\(name)" }
    }
    return "\(min(99_999_999, nanoseconds / 3_600_000_000_000))H"
  }
}
