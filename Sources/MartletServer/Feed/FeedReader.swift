import MartletAPI
package import MartletCore
import MartletProtobuf

/// One subscriber's way through the log: takes segments in order and says which bytes to send.
/// Pure: no clock, no waiting; whoever drives it brings segments and takes messages.
package struct FeedReader: Sendable {
  /// Everything up to here has been sent or left out.
  package private(set) var position: Revision
  private var filter: FeedFilter
  private let withContent: Bool
  private let end: Revision?
  private var message = FeedMessage()

  /// A message ends at this size, or at one event.
  package static let messageBytesMax = 1 << 20 - 1_024

  /// - Parameter end: Nothing after it is sent.
  package init(
    after position: Revision, filter: FeedFilter = FeedFilter(), withContent: Bool = false,
    end: Revision? = nil
  ) {
    self.position = position
    self.filter = filter
    self.withContent = withContent
    self.end = end
  }

  package var isAtEnd: Bool { end.map { position >= $0 } ?? false }

  /// Goes through one segment; `send` gets each message that is full. What is left stays for the
  /// next segment or for `flush`.
  package mutating func read(_ segment: Segment) throws(Segment.Damage) -> [FeedMessage] {
    guard segment.lastRevision > position else { return [] }
    let skip =
      position < segment.firstRevision
      ? 0 : Int(position.rawValue - segment.firstRevision.rawValue) + 1
    var count = segment.count
    if let end, end < segment.lastRevision {
      count =
        end < segment.firstRevision
        ? 0 : Int(end.rawValue - segment.firstRevision.rawValue) + 1
    }
    var full: [FeedMessage] = []
    var index = skip
    while index < count {
      let run = try take(segment, from: index, to: count)
      index = run
      position = segment.firstRevision.advanced(by: index - 1)
      if message.byteCount >= Self.messageBytesMax, let done = flush() { full.append(done) }
    }
    return full
  }

  /// What has been gathered, with the cursor behind it; nil if nothing was.
  package mutating func flush() -> FeedMessage? {
    guard message.eventCount > 0 else { return nil }
    var done = message
    message = FeedMessage()
    done.cursor = position
    return done
  }

  /// A message without events: the cursor alone.
  package var heartbeat: FeedMessage {
    var message = FeedMessage()
    message.cursor = position
    return message
  }

  /// Adds events from `from` on as long as they fit; returns the first one that was not looked at.
  private mutating func take(
    _ segment: Segment, from: Int, to: Int
  ) throws(Segment.Damage) -> Int {
    if filter.isEmpty, !withContent { return takeAll(segment, from: from, to: to) }
    guard filter.passes(from, of: segment) else { return from + 1 }
    let joined = withContent ? try segment.eventWithContent(from) : nil
    let range = segment.publicRange(from, from + 1)
    if message.eventCount > 0,
      message.byteCount + (joined?.count ?? range.count) > Self.messageBytesMax
    {
      // Sent by the caller, which sees that the message is full.
      message.close()
      return from
    }
    if let joined {
      message.add(joined)
    } else {
      message.add(segment, range, events: 1)
    }
    return from + 1
  }

  private mutating func takeAll(_ segment: Segment, from: Int, to: Int) -> Int {
    var end = to
    let room = max(Self.messageBytesMax - message.byteCount, 0)
    if message.eventCount > 0, segment.publicRange(from, from + 1).count > room {
      message.close()
      return from
    }
    if segment.publicRange(from, end).count > room {
      var low = from + 1
      while low < end {
        let middle = (low + end + 1) / 2
        if segment.publicRange(from, middle).count <= room {
          low = middle
        } else {
          end = middle - 1
        }
      }
      end = low
    }
    message.add(segment, segment.publicRange(from, end), events: end - from)
    return end
  }
}

/// One WatchEventsResponse, as the places where its bytes are.
package struct FeedMessage: Sendable {
  private enum Part: Sendable {
    case slice(Segment, Range<Int>)
    case bytes([UInt8])
  }

  private var parts: [Part] = []
  /// What it counts for against the limit.
  package private(set) var byteCount = 0
  /// Bytes of its events, tags and lengths included.
  package private(set) var eventBytes = 0
  package private(set) var eventCount = 0
  /// Behind the last event.
  package fileprivate(set) var cursor = Revision.zero

  fileprivate mutating func add(_ segment: Segment, _ range: Range<Int>, events: Int) {
    byteCount += range.count
    eventBytes += range.count
    eventCount += events
    if case .slice(let last, let before)? = parts.last, last === segment,
      before.upperBound == range.lowerBound
    {
      parts[parts.count - 1] = .slice(segment, before.lowerBound..<range.upperBound)
    } else {
      parts.append(.slice(segment, range))
    }
  }

  fileprivate mutating func add(_ bytes: [UInt8]) {
    byteCount += bytes.count
    eventBytes += bytes.count
    eventCount += 1
    parts.append(.bytes(bytes))
  }

  /// Nothing more goes in.
  fileprivate mutating func close() { byteCount = max(byteCount, FeedReader.messageBytesMax) }

  /// The bytes of the message's events, one piece after another.
  package func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) {
    for part in parts {
      switch part {
      case .slice(let segment, let range):
        segment.bytes.withUnsafeBytes {
          body(UnsafeRawBufferPointer(rebasing: $0[range]))
        }
      case .bytes(let bytes): bytes.withUnsafeBytes { body($0) }
      }
    }
  }
}

extension Segment {
  /// The event with its payload or result joined in; nil for events that have neither.
  fileprivate func eventWithContent(_ index: Int) throws(Damage) -> [UInt8]? {
    let type = API.EventType(rawValue: Int32(bitPattern: entry(index).type))
    guard type == .taskSubmitted || type == .taskSucceeded else { return nil }
    guard case .task(let change) = try body(index), var event = publicEvent(index) else {
      return nil
    }
    switch change.change {
    case .submitted(let submission): event.payload = submission.payload
    case .succeeded(let result):
      event.result = .init(data: result.data, contentType: result.contentType)
    default: return nil
    }
    return event.withEncodedBytes { bytes in
      var delimited: [UInt8] = [SegmentFormat.eventTag]
      delimited.appendVarint(bytes.count)
      delimited.append(contentsOf: bytes)
      return delimited
    }
  }
}
