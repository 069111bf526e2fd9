import MartletAPI
import MartletCore
import MartletProtobuf
import MartletRPC
import MartletStore

/// The feed as a call: sends slices of segments, encoded once for all who read them.
struct EventService: API.EventService {
  let desk: ServiceDesk

  private var node: Node { desk.node }

  /// How much is read at a time: from memory, or from the log.
  private static let readBytes = 4 << 20

  func watchEvents(
    _ request: API.WatchEventsRequest, response: ResponseWriter<API.WatchEventsResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let watch = try RequestCheck.watch(request, limits: node.limits)
      var reader = FeedReader(
        after: try await start(of: watch), filter: watch.filter, withContent: watch.withContent,
        end: watch.untilNow ? node.durableRevision : nil)
      response.sendHeaders()
      try await follow(&reader, heartbeat: watch.heartbeat, response, on: context.loop)
    }
  }

  private func follow(
    _ reader: inout FeedReader, heartbeat: Span,
    _ response: ResponseWriter<API.WatchEventsResponse>, on loop: CallLoop
  ) async throws {
    var lastSent = MonotonicTime.now
    while !Task.isCancelled {
      if reader.isAtEnd { return try await Self.send(reader.flush() ?? reader.heartbeat, response) }
      switch node.feed.read(after: reader.position, bytesMax: Self.readBytes) {
      case .segments(let segments):
        if try await send(segments, &reader, response) { lastSent = MonotonicTime.now }
      case .older:
        let segments = try await older(than: reader.position)
        if try await send(segments, &reader, response) { lastSent = MonotonicTime.now }
      case .upToDate:
        if node.feed.isClosed { throw Refusal.stopping }
        await node.feed.wait(
          after: reader.position, until: lastSent + heartbeat.nanoseconds, on: loop)
      }
      if MonotonicTime.now >= lastSent + heartbeat.nanoseconds, !reader.isAtEnd {
        try await Self.send(reader.heartbeat, response)
        lastSent = MonotonicTime.now
      }
    }
  }

  /// The revision after which the stream starts.
  private func start(of watch: WatchRequest) async throws -> Revision {
    switch watch.from {
    case .now: return node.durableRevision
    case .after(let revision):
      try desk.check(revision, field: "cursor")
      return revision
    case .beginning:
      return Revision(try await node.info().oldest.rawValue - 1)
    case .time(let time):
      let log = node.log
      let found = try await node.onReader { () throws(StoreFailure) in
        try log.revision(atOrAfter: time)
      }
      return found.map { Revision($0.rawValue - 1) } ?? node.durableRevision
    }
  }

  /// True if anything was sent.
  private func send(
    _ segments: [Segment], _ reader: inout FeedReader,
    _ response: ResponseWriter<API.WatchEventsResponse>
  ) async throws -> Bool {
    var sent = false
    for segment in segments {
      let messages: [FeedMessage]
      do throws(Segment.Damage) {
        messages = try reader.read(segment)
      } catch {
        throw StoreFailure.corrupted(file: "log.db", reason: error.reason)
      }
      for message in messages {
        try await Self.send(message, response)
        sent = true
      }
    }
    if let rest = reader.flush() {
      try await Self.send(rest, response)
      sent = true
    }
    let newest = node.durableRevision
    node.metrics.subscriberBehind(
      by: Int(clamping: newest.rawValue - min(reader.position, newest).rawValue))
    return sent
  }

  private func older(than position: Revision) async throws -> [Segment] {
    let log = node.log
    let stored = try await node.onReader { () throws(StoreFailure) in
      try log.read(from: position.next, bytesMax: Self.readBytes)
    }
    do throws(Segment.Damage) {
      var segments: [Segment] = []
      for one in stored { segments.append(try Segment(checking: one)) }
      return segments
    } catch {
      throw StoreFailure.corrupted(file: "log.db", reason: error.reason)
    }
  }

  /// `WatchEventsResponse`: the events as they lie in the log, then the cursor.
  private static func send(
    _ message: FeedMessage, _ response: ResponseWriter<API.WatchEventsResponse>
  ) async throws {
    let cursor = Array(Cursor(message.cursor).text.utf8)
    let byteCount = message.eventBytes + 2 + cursor.count
    try await response.write(encodedByteCount: byteCount) { buffer in
      var offset = 0
      message.forEachPiece { piece in
        UnsafeMutableRawBufferPointer(rebasing: buffer[offset...]).copyMemory(from: piece)
        offset += piece.count
      }
      // Field 2, a string shorter than 128 bytes.
      buffer[offset] = 0x12
      buffer[offset + 1] = UInt8(truncatingIfNeeded: cursor.count)
      UnsafeMutableRawBufferPointer(rebasing: buffer[(offset + 2)...]).copyBytes(from: cursor)
    }
  }
}
