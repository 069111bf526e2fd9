import MartletCore
import Testing

@Suite("RFC 3339")
struct RFC3339Tests {
  @Test(
    "a time is written in UTC with as many digits as it needs",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000000001Z"),
      (-1, "1969-12-31T23:59:59.999999999Z"), (1_500_000_000, "1970-01-01T00:00:01.500Z"),
      (1_000_001_000, "1970-01-01T00:00:01.000001Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
      (4_107_542_399_000_000_000, "2100-02-28T23:59:59Z"),
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
      (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ])
  func written(nanoseconds: Int64, text: String) throws {
    #expect(WallTime(nanoseconds: nanoseconds).rfc3339 == text)
    #expect(try WallTime(rfc3339: text).nanoseconds == nanoseconds)
  }

  @Test(
    "offsets, fractions and letter case are read",
    arguments: [
      ("2025-01-31T23:59:59z", "2025-01-31T23:59:59Z"),
      ("2025-01-31t23:59:59.5Z", "2025-01-31T23:59:59.500Z"),
      ("2025-01-31 23:59:59Z", "2025-01-31T23:59:59Z"),
      ("2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00Z"),
      ("2024-12-31T20:30:00-03:30", "2025-01-01T00:00:00Z"),
      ("2025-01-01T00:00:00-00:00", "2025-01-01T00:00:00Z"),
      ("2024-02-29T12:00:00.123456789Z", "2024-02-29T12:00:00.123456789Z"),
    ])
  func read(text: String, utc: String) throws {
    #expect(try WallTime(rfc3339: text).rfc3339 == utc)
  }

  @Test("times beyond what fits become the nearest that fits")
  func saturated() throws {
    #expect(try WallTime(rfc3339: "9999-12-31T23:59:59Z").nanoseconds == .max)
    #expect(try WallTime(rfc3339: "2262-04-11T23:47:16.854775808Z").nanoseconds == .max)
    #expect(try WallTime(rfc3339: "0000-01-01T00:00:00Z").nanoseconds == .min)
    #expect(try WallTime(rfc3339: "1677-09-21T00:12:43.145224191Z").nanoseconds == .min)
  }

  @Test(
    "what is no time is refused at the byte that is wrong",
    arguments: [
      ("", 0), ("today", 0), ("2025", 4), ("2025-1-01T00:00:00Z", 6), ("2025-13-01T00:00:00Z", 5),
      ("2025-00-01T00:00:00Z", 5), ("2025-02-29T00:00:00Z", 8), ("2025-01-00T00:00:00Z", 8),
      ("2025-01-01", 10), ("2025-01-01T24:00:00Z", 11), ("2025-01-01T00:60:00Z", 14),
      ("2025-01-01T00:00:60Z", 17), ("2025-01-01T00:00Z", 16), ("2025-01-01T00:00:00", 19),
      ("2025-01-01T00:00:00.Z", 20), ("2025-01-01T00:00:00.1234567890Z", 29),
      ("2025-01-01T00:00:00+1:00", 21), ("2025-01-01T00:00:00+24:00", 20),
      ("2025-01-01T00:00:00+0100", 22), ("2025-01-01T00:00:00ZZ", 20),
      ("2025-01-01T00:00:00Zé", 20),
      ("+2025-01-01T00:00:00Z", 0), ("２０２５-01-01T00:00:00Z", 0),
      ("2025-01-01T00:00:00.123456789+01:00      ", 35),
    ])
  func refused(text: String, offset: Int) {
    let error = #expect(throws: RFC3339Error.self) { try WallTime(rfc3339: text) }
    #expect(error?.offset == offset)
    #expect(error?.expected.isEmpty == false)
  }

  @Test("any time that is written is read back as it was")
  func roundTrip() throws {
    var random = SeededRandom(seed: 3339)
    for _ in 0..<20_000 {
      let shift = Int64(random.next() % 63)
      let time = WallTime(nanoseconds: Int64(bitPattern: random.next()) >> shift)
      #expect(try WallTime(rfc3339: time.rfc3339) == time)
    }
  }

  @Test("first and last day of every month of six centuries are where the calendar has them")
  func calendar() throws {
    var days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var time = try WallTime(rfc3339: "1678-01-01T00:00:00Z")
    for year in 1678...2261 {
      days[1] = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      for month in 1...12 {
        for day in [1, days[month - 1]] {
          let text = "\(year)-\(Self.twoDigits(month))-\(Self.twoDigits(day))T00:00:00Z"
          let expected = time + .seconds(Int64(day - 1) * 86_400)
          #expect(expected.rfc3339 == text)
          #expect(try WallTime(rfc3339: text) == expected)
        }
        time = time + .seconds(Int64(days[month - 1]) * 86_400)
      }
    }
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
