import MartletAPI
import Testing

@Suite struct TimeTests {
  @Test(
    "a time comes back from nanoseconds", arguments: [0, 1, -1, 999_999_999, .max, .min] as [Int64])
  func timestampNanoseconds(nanoseconds: Int64) {
    let time = WellKnown.Timestamp(nanosecondsSince1970: nanoseconds)
    #expect(time.isValid)
    #expect(time.nanosecondsSince1970 == nanoseconds)
    #expect(time.wideNanosecondsSince1970 == Int128(nanoseconds))
    #expect(WellKnown.Timestamp(wideNanosecondsSince1970: Int128(nanoseconds)) == time)
  }

  @Test("nanoseconds of a time before 1970 still count forward")
  func timestampBefore1970() {
    #expect(WellKnown.Timestamp(nanosecondsSince1970: -1) == .init(seconds: -1, nanos: 999_999_999))
    #expect(WellKnown.Timestamp(nanosecondsSince1970: -1_000_000_000) == .init(seconds: -1))
  }

  @Test("times outside of the years 1 to 9999 are not valid")
  func timestampRange() {
    let first = WellKnown.Timestamp(seconds: -62_135_596_800)
    let last = WellKnown.Timestamp(seconds: 253_402_300_799, nanos: 999_999_999)
    for time in [first, last] {
      #expect(time.isValid)
      #expect(time.nanosecondsSince1970 == nil)
      let wide = time.wideNanosecondsSince1970
      #expect(wide.flatMap(WellKnown.Timestamp.init(wideNanosecondsSince1970:)) == time)
    }
    let beyond: [WellKnown.Timestamp] = [
      .init(seconds: first.seconds - 1), .init(seconds: last.seconds + 1), .init(seconds: .min),
      .init(seconds: .max), .init(seconds: 1, nanos: -1), .init(seconds: 1, nanos: 1_000_000_000),
    ]
    for time in beyond {
      #expect(!time.isValid)
      #expect(time.wideNanosecondsSince1970 == nil)
    }
    #expect(WellKnown.Timestamp(wideNanosecondsSince1970: .max) == nil)
    #expect(WellKnown.Timestamp(wideNanosecondsSince1970: .min) == nil)
  }

  @Test(
    "a span comes back from nanoseconds",
    arguments: [0, 1, -1, -1_500_000_000, .max, .min] as [Int64])
  func durationNanoseconds(nanoseconds: Int64) {
    let span = WellKnown.Duration(nanoseconds: nanoseconds)
    #expect(span.isValid)
    #expect(span.nanoseconds == nanoseconds)
    #expect(span.swiftDuration == .nanoseconds(nanoseconds))
    #expect(WellKnown.Duration(wideNanoseconds: Int128(nanoseconds)) == span)
    #expect(WellKnown.Duration(.nanoseconds(nanoseconds)) == span)
  }

  @Test("seconds and nanoseconds of a span have one sign and their ranges")
  func durationRange() {
    let longest = WellKnown.Duration(seconds: 315_576_000_000)
    #expect(longest.isValid)
    #expect(longest.nanoseconds == nil)
    #expect(longest.wideNanoseconds == 315_576_000_000_000_000_000)
    let invalid: [WellKnown.Duration] = [
      .init(seconds: longest.seconds, nanos: 1), .init(seconds: -longest.seconds, nanos: -1),
      .init(seconds: .min), .init(seconds: .max), .init(seconds: 1, nanos: -1),
      .init(seconds: -1, nanos: 1), .init(nanos: 1_000_000_000), .init(nanos: .min),
    ]
    for span in invalid {
      #expect(!span.isValid)
      #expect(span.wideNanoseconds == nil)
      #expect(span.swiftDuration == nil)
    }
    #expect(WellKnown.Duration(wideNanoseconds: .max) == nil)
    #expect(WellKnown.Duration(wideNanoseconds: 315_576_000_000_000_000_001) == nil)
    #expect(WellKnown.Duration(Swift.Duration.seconds(Int64.max)) == nil)
  }
}
