import Testing

@testable import MartletHTTP2

@Suite("HTTP/2 sessions") struct SessionTests {
  static let ok = HeaderList([(":status", "200"), ("content-type", "text/plain")])
  static let trailers = HeaderList([("grpc-status", "0")])

  @Test("a request arrives with its fields and payload, and so does the response with its trailers")
  func exchange() throws {
    let pair = try SessionPair()
    let request = try pair.request(Array("hello".utf8))
    pair.pump()
    let stream = try #require(pair.serverStreams[1])
    #expect(stream.headers.pairs.contains([":path", "/s/m"]))
    #expect(Array(stream.received.readable) == Array("hello".utf8))
    #expect(pair.serverEvents == [.init(id: 1, kind: [.headers, .data, .end])])

    pair.server.respond(stream, headers: .list(Self.ok))
    Array("world".utf8).withUnsafeBytes { stream.outgoing.append($0) }
    pair.server.finish(stream, trailers: .list(Self.trailers))
    pair.pump()
    #expect(Array(request.received.readable) == Array("world".utf8))
    #expect(request.trailers.pairs == [["grpc-status", "0"]])
    #expect(request.isClosed && request.closeCode == .noError)
    #expect(pair.server.openStreamCount == 0 && pair.client.openStreamCount == 0)
  }

  @Test("a writer that has nothing yet is resumed when it has")
  func deferred() throws {
    let pair = try SessionPair()
    let request = try pair.request([])
    pair.pump()
    let stream = try #require(pair.serverStreams[1])
    pair.server.respond(stream, headers: .list(Self.ok))
    pair.pump()
    #expect(request.headers.pairs.first == [":status", "200"])
    for part in ["a", "b", "c"] {
      Array(part.utf8).withUnsafeBytes { stream.outgoing.append($0) }
      pair.server.resume(stream)
      pair.pump()
    }
    pair.server.finish(stream, trailers: .list(Self.trailers))
    pair.pump()
    #expect(Array(request.received.readable) == Array("abc".utf8))
    #expect(request.isClosed)
  }

  @Test("the window shuts when nothing is consumed, and opens when something is")
  func flowControl() throws {
    var limits = HTTP2Limits()
    limits.streamWindow = 70_000
    let pair = try SessionPair(serverLimits: limits)
    let request = try pair.request([UInt8](repeating: 7, count: 300_000))
    pair.pump()
    let stream = try #require(pair.serverStreams[1])
    #expect(stream.received.count == 70_000)
    #expect(request.outgoing.count == 230_000)
    while stream.received.count > 0 {
      let count = stream.received.count
      stream.received.discard(count)
      pair.server.consume(stream, count)
      pair.pump()
    }
    #expect(request.outgoing.isEmpty)
    #expect(stream.isRemoteClosed)
  }

  @Test("a stream whose reader has stopped does not block the others")
  func stalledStream() throws {
    var limits = HTTP2Limits()
    limits.streamWindow = 1 << 20
    limits.connectionWindow = 1 << 20
    let pair = try SessionPair(serverLimits: limits)
    _ = try pair.request([UInt8](repeating: 1, count: 2 << 20))
    pair.pump()
    for _ in 0..<100 { _ = try pair.request([UInt8](repeating: 2, count: 50_000)) }
    pair.pump()
    let finished = pair.serverStreams.values.filter { $0.isRemoteClosed }
    #expect(finished.count == 100)
  }

  @Test("above the unread limit the connection's window waits for the readers")
  func unreadLimit() throws {
    var limits = HTTP2Limits()
    limits.streamWindow = 1 << 20
    limits.connectionWindow = 1 << 20
    limits.unreadBytesMax = 2 << 20
    let pair = try SessionPair(serverLimits: limits)
    for _ in 0..<10 { _ = try pair.request([UInt8](repeating: 1, count: 1 << 20)) }
    pair.pump()
    let unread = pair.serverStreams.values.reduce(0) { $0 + $1.received.count }
    #expect(unread <= 3 << 20)
    for _ in 0..<20 {
      for stream in pair.serverStreams.values where stream.received.count > 0 {
        let count = stream.received.count
        stream.received.discard(count)
        pair.server.consume(stream, count)
      }
      pair.pump()
    }
    #expect(pair.serverStreams.values.filter { $0.isRemoteClosed }.count == 10)
  }

  @Test("a response before the end of the request is followed by RST_STREAM(NO_ERROR)")
  func earlyResponse() throws {
    let pair = try SessionPair()
    let request = try pair.request([1, 2, 3], isComplete: false)
    pair.pump()
    let stream = try #require(pair.serverStreams[1])
    pair.server.respond(
      stream, onlyHeaders: .list(HeaderList([(":status", "200"), ("grpc-status", "5")])))
    pair.pump()
    #expect(request.headers.pairs.contains(["grpc-status", "5"]))
    #expect(request.isClosed && request.closeCode == .noError && request.wasResetByPeer)
    #expect(pair.server.openStreamCount == 0)
  }

  @Test("an announced shutdown still takes streams; after the second step they are refused")
  func gracefulShutdown() throws {
    let pair = try SessionPair()
    let first = try pair.request([], isComplete: false)
    pair.pump()
    pair.server.announceShutdown()
    pair.server.ping(42)
    let onItsWay = try pair.request([])
    pair.pump()
    #expect(pair.server.takeNotices().contains(.pingAcknowledged(42)))
    #expect(pair.serverStreams[3] != nil)
    pair.server.refuseNewStreams()
    pair.pump()
    #expect(!pair.client.allowsRequests)
    for stream in [pair.serverStreams[1], pair.serverStreams[3]].compactMap({ $0 }) {
      pair.server.respond(stream, onlyHeaders: .list(Self.ok))
    }
    pair.client.finish(first)
    pair.pump()
    #expect(first.isClosed && onItsWay.isClosed)
    #expect(pair.server.isFinished)
  }

  @Test("a session that ends with open streams keeps none of them alive")
  func noLeaks() throws {
    weak var stream: HTTP2Stream?
    weak var owner: Owner?
    do {
      let server = try HTTP2ServerSession()
      let client = try HTTP2ClientSession()
      let request = client.request(headers: SessionPair.request, isComplete: false)
      #expect(request != nil)
      let bytes = SessionPair.drain { client.drain(into: $0) }
      try bytes.withUnsafeBytes { try server.receive($0, at: 1) }
      server.forEachReady { opened, _ in
        let call = Owner()
        opened.owner = call
        stream = opened
        owner = call
      }
      #expect(server.openStreamCount == 1)
      #expect(owner != nil)
    }
    #expect(stream == nil)
    #expect(owner == nil)
  }

  @Test("of streams that close together, those not kept for reuse let go of what they own")
  func noLeaksOfManyStreams() throws {
    let pair = try SessionPair(serverLimits: Self.manyStreams)
    pair.pump()
    var requests: [HTTP2Stream] = []
    for _ in 0..<600 {
      try requests.append(
        requireStream(pair.client.request(headers: SessionPair.request, isComplete: false)))
    }
    pair.feedServer(SessionPair.drain { pair.client.drain(into: $0) })
    var owners: [WeakOwner] = []
    for stream in pair.serverStreams.values {
      let call = Owner()
      call.stream = stream
      stream.owner = call
      owners.append(WeakOwner(owner: call))
    }
    pair.serverStreams = [:]
    for request in requests { pair.client.reset(request, .cancel) }
    let bytes = SessionPair.drain { pair.client.drain(into: $0) }
    try bytes.withUnsafeBytes { try pair.server.receive($0, at: 1) }
    pair.server.forEachReady { stream, events in
      if events.contains(.closed) { pair.server.recycle(stream) }
    }
    #expect(owners.count == 600)
    #expect(owners.count { $0.owner != nil } < 300)
    pair.server.dropFreeStreams()
    #expect(!owners.contains { $0.owner != nil })
  }

  static var manyStreams: HTTP2Limits {
    var limits = HTTP2Limits()
    limits.concurrentStreams = 1_000
    return limits
  }

  /// Like a call: it and its stream hold each other.
  final class Owner {
    var stream: HTTP2Stream?
  }
  struct WeakOwner {
    weak var owner: Owner?
  }
}
