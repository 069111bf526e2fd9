import MartletHTTP2
import MartletRPC
import Testing

/// The forms that a response goes out in, one test for each that the protocol names.
@Suite("The form of responses") struct ResponseFormTests {
  static let body: [UInt8] = [0, 0, 0, 0, 1, 7]

  private func run<Result: Sendable>(
    _ body: @escaping @Sendable (RawClient) throws -> Result
  ) async throws -> Result {
    var result: Result?
    try await Fixture.run { fixture in
      result = try await RawClient.run(port: fixture.server.port, body)
      try await fixture.expectEcho("others live")
    }
    return try #require(result)
  }

  @Test("the status comes in trailers even when it is OK")
  func status() async throws {
    let hasTrailers = try await run { client in
      let stream = try client.begin(RawClient.headers(), Self.body, isComplete: true)
      let answer = try client.answer(to: stream)
      return stream.trailers.fieldCount == 1 && answer.fields["grpc-status"] == "0"
    }
    #expect(hasTrailers)
  }

  @Test("an error without a message is one header block with status, type and END_STREAM")
  func trailersOnly() async throws {
    let (answer, trailers) = try await run { client in
      let stream = try client.begin(
        RawClient.headers(path: "/test.Service/Nothing"), Self.body, isComplete: true)
      return (try client.answer(to: stream), stream.trailers.fieldCount)
    }
    #expect(trailers == 0 && answer.body.isEmpty)
    #expect(answer.fields[":status"] == "200")
    #expect(answer.fields["content-type"] == "application/grpc")
    #expect(answer.fields["grpc-status"] == "12")
  }

  @Test("an error before the end of the request is followed by RST_STREAM(NO_ERROR)")
  func earlyError() async throws {
    for path in ["/test.Service/Nothing", "/test.Service/Chat"] {
      let message = [0, 0, 0, 0, 6] + Array("enough".utf8)
      let answer = try await run {
        try $0.call(RawClient.headers(path: path), message, isComplete: false)
      }
      #expect(answer.fields["grpc-status"] == (path.hasSuffix("Chat") ? "11" : "12"))
      #expect(answer.wasReset && answer.closeCode == .noError)
    }
  }

  @Test("a deadline that passes while the request is open ends in trailers and RST_STREAM")
  func deadline() async throws {
    for path in ["/test.Service/Echo", "/test.Service/Join"] {
      let answer = try await run {
        try $0.call(
          RawClient.headers(path: path, [("grpc-timeout", "20m")]), Self.body, isComplete: false)
      }
      #expect(answer.fields["grpc-status"] == "4")
      #expect(answer.wasReset)
    }
  }

  @Test("details that would make the trailers too large are left out, the status is not")
  func largeDetails() async throws {
    let answer = try await run {
      try $0.call(RawClient.headers(path: "/test.Service/Verbose"), Self.body)
    }
    #expect(answer.fields["grpc-status"] == "9")
    #expect(answer.fields["grpc-status-details-bin"] == nil)
    let message = try #require(answer.fields["grpc-message"])
    #expect(message.utf8.count <= 4 << 10 && message.hasSuffix("%C3%A4"))
    let size = answer.fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 32 }
    #expect(size <= 8 << 10)
  }

  @Test("initial metadata goes out when the handler says so, before any message")
  func headersAtOnce() async throws {
    let status = try await run { client in
      let stream = try client.begin(RawClient.headers(path: "/test.Service/Quiet"), Self.body)
      client.sendFrame(0, flags: 1, on: stream, [])
      while stream.headers.fieldCount == 0, try client.pump() {}
      client.session.reset(stream, .cancel)
      try client.flush()
      return stream.received.count
    }
    #expect(status == 0)
  }

  @Test("a call that the client resets is cancelled at once")
  func reset() async throws {
    try await Fixture.run { fixture in
      let service = fixture.service
      _ = try await RawClient.run(port: fixture.server.port) { client in
        let stream = try client.begin(
          RawClient.headers(path: "/test.Service/Hold"), Self.body, isComplete: true)
        _ = stream
        while !service.held.hasHappened {}
        client.session.reset(stream, .cancel)
        try client.flush()
        while !service.cancelled.hasHappened {}
      }
    }
  }

  @Test("a stream whose reader stopped does not stop a hundred others on its connection")
  func stalledStream() async throws {
    let answered = try await run { client in
      // The server's handler never reads, so this stream's window shuts.
      let stalled = try client.begin(
        RawClient.headers(path: "/test.Service/Deaf"),
        Array(repeating: [0, 0, 0, 0x40, 0] + [UInt8](repeating: 1, count: 0x4000), count: 200)
          .flatMap { $0 })
      var answered = 0
      for _ in 0..<100 {
        let message = [0, 0, 0, 0x80, 0] + [UInt8](repeating: 2, count: 0x8000)
        let answer = try client.call(RawClient.headers(), message)
        answered += answer.body == message ? 1 : 0
      }
      return stalled.isClosed ? -1 : answered
    }
    #expect(answered == 100)
  }
}
