/// Where in the feed to begin.
public enum EventStart: Sendable, Equatable {
  /// Just after a place that was reached before. Any reply's cursor will do.
  case cursor(String)
  /// With the oldest event that is kept.
  case beginning
  /// With the first event after this moment.
  case now
  /// With the first event at or after a time.
  case time(WellKnown.Timestamp)
}

/// Which events. Within a list any entry will do; every list that is not empty must be met, and
/// all labels.
public struct EventFilter: Sendable, Equatable {
  /// Events of one of these pools; of any if empty, as for the others.
  public var pools: [String]
  public var taskIDs: [String]
  public var kinds: [String]
  public var types: [API.EventType]
  public var labels: [String: String]
  /// In the filter language, as of the lists of tasks, but with the fields of events:
  /// `type = TASK_FAILED AND failure.code = "net*"`.
  public var expression: String

  public init(
    pools: [String] = [], taskIDs: [String] = [], kinds: [String] = [],
    types: [API.EventType] = [], labels: [String: String] = [:],
    expression: String = ""
  ) {
    self.pools = pools
    self.taskIDs = taskIDs
    self.kinds = kinds
    self.types = types
    self.labels = labels
    self.expression = expression
  }
}

/// What happens to the connection below a feed.
public enum EventConnection: Sendable, Equatable {
  /// It was lost, and is being tried again.
  case lost(MartletError)
  /// It is back; the feed goes on behind the last event.
  case resumed
}

/// Events that arrived together.
public struct EventBatch: Sendable, Equatable {
  /// In order; empty in a heartbeat.
  public var events: [API.Event]
  /// Behind these events: store it with what you did, start from it again, and nothing is missed
  /// or doubled.
  public var cursor: String

  public init(events: [API.Event], cursor: String) {
    self.events = events
    self.cursor = cursor
  }
}
