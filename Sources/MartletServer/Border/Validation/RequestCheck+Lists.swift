import MartletAPI
import MartletCore
import MartletStore

/// A list of tasks, checked; names are still to be turned into numbers.
struct CheckedTaskList: Sendable {
  var filter: TaskFilter
  var order: TaskQuery.Order
  var pageSize: Int
  var after: TaskQuery.Position?
  /// The state of the first page; nil on the first page itself.
  var first: Revision?
  var listHash: UInt64
  var isFull: Bool
  var minimum: Revision?
  var wantsTotal: Bool
}

struct CheckedPoolList: Sendable {
  static let hash = StableHash.of("pools")

  var pageSize: Int
  /// The name that the page before ended with.
  var after: String?
  var first: Revision?
  var minimum: Revision?
}

struct CheckedCount: Sendable {
  var filter: TaskFilter
  var minimum: Revision?
}

extension RequestCheck {
  static func list(
    _ request: API.ListTasksRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedTaskList {
    var check = RequestCheck(limits: limits)
    let filter = check.filter(request.filter)
    let order = check.order(request.orderBy)
    var list = CheckedTaskList(
      filter: filter, order: order, pageSize: check.pageSize(request.pageSize),
      listHash: hash(of: request), isFull: check.isFull(request.view),
      minimum: check.cursor(request.minCursor, "min_cursor"), wantsTotal: request.wantTotal)
    if !request.pageToken.isEmpty {
      if let token = PageToken(parsing: request.pageToken, listHash: list.listHash),
        let position = TaskQuery.Position(
          tokenBytes: token.position, byFinishTime: order.isByFinishTime)
      {
        list.after = position
        list.first = token.first
      } else {
        check.failPageToken()
      }
    }
    try check.conclude()
    return list
  }

  static func list(
    _ request: API.ListPoolsRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedPoolList {
    var check = RequestCheck(limits: limits)
    var list = CheckedPoolList(
      pageSize: check.pageSize(request.pageSize),
      minimum: check.cursor(request.minCursor, "min_cursor"))
    if !request.pageToken.isEmpty {
      if let token = PageToken(parsing: request.pageToken, listHash: CheckedPoolList.hash) {
        list.after = String(decoding: token.position, as: UTF8.self)
        list.first = token.first
      } else {
        check.failPageToken()
      }
    }
    try check.conclude()
    return list
  }

  static func count(
    _ request: API.CountTasksRequest, limits: Limits
  ) throws(InvalidRequest) -> CheckedCount {
    var check = RequestCheck(limits: limits)
    let count = CheckedCount(
      filter: check.filter(request.filter),
      minimum: check.cursor(request.minCursor, "min_cursor"))
    try check.conclude()
    return count
  }

  mutating func failPageToken() {
    fail(
      .request, "page_token",
      "must come from the page before, with the rest of the request as it was", reason: .pageToken)
  }

  mutating func filter(_ text: String) -> TaskFilter {
    do throws(FilterError) {
      return try TaskFilter(parsing: text)
    } catch {
      fail(FieldViolation(error))
      return .all
    }
  }

  private mutating func order(_ text: String) -> TaskQuery.Order {
    switch text {
    case "", "create_time desc": return .newestFirst
    case "create_time", "create_time asc": return .oldestFirst
    case "finish_time desc": return .lastFinishedFirst
    case "finish_time", "finish_time asc": return .firstFinishedFirst
    default:
      fail(
        .request, "order_by",
        "must be create_time or finish_time, with ` asc` or ` desc` behind it or nothing")
      return .newestFirst
    }
  }

  /// What must stay the same from page to page.
  private static func hash(of request: API.ListTasksRequest) -> UInt64 {
    StableHash.of(request.orderBy, seed: StableHash.of(request.filter))
  }
}
