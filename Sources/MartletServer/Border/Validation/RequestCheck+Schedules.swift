import MartletAPI
import MartletCore

struct CheckedScheduleList: Sendable {
  var listing: ScheduleListing
  /// The state that the first page was read from.
  var first: Revision?
  var hash: UInt64
}

struct CheckedRunList: Sendable {
  var pageSize: Int
  /// Runs before this one.
  var before: UInt64?
  var first: Revision?
  var hash: UInt64
}

struct CheckedPreview: Sendable {
  var name: String
  /// nil: of the schedule of that name.
  var spec: ScheduleSpec?
  var count: Int
  var after: WallTime?
}

// MARK: - Specs

extension RequestCheck {
  private static let intervalRange = Span.seconds(1)...Span.seconds(365 * 86_400)
  private static let jitterRange = Span.zero...Span.seconds(86_400)
  private static let catchUpDefault = Span.seconds(60)

  static func create(
    _ request: API.CreateScheduleRequest, limits: Limits
  ) throws(InvalidRequest) -> (name: String, spec: ScheduleSpec) {
    var check = RequestCheck(limits: limits)
    check.scheduleName(request.name)
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let spec = check.schedule(request.spec)
    try check.conclude()
    return (request.name, spec)
  }

  /// The spec that an update leads to, when the fields that it names have been replaced.
  static func updated(
    _ spec: API.ScheduleSpec, limits: Limits
  ) throws(InvalidRequest) -> ScheduleSpec {
    var check = RequestCheck(limits: limits)
    let spec = check.schedule(spec)
    try check.conclude()
    return spec
  }

  /// - Parameter isWhole: With pool and task.
  private mutating func schedule(
    _ given: API.ScheduleSpec?, isWhole: Bool = true
  ) -> ScheduleSpec {
    let given = given ?? .init()
    var spec = ScheduleSpec(
      timing: timing(given), action: ScheduleAction(pool: given.pool, task: TaskDraft(kind: "")))
    if let jitter = given.jitter {
      spec.jitter = span(jitter, in: Self.jitterRange, "0 to 24 h", .spec, "jitter")
    }
    if let start = given.startTime { spec.start = time(start, .spec, "start_time") }
    if let end = given.endTime { spec.end = time(end, .spec, "end_time") }
    if let start = spec.start, let end = spec.end, end <= start {
      fail(.spec, "end_time", "must be after `start_time`")
    }
    if let most = given.maxRuns {
      if most < 1 { fail(.spec, "max_runs", "must be 1 or more, not \(most)") }
      spec.maxRuns = UInt64(clamping: most)
    }
    spec.overlap = overlap(given.overlapPolicy, .spec) ?? .skip
    spec.catchUp =
      given.catchUpWindow.map {
        span($0, in: Self.intervalRange, "1 s to 365 days", .spec, "catch_up_window")
      } ?? Self.catchUpDefault
    if isWhole { action(given, &spec.action) }
    return spec
  }

  private mutating func timing(_ spec: API.ScheduleSpec) -> ScheduleTiming {
    switch spec.timing {
    case .interval(let interval):
      if !spec.timeZone.isEmpty {
        fail(.spec, "time_zone", "must be empty with `interval`, which knows no zones")
      }
      return .interval(
        span(interval, in: Self.intervalRange, "1 s to 365 days", .spec, "interval"))
    case .cron(let text):
      let zone = spec.timeZone.isEmpty ? TimeZoneRules.utc.name : spec.timeZone
      self.text(zone, bytesMax: 127, .spec, "time_zone")
      do throws(CronError) {
        return .cron(try CronExpression(parsing: text), zone: zone)
      } catch {
        fail(.spec, "cron", error.message.shortened(to: 500))
      }
    case nil: fail(.spec, "cron", "or `interval` must be set")
    }
    return .interval(.seconds(1))
  }

  private mutating func overlap(
    _ policy: API.OverlapPolicy, _ path: FieldPath
  ) -> OverlapPolicy? {
    if policy == .unspecified { return nil }
    if let known = UInt8(exactly: policy.rawValue).flatMap(OverlapPolicy.init(rawValue:)) {
      return known
    }
    fail(
      path, "overlap_policy",
      "must be an OverlapPolicy; \(policy.rawValue) is not known here")
    return nil
  }

  private mutating func action(_ spec: API.ScheduleSpec, _ action: inout ScheduleAction) {
    if !NameRule.isPool(spec.pool) {
      fail(.spec, "pool", "must be the name of a pool: \(NameRule.poolText)")
    }
    guard let task = spec.task else { return fail(.spec, "task", "must be set") }
    let path = FieldPath(root: .scheduleTask)
    var lastKind = ""
    action.task = draft(task, path, lastKind: &lastKind)
    let most = limits.schedulePayloadBytes
    if task.payload.count > most, task.payload.count <= limits.payloadBytes {
      fail(path, "payload", "must be at most \(most) bytes in a schedule")
    }
    let why = "must not be set: each run submits the same task anew"
    if task.start != nil { fail(path, "delay", why) }
    if task.deadline != nil { fail(path, "deadline", why) }
    if task.unique != nil { fail(path, "unique", why) }
    if !task.ref.isEmpty { fail(path, "ref", why) }
    if !task.dependsOn.isEmpty { fail(path, "depends_on", why) }
    if task.onDependencyFailure != .unspecified { fail(path, "on_dependency_failure", why) }
    if task.wantDependencyResults { fail(path, "want_dependency_results", why) }
  }

  fileprivate mutating func scheduleName(_ name: String) {
    if !NameRule.isKind(name) {
      fail(.request, "name", "must be the name of a schedule: \(NameRule.kindText)")
    }
  }
}

// MARK: - Updates

extension RequestCheck {
  private static let schedulePaths = [
    "cron", "interval", "time_zone", "jitter", "start_time", "end_time", "max_runs",
    "overlap_policy", "catch_up_window", "pool", "task",
  ]

  /// The fields that an update names, and what the spec is expected to be.
  static func update(
    _ request: API.UpdateScheduleRequest, limits: Limits
  ) throws(InvalidRequest) -> (fields: Set<String>, etag: Revision?) {
    var check = RequestCheck(limits: limits)
    check.scheduleName(request.name)
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let paths = request.updateMask?.paths ?? []
    if paths.isEmpty {
      check.fail(.request, "update_mask", "must name at least one path, or be `*`")
    }
    var fields: Set<String> = []
    for (index, path) in paths.enumerated() {
      if path == "*" {
        fields.formUnion(schedulePaths)
      } else if schedulePaths.contains(path) {
        fields.insert(path)
      } else {
        check.fail(
          .request, "update_mask.paths", .index(index),
          "must be one of \(schedulePaths.joined(separator: ", ")) and *, not `\(path.shortened)`")
      }
    }
    let etag = ScheduleEtag.revision(of: request.etag)
    if !request.etag.isEmpty, etag == nil {
      check.fail(.request, "etag", "must be empty or the etag of a schedule as it was read")
    }
    try check.conclude()
    return (fields, etag)
  }
}

extension API.ScheduleSpec {
  /// With those fields of another spec that are named.
  func replacing(_ fields: Set<String>, with given: API.ScheduleSpec) -> API.ScheduleSpec {
    var spec = self
    if fields.contains("cron") || fields.contains("interval") {
      spec.timing = given.timing
      // A zone goes with the expression that it was for.
      if case .interval = given.timing { spec.timeZone = "" }
    }
    if fields.contains("time_zone") { spec.timeZone = given.timeZone }
    if fields.contains("jitter") { spec.jitter = given.jitter }
    if fields.contains("start_time") { spec.startTime = given.startTime }
    if fields.contains("end_time") { spec.endTime = given.endTime }
    if fields.contains("max_runs") { spec.maxRuns = given.maxRuns }
    if fields.contains("overlap_policy") { spec.overlapPolicy = given.overlapPolicy }
    if fields.contains("catch_up_window") { spec.catchUpWindow = given.catchUpWindow }
    if fields.contains("pool") { spec.pool = given.pool }
    if fields.contains("task") { spec.task = given.task }
    return spec
  }
}

// MARK: - Verbs and lists

extension RequestCheck {
  /// Of GetSchedule, PauseSchedule, ResumeSchedule and DeleteSchedule.
  static func scheduleVerb(
    name: String, reason: String = "", limits: Limits
  ) throws(InvalidRequest) {
    var check = RequestCheck(limits: limits)
    check.scheduleName(name)
    check.reason(reason)
    try check.conclude()
  }

  static func trigger(
    _ request: API.TriggerScheduleRequest, limits: Limits
  ) throws(InvalidRequest) -> OverlapPolicy? {
    var check = RequestCheck(limits: limits)
    check.scheduleName(request.name)
    check.reason(request.reason)
    let overlap = check.overlap(request.overlapPolicy, .request)
    try check.conclude()
    return overlap
  }

  static func preview(
    _ request: API.PreviewScheduleRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedPreview {
    var check = RequestCheck(limits: limits)
    if request.spec == nil || !request.name.isEmpty { check.scheduleName(request.name) }
    var preview = CheckedPreview(name: request.name, count: 10)
    if let spec = request.spec { preview.spec = check.schedule(spec, isWhole: false) }
    if request.count != 0 {
      preview.count = check.number(request.count, in: 1...1_000, .request, "count")
    }
    preview.after = request.after.map { check.time($0, .request, "after") }
    try check.conclude()
    return preview
  }

  static func list(
    _ request: API.ListSchedulesRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedScheduleList {
    var check = RequestCheck(limits: limits)
    check.text(request.namePrefix, bytesMax: 127, .request, "name_prefix")
    if !request.pool.isEmpty { check.poolName(request.pool, "pool") }
    var states: Set<ScheduleState> = []
    for (index, state) in request.states.enumerated() {
      if let known = UInt8(exactly: state.rawValue).flatMap(ScheduleState.init(rawValue:)) {
        states.insert(known)
      } else {
        check.fail(.request, "states", .index(index), "must be a ScheduleState, and not 0")
      }
    }
    var hash = StableHash.of(request.namePrefix, seed: 0x7363_6865_6475_6C65)
    hash = StableHash.of(request.pool, seed: hash)
    for state in states.map(\.rawValue).sorted() { hash = hash &* 31 &+ UInt64(state) }
    var list = CheckedScheduleList(
      listing: ScheduleListing(
        prefix: request.namePrefix, pool: request.pool, states: states,
        limit: check.pageSize(request.pageSize)), hash: hash)
    if let token = check.token(request.pageToken, hash: hash) {
      list.listing.after = String(decoding: token.position, as: UTF8.self)
      list.first = token.first
    }
    try check.conclude()
    return list
  }

  static func runs(
    _ request: API.ListScheduleRunsRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedRunList {
    var check = RequestCheck(limits: limits)
    check.scheduleName(request.name)
    let hash = StableHash.of(request.name, seed: 0x7275_6E73)
    var list = CheckedRunList(pageSize: check.pageSize(request.pageSize), hash: hash)
    if let token = check.token(request.pageToken, hash: hash) {
      list.before = UInt64(String(decoding: token.position, as: UTF8.self))
      list.first = token.first
    }
    try check.conclude()
    return list
  }

  private mutating func token(_ text: String, hash: UInt64) -> PageToken? {
    if text.isEmpty { return nil }
    if let token = PageToken(parsing: text, listHash: hash) { return token }
    fail(
      .request, "page_token", "must be empty or the token of a page of the same list",
      reason: .pageToken)
    return nil
  }
}
