package import MartletCore
package import MartletStore

/// Counts, times and gauges of a range by group.
package struct StatsOverview: Sendable {
  package struct Point: Sendable {
    package var stats = PairStats()
    package var gauge = GaugeSheet.Gauge()
    package var slots: Int64 = 0
  }

  package struct Group: Sendable {
    package var stats = PairStats()
    package var lifetime = TaskTally()
    package var gauge = GaugeSheet.Gauge()
    package var slots: Int64 = 0
    package var points: [Point] = []
  }

  package private(set) var groups: [StatsSelection.Group: Group] = [:]
  package let revision: Revision
  private let selection: StatsSelection

  /// - Parameter points: Whether to tell the course as well.
  package init(
    _ look: StatsLook, _ span: StatsSpan, _ selection: StatsSelection,
    points: Bool, now: WallTime
  ) throws(StoreFailure) {
    self.selection = selection
    revision = look.revision
    if selection.grouping == .none { groups[.init()] = Group() }
    var steps: [StatsSelection.Group: [PairStats]] = [:]
    try look.forEachPair(span, selection) { bucket, pair, stats in
      let group = selection.group(pair)
      guard points else { return groups[group, default: Group()].stats.merge(stats) }
      steps[group, default: Array(repeating: PairStats(), count: span.stepCount)][
        span.step(of: bucket)
      ].merge(stats)
    }
    for (group, steps) in steps {
      for step in steps { groups[group, default: Group()].stats.merge(step) }
    }
    for (pair, tally) in try look.tallies(selection) {
      groups[selection.group(pair), default: Group()].lifetime += tally
    }
    for (group, gauge) in Self.gauges(look.gauges, selection) {
      groups[group, default: Group()].gauge = gauge
    }
    for (group, slots) in Self.slots(look.gauges, selection) {
      groups[group, default: Group()].slots = slots
    }
    if points { addPoints(steps, try look.gauges(span, before: now)) }
  }

  private mutating func addPoints(
    _ steps: [StatsSelection.Group: [PairStats]], _ sheets: [GaugeSheet]
  ) {
    for (place, sheet) in sheets.enumerated() {
      let gauges = Self.gauges(sheet, selection)
      let slots = Self.slots(sheet, selection)
      for group in groups.keys {
        groups[group]?.points.append(
          Point(
            stats: steps[group]?[place] ?? PairStats(), gauge: gauges[group] ?? .init(),
            slots: slots[group] ?? 0))
      }
    }
  }

  private static func gauges(
    _ sheet: GaugeSheet, _ selection: StatsSelection
  ) -> [StatsSelection.Group: GaugeSheet.Gauge] {
    var gauges: [StatsSelection.Group: GaugeSheet.Gauge] = [:]
    for (pair, gauge) in sheet.pairs where selection.contains(pair) {
      gauges[selection.group(pair), default: .init()] += gauge
    }
    return gauges
  }

  private static func slots(
    _ sheet: GaugeSheet, _ selection: StatsSelection
  ) -> [StatsSelection.Group: Int64] {
    var sums: [StatsSelection.Group: Int64] = [:]
    for (pool, slots) in sheet.slots where selection.contains(pool) {
      if let group = selection.group(pool) { sums[group, default: 0] += slots }
    }
    return sums
  }
}
