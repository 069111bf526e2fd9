import MartletRPC
import Testing

@Suite("Calls over loopback") struct CallTests {
  @Test("a unary call returns what the handler returns")
  func unary() async throws {
    try await Fixture.run { fixture in
      try await fixture.expectEcho("hello")
      try await fixture.expectEcho("")
      #expect(fixture.server.statistics.startedCalls == 2)
      #expect(fixture.server.statistics.activeCalls == 0)
    }
  }

  @Test("a server on a unix socket is reached by its path")
  func unixSocket() async throws {
    try await Fixture.run(configuration: .init(addresses: [Fixture.freeAddress()])) { fixture in
      try await fixture.expectEcho("by path")
    }
  }

  @Test("a thousand calls at once each get their own answer")
  func concurrent() async throws {
    try await Fixture.run { fixture in
      let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<1_000 {
          group.addTask { try await fixture.echo("call \(number)") == "call \(number)" }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(answers == 1_000)
      #expect(fixture.server.statistics.connections == 1)
    }
  }

  @Test("calls above the server's stream limit wait for their turn")
  func queued() async throws {
    var configuration = RPCServerConfiguration()
    configuration.limits.streamsPerConnection = 4
    try await Fixture.run(configuration: configuration) { fixture in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<200 {
          group.addTask { try await fixture.expectEcho("\(number)") }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("a message of 16 MiB passes both ways when both sides allow it")
  func largeMessage() async throws {
    try await Fixture.run { fixture in
      let message = RawMessage((0..<(16 << 20)).map { UInt8(truncatingIfNeeded: $0 % 251) })
      var options = CallOptions()
      options.maxResponseBytes = 17 << 20
      let reply: RawMessage = try await fixture.channel.unary(
        Methods.big, message, options: options)
      #expect(reply == message)
    }
  }

  @Test("a request over the method's limit is RESOURCE_EXHAUSTED, exactly the limit passes")
  func requestLimit() async throws {
    try await Fixture.run { fixture in
      let over = await status {
        let _: RawMessage = try await fixture.channel.unary(
          Methods.echo, RawMessage([UInt8](repeating: 1, count: (4 << 20) + 1)))
      }
      #expect(over?.code == .resourceExhausted)
      let exact: RawMessage = try await fixture.channel.unary(
        Methods.echo, RawMessage([UInt8](repeating: 1, count: 4 << 20)))
      #expect(exact.bytes.count == 4 << 20)
    }
  }

  @Test("a response over the caller's limit is RESOURCE_EXHAUSTED")
  func responseLimit() async throws {
    try await Fixture.run { fixture in
      let status = await status {
        _ = try await fixture.echo("four", options: CallOptions(maxResponseBytes: 3))
      }
      #expect(status?.code == .resourceExhausted)
      try await fixture.expectEcho("the connection lives")
    }
  }

  @Test("a status keeps its message, details and metadata on the way")
  func richStatus() async throws {
    try await Fixture.run { fixture in
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.fail, "rich" as RawMessage)
      }
      #expect(status?.code == .notFound)
      #expect(status?.message == "naïve 100 % ☃")
      #expect(status?.details == [1, 2, 3])
      #expect(status?.metadata["reason"] == "because")
      #expect(status?.metadata["trail"] == "er")
    }
  }

  @Test("an error that is no status becomes UNKNOWN without its text")
  func plainError() async throws {
    try await Fixture.run { fixture in
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.fail, "plain" as RawMessage)
      }
      #expect(status?.code == .unknown)
      #expect(status?.message.contains("NotForCallers") == false)
    }
  }

  @Test("what cannot be decoded is INTERNAL, on either side")
  func undecodable() async throws {
    try await Fixture.run { fixture in
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.echo, RawMessage([255]))
      }
      #expect(status?.code == .internalError)
    }
  }

  @Test("a method that is not there is UNIMPLEMENTED")
  func unimplemented() async throws {
    try await Fixture.run { fixture in
      for service in ["test.Service", "test.Nothing"] {
        let method = MethodDescriptor(service: service, method: "Missing", kind: .unary)
        let status = await status {
          let _: RawMessage = try await fixture.channel.unary(method, "x" as RawMessage)
        }
        #expect(status?.code == .unimplemented)
      }
    }
  }

  @Test("metadata passes both ways, text and bytes, in order")
  func metadata() async throws {
    try await Fixture.run { fixture in
      var metadata: RPCMetadata = ["word": "one", "Word": "two"]
      metadata.append("data-bin", bytes: [0, 255])
      metadata.append("data-bin", bytes: [7])
      let reply: UnaryResponse<RawMessage> = try await fixture.channel.unaryResponse(
        Methods.metadata, "" as RawMessage, options: CallOptions(metadata: metadata))
      #expect(reply.message.text == "one,two [0, 255],[7] ipv4:127.0.0.1")
      #expect(reply.initialMetadata["first"] == "in")
      #expect(reply.trailingMetadata["last"] == "out")
    }
  }

  @Test("a handler that waits for an actor answers when that is done")
  func suspendingHandler() async throws {
    try await Fixture.run { fixture in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<100 {
          group.addTask {
            let reply: RawMessage = try await fixture.channel.unary(
              Methods.elsewhere, "abc" as RawMessage)
            #expect(reply.text == "cba")
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("calls may be made from the channel's own loop")
  func onTheLoop() async throws {
    try await Fixture.run { fixture in
      await withTaskExecutorPreference(fixture.channel.taskExecutor) {
        for number in 0..<100 {
          let text = try? await fixture.echo("\(number)")
          #expect(text == "\(number)")
        }
      }
    }
  }
}
