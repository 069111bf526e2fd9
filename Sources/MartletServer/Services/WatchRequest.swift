import MartletAPI
import MartletCore

/// A checked WatchEventsRequest.
struct WatchRequest: Sendable {
  enum Start: Sendable {
    case now
    case beginning
    case after(Revision)
    case time(WallTime)
  }

  var from: Start
  var filter: FeedFilter
  var withContent: Bool
  var heartbeat: Span
  var untilNow: Bool

  static let heartbeatDefault = Span.seconds(15)
  static let heartbeatRange = Span.milliseconds(100)...Span.seconds(3_600)
  /// Entries of one filter.
  static let filterMax = 10_000
}

extension RequestCheck {
  static func watch(
    _ request: API.WatchEventsRequest, limits: Limits
  ) throws(InvalidRequest) -> WatchRequest {
    var check = RequestCheck(limits: limits)
    let watch = WatchRequest(
      from: check.start(request.from), filter: check.feedFilter(request),
      withContent: request.includeContent, heartbeat: check.heartbeat(request.heartbeatInterval),
      untilNow: request.untilNow)
    try check.conclude()
    return watch
  }

  private mutating func start(_ from: API.WatchEventsRequest.OneOf_From?) -> WatchRequest.Start {
    switch from {
    case nil: return .now
    case .cursor(let text):
      if text.isEmpty { fail(.request, "cursor", "must be a cursor that this server returned") }
      return .after(cursor(text, "cursor") ?? .zero)
    case .beginning(let isSet): return isSet ? .beginning : .now
    case .time(let time):
      guard let wall = time.nanosecondsSince1970.map(WallTime.init(nanoseconds:)) else {
        fail(.request, "time", "must be a valid timestamp")
        return .now
      }
      return .time(wall)
    }
  }

  private mutating func feedFilter(_ request: API.WatchEventsRequest) -> FeedFilter {
    checkCount(request.pools.count, "pools")
    checkCount(request.taskIds.count, "task_ids")
    checkCount(request.kinds.count, "kinds")
    for (index, pool) in request.pools.prefix(WatchRequest.filterMax).enumerated()
    where !NameRule.isPool(pool) {
      fail(
        .request, "pools", .index(index), "must be the name of a pool: \(NameRule.poolText)")
    }
    for (index, type) in request.types.enumerated() {
      switch type {
      case .unspecified, .unrecognized:
        fail(.request, "types", .index(index), "must be a known event type")
      default: break
      }
    }
    let tasks = request.taskIds.prefix(WatchRequest.filterMax).enumerated().map {
      taskID($0.element, "task_ids", .index($0.offset))
    }
    return FeedFilter(
      pools: Set(request.pools), tasks: Set(tasks), kinds: Set(request.kinds),
      types: Set(request.types.map(\.rawValue)), labels: request.labels,
      expression: expression(request.filter))
  }

  private mutating func expression(_ text: String) -> EventPredicate {
    do throws(FilterError) {
      return try EventPredicate(parsing: text, types: API.EventType.filterNames)
    } catch {
      fail(FieldViolation(error))
      return EventPredicate()
    }
  }

  private mutating func checkCount(_ count: Int, _ field: StaticString) {
    if count > WatchRequest.filterMax {
      fail(.request, field, "must have at most \(WatchRequest.filterMax) entries, not \(count)")
    }
  }

  private mutating func heartbeat(_ interval: WellKnown.Duration?) -> Span {
    guard let interval else { return WatchRequest.heartbeatDefault }
    guard let span = interval.nanoseconds.map(Span.init(nanoseconds:)),
      WatchRequest.heartbeatRange.contains(span)
    else {
      fail(.request, "heartbeat_interval", "must be 100 ms to 1 h")
      return WatchRequest.heartbeatDefault
    }
    return span
  }
}
