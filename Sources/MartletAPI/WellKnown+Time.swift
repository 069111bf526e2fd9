/// Seconds and nanoseconds, the form in which protobuf sends times and spans.
private enum Nanoseconds {
  static let perSecond: Int64 = 1_000_000_000

  /// The seconds at or before `total`, and 0 to 999,999,999 nanoseconds after them.
  static func flooring(_ total: Int128) -> (seconds: Int128, nanos: Int32) {
    let (quotient, remainder) = total.quotientAndRemainder(dividingBy: Int128(perSecond))
    return remainder < 0
      ? (quotient - 1, Int32(remainder) + Int32(perSecond)) : (quotient, Int32(remainder))
  }

  static func total(_ seconds: Int64, _ nanos: Int32) -> Int128 {
    Int128(seconds) * Int128(perSecond) + Int128(nanos)
  }
}

extension WellKnown.Timestamp {
  /// Years 1 to 9999, as google/protobuf/timestamp.proto defines them.
  public static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Every `Int64` is a time between the years 1677 and 2262.
  public init(nanosecondsSince1970 nanoseconds: Int64) {
    let (seconds, nanos) = Nanoseconds.flooring(Int128(nanoseconds))
    self.init(seconds: Int64(seconds), nanos: nanos)
  }

  /// nil outside of the years 1 to 9999.
  public init?(wideNanosecondsSince1970 nanoseconds: Int128) {
    let (seconds, nanos) = Nanoseconds.flooring(nanoseconds)
    guard let seconds = Int64(exactly: seconds), Self.secondsRange.contains(seconds) else {
      return nil
    }
    self.init(seconds: seconds, nanos: nanos)
  }

  /// Whether seconds and nanoseconds are in the ranges that the definition allows.
  public var isValid: Bool {
    Self.secondsRange.contains(seconds) && (0...999_999_999).contains(nanos)
  }

  /// nil if the time is not valid or not within the years 1678 to 2261 that an `Int64` can hold.
  public var nanosecondsSince1970: Int64? {
    wideNanosecondsSince1970.flatMap(Int64.init(exactly:))
  }

  /// nil if the time is not valid.
  public var wideNanosecondsSince1970: Int128? {
    isValid ? Nanoseconds.total(seconds, nanos) : nil
  }
}

extension WellKnown.Duration {
  /// About 10,000 years either way, as google/protobuf/duration.proto defines it.
  public static let secondsRange: ClosedRange<Int64> = -315_576_000_000...315_576_000_000

  /// Every `Int64` is a span of less than 293 years.
  public init(nanoseconds: Int64) {
    let (seconds, nanos) = nanoseconds.quotientAndRemainder(dividingBy: Nanoseconds.perSecond)
    self.init(seconds: seconds, nanos: Int32(nanos))
  }

  /// nil beyond 10,000 years.
  public init?(wideNanoseconds: Int128) {
    let perSecond = Int128(Nanoseconds.perSecond)
    let (seconds, nanos) = wideNanoseconds.quotientAndRemainder(dividingBy: perSecond)
    guard let seconds = Int64(exactly: seconds) else { return nil }
    self.init(seconds: seconds, nanos: Int32(nanos))
    guard isValid else { return nil }
  }

  /// What is less than a nanosecond is cut off. nil beyond 10,000 years.
  public init?(_ duration: Swift.Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(seconds: seconds, nanos: Int32(attoseconds / Nanoseconds.perSecond))
    guard isValid else { return nil }
  }

  /// Whether seconds and nanoseconds are in the ranges that the definition allows, with one sign.
  public var isValid: Bool {
    Self.secondsRange.contains(seconds) && (-999_999_999...999_999_999).contains(nanos)
      && !(seconds > 0 && nanos < 0) && !(seconds < 0 && nanos > 0)
      && !(abs(seconds) == Self.secondsRange.upperBound && nanos != 0)
  }

  /// nil if the span is not valid or longer than the 292 years that an `Int64` can hold.
  public var nanoseconds: Int64? { wideNanoseconds.flatMap(Int64.init(exactly:)) }

  /// nil if the span is not valid.
  public var wideNanoseconds: Int128? { isValid ? Nanoseconds.total(seconds, nanos) : nil }

  /// nil if the span is not valid.
  public var swiftDuration: Swift.Duration? {
    isValid ? .seconds(seconds) + .nanoseconds(Int64(nanos)) : nil
  }
}
