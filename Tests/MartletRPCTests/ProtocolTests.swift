import MartletHTTP2
import MartletRPC
import Testing

@Suite("What other clients may send") struct ProtocolTests {
  private func answer(
    _ headers: HeaderList, _ body: [UInt8] = [0, 0, 0, 0, 1, 7], isComplete: Bool = true
  ) async throws -> RawClient.Answer {
    var result: RawClient.Answer?
    try await Fixture.run { fixture in
      result = try await RawClient.run(port: fixture.server.port) {
        try $0.call(headers, body, isComplete: isComplete)
      }
    }
    return try #require(result)
  }

  @Test("a well-formed call is answered")
  func wellFormed() async throws {
    let answer = try await answer(RawClient.headers())
    #expect(answer.fields[":status"] == "200")
    #expect(answer.fields["grpc-status"] == "0")
    #expect(answer.fields["content-type"] == "application/grpc")
  }

  @Test("the subtype is echoed")
  func subtype() async throws {
    let answer = try await answer(RawClient.headers(contentType: "application/grpc+proto"))
    #expect(answer.fields["content-type"] == "application/grpc+proto")
  }

  @Test(
    "another content type is 415",
    arguments: ["text/plain", "application/grpc-web", "application/grpcx", nil] as [String?])
  func contentType(type: String?) async throws {
    #expect(try await answer(RawClient.headers(contentType: type)).fields[":status"] == "415")
  }

  @Test("another HTTP method is 405")
  func httpMethod() async throws {
    #expect(try await answer(RawClient.headers(method: "GET")).fields[":status"] == "405")
  }

  @Test(
    "an unknown path is UNIMPLEMENTED",
    arguments: ["/", "/a", "/test.Service/Nothing", "/test.Service/Echo/", "/TEST.Service/Echo"])
  func path(path: String) async throws {
    #expect(try await answer(RawClient.headers(path: path)).fields["grpc-status"] == "12")
  }

  @Test("a malformed timeout is INTERNAL", arguments: ["5", "S", "-1S", "1x", "123456789S"])
  func timeout(text: String) async throws {
    let answer = try await answer(RawClient.headers([("grpc-timeout", text)]))
    #expect(answer.fields["grpc-status"] == "13")
  }

  @Test("a timeout of nothing is DEADLINE_EXCEEDED without a handler")
  func noTime() async throws {
    let answer = try await answer(RawClient.headers([("grpc-timeout", "0n")]))
    #expect(answer.fields["grpc-status"] == "4")
  }

  @Test("a huge length prefix is refused before any of the message has come")
  func hugePrefix() async throws {
    let answer = try await answer(
      RawClient.headers(), [0, 255, 255, 255, 255], isComplete: false)
    #expect(answer.fields["grpc-status"] == "8")
  }

  @Test(
    "requests that are not one message",
    arguments: [
      ([], "12"), ([0, 0, 0, 0, 1, 7, 0, 0, 0, 0, 1, 7], "12"), ([0, 0, 0, 0, 9, 7], "13"),
      ([0, 0, 0], "13"), ([1, 0, 0, 0, 1, 7], "13"), ([2, 0, 0, 0, 1, 7], "13"),
      ([0, 0, 0, 0, 1, 255], "13"),
    ] as [([UInt8], String)])
  func cardinality(body: [UInt8], status: String) async throws {
    #expect(try await answer(RawClient.headers(), body).fields["grpc-status"] == status)
  }

  @Test("a compression that is not known is UNIMPLEMENTED and the answer says what is")
  func compression() async throws {
    let answer = try await answer(
      RawClient.headers([("grpc-encoding", "snappy")]), [1, 0, 0, 0, 1, 7])
    #expect(answer.fields["grpc-status"] == "12")
    #expect(answer.fields["grpc-accept-encoding"] == "identity,gzip")
  }

  @Test("too many header fields are RESOURCE_EXHAUSTED")
  func headerFlood() async throws {
    let answer = try await answer(
      RawClient.headers((0..<150).map { ("x-\($0)", "v") }))
    #expect(answer.fields["grpc-status"] == "8")
  }

  @Test("a flood of pings closes the connection")
  func pingFlood() async throws {
    try await Fixture.run { fixture in
      let ping: [UInt8] = [0, 0, 8, 6, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
      let pings = Array((0..<10_000).map { _ in ping }.joined())
      let code = try await RawClient.run(port: fixture.server.port) {
        try $0.sendUntilClosed(pings)
      }
      #expect(code == nil || code == .enhanceYourCalm)
      try await fixture.expectEcho("others live")
    }
  }

  @Test("what is not HTTP/2 is closed")
  func notHTTP2() async throws {
    try await Fixture.run { fixture in
      let text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
      _ = try await RawClient.run(port: fixture.server.port) {
        try $0.sendUntilClosed(Array(text.utf8))
      }
      try await fixture.expectEcho("others live")
    }
  }
}
