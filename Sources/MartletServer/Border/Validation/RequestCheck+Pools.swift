import MartletAPI
import MartletCore

/// What UpdatePool makes of a spec: a part for each path of the mask.
struct PoolSpecChange: Hashable, Sendable {
  var slots: Int?
  var queueCapacity: Int?
  var retry: RetryPolicy?
  var runTimeout: Span?
  /// nil inside: none from now on.
  var queueTimeout: Span??
  var heartbeatTimeout: Span??
  var labels: LabelSet?
  var failureClassDelays: [String: Span]?
  var priorityAgeing: Span??
  var retention: Retention?
  var scaling: PoolScaling??
  var group: String?
  var groupMinimum: Int?
  var fairness: FairnessMode?
  var permitGrace: Span??

  func apply(to spec: inout PoolSpec) {
    if let slots { spec.slots = slots }
    if let queueCapacity { spec.queueCapacity = queueCapacity }
    if let retry { spec.retry = retry }
    if let runTimeout { spec.runTimeout = runTimeout }
    if let queueTimeout { spec.queueTimeout = queueTimeout }
    if let heartbeatTimeout { spec.heartbeatTimeout = heartbeatTimeout }
    if let labels { spec.labels = labels }
    if let failureClassDelays { spec.failureClassDelays = failureClassDelays }
    if let priorityAgeing { spec.priorityAgeing = priorityAgeing }
    if let retention { spec.retention = retention }
    if let scaling { spec.scaling = scaling }
    if let group { spec.group = group }
    if let groupMinimum { spec.groupMinimum = groupMinimum }
    if let fairness { spec.fairness = fairness }
    if let permitGrace { spec.permitGrace = permitGrace }
  }
}

struct CheckedPoolUpdate: Sendable {
  var name: String
  var change: PoolSpecChange
  /// nil: whatever the spec is now.
  var etag: PoolVersion?
}

struct CheckedPoolGet: Sendable {
  var name: String
  var minimum: Revision?
}

extension RequestCheck {
  static func create(
    _ request: API.CreatePoolRequest, limits: Limits
  ) throws(InvalidRequest) -> (name: String, spec: PoolSpec) {
    var check = RequestCheck(limits: limits)
    check.poolName(request.name, "name")
    check.reason(request.reason)
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let spec = check.pool(request.spec ?? .init(slots: 1))
    check.together(spec)
    try check.conclude()
    return (request.name, spec)
  }

  static func get(
    _ request: API.GetPoolRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedPoolGet {
    var check = RequestCheck(limits: limits)
    check.poolName(request.name, "name")
    let minimum = check.cursor(request.minCursor, "min_cursor")
    try check.conclude()
    return CheckedPoolGet(name: request.name, minimum: minimum)
  }

  /// Of PausePool, ResumePool, DrainPool and DeletePool.
  static func poolVerb(name: String, reason: String, limits: Limits) throws(InvalidRequest) {
    var check = RequestCheck(limits: limits)
    check.poolName(name, "name")
    check.reason(reason)
    try check.conclude()
  }

  static func update(
    _ request: API.UpdatePoolRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedPoolUpdate {
    var check = RequestCheck(limits: limits)
    check.poolName(request.name, "name")
    if request.spec == nil { check.fail(.request, "spec", "must be set") }
    let change = check.change(request.updateMask?.paths ?? [], of: request.spec ?? .init(slots: 1))
    check.reason(request.reason)
    let etag = check.poolEtag(request.etag)
    try check.conclude()
    return CheckedPoolUpdate(name: request.name, change: change, etag: etag)
  }

  /// Fields that the mask does not name are ignored, whatever they hold.
  private mutating func change(_ paths: [String], of spec: API.PoolSpec) -> PoolSpecChange {
    var change = PoolSpecChange()
    if paths.isEmpty { fail(.request, "update_mask", "must name at least one path, or be `*`") }
    var named: Set<String> = []
    for (index, path) in paths.enumerated() {
      guard named.insert(path).inserted else { continue }
      if path == "*" {
        named.formUnion(Self.specPaths)
      } else if !Self.specPaths.contains(path) {
        fail(
          .request, "update_mask.paths", .index(index),
          "must be one of \(Self.specPaths.joined(separator: ", ")) and *, "
            + "not `\(path.shortened)`")
      }
    }
    if named.contains("slots") { change.slots = slots(spec) }
    if named.contains("queue_capacity") { change.queueCapacity = queueCapacity(spec) }
    if named.contains("default_retry_policy") { change.retry = defaultRetry(spec) }
    if named.contains("default_run_timeout") { change.runTimeout = defaultRunTimeout(spec) }
    if named.contains("default_queue_timeout") {
      change.queueTimeout = .some(defaultQueueTimeout(spec))
    }
    if named.contains("default_heartbeat_timeout") {
      change.heartbeatTimeout = .some(defaultHeartbeatTimeout(spec))
    }
    if named.contains("labels") { change.labels = labels(spec.labels, .spec) }
    if named.contains("failure_class_delays") {
      change.failureClassDelays = failureClassDelays(spec)
    }
    if named.contains("priority_ageing") { change.priorityAgeing = .some(priorityAgeing(spec)) }
    if named.contains("retention") { change.retention = retention(spec) }
    if named.contains("scaling") { change.scaling = .some(scaling(spec)) }
    if named.contains("group") { change.group = group(spec) }
    if named.contains("group_minimum") { change.groupMinimum = groupMinimum(spec) }
    if named.contains("fairness") { change.fairness = fairness(spec) }
    if named.contains("permit_grace") { change.permitGrace = .some(permitGrace(spec)) }
    return change
  }

  private static let specPaths = [
    "slots", "queue_capacity", "default_retry_policy", "default_run_timeout", "labels",
    "default_queue_timeout", "default_heartbeat_timeout", "failure_class_delays",
    "priority_ageing", "retention", "scaling", "group", "group_minimum", "fairness",
    "permit_grace",
  ]
}

extension PoolEtag {
  /// Takes exactly what `text` gives; nil for anything else.
  static func version(of text: String) -> PoolVersion? {
    let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt32(parts[0]), let pool = UInt32(parts[1]) else {
      return nil
    }
    let version = PoolVersion(pool: PoolID(rawValue: pool), specVersion: number)
    return self.text(version) == text ? version : nil
  }
}
