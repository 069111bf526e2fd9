import MartletCore
import MartletServer
import MartletStore
import Testing

@Suite("Ranges of statistics")
struct StatsSpanTests {
  private let now = WallTime(nanoseconds: 1_767_225_600_000_000_000 + 1_234_567_890)

  private func last(_ seconds: Int64, step: Int64? = nil) -> StatsSpan {
    StatsSpan(
      from: WallTime(nanoseconds: now.nanoseconds - seconds * 1_000_000_000), to: now, step: step,
      now: now)
  }

  @Test("about sixty steps are chosen, and the range is widened to whole ones")
  func chosen() {
    for seconds: Int64 in [1, 30, 60, 300, 600, 3_600, 86_400, 604_800, 2_592_000, 34_560_000] {
      let span = last(seconds)
      #expect(span.stepCount <= 62, "\(seconds)")
      #expect(span.end >= now && (span.start - now).seconds <= -Double(seconds))
      #expect(span.start.nanoseconds % (span.stepSeconds * 1_000_000_000) == 0)
    }
    #expect(last(3_600).resolution == .minute && last(3_600).bucketsPerStep == 1)
    #expect(last(60).resolution == .second)
    #expect(last(86_400 * 30).resolution == .hour)
  }

  @Test("steps are never shorter than what is still kept")
  func kept() {
    #expect(last(7_200, step: 1).resolution == .minute)
    #expect(last(86_400 * 3, step: 300).resolution == .hour)
    #expect(last(1_800, step: 2).resolution == .second)
    #expect(last(3_600, step: 90).stepSeconds == 90)
  }

  @Test("there are never more than a thousand steps")
  func bounded() {
    #expect(last(3_600, step: 1).stepCount <= 1_000)
    #expect(last(34_560_000, step: 3_600).stepCount <= 1_000)
  }

  @Test("the range before is as long")
  func before() {
    let span = last(3_600)
    #expect(span.before.end == span.start && span.before.seconds == span.seconds)
  }
}
