import MartletAPI
import MartletCore

// Each request as a whole: checked, and in the terms of the model.

/// A submission that breaks no rule.
struct CheckedSubmission: Sendable {
  var pool: String
  var drafts: [TaskDraft]
  var request: RequestStamp?

  /// Whether finished tasks of the same keys count.
  var needsEnds: Bool { drafts.contains { $0.unique?.rule.finishedWithin != nil } }
}

extension RequestCheck {
  static func submission(
    _ request: API.SubmitTaskRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedSubmission {
    var check = RequestCheck(limits: limits)
    check.poolName(request.pool, "pool")
    var lastKind = ""
    var drafts: [TaskDraft] = []
    if let spec = request.spec {
      drafts = [check.draft(spec, .spec, lastKind: &lastKind)]
      check.dependencies(of: [spec], &drafts) { _ in .spec }
    } else {
      check.fail(.request, "spec", "must be set")
    }
    check.text(request.requestId, bytesMax: 127, .request, "request_id")
    try check.conclude()
    return CheckedSubmission(
      pool: request.pool, drafts: drafts, request: RequestFingerprint.stamp(request))
  }

  static func submission(
    _ request: API.BatchSubmitTasksRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedSubmission {
    var check = RequestCheck(limits: limits)
    check.poolName(request.pool, "pool")
    var drafts: [TaskDraft] = []
    let count = request.specs.count
    if (1...limits.batchTasks).contains(count) {
      var lastKind = ""
      drafts.reserveCapacity(count)
      for index in 0..<count {
        drafts.append(check.draft(request.specs[index], .specs(index), lastKind: &lastKind))
      }
      check.dependencies(of: request.specs, &drafts) { .specs($0) }
    } else {
      check.fail(.request, "specs", "must be 1 to \(limits.batchTasks) tasks, not \(count)")
    }
    check.text(request.requestId, bytesMax: 127, .request, "request_id")
    try check.conclude()
    return CheckedSubmission(
      pool: request.pool, drafts: drafts, request: RequestFingerprint.stamp(request))
  }
}

// MARK: - One task

struct CheckedGet: Sendable {
  var id: TaskID
  var isFull: Bool
  var minimum: Revision?
}

struct CheckedChange: Sendable {
  var id: TaskID
  var reason: String
}

extension RequestCheck {
  static func get(
    _ request: API.GetTaskRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedGet {
    var check = RequestCheck(limits: limits)
    let get = CheckedGet(
      id: check.taskID(request.id, "id"), isFull: check.isFull(request.view),
      minimum: check.cursor(request.minCursor, "min_cursor"))
    try check.conclude()
    return get
  }

  static func trace(
    _ request: API.GetTaskTraceRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedGet {
    try get(.init(id: request.id, minCursor: request.minCursor), limits: limits)
  }

  static func change(
    id: String, reason: String, limits: Limits
  ) throws(InvalidRequest) -> CheckedChange {
    var check = RequestCheck(limits: limits)
    let change = CheckedChange(id: check.taskID(id, "id"), reason: reason)
    check.reason(reason)
    try check.conclude()
    return change
  }
}

// MARK: - Waits

struct CheckedWait: Sendable {
  /// Each id once, in the order of the request.
  var ids: [TaskID]
  var isFull: Bool
  /// Whether the wait is over when one task has ended.
  var endsWithFirst: Bool
}

extension RequestCheck {
  static func wait(
    _ request: API.WaitTaskRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedWait {
    var check = RequestCheck(limits: limits)
    let wait = CheckedWait(
      ids: [check.taskID(request.id, "id")], isFull: check.isFull(request.view),
      endsWithFirst: false)
    try check.conclude()
    return wait
  }

  static func wait(
    _ request: API.WaitTasksRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedWait {
    var check = RequestCheck(limits: limits)
    var ids: [TaskID] = []
    if (1...limits.waitTasks).contains(request.ids.count) {
      var seen = Set<TaskID>(minimumCapacity: request.ids.count)
      ids.reserveCapacity(request.ids.count)
      for (index, text) in request.ids.enumerated() {
        let id = check.taskID(text, "ids", .index(index))
        if seen.insert(id).inserted { ids.append(id) }
      }
    } else {
      check.fail(
        .request, "ids", "must be 1 to \(limits.waitTasks) ids, not \(request.ids.count)")
    }
    let endsWithFirst = check.endsWithFirst(request.mode)
    let isFull = check.isFull(request.view)
    try check.conclude()
    return CheckedWait(ids: ids, isFull: isFull, endsWithFirst: endsWithFirst)
  }

  private mutating func endsWithFirst(_ mode: API.WaitMode) -> Bool {
    switch mode {
    case .unspecified, .all: return false
    case .any: return true
    case .unrecognized(let number):
      fail(.request, "mode", "must be WAIT_MODE_ALL or WAIT_MODE_ANY; \(number) is not known here")
      return false
    }
  }
}
