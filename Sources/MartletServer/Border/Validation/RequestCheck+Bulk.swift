import MartletAPI
import MartletCore
import MartletProtobuf

/// A StartBulk that breaks no rule; its tasks are not yet counted.
struct CheckedBulk: Sendable {
  var draft: BulkDraft
  var filter: TaskFilter
  var dryRun: Bool
  var reason: String

  /// What the tasks must be like for the action; the pool that they may go to has no say in it.
  var states: Set<TaskState> {
    switch draft.action {
    case .cancel: BulkAction.cancel.states
    case .retry: BulkAction.retry.states
    case .delete: BulkAction.delete.states
    case .update(let priority, let due): BulkAction.update(priority: priority, due: due).states
    case .move(let pool): BulkAction.move(pool: PoolID(rawValue: 0), name: pool).states
    }
  }
}

extension RequestCheck {
  static func bulk(
    _ request: API.StartBulkRequest, now: WallTime, limits: Limits
  ) throws(InvalidRequest) -> CheckedBulk {
    var check = RequestCheck(limits: limits)
    let action = check.action(request.action?.action, now: now)
    let filter = check.filter(request.filter)
    if filter.isEmpty, !request.all, check.violations.isEmpty {
      check.fail(
        .request, "filter",
        "must not be empty, or `all` must be set: it is about every task there is")
    }
    if request.ratePerSecond != 0 {
      _ = check.number(request.ratePerSecond, in: 1...1_000_000, .request, "rate_per_second")
    }
    check.text(request.requestId, bytesMax: 127, .request, "request_id")
    check.reason(request.reason)
    try check.conclude()
    var body = request
    body.requestId = ""
    let reason = request.reason.isEmpty ? request.action?.cancelReason ?? "" : request.reason
    return CheckedBulk(
      draft: BulkDraft(
        action: action, filter: request.filter, rate: Int(request.ratePerSecond),
        requestID: request.requestId, fingerprint: StableHash.of(body.protobufBytes())),
      filter: filter, dryRun: request.dryRun, reason: reason)
  }

  static func bulkID(_ text: String, reason: String = "") throws(InvalidRequest) -> BulkID {
    var check = RequestCheck(limits: Limits())
    check.reason(reason)
    if BulkID(text) == nil {
      check.fail(.request, "id", "must be the id of an operation: b and a number")
    }
    try check.conclude()
    return BulkID(text) ?? BulkID(rawValue: 0)
  }

  private mutating func action(
    _ action: API.BulkAction.OneOf_Action?, now: WallTime
  ) -> BulkDraft.Action {
    let path = FieldPath.request.inside("action")
    switch action {
    case .cancel(let cancel):
      text(cancel.reason, bytesMax: 1_024, path.inside("action.cancel"), "reason")
      return .cancel
    case .retry: return .retry
    case .delete: return .delete
    case .update(let update): return self.update(update, now: now)
    case .move(let move):
      if !NameRule.isPool(move.pool) {
        fail(
          path.inside("action.move"), "pool",
          "must be the name of a pool: \(NameRule.poolText)")
      }
      return .move(pool: move.pool)
    case nil:
      fail(.request, "action", "must be one of cancel, retry, delete, update and move")
      return .cancel
    }
  }

  private mutating func update(
    _ update: API.BulkAction.Update, now: WallTime
  ) -> BulkDraft.Action {
    let path = FieldPath.request.inside("action.update")
    if update.priority == nil, update.dueTime == nil {
      fail(.request, "action", "must set priority or due_time in `update`")
    }
    let priority = update.priority.map { number($0, in: 0...10, path, "priority") }
    let due = update.dueTime.map { time($0, path, "due_time") }
    if let due, due > now + .seconds(10 * 365 * 86_400 + 3 * 86_400) {
      fail(path, "due_time", "must be at most 10 years from now")
    }
    return .update(priority: priority.map { UInt8(clamping: $0) }, due: due)
  }
}

extension API.BulkAction {
  fileprivate var cancelReason: String? {
    if case .cancel(let cancel) = action { cancel.reason } else { nil }
  }
}
