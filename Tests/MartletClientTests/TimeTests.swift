import MartletClient
import Testing

@Suite("Times and delays")
struct TimeTests {
  @Test(
    "times are read and written as RFC 3339",
    arguments: [
      ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-21T10:48:43Z", 1_795_258_123),
      ("2000-02-29T23:59:59Z", 951_868_799), ("1969-12-31T23:59:59Z", -1),
      ("2026-11-21T11:48:43+01:00", 1_795_258_123), ("2026-11-21", 1_795_219_200),
      ("2026-11-21 10:48", 1_795_258_080),
    ])
  func read(text: String, seconds: Int64) throws {
    let time = try #require(WellKnown.Timestamp(rfc3339: text))
    #expect(time.seconds == seconds)
    #expect(WellKnown.Timestamp(rfc3339: time.rfc3339(digits: 9)) == time)
  }

  @Test("fractions are kept to the nanosecond")
  func fractions() {
    let time = WellKnown.Timestamp(rfc3339: "2026-11-21T10:48:43.012345678Z")
    #expect(time?.nanos == 12_345_678)
    #expect(time?.rfc3339() == "2026-11-21T10:48:43.012Z")
    #expect(time?.rfc3339(digits: 0) == "2026-11-21T10:48:43Z")
  }

  @Test(
    "what is no time is not read",
    arguments: [
      "", "now", "2026", "2026-13-01", "2026-02-29", "2026-11-21T25:00:00Z", "2026-11-21T10:48:43X",
      "r12", "2026-11-21T10:48:43.Z",
    ])
  func refuse(text: String) { #expect(WellKnown.Timestamp(rfc3339: text) == nil) }

  @Test(
    "spans are written for people",
    arguments: [
      (Duration.zero, "0s"), (.milliseconds(250), "250ms"), (.microseconds(3), "1ms"),
      (.seconds(10), "10s"), (.milliseconds(1_550), "1.5s"), (.seconds(90), "1m30s"),
      (.seconds(5_400), "1h30m"), (.seconds(90_061), "1d1h"),
    ])
  func spans(span: Duration, text: String) { #expect(span.text == text) }

  @Test("spans of the contract are those of Swift")
  func durations() {
    for span in [Duration.milliseconds(1_500), .zero, .nanoseconds(1), .milliseconds(-1_500)] {
      #expect(WellKnown.Duration(span).duration == span)
    }
  }

  @Test("delays grow to their maximum and vary by their jitter")
  func backoff() {
    let backoff = Backoff(
      initial: .milliseconds(100), factor: 2, maximum: .seconds(1), jitter: 0.5)
    let middle = (1...6).map { backoff.delay(attempt: $0, random: 0.5) }
    #expect(middle == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    #expect(backoff.delay(attempt: 1, random: 0) == .milliseconds(50))
    #expect(backoff.delay(attempt: 1, random: 1) == .milliseconds(150))
    #expect(backoff.delay(attempt: 1_000_000, random: 0.5) == .seconds(1))
  }
}
