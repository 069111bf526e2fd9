import MartletAPI
import MartletCore
import MartletProtobuf
import MartletServer
import MartletStore
import Testing

/// How a subscriber's messages are cut.
@Suite("Feed reader")
struct FeedTests {
  /// Commits of so many tasks each, with labels and payloads of a size.
  private func segments(
    commits: Int, tasks: Int, labelBytes: Int = 0, payloadBytes: Int = 0
  ) throws -> [Segment] {
    var pipeline = CommitPipeline(engine: Engine(session: SessionState()))
    var encoder = SegmentEncoder()
    var segments: [Segment] = []
    let now = Instant(
      elapsed: Elapsed(nanoseconds: 1), wall: WallTime(nanoseconds: 1_767_225_600_000_000_000))
    let spec = PoolSpec(slots: 1, queueCapacity: 99_999, retry: .default, runTimeout: .seconds(60))
    pipeline.run(.createPool(name: "p", spec: spec, origin: .server), ticket: nil, at: now)
    for commit in 0..<commits {
      let labels = labelBytes == 0 ? [:] : ["k": String(repeating: "v", count: labelBytes)]
      let drafts = (0..<tasks).map { number in
        TaskDraft(
          kind: number % 2 == 0 ? "even" : "odd",
          payload: Array(repeating: UInt8(commit), count: payloadBytes), labels: LabelSet(labels))
      }
      pipeline.run(
        .submit(pool: "p", tasks: drafts, request: nil, history: nil, origin: .server),
        ticket: nil, at: now)
      guard let sealed = pipeline.seal() else { continue }
      pipeline.segmentDurable()
      segments.append(
        try Segment(
          checking: encoder.encode(sealed, catalog: pipeline.engine.state.durable.catalog)))
    }
    return segments
  }

  private func messages(
    of segments: [Segment], _ reader: inout FeedReader
  ) throws -> [(events: [API.Event], bytes: Int, cursor: Revision)] {
    var messages: [FeedMessage] = []
    for segment in segments { messages += try reader.read(segment) }
    if let last = reader.flush() { messages.append(last) }
    return try messages.map { message in
      var bytes: [UInt8] = []
      message.forEachPiece { bytes.append(contentsOf: $0) }
      let response = try API.WatchEventsResponse(protobufBytes: bytes)
      #expect(response.events.count == message.eventCount && bytes.count == message.eventBytes)
      return (response.events, bytes.count, message.cursor)
    }
  }

  @Test("a message ends at 1 MiB or one event, and the next one goes on without gap or double")
  func cut() throws {
    for (labelBytes, withContent) in [(9_000, false), (0, true), (9_000, true)] {
      let segments = try segments(
        commits: 3, tasks: 150, labelBytes: labelBytes, payloadBytes: withContent ? 20_000 : 0)
      var reader = FeedReader(after: .zero, withContent: withContent)
      let messages = try messages(of: segments, &reader)
      #expect(messages.count > 3)
      #expect(messages.allSatisfy { $0.bytes <= 1 << 20 || $0.events.count == 1 })
      #expect(messages.flatMap { $0.events }.map(\.revision) == Array(1...451))
      for message in messages { #expect(message.cursor.rawValue == message.events.last?.revision) }
    }
  }

  @Test("an event that alone is larger than a message is a message")
  func large() throws {
    let segments = try segments(commits: 2, tasks: 2, payloadBytes: 1 << 20)
    var reader = FeedReader(after: .zero, withContent: true)
    let messages = try messages(of: segments, &reader)
    #expect(messages.flatMap { $0.events }.map(\.revision) == [1, 2, 3, 4, 5])
    #expect(messages.allSatisfy { $0.bytes <= 1 << 20 + 200 || $0.events.count == 1 })
    #expect(messages.flatMap { $0.events }.dropFirst().allSatisfy { $0.payload.count == 1 << 20 })
  }

  @Test("any cursor is a place to start at, also in the middle of a commit")
  func middle() throws {
    let segments = try segments(commits: 3, tasks: 4)
    for cursor: UInt64 in 0...13 {
      var reader = FeedReader(after: Revision(cursor))
      let events = try messages(of: segments, &reader).flatMap { $0.events }
      #expect(events.map(\.revision) == Array((cursor + 1)..<14))
    }
  }

  @Test("nothing after the end is sent, wherever in a commit it lies")
  func end() throws {
    let segments = try segments(commits: 3, tasks: 4)
    for end: UInt64 in 1...13 {
      var reader = FeedReader(after: .zero, end: Revision(end))
      let events = try messages(of: segments, &reader).flatMap { $0.events }
      #expect(events.map(\.revision) == Array(1...end))
      #expect(reader.isAtEnd)
    }
  }

  @Test("what a filter leaves out still moves the cursor")
  func leftOut() throws {
    let segments = try segments(commits: 2, tasks: 4)
    var reader = FeedReader(after: .zero, filter: FeedFilter(kinds: ["odd"]))
    let messages = try messages(of: segments, &reader)
    #expect(messages.flatMap { $0.events }.map(\.revision) == [3, 5, 7, 9])
    #expect(reader.heartbeat.cursor == Revision(9))
    var none = FeedReader(after: .zero, filter: FeedFilter(kinds: ["nobody"]))
    for segment in segments { #expect(try none.read(segment).isEmpty) }
    #expect(none.flush() == nil && none.heartbeat.cursor == Revision(9))
  }
}
