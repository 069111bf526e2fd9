internal import Synchronization

/// The feed, as an asynchronous sequence of events. Got from `MartletClient.watchEvents`.
///
/// ```swift
/// for try await event in martlet.watchEvents(from: .beginning) { print(event.type, event.taskId) }
/// ```
///
/// Resumes by itself from its cursor after a lost connection or a restart of the server, without
/// gap or double. Ends only when `untilNow` says so, when it throws, or when its Swift task is
/// cancelled. Throws OUT_OF_RANGE (`.revisionCompacted`) when the events asked for are no longer
/// kept.
///
/// For one reader at a time. Who stops and iterates again goes on behind the event read last. To
/// go on in another process, read `batches`, and store each batch's cursor with what was done.
public struct TaskEvents: AsyncSequence, Sendable {
  public typealias Element = API.Event

  let source: EventSource

  init(
    runner: CallRunner, request: API.WatchEventsRequest, start: EventStart,
    onConnection: (@Sendable (EventConnection) -> Void)?
  ) {
    source = EventSource(
      runner: runner, request: request, start: start, onConnection: onConnection,
      place: EventPlace())
  }

  /// Behind the last batch that was read to its end; nil before the first.
  public var cursor: String? { source.place.cursor }

  /// The same feed in batches, heartbeats included: each with its cursor.
  public var batches: Batches { Batches(source: source) }

  public func makeAsyncIterator() -> Iterator { Iterator(reader: EventReader(source)) }

  public struct Iterator: AsyncIteratorProtocol {
    var reader: EventReader
    var batch = EventBatch(events: [], cursor: "")
    var next = 0

    public mutating func next() async throws -> API.Event? {
      while next == batch.events.count {
        reader.place.reach(cursor: batch.cursor)
        guard let read = try await reader.next() else { return nil }
        batch = read
        next = 0
      }
      let event = batch.events[next]
      next += 1
      reader.place.reach(revision: event.revision)
      return event
    }
  }

  /// A feed in batches.
  public struct Batches: AsyncSequence, Sendable {
    public typealias Element = EventBatch

    let source: EventSource

    public func makeAsyncIterator() -> Iterator { Iterator(reader: EventReader(source)) }

    public struct Iterator: AsyncIteratorProtocol {
      var reader: EventReader

      public mutating func next() async throws -> EventBatch? {
        guard let batch = try await reader.next() else { return nil }
        if let last = batch.events.last { reader.place.reach(revision: last.revision) }
        reader.place.reach(cursor: batch.cursor)
        return batch
      }
    }
  }
}

/// What to read, and how far it has been read.
struct EventSource: Sendable {
  let runner: CallRunner
  let request: API.WatchEventsRequest
  let start: EventStart
  let onConnection: (@Sendable (EventConnection) -> Void)?
  let place: EventPlace
}

/// How far a feed has been read. Shared by the iterators of one feed, of which one reads.
final class EventPlace: Sendable {
  private let storedCursor = Mutex<String?>(nil)
  private let storedRevision = Atomic<UInt64>(0)

  /// Behind the last batch that was handed out whole.
  var cursor: String? { storedCursor.withLock { $0 } }

  /// Of the last event that was handed out; 0 before the first.
  var revision: UInt64 { storedRevision.load(ordering: .relaxed) }

  func reach(cursor: String) {
    if !cursor.isEmpty { storedCursor.withLock { $0 = cursor } }
  }

  func reach(revision: UInt64) { storedRevision.store(revision, ordering: .relaxed) }
}
