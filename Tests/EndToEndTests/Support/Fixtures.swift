import MartletClient
import Testing

extension API.TaskSpec {
  /// A task that does nothing but return its payload.
  static func echo(_ text: String = "", labels: [String: String] = [:]) -> Self {
    Self(kind: "echo", payload: Array(text.utf8), contentType: "text/plain", labels: labels)
  }

  /// A task that fails as `json` says.
  static func fail(_ json: String = "{}", retry: API.RetryPolicy? = nil) -> Self {
    var spec = Self(kind: "fail", json: json)
    spec.retryPolicy = retry
    return spec
  }

  static var gate: Self { Self(kind: "gate") }

  /// A task that nobody serves: it waits for ever.
  static var unserved: Self { Self(kind: "unserved") }
}

extension API.RetryPolicy {
  /// So many attempts with almost nothing between them.
  static func quick(attempts: Int32, nonRetryable codes: [String] = []) -> Self {
    Self(
      maxAttempts: attempts, initialBackoff: .init(.milliseconds(1)), factor: 1,
      maxBackoff: .init(.milliseconds(1)), jitter: 0, nonRetryableCodes: codes)
  }

  static var never: Self { quick(attempts: 1) }
}

extension World {
  /// Submits one task, and returns it as it was when it had ended.
  func ended(_ spec: API.TaskSpec, in pool: String = "work") async throws -> API.Task {
    try await tasks.waitUntilEnded(try await tasks.submit(spec, to: pool).id)
  }

  /// Submits one task, and returns its id when it runs.
  func started(_ spec: API.TaskSpec, in pool: String = "work") async throws -> String {
    let id = try await tasks.submit(spec, to: pool).id
    try await reached(id, .running)
    return id
  }

  /// Returns when a task is in a state; fails if it ends before.
  @discardableResult
  func reached(_ id: String, _ state: API.TaskState) async throws -> API.Task {
    for try await task in tasks.wait(id) where task.state == state { return task }
    throw Unreached(id: id, state: state)
  }

  /// Submits tasks as one batch, and waits until all have ended.
  @discardableResult
  func finished(_ specs: [API.TaskSpec], in pool: String = "work") async throws -> [API.Task] {
    let ids = try await tasks.submitBatch(specs, to: pool).value
    var ended: [String: API.Task] = [:]
    for try await some in tasks.wait(ids) {
      for task in some.tasks { ended[task.id] = task }
    }
    return ids.compactMap { ended[$0] }
  }

  /// All events so far that pass a filter.
  func events(
    _ filter: EventFilter = .init(), from start: EventStart = .beginning,
    includeContent: Bool = false
  ) async throws -> [API.Event] {
    var events: [API.Event] = []
    let feed = client.watchEvents(
      from: start, filter: filter, includeContent: includeContent, untilNow: true)
    for try await event in feed { events.append(event) }
    return events
  }

  /// The story of one task, as the feed tells it.
  func story(of id: String) async throws -> [API.EventType] {
    try await events(EventFilter(taskIDs: [id])).map(\.type)
  }

  /// Returns when an event of that type has happened in a pool.
  func happened(_ type: API.EventType, in pool: String) async throws {
    let filter = EventFilter(pools: [pool], types: [type])
    for try await _ in client.watchEvents(from: .beginning, filter: filter) { return }
  }
}

struct Unreached: Error {
  var id: String
  var state: API.TaskState
}

/// The error that a call must end with.
func refusal<Value>(
  sourceLocation: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
) async throws -> MartletError {
  do {
    _ = try await call()
  } catch let error as MartletError {
    return error
  } catch let status as RPCStatus {
    return MartletError(status)
  }
  let comment: Comment = "the call was answered, it must be refused"
  Issue.record(comment, sourceLocation: sourceLocation)
  throw Answered()
}

struct Answered: Error {}

extension WellKnown.Timestamp {
  func adding(milliseconds: Int64) -> Self {
    let nanos = Int64(nanos) + milliseconds % 1_000 * 1_000_000
    return Self(
      seconds: seconds + milliseconds / 1_000 + nanos / 1_000_000_000,
      nanos: Int32(nanos % 1_000_000_000))
  }
}
