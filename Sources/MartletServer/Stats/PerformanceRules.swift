import MartletCore

/// When a kind is flagged, and with what words.
package struct PerformanceRules: Hashable, Sendable {
  package enum Flag: Hashable, Sendable {
    case slow, failing, inefficient
  }

  package struct Finding: Hashable, Sendable {
    package var flag: Flag
    package var rule: String
    package var value: Double
    package var threshold: Double
    package var text: String
  }

  package var minCount: Int64 = 20
  package var slowFactor = 2.0
  /// In seconds.
  package var slowRunTime: Double?
  package var minSuccessRate = 0.95
  package var maxRepeatRate = 0.3
  package var waitFactor = 10.0

  package init() {}

  /// - Parameter before: Of the range before.
  package func findings(_ stats: PairStats, before: PairStats) -> [Finding] {
    var findings: [Finding] = []
    let runs = Int64(clamping: stats.runTime.count)
    if runs >= minCount {
      let p95 = stats.runTime.percentile(95).seconds
      let past = before.runTime.percentile(95).seconds
      if Int64(clamping: before.runTime.count) >= minCount, past > 0, p95 > past * slowFactor {
        findings.append(
          Finding(
            flag: .slow, rule: "slow_factor", value: p95, threshold: past * slowFactor,
            text: "95 % of the attempts ran up to \(words(p95)), in the range before "
              + "up to \(words(past)): more than \(slowFactor) times as long"))
      }
      if let slowRunTime, p95 > slowRunTime {
        findings.append(
          Finding(
            flag: .slow, rule: "slow_run_time", value: p95, threshold: slowRunTime,
            text: "95 % of the attempts ran up to \(words(p95)), above \(words(slowRunTime))"))
      }
    }
    let tally = stats.tally
    if tally.finished >= minCount {
      let rate = Double(tally[.succeeded]) / Double(tally.finished)
      if rate < minSuccessRate {
        findings.append(
          Finding(
            flag: .failing, rule: "min_success_rate", value: rate, threshold: minSuccessRate,
            text: "\(tally[.succeeded]) of \(tally.finished) tasks succeeded: \(percent(rate)), "
              + "below \(percent(minSuccessRate))"))
      }
    }
    return findings + inefficiency(stats)
  }

  private func inefficiency(_ stats: PairStats) -> [Finding] {
    var findings: [Finding] = []
    let tally = stats.tally
    if tally[.started] >= minCount {
      let rate = Double(tally.repeated) / Double(tally[.started])
      if rate > maxRepeatRate {
        findings.append(
          Finding(
            flag: .inefficient, rule: "max_repeat_rate", value: rate, threshold: maxRepeatRate,
            text: "\(tally.repeated) of \(tally[.started]) attempts were repeated: "
              + "\(percent(rate)), above \(percent(maxRepeatRate))"))
      }
    }
    let counts = min(stats.queueWait.count, stats.runTime.count)
    if Int64(clamping: counts) >= minCount {
      let wait = stats.queueWait.percentile(50).seconds
      let run = stats.runTime.percentile(50).seconds
      if wait > run * waitFactor, wait >= Self.waitMin {
        findings.append(
          Finding(
            flag: .inefficient, rule: "wait_factor", value: wait, threshold: run * waitFactor,
            text: "half of the attempts waited \(words(wait)) or longer for a slot, and half ran "
              + "\(words(run)) or less: more than \(waitFactor) times as long"))
      }
    }
    return findings
  }

  /// Shorter waits flag nothing, however short the attempts are. In seconds.
  private static let waitMin = 0.1

  private func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10) %" }

  private func words(_ seconds: Double) -> String {
    if seconds >= 10 { return "\(seconds.rounded()) s" }
    if seconds >= 1 { return "\((seconds * 10).rounded() / 10) s" }
    return "\((seconds * 10_000).rounded() / 10) ms"
  }
}

extension Span {
  package var seconds: Double { Double(nanoseconds) / 1_000_000_000 }
}
