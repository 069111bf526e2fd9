import MartletHTTP2
import Testing

@testable import MartletRPC

@Suite("Compressed messages") struct CompressionTests {
  static let text = [UInt8](repeating: 97, count: 10_000)

  /// A message as it goes over the wire.
  private func framed(_ content: [UInt8], flag: UInt8) -> [UInt8] {
    [flag] + withUnsafeBytes(of: UInt32(content.count).bigEndian, Array.init) + content
  }

  private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    try #require(bytes.withUnsafeBytes { GzipCoder().compress($0) })
  }

  private func answer(
    _ body: [UInt8], path: String = "/test.Service/Echo", _ fields: [(String, String)],
    configuration: RPCServerConfiguration = .init()
  ) async throws -> RawClient.Answer {
    var result: RawClient.Answer?
    try await Fixture.run(configuration: configuration) { fixture in
      result = try await RawClient.run(port: fixture.server.port) {
        try $0.call(RawClient.headers(path: path, fields), body)
      }
    }
    return try #require(result)
  }

  // MARK: Requests

  @Test("a request compressed with gzip is understood, and its answer is plain")
  func request() async throws {
    let answer = try await answer(
      framed(gzip(Self.text), flag: 1),
      [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")])
    #expect(answer.fields["grpc-status"] == "0")
    #expect(answer.fields["grpc-encoding"] == nil)
    #expect(answer.body == framed(Self.text, flag: 0))
  }

  @Test("a plain message is understood whatever grpc-encoding says", arguments: ["gzip", "snappy"])
  func plainMessage(encoding: String) async throws {
    let answer = try await answer(framed([1, 2], flag: 0), [("grpc-encoding", encoding)])
    #expect(answer.fields["grpc-status"] == "0")
  }

  @Test("members of a gzip file that follow each other are one message")
  func members() async throws {
    let body = try framed(gzip(Self.text) + gzip(Self.text), flag: 1)
    let answer = try await answer(body, [("grpc-encoding", "gzip")])
    #expect(answer.body == framed(Self.text + Self.text, flag: 0))
  }

  @Test("a compressed flag without an encoding, or with identity, is INTERNAL")
  func flagWithoutEncoding() async throws {
    for fields in [[], [("grpc-encoding", "identity")]] {
      let answer = try await answer(framed(gzip(Self.text), flag: 1), fields)
      #expect(answer.fields["grpc-status"] == "13")
    }
  }

  @Test("what is not gzip, is cut short or has something behind it is INTERNAL")
  func garbage() async throws {
    let packed = try gzip(Self.text)
    for content in [[1, 2, 3], [], Array(packed.dropLast(9)), packed + [7]] {
      let answer = try await answer(framed(content, flag: 1), [("grpc-encoding", "gzip")])
      #expect(answer.fields["grpc-status"] == "13")
    }
  }

  @Test("a message that grows over the limit when decompressed is RESOURCE_EXHAUSTED")
  func bomb() async throws {
    let bomb = try gzip([UInt8](repeating: 0, count: 64 << 20))
    #expect(bomb.count < 1 << 20)
    let answer = try await answer(framed(bomb, flag: 1), [("grpc-encoding", "gzip")])
    #expect(answer.fields["grpc-status"] == "8")
  }

  @Test("a message of exactly the limit passes, one byte more does not")
  func exactLimit() throws {
    let packed = try gzip(Self.text)
    let coder = GzipCoder()
    for limit in [Self.text.count, Self.text.count - 1, Self.text.count] {
      let message = packed.withUnsafeBytes { try? coder.decompress($0, limit: limit) }
      #expect(message == (limit == Self.text.count ? Self.text : nil))
    }
  }

  @Test("the prefix of a compressed message over the limit is refused at once")
  func hugePrefix() async throws {
    try await Fixture.run { fixture in
      let answer = try await RawClient.run(port: fixture.server.port) {
        try $0.call(
          RawClient.headers([("grpc-encoding", "gzip")]), [1, 255, 255, 255, 255],
          isComplete: false)
      }
      #expect(answer.fields["grpc-status"] == "8")
    }
  }

  // MARK: Responses

  @Test("a response is compressed if the handler wants it and the caller takes it")
  func response() async throws {
    let answer = try await answer(
      framed(Self.text, flag: 0), path: "/test.Service/Packed",
      [("grpc-accept-encoding", "identity, deflate,gzip ;q=1")])
    #expect(answer.fields["grpc-encoding"] == "gzip")
    #expect(answer.body == framed(try gzip(Self.text), flag: 1))
  }

  @Test("a caller that does not list gzip gets plain responses")
  func responseNotAccepted() async throws {
    for fields in [[], [("grpc-accept-encoding", "identity,deflate")]] {
      let answer = try await answer(
        framed(Self.text, flag: 0), path: "/test.Service/Packed", fields)
      #expect(answer.fields["grpc-encoding"] == nil)
      #expect(answer.body == framed(Self.text, flag: 0))
    }
  }

  @Test("a server may compress all responses; what would not shrink stays plain")
  func byConfiguration() async throws {
    var configuration = RPCServerConfiguration()
    configuration.responseEncoding = .gzip
    let fields = [("grpc-accept-encoding", "gzip")]
    let large = try await answer(
      framed(Self.text, flag: 0), fields, configuration: configuration)
    #expect(large.body.first == 1)
    let small = try await answer(framed([7], flag: 0), fields, configuration: configuration)
    #expect(small.fields["grpc-encoding"] == "gzip")
    #expect(small.body == framed([7], flag: 0))
  }

  @Test("compression can be switched off for one message of a stream")
  func perMessage() async throws {
    let answer = try await answer(
      framed(Self.text, flag: 0), path: "/test.Service/Mixed", [("grpc-accept-encoding", "gzip")])
    let packed = try framed(gzip(Self.text), flag: 1)
    #expect(answer.body == packed + framed(Self.text, flag: 0) + packed)
  }

  // MARK: Our client

  @Test("all call types pass compressed requests and responses")
  func client() async throws {
    var configuration = RPCServerConfiguration()
    configuration.responseEncoding = .gzip
    try await Fixture.run(configuration: configuration) { fixture in
      let options = CallOptions(encoding: .gzip)
      let message = RawMessage(Self.text)
      let reply: RawMessage = try await fixture.channel.unary(
        Methods.compressed, message, options: options)
      #expect(reply == message)
      let plain: RawMessage = try await fixture.channel.unary(Methods.compressed, message)
      #expect(plain.text == "plain")
      let joined: RawMessage = try await fixture.channel.clientStreaming(
        Methods.join, options: options
      ) { (requests: RequestWriter<RawMessage>) in
        try await requests.write(message)
        try await requests.write(message, compressed: false)
      }
      #expect(joined.bytes == Self.text + Self.text)
      var count = 0
      let echoes: ResponseStream<RawMessage> = fixture.channel.bidirectional(
        Methods.chat, options: options
      ) { requests in
        for _ in 0..<3 { try await requests.write(message) }
      }
      for try await echo in echoes {
        #expect(echo == message)
        count += 1
      }
      #expect(count == 3)
    }
  }

  @Test("a response that grows over the caller's limit is RESOURCE_EXHAUSTED")
  func clientLimit() async throws {
    try await Fixture.run { fixture in
      for method in [Methods.packed, Methods.mixed] {
        let status = await status {
          let options = CallOptions(maxResponseBytes: 5_000)
          if method.kind == .unary {
            let _: RawMessage = try await fixture.channel.unary(
              method, RawMessage(Self.text), options: options)
          } else {
            let replies: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
              method, RawMessage(Self.text), options: options)
            for try await _ in replies {}
          }
        }
        #expect(status?.code == .resourceExhausted)
      }
    }
  }
}
