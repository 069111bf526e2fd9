package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

/// `martlet.v1.ScheduleService`.
package struct ScheduleService: API.ScheduleService {
  let desk: ServiceDesk

  /// Of an update that names no etag, while others change the same schedule.
  private static let triesMax = 5
  private static let pageBytesMax = 1 << 20

  private var node: Node { desk.node }
  private var limits: Limits { desk.node.limits }

  package func createSchedule(
    _ request: API.CreateScheduleRequest, context: CallContext
  ) async throws -> API.CreateScheduleResponse {
    try await desk.answer(context) {
      let (name, spec) = try RequestCheck.create(request, limits: limits)
      let origin = try Origin(context)
      let zone = try await zone(of: spec)
      let command = ScheduleCommand.create(name: name, spec: spec, zone: zone, origin: origin)
      if request.validateOnly {
        let seen = try await node.see(.rehearsal(.schedule(command)), on: context.loop)
        let schedule = try planned(name, spec, zone)
        return .init(schedule: schedule, cursor: Cursor(seen.revision).text)
      }
      let (answer, cursor) = try await change(command, context)
      return .init(schedule: .init(answer.record, isFull: true), cursor: cursor)
    }
  }

  package func getSchedule(
    _ request: API.GetScheduleRequest, context: CallContext
  ) async throws -> API.GetScheduleResponse {
    try await desk.answer(context) {
      try RequestCheck.scheduleVerb(name: request.name, limits: limits)
      let (record, revision) = try await look(request.name, context)
      return .init(schedule: .init(record, isFull: true), cursor: Cursor(revision).text)
    }
  }

  package func listSchedules(
    _ request: API.ListSchedulesRequest, context: CallContext
  ) async throws -> API.ListSchedulesResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      let seen = try await node.see(.schedules(list.listing), on: context.loop)
      guard case .schedules(let page) = seen.value else { throw unexpected(context) }
      let first = list.first ?? seen.revision
      var schedules: [API.Schedule] = []
      var next = page.next
      var bytes = 0
      for record in page.records {
        let schedule = API.Schedule(record, isFull: false)
        bytes += schedule.roughByteCount
        if bytes > Self.pageBytesMax, let last = schedules.last {
          next = last.name
          break
        }
        schedules.append(schedule)
      }
      let token = next.map {
        PageToken(position: Array($0.utf8), first: first, listHash: list.hash).text
      }
      return .init(
        schedules: schedules, nextPageToken: token ?? "", cursor: Cursor(first).text)
    }
  }

  package func updateSchedule(
    _ request: API.UpdateScheduleRequest, context: CallContext
  ) async throws -> API.UpdateScheduleResponse {
    try await desk.answer(context) {
      let (fields, etag) = try RequestCheck.update(request, limits: limits)
      let origin = try Origin(context)
      for _ in 0..<Self.triesMax {
        let record = try await look(request.name, context).record
        if let etag, etag != record.specRevision {
          throw Refusal.scheduleEtagMismatch(request.name)
        }
        let wanted = API.ScheduleSpec(record.spec, isFull: true)
          .replacing(fields, with: request.spec ?? .init())
        let spec = try RequestCheck.updated(wanted, limits: limits)
        let zone = try await zone(of: spec)
        let outcome: Node.Outcome<Answer>
        do throws(Refusal) {
          outcome = try await node.perform(
            .schedule(
              .update(
                name: request.name, expected: record.specRevision, zone: zone, origin: origin,
                change: { $0 = spec })), on: context.loop)
        } catch {
          // Somebody was faster between the look and the change.
          guard etag == nil, error == .scheduleEtagMismatch(request.name) else { throw error }
          continue
        }
        let answer = try answer(in: outcome, context)
        return .init(
          schedule: .init(answer.record, isFull: true), cursor: Cursor(outcome.revision).text)
      }
      throw Refusal.scheduleEtagMismatch(request.name)
    }
  }

  package func deleteSchedule(
    _ request: API.DeleteScheduleRequest, context: CallContext
  ) async throws -> API.DeleteScheduleResponse {
    try await desk.answer(context) {
      let origin = try origin(context, request.name, request.reason)
      let (_, cursor) = try await change(
        .delete(name: request.name, origin: origin), context)
      return .init(cursor: cursor)
    }
  }

  package func pauseSchedule(
    _ request: API.PauseScheduleRequest, context: CallContext
  ) async throws -> API.PauseScheduleResponse {
    try await desk.answer(context) {
      let origin = try origin(context, request.name, request.reason)
      let (answer, cursor) = try await change(
        .pause(name: request.name, origin: origin), context)
      return .init(schedule: .init(answer.record, isFull: true), cursor: cursor)
    }
  }

  package func resumeSchedule(
    _ request: API.ResumeScheduleRequest, context: CallContext
  ) async throws -> API.ResumeScheduleResponse {
    try await desk.answer(context) {
      let origin = try origin(context, request.name, request.reason)
      let record = try await look(request.name, context).record
      let (answer, cursor) = try await change(
        .resume(name: request.name, zone: try await zone(of: record.spec), origin: origin),
        context)
      return .init(schedule: .init(answer.record, isFull: true), cursor: cursor)
    }
  }

  package func triggerSchedule(
    _ request: API.TriggerScheduleRequest, context: CallContext
  ) async throws -> API.TriggerScheduleResponse {
    try await desk.answer(context) {
      let overlap = try RequestCheck.trigger(request, limits: limits)
      let origin = try Origin(context, reason: request.reason)
      let (answer, cursor) = try await change(
        .trigger(name: request.name, overlap: overlap, origin: origin), context)
      return .init(
        schedule: .init(answer.record, isFull: true), run: answer.run.map { .init($0) },
        cursor: cursor)
    }
  }

  package func listScheduleRuns(
    _ request: API.ListScheduleRunsRequest, context: CallContext
  ) async throws -> API.ListScheduleRunsResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.runs(request, limits: limits)
      let (record, revision) = try await look(request.name, context)
      let first = list.first ?? revision
      let rest = record.runs.reversed().drop { run in
        list.before.map { run.number >= $0 } ?? false
      }
      let page = rest.prefix(list.pageSize)
      var token = ""
      if page.count < rest.count, let last = page.last {
        token =
          PageToken(
            position: Array("\(last.number)".utf8), first: first, listHash: list.hash
          ).text
      }
      return .init(
        runs: page.map { .init($0) }, nextPageToken: token, cursor: Cursor(first).text)
    }
  }

  package func previewSchedule(
    _ request: API.PreviewScheduleRequest, context: CallContext
  ) async throws -> API.PreviewScheduleResponse {
    try await desk.answer(context) {
      let preview = try RequestCheck.preview(request, limits: limits)
      if let spec = preview.spec {
        let most = spec.maxRuns.map { Int(clamping: $0) } ?? .max
        let cursor = Cursor(node.durableRevision).text
        return try await times(
          preview, spec, decided: nil, most: most, after: node.clock.now.wall, cursor: cursor)
      }
      let (record, revision) = try await look(preview.name, context)
      let most = record.remainingRuns.map { Int(clamping: $0) } ?? .max
      let now = node.clock.now.wall
      return try await times(
        preview, record.spec, decided: preview.after == nil ? record.next : nil, most: most,
        after: max(now, record.lastNominal ?? now), cursor: Cursor(revision).text)
    }
  }

  // MARK: - Parts

  /// - Parameter decided: The next time, where that is decided already.
  private func times(
    _ preview: CheckedPreview, _ spec: ScheduleSpec, decided: ScheduledTime?, most: Int,
    after now: WallTime, cursor: String
  ) async throws -> API.PreviewScheduleResponse {
    let zone = try await zone(of: spec)
    let times = try times(preview.name, spec, zone)
    let count = min(preview.count, most)
    let after = preview.after ?? now
    let found = try await node.onReader { () throws(StoreFailure) in
      guard let decided else { return times.upcoming(after: after, count: count) }
      return [decided] + times.upcoming(after: decided.nominal, count: count - 1)
    }
    return .init(
      times: found.map { .init($0, local: times.localTime(of: $0.nominal)) },
      timeZoneVersion: times.zoneVersion, cursor: cursor)
  }

  private func times(
    _ name: String, _ spec: ScheduleSpec, _ zone: TimeZoneRules?
  ) throws(Refusal) -> ScheduleTimes {
    let zones = zone.map { [$0.name: $0] } ?? [:]
    guard let times = ScheduleTimes(name: name, spec: spec, zones: zones) else {
      throw .timeZoneUnknown(spec.timing.zone ?? "")
    }
    return times
  }

  /// A schedule that is only checked: as it would be.
  private func planned(
    _ name: String, _ spec: ScheduleSpec, _ zone: TimeZoneRules?
  ) throws(Refusal) -> API.Schedule {
    let next = try times(name, spec, zone).next(after: node.clock.now.wall)
    return .init(
      name: name, spec: .init(spec, isFull: true), nextTime: next.map { .init($0.nominal) },
      nextFireTime: next.map { .init($0.fire) })
  }

  /// nil for one that needs none.
  private func zone(of spec: ScheduleSpec) async throws -> TimeZoneRules? {
    guard let name = spec.timing.zone else { return nil }
    let zones = node.zones
    let rules = try await node.onReader { () throws(StoreFailure) in zones.rules(name) }
    guard let rules else { throw Refusal.timeZoneUnknown(name) }
    return rules
  }

  private func change(
    _ command: ScheduleCommand, _ context: CallContext
  ) async throws -> (answer: ScheduleAnswer, cursor: String) {
    let outcome = try await node.perform(.schedule(command), on: context.loop)
    return (try answer(in: outcome, context), Cursor(outcome.revision).text)
  }

  private func answer(
    in outcome: Node.Outcome<Answer>, _ context: CallContext
  ) throws -> ScheduleAnswer {
    guard case .schedule(let answer) = outcome.value else { throw unexpected(context) }
    return answer
  }

  private func look(
    _ name: String, _ context: CallContext
  ) async throws -> (record: ScheduleRecord, revision: Revision) {
    let seen = try await node.see(.schedule(name), on: context.loop)
    guard case .schedule(let record) = seen.value else { throw unexpected(context) }
    return (record, seen.revision)
  }

  private func origin(
    _ context: CallContext, _ name: String, _ reason: String
  ) throws(InvalidRequest) -> Origin {
    try RequestCheck.scheduleVerb(name: name, reason: reason, limits: limits)
    return try Origin(context, reason: reason)
  }

  private func unexpected(_ context: CallContext) -> RPCStatus {
    desk.fault("the engine answered a schedule call with something else", in: context)
  }
}
