import Testing

@testable import MartletHTTP2

@Suite("Guards against floods") struct FloodTests {
  /// The code of the GOAWAY that a server answers to what a client must not send. `reads`: in so
  /// many portions.
  private func goAway(after bytes: [UInt8], reads: Int = 100) throws -> HTTP2ErrorCode? {
    let pair = try SessionPair()
    let size = bytes.count / reads
    for read in 0..<reads {
      pair.feedServer(Array(bytes[read * size..<(read + 1) * size]))
      pair.pump()
    }
    for case .goAway(_, let code, _) in pair.client.takeNotices() { return code }
    return nil
  }

  private func flood(_ frame: [UInt8], count: Int) -> [UInt8] {
    Array((0..<count).map { _ in frame }.joined())
  }

  @Test("pings", arguments: [(1_000, nil), (20_000, HTTP2ErrorCode.enhanceYourCalm)])
  func pings(count: Int, expected: HTTP2ErrorCode?) throws {
    let ping = frame(type: 6, [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try goAway(after: flood(ping, count: count)) == expected)
  }

  @Test("priorities and frames of unknown types", arguments: [2, 99] as [UInt8])
  func idleFrames(type: UInt8) throws {
    let payload: [UInt8] = type == 2 ? [0, 0, 0, 0, 1] : []
    let one = frame(type: type, stream: type == 2 ? 3 : 0, payload)
    #expect(try goAway(after: flood(one, count: 20_000)) == .enhanceYourCalm)
  }

  @Test("settings")
  func settings() throws {
    let pair = try SessionPair()
    for _ in 0..<20_000 where pair.serverFailure == nil && pair.client.allowsRequests {
      pair.feedServer(frame(type: 4))
      pair.pump()
    }
    #expect(pair.serverFailure != nil || !pair.client.allowsRequests)
  }

  @Test("more answers owed than the peer takes end the session")
  func owedAnswers() throws {
    let pair = try SessionPair()
    pair.feedServer(flood(frame(type: 6, [0, 0, 0, 0, 0, 0, 0, 0]), count: 2_000))
    #expect(pair.serverFailure != nil)
  }

  @Test("window updates without any data")
  func windowUpdates() throws {
    let update = frame(type: 8, [0, 0, 0, 1])
    #expect(try goAway(after: flood(update, count: 20_000)) == .enhanceYourCalm)
  }

  @Test("streams opened and reset, beyond the burst")
  func rapidReset() throws {
    var limits = HTTP2Limits()
    limits.resetBurst = 500
    limits.resetsPerSecond = 10
    let pair = try SessionPair(serverLimits: limits)
    for _ in 0..<600 {
      let stream = try #require(
        pair.client.request(headers: SessionPair.request, isComplete: false))
      pair.pump()
      guard pair.client.allowsRequests else { break }
      pair.client.reset(stream, .cancel)
      pair.pump()
    }
    #expect(!pair.client.allowsRequests)
  }

  @Test("3,000 cancelled streams are no flood")
  func cancelledStreams() throws {
    let pair = try SessionPair()
    for _ in 0..<3_000 {
      let stream = try #require(
        pair.client.request(headers: SessionPair.request, isComplete: false))
      pair.pump()
      pair.client.reset(stream, .cancel)
      pair.pump()
    }
    #expect(pair.client.allowsRequests)
    #expect(pair.server.openStreamCount == 0)
  }

  @Test("streams that the peer makes the server reset (MadeYouReset)")
  func madeYouReset() throws {
    let pair = try SessionPair()
    for round in 0..<5_000 {
      _ = try requireStream(pair.client.request(headers: SessionPair.request, isComplete: false))
      pair.pump()
      let id = UInt32(2 * round + 1)
      // Increments the stream's window over 2³¹ − 1.
      pair.feedServer(frame(type: 8, stream: id, [0x7F, 0xFF, 0xFF, 0xFF]))
      pair.pump()
      guard pair.client.allowsRequests else { break }
    }
    #expect(!pair.client.allowsRequests)
  }

  @Test("a header list above the limit is marked and not kept; far above it the stream is reset")
  func headerList() throws {
    let pair = try SessionPair()
    var large = SessionPair.request
    for index in 0..<120 { large.append("x-\(index)", "v") }
    _ = try requireStream(pair.client.request(headers: large, isComplete: true))
    pair.pump()
    let marked = try #require(pair.serverStreams[1])
    #expect(marked.isHeaderListTooLarge)
    #expect(marked.headers.pairs.count == 100)

    var hopeless = SessionPair.request
    for index in 0..<500 { hopeless.append("x-\(index)", "v") }
    let request = try requireStream(pair.client.request(headers: hopeless, isComplete: true))
    pair.pump()
    #expect(request.isClosed && request.closeCode == .internalError)
  }

  @Test("references to one large field are not kept beyond the limit (HPACK bomb)")
  func headerBomb() throws {
    let pair = try SessionPair()
    var bomb = SessionPair.request
    let value = String(repeating: "v", count: 3_900)
    for _ in 0..<2_000 { bomb.append("x-bomb", value) }
    _ = pair.client.request(headers: bomb, isComplete: true)
    pair.pump()
    for stream in pair.serverStreams.values {
      #expect(stream.headers.pairs.reduce(0) { $0 + $1[0].count + $1[1].count } <= 16 << 10)
    }
  }

  @Test("a bucket empties with use and fills with time")
  func bucket() {
    var bucket = TokenBucket(burst: 2, perSecond: 1)
    let times: [UInt64] = [1, 1, 1, 500_000_000, 1_100_000_000, 1_100_000_001]
    let taken = times.map { bucket.take(at: $0) }
    #expect(taken == [true, true, false, false, true, false])
  }
}
