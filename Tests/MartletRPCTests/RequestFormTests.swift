import MartletHTTP2
import MartletRPC
import Testing

/// The forms that a request may come in, one test for each that the protocol names.
@Suite("The form of requests") struct RequestFormTests {
  static let body: [UInt8] = [0, 0, 0, 0, 1, 7]

  private func run<Result: Sendable>(
    configuration: RPCServerConfiguration = .init(),
    _ body: @escaping @Sendable (RawClient) throws -> Result
  ) async throws -> Result {
    var result: Result?
    try await Fixture.run(configuration: configuration) { fixture in
      result = try await RawClient.run(port: fixture.server.port, body)
      try await fixture.expectEcho("others live")
    }
    return try #require(result)
  }

  private func answer(_ fields: [(String, String)]) async throws -> RawClient.Answer {
    try await run { try $0.call(RawClient.headers(fields), Self.body) }
  }

  // MARK: Headers

  @Test("te: trailers may be there or not")
  func te() async throws {
    for fields in [[], [("te", "trailers")]] {
      #expect(try await answer(fields).fields["grpc-status"] == "0")
    }
  }

  @Test("content-type may have a subtype and parameters")
  func contentTypes() async throws {
    for type in ["application/grpc;charset=utf-8", "application/grpc+proto", "application/grpc+x"] {
      let answer = try await run { try $0.call(RawClient.headers(contentType: type), Self.body) }
      #expect(answer.fields["grpc-status"] == "0")
    }
  }

  @Test(
    "fields of HTTP/1 connections are a protocol error of the stream",
    arguments: [("connection", "close"), ("transfer-encoding", "chunked"), ("te", "gzip")])
  func connectionFields(name: String, value: String) async throws {
    let answer = try await answer([(name, value)])
    #expect(answer.wasReset && answer.closeCode == .protocolError)
  }

  @Test("a path without a leading slash reaches no handler")
  func pathWithoutSlash() async throws {
    let answer = try await run {
      try $0.call(RawClient.headers(path: "test.Service/Echo"), Self.body)
    }
    #expect(answer.wasReset && answer.closeCode == .protocolError)
  }

  @Test(
    "timeouts as long as can be written are no error", arguments: ["99999999H", "1n", "00001S"])
  func timeouts(text: String) async throws {
    let answer = try await answer([("grpc-timeout", text)])
    #expect(["0", "4"].contains(answer.fields["grpc-status"]))
  }

  @Test("a -bin field that is not base64 is INTERNAL", arguments: ["!", "A", "AAAA,A", "A=B"])
  func malformedBytes(text: String) async throws {
    #expect(try await answer([("data-bin", text)]).fields["grpc-status"] == "13")
  }

  @Test("-bin values may be padded or not, and several in one field")
  func bytes() async throws {
    let fields = [("data-bin", "AP8=,Bw"), ("data-bin", "Bw=="), ("data-bin", "")]
    let answer = try await run {
      try $0.call(RawClient.headers(path: "/test.Service/Metadata", fields), Self.body)
    }
    let text = String(decoding: answer.body.dropFirst(5), as: UTF8.self)
    #expect(text.hasPrefix(" [0, 255],[7],[7],[] "))
  }

  @Test("an ASCII value with bytes that are not makes no error")
  func invalidASCII() async throws {
    for value in ["ä", "a\u{1}b", "tab\there"] {
      let answer = try await answer([("word", value)])
      #expect(answer.fields["grpc-status"] == "0", "\(value) \(answer)")
    }
  }

  @Test("an application sees no grpc- names, te or content-type, and can't send them")
  func reservedNames() async throws {
    let names = ["grpc-previous-rpc-attempts", "te", "x-mine", "user-agent"]
    let answer = try await run {
      try $0.call(
        RawClient.headers(
          path: "/test.Service/Reflect",
          [
            ("grpc-previous-rpc-attempts", "1"), ("te", "trailers"), ("x-mine", "v"),
            ("user-agent", "u"),
          ]), Self.body)
    }
    let seen = String(decoding: answer.body.dropFirst(5), as: UTF8.self).split(separator: " ")
    #expect(names.filter { seen.contains(Substring($0)) } == ["x-mine", "user-agent"])
    #expect(answer.fields["grpc-mine"] == nil && answer.fields["connection"] == nil)
    #expect(answer.fields["x-answer"] == "v" && answer.fields["grpc-status"] == "0")
  }

  @Test(
    "a header list of 20 kB is RESOURCE_EXHAUSTED, one of 500 fields resets the stream",
    arguments: [(20, 1000, "8"), (500, 1, nil)] as [(Int, Int, String?)])
  func headerListSize(count: Int, size: Int, status: String?) async throws {
    let fields = (0..<count).map { ("x-\($0)", String(repeating: "v", count: size)) }
    let answer = try await answer(fields)
    #expect(answer.fields["grpc-status"] == status)
    #expect(answer.wasReset == (status == nil))
  }

  // MARK: Messages

  @Test("frame boundaries mean nothing: a byte a frame, several messages a frame")
  func frameBoundaries() async throws {
    let message: [UInt8] = [0, 0, 0, 0, 2, 7, 8]
    let answer = try await run { client in
      let stream = try client.begin(RawClient.headers(path: "/test.Service/Join"))
      for byte in message { client.sendFrame(0, on: stream, [byte]) }
      client.sendFrame(0, on: stream, message + message + message.prefix(3))
      client.sendFrame(0, flags: 1, on: stream, Array(message.dropFirst(3)))
      return try client.answer(to: stream)
    }
    #expect(answer.body == [0, 0, 0, 0, 8, 7, 8, 7, 8, 7, 8, 7, 8])
  }

  @Test("END_STREAM may come on an empty DATA frame, or with the headers")
  func endOfStream() async throws {
    let onEmptyFrame = try await run { client in
      let stream = try client.begin(RawClient.headers(), Self.body)
      client.sendFrame(0, flags: 1, on: stream, [])
      return try client.answer(to: stream)
    }
    #expect(onEmptyFrame.fields["grpc-status"] == "0")
    for (path, status) in [("Echo", "12"), ("Join", "0")] {
      let withHeaders = try await run { client in
        try client.answer(
          to: client.beginWithoutBody(RawClient.headers(path: "/test.Service/\(path)")))
      }
      #expect(withHeaders.fields["grpc-status"] == status)
    }
  }

  @Test("a client's trailers are ignored")
  func trailers() async throws {
    let answer = try await run { client in
      let stream = try client.begin(RawClient.headers(), Self.body)
      client.sendFrame(1, flags: 5, on: stream, RawClient.literals([("grpc-status", "9")]))
      return try client.answer(to: stream)
    }
    #expect(answer.fields["grpc-status"] == "0")
  }

  @Test("a message of 5 MiB is refused from its prefix, and the client told to stop sending")
  func largePrefix() async throws {
    let answer = try await run {
      try $0.call(RawClient.headers(), [0, 0, 0x50, 0, 0, 1, 2], isComplete: false)
    }
    #expect(answer.fields["grpc-status"] == "8")
    #expect(answer.wasReset && answer.closeCode == .noError)
  }

  @Test("a streaming request that ends within a message is INTERNAL")
  func truncatedStream() async throws {
    let answer = try await run {
      try $0.call(
        RawClient.headers(path: "/test.Service/Join"), Self.body + Self.body.dropLast())
    }
    #expect(answer.fields["grpc-status"] == "13")
  }
}
