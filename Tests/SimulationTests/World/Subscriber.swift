import MartletAPI
import MartletProtobuf
import MartletStore

@testable import MartletCore
@testable import MartletServer

/// One who follows the feed and keeps nothing but the cursor of the last message that arrived.
struct Subscriber {
  enum Wish: CaseIterable {
    case everything
    case everythingWithContent
    case onePool
    case ends
    case oneKind
  }

  let wish: Wish
  /// Of the last message.
  private(set) var cursor: Revision
  private var reader: FeedReader
  private(set) var seen = 0

  init(_ wish: Wish, after cursor: Revision) {
    self.wish = wish
    self.cursor = cursor
    reader = Self.reader(wish, after: cursor)
  }

  private static func reader(_ wish: Wish, after cursor: Revision) -> FeedReader {
    switch wish {
    case .everything: FeedReader(after: cursor)
    case .everythingWithContent: FeedReader(after: cursor, withContent: true)
    case .onePool: FeedReader(after: cursor, filter: FeedFilter(pools: ["a"]))
    case .ends: FeedReader(after: cursor, filter: FeedFilter(types: endTypes))
    case .oneKind: FeedReader(after: cursor, filter: FeedFilter(kinds: ["work"]))
    }
  }

  private static let endTypes = Set(
    [API.EventType.taskSucceeded, .taskFailed, .taskCancelled].map(\.rawValue))

  private func wants(_ event: API.Event) -> Bool {
    switch wish {
    case .everything, .everythingWithContent: true
    case .onePool: event.pool == "a" || event.fromPool == "a"
    case .ends: Self.endTypes.contains(event.type.rawValue)
    case .oneKind: event.kind == "work"
    }
  }

  /// The connection broke, or the server did: what had not arrived is asked for again.
  mutating func reconnect() { reader = Self.reader(wish, after: cursor) }

  /// Reads on; `flushes` if the server sends what it has gathered.
  mutating func read(
    _ log: any EventLog, bytesMax: Int, flushes: Bool, checker: inout Checker
  ) throws(Violation) {
    var segments: [StoredSegment] = []
    do throws(StoreFailure) {
      segments = try log.read(from: reader.position.next, bytesMax: bytesMax)
    } catch .compacted(let oldest) {
      try require(
        oldest <= checker.model.oldestEvent, "events from \(oldest) on are gone, not purged")
      cursor = Revision(oldest.rawValue - 1)
      return reconnect()
    } catch {
      throw Violation(description: "the feed cannot read the log: \(error)")
    }
    for stored in segments {
      for message in try messages(of: try Segment.checked(stored)) { try take(message, &checker) }
    }
    if flushes {
      if let message = reader.flush() { try take(message, &checker) }
      try take(reader.heartbeat, &checker)
    }
  }

  private mutating func messages(of segment: Segment) throws(Violation) -> [FeedMessage] {
    do throws(Segment.Damage) {
      return try reader.read(segment)
    } catch {
      throw Violation(description: error.reason)
    }
  }

  private mutating func take(
    _ message: FeedMessage, _ checker: inout Checker
  ) throws(Violation) {
    var bytes: [UInt8] = []
    message.forEachPiece { bytes.append(contentsOf: $0) }
    guard let response = try? API.WatchEventsResponse(protobufBytes: bytes) else {
      throw Violation(description: "a message of the feed cannot be read")
    }
    try require(
      response.events.count == message.eventCount && bytes.count == message.eventBytes,
      "a message says that it has \(message.eventCount) events")
    try require(message.cursor >= cursor, "a cursor went back")
    let range = Int(cursor.rawValue)..<Int(message.cursor.rawValue)
    try require(
      range.upperBound <= checker.publicEvents.count, "an event left before it was durable")
    let expected = checker.publicEvents[range].filter(wants)
    try require(
      response.events.map(\.revision) == expected.map(\.revision),
      "\(wish) after \(cursor): \(response.events.map(\.revision)), not \(expected.map(\.revision))"
    )
    for (event, plain) in zip(response.events, expected) {
      try compare(event, with: plain, model: checker.model)
    }
    seen += response.events.count
    cursor = message.cursor
    checker.show(cursor)
  }

  private func compare(
    _ event: API.Event, with plain: API.Event, model: Model
  ) throws(Violation) {
    var stripped = event
    stripped.payload = plain.payload
    stripped.result = plain.result
    try require(stripped == plain, "event \(plain.revision) was told in two ways")
    guard wish == .everythingWithContent, let id = TaskID(event.taskId),
      let task = model.tasks[id]
    else { return }
    if event.type == .taskSubmitted {
      try require(event.payload == task.submission.payload, "an event has another payload")
    }
    if event.type == .taskSucceeded {
      try require(event.result?.data == task.result?.data, "an event has another result")
    }
  }
}
