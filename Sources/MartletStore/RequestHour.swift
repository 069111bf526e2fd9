package import MartletCore

/// An hour since 1970 in UTC: remembered requests are kept, and forgotten, by the hour.
package struct RequestHour: Hashable, Comparable, Sendable {
  package var number: Int64

  package init(number: Int64) { self.number = number }

  package init(of time: WallTime) {
    let length: Int64 = 3_600_000_000_000
    let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: length)
    number = remainder < 0 ? quotient - 1 : quotient
  }

  package static func < (a: RequestHour, b: RequestHour) -> Bool { a.number < b.number }
}
