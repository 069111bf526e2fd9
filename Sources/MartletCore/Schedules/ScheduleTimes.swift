/// How the times of a schedule are told.
package enum ScheduleTiming: Hashable, Sendable {
  /// In the local time of a zone.
  case cron(CronExpression, zone: String)
  /// From `start` on, else from 1970 on.
  case interval(Span)

  package var zone: String? {
    if case .cron(_, let zone) = self { zone } else { nil }
  }
}

/// One time of a schedule.
package struct ScheduledTime: Hashable, Sendable {
  /// As its rule says.
  package var nominal: WallTime
  /// With the jitter: when it fires.
  package var fire: WallTime

  package init(nominal: WallTime, fire: WallTime) {
    self.nominal = nominal
    self.fire = fire
  }
}

/// Tells the times at which a schedule fires, one after the other. Pure: the same rule gives the
/// same times, whoever asks and when.
package struct ScheduleTimes: Sendable {
  private let name: String
  private let spec: ScheduleSpec
  private let zone: TimeZoneRules

  /// nil if the rule is in a zone that is not among `zones`.
  package init?(name: String, spec: ScheduleSpec, zones: TimeZoneTable) {
    self.name = name
    self.spec = spec
    guard let zone = spec.timing.zone, zone != TimeZoneRules.utc.name else {
      self.zone = .utc
      return
    }
    guard let rules = zones[zone] else { return nil }
    self.zone = rules
  }

  /// The first time after one that was, or after a moment; nil if there is none to come.
  package func next(after moment: WallTime) -> ScheduledTime? {
    guard let time = nominal(after: moment) else { return nil }
    return ScheduledTime(nominal: time, fire: time + delay(of: time))
  }

  /// The next times, at most so many.
  package func upcoming(after moment: WallTime, count: Int) -> [ScheduledTime] {
    var times: [ScheduledTime] = []
    var last = moment
    while times.count < count, let time = next(after: last) {
      times.append(time)
      last = time.nominal
    }
    return times
  }

  /// What local time is ahead of UTC by, in seconds.
  func offset(at moment: Int64) -> Int64 { zone.period(at: moment).offset }

  /// Of the zone's data; empty without a zone.
  package var zoneVersion: String { zone.version }

  // MARK: - Parts

  private func nominal(after moment: WallTime) -> WallTime? {
    let after = spec.start.map { max($0 + Span(nanoseconds: -1), moment) } ?? moment
    let time: WallTime?
    switch spec.timing {
    case .interval(let span): time = multiple(of: span, after: after)
    case .cron(let cron, _):
      let second = after.nanoseconds.dividedDown(by: 1_000_000_000)
      let found = cron.isEveryHour ? even(cron, after: second) : named(cron, after: second)
      time = found.flatMap(WallTime.init(seconds:))
    }
    guard let time, spec.end.map({ time <= $0 }) ?? true else { return nil }
    return time
  }

  private func multiple(of span: Span, after moment: WallTime) -> WallTime? {
    let anchor = spec.start ?? WallTime(nanoseconds: 0)
    let count = (moment - anchor).nanoseconds.dividedDown(by: span.nanoseconds) + 1
    let (distance, isFar) = count.multipliedReportingOverflow(by: span.nanoseconds)
    let (time, isLate) = anchor.nanoseconds.addingReportingOverflow(distance)
    return isFar || isLate ? nil : WallTime(nanoseconds: time)
  }

  /// Of an expression of every hour: clocks that change do not disturb its rhythm.
  private func even(_ cron: CronExpression, after moment: Int64) -> Int64? {
    var period = zone.period(at: moment + 1)
    var from = moment + 1
    while let local = cron.nextLocal(atOrAfter: from + period.offset) {
      let time = local - period.offset
      if time < period.end { return time }
      from = period.end
      period = zone.period(at: from)
    }
    return nil
  }

  /// Of one that names hours: each time once, what clocks jump over as soon as they have.
  private func named(_ cron: CronExpression, after moment: Int64) -> Int64? {
    var from = moment + zone.period(at: moment).offset + 1
    while let local = cron.nextLocal(atOrAfter: from) {
      switch zone.moment(ofLocal: local) {
      case .at(let time, let repeats):
        if time > moment { return time }
        from = max(repeats ?? from, local + 1)
      case .skipped(let time, let next):
        if time > moment { return time }
        from = max(next, local + 1)
      }
    }
    return nil
  }

  /// Less than the jitter, and than the time to the next one: runs never overtake each other.
  private func delay(of time: WallTime) -> Span {
    guard spec.jitter > .zero else { return .zero }
    var limit = spec.jitter
    if let next = nominal(after: time) { limit = min(limit, next - time) }
    let hash = StableHash.of(name, seed: UInt64(bitPattern: time.nanoseconds))
    return Span(nanoseconds: Int64(hash % UInt64(max(limit.nanoseconds, 1))))
  }
}

extension WallTime {
  /// nil if it is beyond what this type can hold.
  fileprivate init?(seconds: Int64) {
    let (nanoseconds, isFar) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if isFar { return nil }
    self.init(nanoseconds: nanoseconds)
  }
}
