import MartletCore
import MartletServer
import Testing

@Suite("Rules that flag kinds")
struct PerformanceRulesTests {
  private func stats(
    runs: Int, seconds: Int64 = 1, wait: Int64 = 0, failed: Int64 = 0, retried: Int64 = 0
  ) -> PairStats {
    var stats = PairStats()
    for _ in 0..<runs {
      stats.runTime.record(.seconds(seconds))
      stats.queueWait.record(.seconds(wait))
    }
    stats.tally[.started] = Int64(runs)
    stats.tally[.succeeded] = Int64(runs) - failed - retried
    stats.tally[.failed(.handler)] = failed
    stats.tally[.retried] = retried
    return stats
  }

  private func rules(_ stats: PairStats, before: PairStats = PairStats()) -> [String] {
    PerformanceRules().findings(stats, before: before).map(\.rule)
  }

  @Test("each rule flags what is beyond its threshold, and nothing that is not")
  func thresholds() {
    #expect(rules(stats(runs: 100)) == [])
    #expect(rules(stats(runs: 100, seconds: 3), before: stats(runs: 100)) == ["slow_factor"])
    #expect(rules(stats(runs: 100, seconds: 2), before: stats(runs: 100)) == [])
    #expect(rules(stats(runs: 100, failed: 6)) == ["min_success_rate"])
    #expect(rules(stats(runs: 100, failed: 5)) == [])
    #expect(rules(stats(runs: 100, retried: 31)) == ["max_repeat_rate"])
    #expect(rules(stats(runs: 100, wait: 11)) == ["wait_factor"])
    var strict = PerformanceRules()
    strict.slowRunTime = 0.5
    #expect(strict.findings(stats(runs: 20), before: PairStats()).map(\.rule) == ["slow_run_time"])
  }

  @Test("few tasks flag nothing")
  func few() {
    #expect(
      rules(stats(runs: 19, seconds: 9, wait: 500, failed: 19), before: stats(runs: 99)) == [])
  }
}
