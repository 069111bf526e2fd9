import MartletAPI
import MartletCore

/// An UpdateTask that breaks no rule.
struct CheckedTaskUpdate: Sendable {
  var id: TaskID
  var change: TaskUpdate
  /// nil: whatever the task is now.
  var expected: Revision?
  var reason: String
}

extension RequestCheck {
  static func update(
    _ request: API.UpdateTaskRequest, now: WallTime, limits: Limits
  ) throws(InvalidRequest) -> CheckedTaskUpdate {
    var check = RequestCheck(limits: limits)
    let id = check.taskID(request.id, "id")
    let change = check.change(
      request.updateMask?.paths ?? [], of: request.task ?? .init(), now: now)
    check.reason(request.reason)
    try check.conclude()
    return CheckedTaskUpdate(
      id: id, change: change,
      expected: request.ifRevision == 0 ? nil : Revision(request.ifRevision),
      reason: request.reason)
  }

  /// Fields that the mask does not name are ignored, whatever they hold.
  private mutating func change(
    _ paths: [String], of fields: API.UpdateTaskFields, now: WallTime
  ) -> TaskUpdate {
    let known: Set = ["priority", "due_time", "labels"]
    if paths.isEmpty { fail(.request, "update_mask", "must name at least one path, or be `*`") }
    for (index, path) in paths.enumerated() where path != "*" && !known.contains(path) {
      fail(
        .request, "update_mask.paths", .index(index),
        "must be one of priority, due_time, labels and *, not `\(path.shortened)`")
    }
    let named = paths.contains("*") ? known : Set(paths)
    var change = TaskUpdate()
    if named.contains("priority") {
      let priority = fields.priority.map { number($0, in: 0...10, .task, "priority") }
      change.priority = UInt8(clamping: priority ?? 5)
    }
    if named.contains("due_time") {
      change.due = fields.dueTime.map { .at(dueTime($0, now: now)) } ?? .now
    }
    if named.contains("labels") { change.labels = labels(fields.labels, .task) }
    return change
  }

  private mutating func dueTime(_ value: WellKnown.Timestamp, now: WallTime) -> WallTime {
    let time = time(value, .task, "due_time")
    if time > now + Self.delayMax { fail(.task, "due_time", "must be at most 10 years from now") }
    return time
  }
}
