/// Rules that submit tasks over time: what somebody does with them. When they fire, see
/// `Engine+ScheduleFires`.
extension Engine {
  func decideSchedule(
    _ command: ScheduleCommand, at now: Instant
  ) throws(Refusal) -> Decision {
    switch command {
    case .create(let name, let spec, let zone, let origin):
      try decideCreate(name, spec, zone, origin: origin, at: now)
    case .update(let name, let expected, let zone, let origin, let change):
      try decideUpdate(name, expected: expected, change, zone, origin: origin, at: now)
    case .pause(let name, let origin): try decidePause(name, origin: origin)
    case .resume(let name, let zone, let origin):
      try decideResume(name, zone, origin: origin, at: now)
    case .delete(let name, let origin): try decideDelete(name, origin: origin)
    case .trigger(let name, let overlap, let origin):
      try decideTrigger(name, overlap: overlap, origin: origin, at: now)
    }
  }

  func schedule(named name: String) throws(Refusal) -> ScheduleRecord {
    guard let record = catalog.schedules[name: name] else { throw .scheduleNotFound(name) }
    return record
  }

  /// The answer to a command, when its events have been applied.
  func answer(_ form: ScheduleForm) -> Answer {
    switch form {
    case .gone(let record): .schedule(ScheduleAnswer(record: record))
    case .named(let name, let number):
      catalog.schedules[name: name].map {
        .schedule(ScheduleAnswer(record: $0, run: number.flatMap($0.run)))
      } ?? .done
    }
  }

  package enum ScheduleForm: Hashable, Sendable {
    case named(String, run: UInt64? = nil)
    case gone(ScheduleRecord)
  }

  // MARK: - Create and update

  private func decideCreate(
    _ name: String, _ spec: ScheduleSpec, _ zone: TimeZoneRules?, origin: Origin,
    at now: Instant
  ) throws(Refusal) -> Decision {
    if catalog.schedules[name: name] != nil { throw .scheduleExists(name) }
    let limit = state.session.limits.schedules
    if catalog.schedules.count >= limit { throw .memoryPressure(what: "schedules", limit: limit) }
    if state.session.memoryIsTight {
      throw .memoryPressure(what: "bytes", limit: state.session.limits.memoryBytes)
    }
    let times = try times(of: spec, name: name, zone)
    guard let next = times.next(after: now.wall) else { throw .scheduleNeverFires(name) }
    let event = ScheduleEvent(
      change: .created(spec), schedule: ScheduleID(rawValue: catalog.revision.next.rawValue),
      name: name, state: .active, next: next, zoneVersion: zoneVersion(of: spec, zone),
      origin: origin)
    return Decision([.schedule(event)], .schedule(.named(name)))
  }

  private func decideUpdate(
    _ name: String, expected: Revision?, _ change: (inout ScheduleSpec) -> Void,
    _ zone: TimeZoneRules?, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    let record = try schedule(named: name)
    if let expected, expected != record.specRevision { throw .scheduleEtagMismatch(name) }
    var spec = record.spec
    change(&spec)
    if spec == record.spec { return Decision([], .schedule(.named(name))) }
    var event = event(.updated(spec), of: record, origin: origin)
    if record.state != .paused, record.next == nil || !spec.hasTimes(of: record.spec) {
      event.next = try next(of: spec, record, zone, at: now)
      guard event.next != nil else { throw .scheduleNeverFires(name) }
      event.state = .active
    }
    event.zoneVersion = zoneVersion(of: spec, zone)
    return Decision([.schedule(event)], .schedule(.named(name)))
  }

  private func times(
    of spec: ScheduleSpec, name: String, _ zone: TimeZoneRules?
  ) throws(Refusal) -> ScheduleTimes {
    var zones = state.session.zones
    if let zone { zones[zone.name] = zone }
    guard let times = ScheduleTimes(name: name, spec: spec, zones: zones)
    else { throw .timeZoneUnknown(spec.timing.zone ?? "") }
    return times
  }

  /// Its first time from now on; never again one that was.
  private func next(
    of spec: ScheduleSpec, _ record: ScheduleRecord, _ zone: TimeZoneRules?, at now: Instant
  ) throws(Refusal) -> ScheduledTime? {
    let times = try times(of: spec, name: record.name, zone)
    if let most = spec.maxRuns, record.made >= most { return nil }
    return times.next(after: max(now.wall, record.lastNominal ?? now.wall))
  }

  func zoneVersion(of spec: ScheduleSpec, _ zone: TimeZoneRules? = nil) -> String {
    if let zone, zone.name == spec.timing.zone { return zone.version }
    return spec.timing.zone.flatMap { state.session.zones[$0]?.version } ?? ""
  }

  /// What leaves the schedule as it is but for `change`.
  func event(
    _ change: ScheduleEvent.Change, of record: ScheduleRecord, origin: Origin
  ) -> ScheduleEvent {
    ScheduleEvent(
      change: change, schedule: record.id, name: record.name, state: record.state,
      next: record.next, zoneVersion: zoneVersion(of: record.spec), origin: origin)
  }

  // MARK: - Pause, resume, delete

  private func decidePause(_ name: String, origin: Origin) throws(Refusal) -> Decision {
    let record = try schedule(named: name)
    if record.state == .paused { return Decision([], .schedule(.named(name))) }
    var event = event(.paused, of: record, origin: origin)
    event.state = .paused
    event.next = nil
    return Decision([.schedule(event)], .schedule(.named(name)))
  }

  private func decideResume(
    _ name: String, _ zone: TimeZoneRules?, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    let record = try schedule(named: name)
    guard record.state == .paused else { return Decision([], .schedule(.named(name))) }
    var event = event(.resumed, of: record, origin: origin)
    event.next = try next(of: record.spec, record, zone, at: now)
    event.state = event.next == nil ? .finished : .active
    return Decision([.schedule(event)], .schedule(.named(name)))
  }

  private func decideDelete(_ name: String, origin: Origin) throws(Refusal) -> Decision {
    let record = try schedule(named: name)
    return Decision(
      [.schedule(event(.deleted, of: record, origin: origin))], .schedule(.gone(record)))
  }

  private func decideTrigger(
    _ name: String, overlap: OverlapPolicy?, origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    let record = try schedule(named: name)
    let due = DueRun(
      number: record.lastRun + 1, nominal: now.wall, isByHand: true,
      overlap: overlap ?? record.spec.overlap, origin: origin)
    return Decision(
      decideRun(due, of: record, at: now), .schedule(.named(name, run: due.number)))
  }
}

// MARK: - What the session knows

extension Engine {
  mutating func learnZone(of command: ScheduleCommand) {
    if let zone = command.zone { state.session.zones[zone.name] = zone }
  }

  /// When it fires next, and what its run brought into the log.
  mutating func followSchedule(_ event: ScheduleEvent) {
    if let next = event.next, event.change != .deleted {
      state.session.schedules.add(next.fire, event.schedule, of: catalog.schedules)
    }
    if case .run(let run, _) = event.change, run.outcome == .running {
      state.session.firedBytes +=
        catalog.schedules[event.schedule]?.spec.action.task.payload.count ?? 0
    }
  }
}
