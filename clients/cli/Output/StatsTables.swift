internal import Foundation
internal import MartletClient

extension API.GetOverviewResponse {
  func name(of group: Group) -> String {
    if group.isOther { return "(other)" }
    if let value = group.labelValue { return value }
    let names = [group.pool, group.kind].filter { !$0.isEmpty }
    if names.isEmpty { return keptTasksOnly ? "(no label)" : "(all)" }
    return names.joined(separator: " ")
  }
}

enum StatsText {
  static func percent(_ share: Double?) -> String {
    share.map { String(format: "%.1f %%", $0 * 100) } ?? "-"
  }

  static func perSecond(_ rate: Double) -> String {
    rate >= 100 ? String(format: "%.0f", rate) : String(format: "%.2f", rate)
  }

  static func change(_ share: Double?) -> String {
    share.map { String(format: "%+.0f %%", $0 * 100) } ?? "-"
  }

  /// To two digits or three, as precise as it is.
  static func span(_ span: WellKnown.Duration?) -> String {
    guard let span else { return "-" }
    let seconds = Double(span.seconds) + Double(span.nanos) / 1e9
    if seconds >= 86_400 { return String(format: "%.1f d", seconds / 86_400) }
    if seconds >= 3_600 { return String(format: "%.1f h", seconds / 3_600) }
    if seconds >= 120 { return String(format: "%.1f min", seconds / 60) }
    if seconds >= 1 { return String(format: "%.2f s", seconds) }
    if seconds >= 0.001 { return String(format: "%.3g ms", seconds * 1_000) }
    return String(format: "%.3g µs", seconds * 1_000_000)
  }
}

extension Table {
  static func overview(_ overview: API.GetOverviewResponse) -> Table {
    var table = Table([
      .flexible("GROUP", minimum: 12), .number("SUBMITTED"), .number("FINISHED"),
      .number("FAILED"), .number("SUCCESS"), .number("PER S"), .number("QUEUED"),
      .number("RUNNING"), .number("WAIT P95"), .number("RUN P50"), .number("RUN P95"),
      .number("RUN P99"),
    ])
    table.rows = overview.groups.map { group in
      let counts = group.counts ?? API.TaskCounts()
      return [
        Cell(overview.name(of: group)),
        // By a label, tasks are counted as they finish.
        Cell(overview.keptTasksOnly ? "-" : "\(counts.submitted)"), "\(counts.finished)",
        Cell("\(counts.failed)", counts.failed > 0 ? .red : nil),
        Cell(StatsText.percent(group.rates?.successRate)),
        Cell(StatsText.perSecond(group.rates?.finishedPerSecond ?? 0)),
        Cell(group.gauges.map { "\($0.queued)" } ?? "-"),
        Cell(group.gauges.map { "\($0.running)" } ?? "-"),
        Cell(StatsText.span(group.queueWait?.p95)), Cell(StatsText.span(group.runTime?.p50)),
        Cell(StatsText.span(group.runTime?.p95)), Cell(StatsText.span(group.runTime?.p99)),
      ]
    }
    return table
  }

  /// The course of a group, a line for each measure.
  static func course(_ group: API.GetOverviewResponse.Group) -> Table {
    var table = Table([.fixed(""), .fixed(""), .fixed("")])
    table.hasHeader = false
    func add(_ name: String, _ values: [Double], _ most: (Double) -> String) {
      guard let highest = values.max(), highest > 0 else { return }
      table.rows.append([
        Cell(name, .faint), Cell(Sparkline.text(values)), Cell("max \(most(highest))", .faint),
      ])
    }
    let points = group.points
    let whole = { (value: Double) in String(format: "%.0f", value) }
    add("submitted", points.map { Double($0.counts?.submitted ?? 0) }, whole)
    add("finished", points.map { Double($0.counts?.finished ?? 0) }, whole)
    add("failed", points.map { Double($0.counts?.failed ?? 0) }, whole)
    add("queued", points.map { Double($0.gauges?.queued ?? 0) }, whole)
    add("running", points.map { Double($0.gauges?.running ?? 0) }, whole)
    add("run p95", points.map { $0.runTime?.p95?.secondsAsDouble ?? 0 }) { seconds in
      StatsText.span(WellKnown.Duration(nanoseconds: Int64(seconds * 1e9)))
    }
    return table
  }

  static func performance(_ kinds: [API.GetPerformanceResponse.Kind]) -> Table {
    var table = Table([
      .flexible("KIND", minimum: 12), .number("FINISHED"), .number("TREND"), .number("SUCCESS"),
      .number("WAIT P95"), .number("RUN MEAN"), .number("RUN P50"), .number("RUN P95"),
      .number("RUN P99"), .number("RUN MAX"), .number("TREND P95"), .flexible("FLAGS"),
    ])
    table.rows = kinds.map { kind in
      [
        Cell(kind.kind.isEmpty ? "(other)" : kind.kind), "\(kind.counts?.finished ?? 0)",
        Cell(StatsText.change(kind.trend?.finished)),
        Cell(StatsText.percent(kind.rates?.successRate)),
        Cell(StatsText.span(kind.queueWait?.p95)), Cell(StatsText.span(kind.runTime?.mean)),
        Cell(StatsText.span(kind.runTime?.p50)), Cell(StatsText.span(kind.runTime?.p95)),
        Cell(StatsText.span(kind.runTime?.p99)), Cell(StatsText.span(kind.runTime?.max)),
        Cell(StatsText.change(kind.trend?.runTimeP95)),
        Cell(kind.flags.map(\.kind.name).joined(separator: ", "), .yellow),
      ]
    }
    return table
  }

  static func failures(_ groups: [API.ListFailuresResponse.Group]) -> Table {
    var table = Table([
      .number("ATTEMPTS"), .number("TASKS"), .fixed("KIND"), .flexible("CODE"),
      .flexible("MESSAGE", minimum: 16), .fixed("LAST"), .fixed("SAMPLE"),
    ])
    table.rows = groups.map { group in
      [
        "\(group.attempts)", "\(group.tasks)", Cell(group.failureKind.name),
        Cell(group.code.isEmpty ? "-" : group.code),
        Cell(group.isOther ? "(other)" : group.message),
        Cell(group.lastTime?.rfc3339() ?? "-"), Cell(group.sampleTask),
      ]
    }
    return table
  }

  static func realtime(_ now: API.Realtime) -> Table {
    var table = Table([
      .flexible("POOL", minimum: 12), .number("SLOTS"), .number("RUNNING"), .number("QUEUED"),
      .number("OLDEST"), .number("IN/S 1 S"), .number("OUT/S 1 S"), .number("OUT/S 10 S"),
      .number("OUT/S 60 S"), .number("SUCCESS 60 S"),
    ])
    func row(_ name: String, _ gauges: API.StatsGauges?, _ windows: [API.Realtime.Window]) {
      func rates(_ place: Int) -> API.StatsRates {
        place < windows.count ? windows[place].rates ?? .init() : .init()
      }
      table.rows.append([
        Cell(name), "\(gauges?.slots ?? 0)", "\(gauges?.running ?? 0)", "\(gauges?.queued ?? 0)",
        Cell(StatsText.span(gauges?.oldestAge)),
        Cell(StatsText.perSecond(rates(0).submittedPerSecond)),
        Cell(StatsText.perSecond(rates(0).finishedPerSecond)),
        Cell(StatsText.perSecond(rates(1).finishedPerSecond)),
        Cell(StatsText.perSecond(rates(2).finishedPerSecond)),
        Cell(StatsText.percent(rates(2).successRate)),
      ])
    }
    for pool in now.pools { row(pool.pool, pool.gauges, pool.windows) }
    row("(all)", now.gauges, now.windows)
    return table
  }
}

extension WellKnown.Duration {
  fileprivate var secondsAsDouble: Double { Double(seconds) + Double(nanos) / 1e9 }
}
