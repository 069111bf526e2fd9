import MartletProtobuf
import MartletRPC
import Testing

@Suite("Within the process") struct InProcessTests {
  private func run(_ body: (Fixture) async throws -> Void) async throws {
    try await Fixture.run(configuration: .init(addresses: ["in-process:"]), body)
  }

  @Test("all kinds of calls need no port")
  func calls() async throws {
    try await run { fixture in
      #expect(fixture.server.port == 0)
      #expect(fixture.server.addresses[0].hasPrefix("in-process:"))
      try await fixture.expectEcho("hello")
      let large = RawMessage([UInt8](repeating: 7, count: 8 << 20))
      let back: RawMessage = try await fixture.channel.unary(
        Methods.big, large, options: .init(maxResponseBytes: 16 << 20))
      #expect(back == large)

      var count = 0
      let numbers: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.count, RawMessage("1000"))
      for try await number in numbers {
        #expect(number.text == "\(count)")
        count += 1
      }
      #expect(count == 1_000)
      let joined: RawMessage = try await fixture.channel.clientStreaming(Methods.join) { writer in
        for part in ["a", "b", "c"] { try await writer.write(RawMessage(Array(part.utf8))) }
      }
      #expect(joined.text == "abc")
      let replies: ResponseStream<RawMessage> = fixture.channel.bidirectional(Methods.chat) {
        for part in ["d", "e"] { try await $0.write(RawMessage(Array(part.utf8))) }
      }
      var texts: [String] = []
      for try await reply in replies { texts.append(reply.text) }
      #expect(texts == ["d", "e"])
    }
  }

  @Test("metadata and statuses pass, and the peer is in-process")
  func metadata() async throws {
    try await run { fixture in
      let response: UnaryResponse<RawMessage> = try await fixture.channel.unaryResponse(
        Methods.metadata, RawMessage(), options: .init(metadata: ["word": "one"]))
      #expect(response.message.text == "one  in-process")
      #expect(response.trailingMetadata["last"] == "out")
      let failure = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.fail, RawMessage())
      }
      #expect(failure?.code == .notFound)
      #expect(failure?.details == [1, 2, 3])
      let snapshots = await fixture.server.connectionSnapshots()
      #expect(snapshots.map(\.remoteAddress) == ["in-process"])
      #expect(snapshots.map(\.localAddress) == ["in-process"])
    }
  }

  @Test("cancellation and deadlines reach the handler")
  func cancellation() async throws {
    try await run { fixture in
      let call = Task {
        let _: RawMessage = try await fixture.channel.unary(Methods.hold, RawMessage())
      }
      await fixture.service.held.wait()
      call.cancel()
      await fixture.service.cancelled.wait()
      await #expect(throws: CancellationError.self) { try await call.value }
    }
    try await run { fixture in
      let failure = await status {
        let _: RawMessage = try await fixture.channel.unary(
          Methods.hold, RawMessage(), options: .init(timeout: .seconds(2)))
      }
      #expect(failure?.code == .deadlineExceeded)
      // On a busy machine the time may be over before the handler begins.
      if fixture.service.held.hasHappened { await fixture.service.cancelled.wait() }
    }
  }

  @Test("a reader that does not read holds up the writer")
  func backPressure() async throws {
    try await run { fixture in
      let flood: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.flood, RawMessage("10000"))
      var iterator = flood.makeAsyncIterator()
      _ = try await iterator.next()
      try await fixture.expectEcho("in between")
      #expect(fixture.service.flooded.current < 1_000)
    }
  }

  @Test("the end of the channel cancels its calls; that of the server makes them UNAVAILABLE")
  func ends() async throws {
    try await run { fixture in
      let call = Task {
        await status {
          let _: RawMessage = try await fixture.channel.unary(Methods.hold, RawMessage())
        }
      }
      await fixture.service.held.wait()
      await fixture.channel.close()
      await fixture.service.cancelled.wait()
      #expect(await call.value != nil)
    }
    try await run { fixture in
      let call = Task {
        await status {
          let _: RawMessage = try await fixture.channel.unary(Methods.hold, RawMessage())
        }
      }
      await fixture.service.held.wait()
      await fixture.server.shutdownGracefully(grace: .zero)
      #expect(await call.value?.code == .unavailable)
      let late = await status { try await fixture.expectEcho("too late") }
      #expect(late?.code == .unavailable)
      #expect(late?.message.hasSuffix("no server has that name") == true)
    }
  }

  @Test("a server that ends gracefully finishes the calls that it has")
  func gracefulEnd() async throws {
    try await run { fixture in
      let call = Task {
        let _: RawMessage = try await fixture.channel.unary(Methods.stubborn, RawMessage())
      }
      while fixture.server.statistics.activeCalls == 0 { await Task.yield() }
      async let end: Void = fixture.server.shutdownGracefully(grace: .seconds(60))
      fixture.service.released.happen()
      try await call.value
      await end
    }
  }

  @Test("many channels share a server, each with its connection")
  func manyChannels() async throws {
    try await run { fixture in
      try await withThrowingTaskGroup(of: Void.self) { group in
        let channels = try (0..<50).map { _ in try RPCChannel(target: fixture.server.addresses[0]) }
        for channel in channels {
          group.addTask {
            for _ in 0..<20 {
              let reply: RawMessage = try await channel.unary(Methods.echo, RawMessage("x"))
              #expect(reply.text == "x")
            }
          }
        }
        try await group.waitForAll()
        #expect(fixture.server.statistics.connections == 50)
        for channel in channels { await channel.close() }
      }
    }
  }

  @Test("limits hold as over the network")
  func limits() async throws {
    var configuration = RPCServerConfiguration(addresses: ["in-process:"])
    configuration.limits.connections = 1
    try await Fixture.run(configuration: configuration) { fixture in
      try await fixture.expectEcho("first")
      let second = try RPCChannel(target: fixture.server.addresses[0])
      let failure = await status {
        let _: RawMessage = try await second.unary(Methods.echo, RawMessage())
      }
      #expect(failure?.code == .unavailable)
      await second.close()
    }
  }

  @Test("a name belongs to one server, until it ends")
  func names() async throws {
    let name = "in-process:names-\(UInt64.random(in: 0 ... .max))"
    let channel = try RPCChannel(target: name)
    let before = await status {
      let _: RawMessage = try await channel.unary(Methods.echo, RawMessage())
    }
    #expect(before?.message == "cannot connect to \(name): no server has that name")
    await channel.close()
    for _ in 0..<2 {
      try await Fixture.run(configuration: .init(addresses: [name])) { fixture in
        #expect(fixture.server.addresses == [name])
        try await fixture.expectEcho("hello")
        let failure = await status {
          _ = try await RPCServer.start(
            router: ServerRouter(), configuration: .init(addresses: ["127.0.0.1:0", name]))
        }
        #expect(failure?.code == .alreadyExists)
      }
    }
    #expect(throws: RPCStatus.self) { try RPCChannel(target: "in-process:") }
  }
}
