import Histogram
import MartletCore
import Testing

@testable import MartletServer

@Suite("Histograms of times")
struct TimeHistogramTests {
  private func spans(_ count: Int, seed: UInt64) -> [Span] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      let magnitude = Double.random(in: 0...12, using: &random)
      var power = 1.0
      for _ in 0..<Int(magnitude) { power *= 10 }
      return Span(nanoseconds: Int64(power * Double.random(in: 1...10, using: &random)) * 1_000)
    }
  }

  @Test("tell what HdrHistogram tells", arguments: 1...10 as ClosedRange<UInt64>)
  func percentiles(seed: UInt64) {
    var mine = TimeHistogram()
    var theirs = Histogram<UInt64>(
      lowestDiscernibleValue: 1, highestTrackableValue: 400 * 86_400 * 1_000_000,
      numberOfSignificantValueDigits: .two)
    for span in spans(500, seed: seed) {
      mine.record(span)
      theirs.record(UInt64(span.nanoseconds / 1_000))
    }
    for percent in [1.0, 25, 50, 75, 90, 95, 99, 99.9] {
      #expect(mine.percentile(percent).nanoseconds / 1_000 == theirs.valueAtPercentile(percent))
    }
    #expect(mine.maximum.nanoseconds / 1_000 == theirs.maxRecorded)
  }

  @Test("merged are as if all had been recorded in one", arguments: 1...10 as ClosedRange<UInt64>)
  func merging(seed: UInt64) {
    var (whole, a, b) = (TimeHistogram(), TimeHistogram(), TimeHistogram())
    for (place, span) in spans(300, seed: seed).enumerated() {
      whole.record(span)
      if place % 3 == 0 { a.record(span) } else { b.record(span) }
    }
    var sum = a
    sum.merge(b)
    #expect(sum == whole)
    var empty = TimeHistogram()
    empty.merge(whole)
    empty.merge(TimeHistogram())
    #expect(empty == whole)
  }

  @Test("read back from a row as they were written", arguments: 1...10 as ClosedRange<UInt64>)
  func rows(seed: UInt64) throws {
    var stats = PairStats()
    for span in spans(100, seed: seed) {
      stats.queueWait.record(span)
      stats.totalTime.record(span)
    }
    stats.tally[.started] = 7
    stats.items["rows"] = .init(sum: -3, runTime: 9)
    #expect(PairStats(bytes: stats.bytes) == stats)
    #expect(PairStats(bytes: Array(stats.bytes.dropLast(1))) == nil)
    #expect(PairStats(bytes: []) == nil)
  }

  @Test("count times below zero as zero, and endless ones as 400 days")
  func extremes() {
    var times = TimeHistogram()
    times.record(.seconds(-1))
    times.record(Span(nanoseconds: .max))
    #expect(times.minimum == .zero && times.maximum == .seconds(400 * 86_400))
    #expect(TimeHistogram().percentile(50) == .zero)
  }
}
