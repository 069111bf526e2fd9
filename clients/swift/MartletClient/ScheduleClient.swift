internal import MartletRPC

/// Rules that submit tasks over time. Got from `MartletClient.schedules`.
///
/// ```swift
/// var spec = API.ScheduleSpec(timing: .cron("0 6 * * mon-fri"), timeZone: "Europe/Vienna")
/// spec.pool = "mails"
/// spec.task = API.TaskSpec(kind: "digest.send")
/// try await martlet.schedules.create("digest", spec)
/// ```
public struct ScheduleClient: Sendable {
  let runner: CallRunner

  /// Throws, among others, `.fieldInvalid`, `.scheduleExists`, `.timeZoneUnknown`,
  /// `.scheduleNeverFires`. Not repeated by itself.
  @discardableResult
  public func create(
    _ name: String, _ spec: API.ScheduleSpec
  ) async throws -> Reply<API.Schedule> {
    let response: API.CreateScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.createSchedule,
      API.CreateScheduleRequest(name: name, spec: spec), repeats: .never)
    return try reply(response.schedule, response.cursor)
  }

  /// Checks all that a schedule would be refused for, and tells its next time; stores nothing.
  @discardableResult
  public func validate(
    _ name: String, _ spec: API.ScheduleSpec
  ) async throws -> Reply<API.Schedule> {
    let response: API.CreateScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.createSchedule,
      API.CreateScheduleRequest(name: name, spec: spec, validateOnly: true), repeats: .always)
    return try reply(response.schedule, response.cursor)
  }

  /// NOT_FOUND (`.scheduleNotFound`) if there is none.
  public func get(_ name: String) async throws -> Reply<API.Schedule> {
    let response: API.GetScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.getSchedule, API.GetScheduleRequest(name: name),
      repeats: .always)
    return try reply(response.schedule, response.cursor)
  }

  /// A page of schedules by name, without payloads; with the token of the next page, empty without
  /// one. A page may be shorter than asked for, and not the last.
  public func list(
    namePrefix: String = "", pool: String = "", states: [API.ScheduleState] = [],
    pageSize: Int = 0, pageToken: String = ""
  ) async throws -> (schedules: [API.Schedule], nextPageToken: String) {
    let request = API.ListSchedulesRequest(
      namePrefix: namePrefix, pool: pool, states: states, pageSize: Int32(clamping: pageSize),
      pageToken: pageToken)
    let response: API.ListSchedulesResponse = try await runner.unary(
      API.ScheduleServiceMethods.listSchedules, request, repeats: .always)
    return (response.schedules, response.nextPageToken)
  }

  /// Replaces the fields of the spec that are named, for example `["cron", "time_zone"]`.
  ///
  /// - Parameter etag: Of the schedule as it was read; empty: whatever it is. Throws
  ///   `.etagMismatch` if it has changed since.
  @discardableResult
  public func update(
    _ name: String, _ spec: API.ScheduleSpec, fields: [String], etag: String = ""
  ) async throws -> Reply<API.Schedule> {
    let response: API.UpdateScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.updateSchedule,
      API.UpdateScheduleRequest(
        name: name, spec: spec, updateMask: .init(paths: fields), etag: etag),
      repeats: etag.isEmpty ? .always : .never)
    return try reply(response.schedule, response.cursor)
  }

  /// Its tasks stay. NOT_FOUND (`.scheduleNotFound`) if there is none. Not repeated by itself.
  public func delete(_ name: String, reason: String = "") async throws {
    let _: API.DeleteScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.deleteSchedule,
      API.DeleteScheduleRequest(name: name, reason: reason), repeats: .never)
  }

  /// It fires no more until it is resumed.
  @discardableResult
  public func pause(_ name: String, reason: String = "") async throws -> Reply<API.Schedule> {
    let response: API.PauseScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.pauseSchedule,
      API.PauseScheduleRequest(name: name, reason: reason), repeats: .always)
    return try reply(response.schedule, response.cursor)
  }

  /// It goes on with its next time.
  @discardableResult
  public func resume(_ name: String, reason: String = "") async throws -> Reply<API.Schedule> {
    let response: API.ResumeScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.resumeSchedule,
      API.ResumeScheduleRequest(name: name, reason: reason), repeats: .always)
    return try reply(response.schedule, response.cursor)
  }

  /// Makes a run at once. Not repeated by itself after a lost connection: each call makes one.
  ///
  /// - Parameter overlap: For this run; the schedule's if unset.
  @discardableResult
  public func trigger(
    _ name: String, overlap: API.OverlapPolicy = .unspecified, reason: String = ""
  ) async throws -> Reply<API.ScheduleRun> {
    let response: API.TriggerScheduleResponse = try await runner.unary(
      API.ScheduleServiceMethods.triggerSchedule,
      API.TriggerScheduleRequest(name: name, overlapPolicy: overlap, reason: reason),
      repeats: .never)
    return try Reply(
      response.run, cursor: response.cursor, of: "run", target: runner.target)
  }

  /// A page of the runs that are known, newest first; with the token of the next page, empty
  /// without one.
  public func runs(
    of name: String, pageSize: Int = 0, pageToken: String = ""
  ) async throws -> (runs: [API.ScheduleRun], nextPageToken: String) {
    let request = API.ListScheduleRunsRequest(
      name: name, pageSize: Int32(clamping: pageSize), pageToken: pageToken)
    let response: API.ListScheduleRunsResponse = try await runner.unary(
      API.ScheduleServiceMethods.listScheduleRuns, request, repeats: .always)
    return (response.runs, response.nextPageToken)
  }

  /// The next times of a schedule, or of a spec; changes nothing.
  ///
  /// - Parameters:
  ///   - spec: Of one that need not be there; without `pool` and `task` if you like.
  ///   - count: 1 to 1,000; 10 if 0.
  ///   - after: From then on; now if unset.
  public func preview(
    _ name: String, _ spec: API.ScheduleSpec? = nil, count: Int = 0,
    after: WellKnown.Timestamp? = nil
  ) async throws -> API.PreviewScheduleResponse {
    try await runner.unary(
      API.ScheduleServiceMethods.previewSchedule,
      API.PreviewScheduleRequest(
        name: name, spec: spec, count: Int32(clamping: count), after: after), repeats: .always)
  }

  private func reply(
    _ schedule: API.Schedule?, _ cursor: String
  ) throws -> Reply<API.Schedule> {
    try Reply(schedule, cursor: cursor, of: "schedule", target: runner.target)
  }
}
