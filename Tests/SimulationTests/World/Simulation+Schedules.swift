@testable import MartletCore

/// Rules that submit tasks over time.
extension Simulation {
  private static let names = ["s1", "s2", "s3"]

  private func randomName() -> String {
    chance(1, of: 20) ? "nothing" : Self.names.randomElement(using: &random) ?? "s1"
  }

  private func randomTiming() -> ScheduleTiming {
    guard chance(1, of: 3) else {
      return .interval(.milliseconds(Int64.random(in: 1_000...10_000, using: &random)))
    }
    let texts = ["*/10 * * * * *", "* * * * *", "30 */2 * * *", "30 2 * * *"]
    let cron = try? CronExpression(parsing: texts.randomElement(using: &random) ?? texts[0])
    return cron.map { .cron($0, zone: Model.zone.name) } ?? .interval(.seconds(1))
  }

  private func randomSchedule() -> ScheduleSpec {
    var draft = TaskDraft(kind: habits.kinds.randomElement(using: &random) ?? "work")
    draft.payload = [7]
    draft.priority = UInt8.random(in: 0...10, using: &random)
    return ScheduleSpec(
      timing: randomTiming(), jitter: chance(1, of: 3) ? .seconds(5) : .zero,
      end: chance(1, of: 6) ? clock.wall + .seconds(20) : nil,
      maxRuns: chance(1, of: 3) ? UInt64.random(in: 1...2, using: &random) : nil,
      overlap: OverlapPolicy.allCases.randomElement(using: &random) ?? .skip,
      catchUp: .seconds([1, 5, 60].randomElement(using: &random) ?? 5),
      action: ScheduleAction(pool: chance(1, of: 15) ? "nowhere" : randomPool(), task: draft))
  }

  func createSchedule() {
    let name = randomName()
    checker.model.asked.schedules.insert(name)
    send(
      .schedule(
        .create(name: name, spec: randomSchedule(), zone: Model.zone, origin: .client)))
  }

  func steerSchedule() {
    let known = checker.model.schedules.values.map(\.name).sorted()
    let name =
      known.randomElement(using: &random).flatMap { chance(1, of: 8) ? nil : $0 }
      ?? randomName()
    checker.model.asked.schedules.insert(name)
    if checker.model.schedule(named: name)?.state == .paused, chance(1, of: 2) {
      return send(.schedule(.resume(name: name, zone: Model.zone, origin: .client)))
    }
    switch Int.random(in: 0..<12, using: &random) {
    case 0...2: send(.schedule(.pause(name: name, origin: .client)))
    case 3...4: send(.schedule(.resume(name: name, zone: Model.zone, origin: .client)))
    case 5: send(.schedule(.delete(name: name, origin: .client)))
    case 6...8:
      let spec = randomSchedule()
      let version = checker.model.schedule(named: name)?.specRevision
      send(
        .schedule(
          .update(
            name: name, expected: chance(1, of: 3) ? version : nil, zone: Model.zone,
            origin: .client, change: { $0 = spec })))
    default:
      let overlap = chance(1, of: 2) ? nil : OverlapPolicy.allCases.randomElement(using: &random)
      checker.model.asked.triggers[name, default: []].append(overlap)
      send(.schedule(.trigger(name: name, overlap: overlap, origin: .client)))
    }
  }

  /// What the process that starts knows of time zones: sometimes nothing.
  func knowZones() {
    if chance(1, of: 8) { return }
    node.pipeline.inform { $0.state.session.zones = [Model.zone.name: Model.zone] }
  }

  /// Else the world would never come to rest.
  func pauseSchedules() {
    for name in Self.names + ["nothing"] {
      checker.model.asked.schedules.insert(name)
      send(.schedule(.pause(name: name, origin: .client)))
    }
  }

  func checkSchedulesRest() throws(Violation) {
    for schedule in checker.model.schedules.values {
      try require(
        schedule.state == .paused && (schedule.buffered == nil || !schedule.live.isEmpty),
        "\(schedule) rests like that")
    }
  }
}
