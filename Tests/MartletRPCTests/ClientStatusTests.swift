import MartletHTTP2
import MartletRPC
import Testing

@Suite("What a client makes of wrong answers") struct ClientStatusTests {
  private func outcome(
    _ actions: [ScriptedServer.Action], timeout: Duration? = nil
  ) async throws -> RPCStatus? {
    var result: RPCStatus?
    try await ScriptedServer { _ in actions }.run { server in
      let channel = try RPCChannel(target: server.target)
      result = await status {
        let _: RawMessage = try await channel.unary(
          Methods.echo, "x" as RawMessage, options: CallOptions(timeout: timeout))
      }
      await channel.close()
    }
    return result
  }

  @Test(
    "RST_STREAM codes become gRPC's",
    arguments: [
      (HTTP2ErrorCode.noError, StatusCode.internalError), (.protocolError, .internalError),
      (.internalError, .internalError), (.flowControlError, .internalError),
      (.settingsTimeout, .internalError), (.frameSizeError, .internalError),
      (.compressionError, .internalError), (.connectError, .internalError),
      (.refusedStream, .unavailable), (.cancel, .cancelled),
      (.enhanceYourCalm, .resourceExhausted), (.inadequateSecurity, .permissionDenied),
    ])
  func resets(_ code: HTTP2ErrorCode, _ expected: StatusCode) async throws {
    #expect(try await outcome([.reset(code)])?.code == expected)
  }

  @Test(
    "HTTP statuses without grpc-status become gRPC's",
    arguments: [
      (400, StatusCode.internalError), (401, .unauthenticated), (403, .permissionDenied),
      (404, .unimplemented), (429, .unavailable), (502, .unavailable), (503, .unavailable),
      (504, .unavailable), (418, .unknown), (500, .unknown), (302, .unknown),
    ])
  func httpStatuses(_ http: Int, _ expected: StatusCode) async throws {
    let answer = ScriptedServer.Action.answer(
      headers: [(":status", "\(http)"), ("content-type", "text/html")], Array("<html>".utf8),
      trailers: [("x", "y")])
    let status = try await outcome([answer])
    #expect(status?.code == expected)
    #expect(status?.message.contains("\(http)") == true)
  }

  @Test("a grpc-status counts more than the HTTP status beside it")
  func bothStatuses() async throws {
    let answer = ScriptedServer.Action.only([(":status", "503"), ("grpc-status", "5")])
    #expect(try await outcome([answer])?.code == .notFound)
  }

  @Test("a content-type that is not gRPC's is UNKNOWN")
  func contentType() async throws {
    let answer = ScriptedServer.Action.answer(
      headers: [(":status", "200"), ("content-type", "text/plain")], Array("hello".utf8),
      trailers: ScriptedServer.fine)
    #expect(try await outcome([answer])?.code == .unknown)
  }

  @Test("an answer that ends without a status is UNKNOWN")
  func noStatus() async throws {
    let answer = ScriptedServer.Action.answer(
      ScriptedServer.framed("x"), trailers: [("other", "thing")])
    #expect(try await outcome([answer])?.code == .unknown)
  }

  @Test("a connection lost in the middle of a call is UNAVAILABLE and is not repeated")
  func hangUp() async throws {
    try await ScriptedServer { _ in [.hangUp] }.run { server in
      let channel = try RPCChannel(target: server.target)
      let lost = await status {
        let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      }
      #expect(lost?.code == .unavailable)
      #expect(server.requests.count == 1)
      await channel.close()
    }
  }

  @Test("a stream that was refused is sent again once, and no more than once")
  func refused() async throws {
    try await ScriptedServer { request in
      request.number == 0 ? [.reset(.refusedStream)] : [.reply("second")]
    }.run { server in
      let channel = try RPCChannel(target: server.target)
      let reply: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      #expect(reply.text == "second")
      // The server is told of repeats by policy only.
      #expect(server.requests.allSatisfy { $0.fields["grpc-previous-rpc-attempts"] == nil })
      await channel.close()
    }
    try await ScriptedServer { _ in [.reset(.refusedStream)] }.run { server in
      let channel = try RPCChannel(target: server.target)
      let refused = await status {
        let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      }
      #expect(refused?.code == .unavailable)
      #expect(server.requests.count == 2)
      await channel.close()
    }
  }

  @Test("a refused call that waits for ready is sent until it is taken")
  func refusedWaiting() async throws {
    try await ScriptedServer { request in
      request.number < 5 ? [.reset(.refusedStream)] : [.reply("sixth")]
    }.run { server in
      let channel = try RPCChannel(target: server.target)
      let reply: RawMessage = try await channel.unary(
        Methods.echo, "x" as RawMessage, options: CallOptions(waitForReady: true))
      #expect(reply.text == "sixth")
      await channel.close()
    }
  }

  @Test("after GOAWAY a stream above the last id is sent again elsewhere, one below it goes on")
  func goAway() async throws {
    try await ScriptedServer { request in
      if request.connection == 0, request.streamID == 1 {
        // Says that it will answer this call, and no later one.
        return [.goAway(last: 1), .reply("below")]
      }
      return [.reply("elsewhere")]
    }.run { server in
      let channel = try RPCChannel(target: server.target)
      let below: RawMessage = try await channel.unary(Methods.echo, "1" as RawMessage)
      let above: RawMessage = try await channel.unary(Methods.echo, "2" as RawMessage)
      #expect([below.text, above.text] == ["below", "elsewhere"])
      #expect(server.connections == 2)
      await channel.close()
    }
    try await ScriptedServer { request in
      request.connection == 0 ? [.goAway(last: 0)] : [.reply("elsewhere")]
    }.run { server in
      let channel = try RPCChannel(target: server.target)
      let above: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      #expect(above.text == "elsewhere")
      await channel.close()
    }
  }
}
