import MartletHTTP2
import MartletRPC
import Testing

/// What has not been read is not given back to the sender's window.
@Suite struct WindowTests {
  private static let window = 64 << 10
  private static let bigBytes = 1_000_000
  private static let smallBytes = 10_000
  private static let smallCount = 100

  private static func framed(_ byteCount: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(byteCount).bigEndian) { [0] + $0 }
      + [UInt8](repeating: 1, count: byteCount)
  }

  /// Sends as much as the server lets in while nobody reads. A call on the same connection tells
  /// that the server has dealt with all that was sent before, and that it is not held up. A window
  /// may open together with its answer, and is used by the next call only: so two calls in a row
  /// have to send nothing more.
  private static func settle(_ client: RawClient, until isRead: () -> Bool) throws -> Bool {
    var (waiting, unchanged) = (-1, 0)
    while let stream = client.requests, unchanged < 2 || !isRead() {
      unchanged = waiting == stream.outgoing.count ? unchanged + 1 : 0
      waiting = stream.outgoing.count
      let status = try client.call(RawClient.headers(), framed(1)).fields["grpc-status"]
      guard status == "0" else { return false }
    }
    return true
  }

  @Test("a handler that does not read holds a window and a message, whatever it has read before")
  func slowHandler() async throws {
    let (permits, permit) = AsyncStream<Void>.makeStream()
    let readCount = Tally()
    let method = Methods.method("Paced", .clientStreaming)
    var router = ServerRouter()
    router.clientStreaming(method) { (requests: RequestStream<RawMessage>, _) in
      let reader = requests.makeAsyncIterator()
      for await _ in permits {
        guard try await reader.next() != nil else { break }
        readCount.add()
      }
      return RawMessage(Array("\(readCount.current)".utf8))
    }
    router.add(TestService())
    var configuration = RPCServerConfiguration()
    configuration.limits.streamWindowBytes = Self.window
    let server = try await RPCServer.start(router: router, configuration: configuration)
    let answer = try await RawClient.run(port: server.port) { client in
      // Twice a large message and small ones behind it.
      let half =
        Self.framed(Self.bigBytes)
        + (0..<Self.smallCount).flatMap { _ in Self.framed(Self.smallBytes) }
      let body = half + half
      let headers = RawClient.headers(path: "/test.Service/Paced")
      client.requests = try client.begin(headers, body)
      var allowed = 0
      var consumed = 0
      for size in [0, Self.bigBytes] + Array(repeating: Self.smallBytes, count: 50) {
        if size > 0 {
          permit.yield()
          allowed += 1
          consumed += size + 5
        }
        #expect(try Self.settle(client) { readCount.current == allowed })
        let sent = body.count - (client.requests?.outgoing.count ?? 0)
        let message = consumed == 0 ? Self.bigBytes + 5 : 0
        #expect(sent - consumed <= Self.window + message)
        #expect(sent - consumed > 0)
      }
      for _ in 0..<(2 * Self.smallCount + 3) { permit.yield() }
      guard let requests = client.requests else { return "" }
      client.session.finish(requests)
      return String(decoding: try client.answer(to: requests).body.dropFirst(5), as: UTF8.self)
    }
    #expect(answer == "\(2 * Self.smallCount + 2)")
    await server.shutdownGracefully(grace: .zero)
  }

  @Test("a reader that does not read holds a window and a message, whatever it has read before")
  func slowReader() async throws {
    let written = Tally()
    let method = Methods.method("Written", .serverStreaming)
    var router = ServerRouter()
    router.serverStreaming(method) {
      (_: RawMessage, response: ResponseWriter<RawMessage>, _) in
      for size in [Self.bigBytes] + Array(repeating: Self.smallBytes, count: Self.smallCount) {
        written.add(size + 5)
        try await response.write(RawMessage([UInt8](repeating: 1, count: size)))
      }
    }
    router.add(TestService())
    var serverConfiguration = RPCServerConfiguration()
    serverConfiguration.limits.writerBufferBytes = Self.smallBytes
    let server = try await RPCServer.start(router: router, configuration: serverConfiguration)
    var configuration = RPCChannelConfiguration()
    configuration.streamWindowBytes = Self.window
    let channel = try RPCChannel(target: server.addresses[0], configuration: configuration)
    let responses: ResponseStream<RawMessage> = channel.serverStreaming(method, RawMessage())
    var reader = responses.makeAsyncIterator()
    var readBytes = 0
    for _ in 0..<30 {
      let message = try await reader.next()
      readBytes += try #require(message).bytes.count + 5
      for _ in 0..<10 {
        let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
      }
      // Beside the window: what the server's writer holds, and the message that it waits with.
      #expect(written.current - readBytes <= Self.window + 3 * Self.smallBytes)
    }
    var count = 30
    while try await reader.next() != nil { count += 1 }
    #expect(count == Self.smallCount + 1)
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }
}
