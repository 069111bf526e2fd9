import MartletHTTP2
import MartletRPC
import Testing

@Suite("Limits of connections") struct GuardTests {
  static let body: [UInt8] = [0, 0, 0, 0, 1, 7]

  /// What a raw client sees of a server with these limits.
  private func run<Result: Sendable>(
    _ limits: ServerLimits = ServerLimits(),
    _ body: @escaping @Sendable (RawClient) throws -> Result
  ) async throws -> Result {
    var configuration = RPCServerConfiguration()
    configuration.eventLoops = 1
    configuration.limits = limits
    var result: Result?
    try await Fixture.run(configuration: configuration) { fixture in
      result = try await RawClient.run(port: fixture.server.port, body)
      fixture.service.released.happen()
      while fixture.server.statistics.activeCalls > 0 { await Task.yield() }
      // Where times are tested, the other connection may be late or at its end, too.
      let hasShortTimes =
        limits.handshakeTimeout < .seconds(10) || limits.idleTimeout != nil
        || limits.connectionAge != nil || limits.keepaliveInterval != .seconds(7200)
      if !hasShortTimes { try await fixture.expectEcho("others live") }
    }
    return try #require(result)
  }

  private func ping(_ client: RawClient) { client.sendFrame(6, on: nil, [1, 2, 3, 4, 5, 6, 7, 8]) }

  private static func answeredPings(_ client: RawClient) -> Int {
    client.notices.count { if case .pingAcknowledged = $0 { true } else { false } }
  }

  /// The text of the last GOAWAY.
  private static func debugData(_ client: RawClient) -> String? {
    client.notices.reversed().lazy.compactMap { notice in
      if case .goAway(_, _, let text) = notice { text } else { nil }
    }.first
  }

  // MARK: Time

  @Test("a client that connects and says nothing, or half a preface, is closed")
  func handshake() async throws {
    for bytes in [[], Array("PRI * HT".utf8)] as [[UInt8]] {
      let code = try await run(.with { $0.handshakeTimeout = .milliseconds(50) }) { client in
        client.send(bytes)
        return try client.readUntilClosedRaw()
      }
      #expect(code)
    }
  }

  @Test("a header block that does not end closes the connection")
  func headerBlock() async throws {
    let isClosed = try await run(.with { $0.handshakeTimeout = .milliseconds(50) }) { client in
      let stream = try client.begin(RawClient.headers())
      // The beginning of another header block, without END_HEADERS.
      client.send([0, 0, 20, 1, 0, 0, 0, 0, UInt8(stream.id + 2), 0])
      _ = try client.readUntilClosed()
      return true
    }
    #expect(isClosed)
  }

  @Test("a request that does not come to its end is DEADLINE_EXCEEDED")
  func slowRequest() async throws {
    for path in ["Echo", "Join"] {
      let answer = try await run(.with { $0.requestTimeout = .milliseconds(50) }) { client in
        let stream = try client.begin(
          RawClient.headers(path: "/test.Service/\(path)"), Array(Self.body.dropLast()))
        return try client.answer(to: stream)
      }
      #expect(answer.fields["grpc-status"] == "4")
    }
  }

  @Test("a stream of requests may pause between messages, and while the handler does not read")
  func pausingRequests() async throws {
    let statuses = try await run(.with { $0.requestTimeout = .milliseconds(20) }) { client in
      let pausing = try client.begin(
        RawClient.headers(path: "/test.Service/Join"), Self.body)
      let unread = try client.begin(
        RawClient.headers(path: "/test.Service/Deaf"), Self.body + Self.body.dropLast())
      let slow = try client.begin(
        RawClient.headers(path: "/test.Service/Join"), Array(Self.body.dropLast()))
      // The last one's end shows that the time has passed for the others, too.
      let slowStatus = try client.answer(to: slow).fields["grpc-status"]
      client.sendFrame(0, flags: 1, on: pausing, Self.body)
      let pausingStatus = try client.answer(to: pausing).fields["grpc-status"]
      return [slowStatus, pausingStatus, unread.isClosed ? "closed" : "open"]
    }
    #expect(statuses == ["4", "0", "open"])
  }

  @Test("a client that does not answer a PING is closed, and its calls are cancelled")
  func deadClient() async throws {
    var configuration = RPCServerConfiguration()
    // Long enough for the call to begin on a busy machine.
    configuration.limits.keepaliveInterval = .milliseconds(300)
    configuration.limits.keepaliveTimeout = .milliseconds(100)
    try await Fixture.run(configuration: configuration) { fixture in
      let service = fixture.service
      // On a busy machine the connection may be closed before the request has come.
      repeat {
        let isClosed = try await RawClient.run(port: fixture.server.port) { client in
          _ = try client.begin(
            RawClient.headers(path: "/test.Service/Hold"), Self.body, isComplete: true)
          // Reads, but answers nothing.
          return try client.readUntilClosedRaw()
        }
        #expect(isClosed)
      } while !service.held.hasHappened
      await service.cancelled.wait()
    }
  }

  @Test("a client that answers PINGs is not closed")
  func livingClient() async throws {
    let pings = try await run(
      .with {
        $0.keepaliveInterval = .milliseconds(10)
        $0.keepaliveTimeout = .seconds(5)
      }
    ) { client in
      var pings = 0
      while pings < 5, try client.pump() {
        pings = client.notices.count { $0 == .pingReceived }
      }
      return pings
    }
    #expect(pings == 5)
  }

  @Test("an idle connection ends with max_idle, an old one with max_age after its calls")
  func idleAndAge() async throws {
    let idle = try await run(.with { $0.idleTimeout = .milliseconds(50) }) { client in
      _ = try client.call(RawClient.headers(), Self.body)
      let code = try client.readUntilClosed()
      // A session without streams looks at no GOAWAY after the first.
      let all = String(decoding: client.received, as: UTF8.self)
      return [code?.description, all.contains("max_idle") ? "max_idle" : nil]
    }
    #expect(idle == ["NO_ERROR", "max_idle"])
    let old = try await run(
      .with {
        $0.connectionAge = .milliseconds(50)
        $0.connectionAgeGrace = .milliseconds(50)
      }
    ) { client in
      let stream = try client.begin(
        RawClient.headers(path: "/test.Service/Hold"), Self.body, isComplete: true)
      let status = try client.answer(to: stream).fields["grpc-status"]
      _ = try client.readUntilClosed()
      let texts = client.notices.compactMap { notice in
        if case .goAway(_, _, let text) = notice { text } else { nil }
      }
      return [status, texts.contains("max_age") ? "max_age" : nil]
    }
    #expect(old == ["14", "max_age"])
  }

  // MARK: Numbers

  @Test("too many PINGs end the connection with too_many_pings")
  func tooManyPings() async throws {
    let ending = try await run { client in
      try client.flush()
      for _ in 0..<10 { self.ping(client) }
      let code = try client.readUntilClosed()
      return [code?.description, Self.debugData(client)]
    }
    #expect(ending == ["ENHANCE_YOUR_CALM", "too_many_pings"])
  }

  @Test("an answered PING is not forgotten: it is no payload")
  func answeredPings() async throws {
    let answered = try await run { client in
      try client.flush()
      var answered = 0
      while answered < 10 {
        self.ping(client)
        while Self.answeredPings(client) == answered {
          guard try client.pump() else { return answered }
        }
        answered += 1
      }
      return answered
    }
    // The first starts the clock, two are forgiven, and the last is answered on the way out.
    #expect(answered == 4)
  }

  @Test("PINGs after each answer are no offence: clients measure the connection with them")
  func pingsAfterAnswers() async throws {
    let answered = try await run { client in
      var answered = 0
      for _ in 0..<50 {
        let answer = try client.call(RawClient.headers(), Self.body)
        answered += answer.fields["grpc-status"] == "0" ? 1 : 0
        self.ping(client)
      }
      return client.goAway == nil ? answered : -1
    }
    #expect(answered == 50)
  }

  @Test("connections above the limit for one address are closed")
  func connectionsPerAddress() async throws {
    var configuration = RPCServerConfiguration()
    configuration.limits.connectionsPerAddress = 2
    try await Fixture.run(configuration: configuration) { fixture in
      let port = fixture.server.port
      try await fixture.expectEcho("the first")
      let isThirdClosed = try await RawClient.run(port: port) { second in
        let answer = try second.call(RawClient.headers(), Self.body)
        let third = try RawClient(port: port)
        return try answer.fields["grpc-status"] == "0" && third.readUntilClosedRaw()
      }
      #expect(isThirdClosed)
      try await fixture.expectEcho("the first lives")
    }
  }

  @Test("a reset stream whose handler still runs counts; above the limit streams are refused")
  func runningHandlers() async throws {
    for perServer in [true, false] {
      let code = try await run(
        .with { limits in
          if perServer { limits.handlers = 2 } else { limits.handlersPerConnection = 2 }
        }
      ) { client in
        for _ in 0..<2 {
          let stream = try client.begin(
            RawClient.headers(path: "/test.Service/Stubborn"), Self.body, isComplete: true)
          // An answer that takes no handler shows that this one's runs: one that was reset before
          // its turn would not.
          _ = try client.call(RawClient.headers(path: "/no.Service/Method"), Self.body)
          client.session.reset(stream, .cancel)
        }
        let answer = try client.call(RawClient.headers(), Self.body)
        return answer.closeCode
      }
      #expect(code == .refusedStream)
    }
  }

  @Test("bytes of unfinished requests above the connection's limit are RESOURCE_EXHAUSTED")
  func partialRequests() async throws {
    let statuses = try await run(.with { $0.partialRequestBytes = 100_000 }) { client in
      let part = [0, 0, 1, 0x86, 0xA0] + [UInt8](repeating: 1, count: 60_000)
      let first = try client.begin(RawClient.headers(), part)
      let second = try client.begin(RawClient.headers(), part)
      let refused = try client.answer(to: second).fields["grpc-status"]
      client.sendFrame(0, flags: 1, on: first, Array(repeating: 1, count: 16_000))
      let truncated = try client.answer(to: first).fields["grpc-status"]
      let third = try client.begin(RawClient.headers(), part)
      client.session.reset(third, .cancel)
      return [
        refused, truncated, try client.call(RawClient.headers(), Self.body).fields["grpc-status"],
      ]
    }
    #expect(statuses == ["8", "13", "0"])
  }

  @Test("while too much output waits for a client, its new streams are refused")
  func waitingOutput() async throws {
    let codes = try await run(.with { $0.connectionOutputBytes = 1 << 20 }) { client in
      let message = [0, 0, 0x20, 0, 0] + [UInt8](repeating: 1, count: 0x20_0000)
      // The answer is larger than the window that the client grants.
      let large = try client.begin(RawClient.headers(), message, isComplete: true)
      while large.received.count < 1 << 20 { _ = try client.pump() }
      let refused = try client.call(RawClient.headers(), Self.body).closeCode
      client.session.consume(large, large.unconsumed)
      while !large.isRemoteClosed {
        _ = try client.pump()
        client.session.consume(large, large.unconsumed)
      }
      return [refused, try client.call(RawClient.headers(), Self.body).closeCode]
    }
    #expect(codes == [.refusedStream, .noError])
  }

  @Test("a stream older than others that was never opened is a connection error")
  func staleStream() async throws {
    let code = try await run { client in
      let block = RawClient.literals([(":method", "POST")])
      func headers(_ id: UInt8) -> [UInt8] {
        [0, 0, UInt8(block.count), 1, 5, 0, 0, 0, id] + block
      }
      return try client.sendUntilClosed(headers(5) + headers(3))
    }
    #expect(code == .protocolError)
  }
}

extension ServerLimits {
  static func with(_ change: (inout Self) -> Void) -> Self {
    var limits = Self()
    change(&limits)
    return limits
  }
}
