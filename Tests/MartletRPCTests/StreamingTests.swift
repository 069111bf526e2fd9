import MartletRPC
import Testing

@Suite("Streaming calls") struct StreamingTests {
  @Test("a server stream arrives whole and in order")
  func serverStreaming() async throws {
    try await Fixture.run { fixture in
      let stream: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.count, "10000" as RawMessage)
      var next = 0
      for try await message in stream {
        #expect(message.text == "\(next)")
        next += 1
      }
      #expect(next == 10_000)
    }
  }

  @Test("a stream without messages ends")
  func emptyStream() async throws {
    try await Fixture.run { fixture in
      let stream: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.count, "0" as RawMessage)
      for try await _ in stream { Issue.record("a message came") }
    }
  }

  @Test("the encoded form gives the same bytes")
  func encoded() async throws {
    try await Fixture.run { fixture in
      var all: [String] = []
      for try await bytes in fixture.channel.serverStreamingEncoded(
        Methods.count, "3" as RawMessage)
      {
        all.append(String(decoding: bytes, as: UTF8.self))
      }
      #expect(all == ["0", "1", "2"])
    }
  }

  @Test("client streaming sends all requests and gets one answer")
  func clientStreaming() async throws {
    try await Fixture.run { fixture in
      let joined: RawMessage = try await fixture.channel.clientStreaming(Methods.join) {
        (requests: RequestWriter<RawMessage>) in
        for number in 0..<1_000 { try await requests.write(RawMessage(Array("\(number),".utf8))) }
      }
      #expect(joined.text == (0..<1_000).map { "\($0)," }.joined())
    }
  }

  @Test("bidirectional messages go both ways at once")
  func bidirectional() async throws {
    try await Fixture.run { fixture in
      let answers: ResponseStream<RawMessage> = fixture.channel.bidirectional(Methods.chat) {
        (requests: RequestWriter<RawMessage>) in
        for number in 0..<1_000 { try await requests.write(RawMessage(Array("\(number)".utf8))) }
      }
      var next = 0
      for try await answer in answers {
        #expect(answer.text == "\(next)")
        next += 1
      }
      #expect(next == 1_000)
    }
  }

  @Test("a status before the end of the requests ends the call for reader and writer")
  func earlyStatus() async throws {
    try await Fixture.run { fixture in
      let writerEnded = Event()
      let answers: ResponseStream<RawMessage> = fixture.channel.bidirectional(Methods.chat) {
        (requests: RequestWriter<RawMessage>) in
        defer { writerEnded.happen() }
        try await requests.write("one")
        try await requests.write("enough")
        while true { try await requests.write(RawMessage([UInt8](repeating: 1, count: 1000))) }
      }
      let status = await status { for try await _ in answers {} }
      #expect(status?.code == .outOfRange)
      await writerEnded.wait()
    }
  }

  @Test("a writer is suspended while the client does not read, and other calls go on")
  func slowReader() async throws {
    try await Fixture.run { fixture in
      let total = 2_000  // 20 MB, far more than windows and buffers hold.
      let stream: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.flood, RawMessage(Array("\(total)".utf8)))
      var reader = stream.makeAsyncIterator()
      let first = try await reader.next()
      #expect(first != nil)
      for number in 0..<200 { try await fixture.expectEcho("\(number)") }
      #expect(fixture.service.flooded.current * 10_000 < 4 << 20)
      var count = 1
      while try await reader.next() != nil { count += 1 }
      #expect(count == total)
      #expect(fixture.service.flooded.current == total)
    }
  }

  @Test("a client is suspended while the handler does not read")
  func slowHandler() async throws {
    let sent = Tally()
    let mayRead = Event()
    let method = Methods.method("Slow", .clientStreaming)
    var router = ServerRouter()
    router.clientStreaming(method) { (requests: RequestStream<RawMessage>, _) in
      await mayRead.wait()
      var count = 0
      for try await _ in requests { count += 1 }
      return RawMessage(Array("\(count)".utf8))
    }
    router.add(TestService())
    let server = try await RPCServer.start(router: router)
    let channel = try RPCChannel(target: server.addresses[0])
    async let reply: RawMessage = channel.clientStreaming(method) {
      (requests: RequestWriter<RawMessage>) in
      for _ in 0..<2_000 {
        try await requests.write(RawMessage([UInt8](repeating: 1, count: 10_000)))
        sent.add()
      }
    }
    for _ in 0..<200 {
      let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
    }
    #expect(sent.current * 10_000 < 4 << 20)
    mayRead.happen()
    let count = try await reply.text
    #expect(count == "2000")
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }

  @Test("a handler may read and write from an actor")
  func handlerOnActor() async throws {
    let method = Methods.method("Actor", .bidirectional)
    let talker = Talker()
    var router = ServerRouter()
    router.bidirectional(method) {
      (requests: RequestStream<RawMessage>, response: ResponseWriter<RawMessage>, _) in
      try await talker.talk(requests, response)
    }
    let server = try await RPCServer.start(router: router)
    let channel = try RPCChannel(target: server.addresses[0])
    let answers: ResponseStream<RawMessage> = channel.bidirectional(method) {
      (requests: RequestWriter<RawMessage>) in
      for number in 0..<300 { try await requests.write(RawMessage(Array("\(number)".utf8))) }
    }
    var next = 0
    for try await answer in answers {
      #expect(answer.text == "\(next)")
      next += 1
    }
    #expect(next == 300)
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }

  actor Talker {
    func talk(
      _ requests: RequestStream<RawMessage>, _ response: ResponseWriter<RawMessage>
    ) async throws {
      for try await request in requests { try await response.write(request) }
    }
  }

  @Test("a stream that nobody holds any more is cancelled at the server")
  func abandoned() async throws {
    try await Fixture.run { fixture in
      do {
        let stream: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
          Methods.flood, "1000000" as RawMessage)
        for try await _ in stream { break }
      }
      while fixture.server.statistics.activeCalls > 0 { _ = try await fixture.echo("still there?") }
      #expect(fixture.service.flooded.current < 1_000_000)
    }
  }
}
