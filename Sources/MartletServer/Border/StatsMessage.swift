import MartletAPI
import MartletCore

extension API.TaskCounts {
  init(_ tally: TaskTally) {
    self.init(
      submitted: tally[.submitted], started: tally[.started], succeeded: tally[.succeeded],
      failed: tally.failed, cancelled: tally[.cancelled], finished: tally.finished,
      retried: tally[.retried], lost: tally[.lost], released: tally[.released],
      reopened: tally[.reopened],
      failedByKind: FailureKind.allCases.compactMap { kind in
        let count = tally[.failed(kind)]
        return count == 0 ? nil : .init(kind: .init(rawValue: Int32(kind.rawValue)), count: count)
      })
  }
}

extension API.StatsRates {
  init(_ tally: TaskTally, seconds: Int64) {
    let finished = Double(tally.finished)
    let length = Double(max(1, seconds))
    self.init(
      submittedPerSecond: Double(tally[.submitted]) / length,
      startedPerSecond: Double(tally[.started]) / length, finishedPerSecond: finished / length)
    guard finished > 0 else { return }
    successRate = Double(tally[.succeeded]) / finished
    failureRate = Double(tally.failed) / finished
    cancelRate = Double(tally[.cancelled]) / finished
  }
}

extension API.StatsTimes {
  /// nil if nothing was measured.
  init?(_ times: TimeHistogram) {
    guard times.count > 0 else { return nil }
    self.init(
      count: Int64(clamping: times.count), min: .init(times.minimum), mean: .init(times.mean),
      p50: .init(times.percentile(50)), p95: .init(times.percentile(95)),
      p99: .init(times.percentile(99)), max: .init(times.maximum))
  }
}

extension API.StatsGauges {
  init(_ gauge: GaugeSheet.Gauge, slots: Int64) {
    self.init(queued: gauge.queued, running: gauge.running, slots: slots)
  }
}

extension API.GetOverviewResponse.Group {
  init(
    _ name: StatsSelection.Group, _ group: StatsOverview.Group, _ span: StatsSpan,
    at now: WallTime
  ) {
    self.init(
      pool: name.pool, kind: name.kind, counts: .init(group.stats.tally),
      rates: .init(group.stats.tally, seconds: span.seconds(until: now)),
      queueWait: .init(group.stats.queueWait), runTime: .init(group.stats.runTime),
      totalTime: .init(group.stats.totalTime), lifetime: .init(group.lifetime),
      gauges: .init(group.gauge, slots: group.slots),
      points: group.points.enumerated().map { place, point in
        .init(
          startTime: .init(span.start(ofStep: place)), counts: .init(point.stats.tally),
          gauges: .init(point.gauge, slots: point.slots), queueWait: .init(point.stats.queueWait),
          runTime: .init(point.stats.runTime), totalTime: .init(point.stats.totalTime))
      }, isOther: name.isOther)
  }
}

extension API.GetPerformanceResponse.Kind {
  init(
    _ name: StatsSelection.Group, _ stats: PairStats, before: PairStats, rules: PerformanceRules,
    seconds: Int64
  ) {
    self.init(
      kind: name.kind, counts: .init(stats.tally), rates: .init(stats.tally, seconds: seconds),
      queueWait: .init(stats.queueWait), runTime: .init(stats.runTime),
      items: stats.items.sorted { $0.key < $1.key }.map { name, items in
        let runTime = Double(items.runTime) / 1_000_000
        return .init(
          counter: name, total: items.sum, perSecond: Double(items.sum) / Double(max(1, seconds)),
          perRunSecond: runTime > 0 ? Double(items.sum) / runTime : 0)
      },
      trend: .init(stats, before: before),
      flags: rules.findings(stats, before: before).map { finding in
        .init(
          kind: .init(finding.flag), rule: finding.rule, value: finding.value,
          threshold: finding.threshold, text: finding.text)
      })
  }
}

extension API.PerformanceFlagKind {
  fileprivate init(_ flag: PerformanceRules.Flag) {
    switch flag {
    case .slow: self = .slow
    case .failing: self = .failing
    case .inefficient: self = .inefficient
    }
  }
}

extension API.GetPerformanceResponse.Trend {
  fileprivate init(_ stats: PairStats, before: PairStats) {
    self.init(
      finished: Self.change(from: before.tally.finished, to: stats.tally.finished),
      queueWaitP95: Self.change(from: before.queueWait, to: stats.queueWait),
      runTimeP95: Self.change(from: before.runTime, to: stats.runTime))
    if let now = Self.successRate(stats), let past = Self.successRate(before), past > 0 {
      successRate = now / past - 1
    }
  }

  private static func change(from past: Int64, to now: Int64) -> Double? {
    past > 0 ? Double(now) / Double(past) - 1 : nil
  }

  private static func change(from past: TimeHistogram, to now: TimeHistogram) -> Double? {
    let (a, b) = (past.percentile(95).seconds, now.percentile(95).seconds)
    return a > 0 && now.count > 0 ? b / a - 1 : nil
  }

  private static func successRate(_ stats: PairStats) -> Double? {
    let finished = stats.tally.finished
    return finished > 0 ? Double(stats.tally[.succeeded]) / Double(finished) : nil
  }
}
