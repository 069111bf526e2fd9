import MartletProtobuf
import MartletRPC
import Testing

/// Answers the service of kinds.proto through the generated protocol.
private struct Talker: Kinds.Talk {
  func echo(_ request: Kinds.Small, context: CallContext) async throws -> Kinds.Small {
    guard request.id != "fail" else {
      throw RPCStatus(code: .failedPrecondition, message: "as you wish")
    }
    return request
  }

  func `repeat`(
    _ request: Kinds.Small, response: ResponseWriter<Kinds.Small>, context: CallContext
  ) async throws {
    for number in 0..<request.number {
      try await response.write(.init(id: request.id, number: number + 1))
    }
  }

  func add(
    _ requests: RequestStream<Kinds.Small>, context: CallContext
  ) async throws -> Kinds.Small {
    var sum: Int32 = 0
    for try await request in requests { sum += request.number }
    return .init(number: sum)
  }

  func chat(
    _ requests: RequestStream<Kinds.Small>, response: ResponseWriter<Kinds.Small>,
    context: CallContext
  ) async throws {
    for try await request in requests { try await response.write(request) }
  }
}

/// The generated server protocol and the generated client, over a real connection.
@Suite struct ServiceTests {
  private func withClient(
    _ body: (Kinds.TalkClient) async throws -> Void
  ) async throws {
    var router = ServerRouter()
    router.add(Talker())
    #expect(router.methods == Kinds.TalkMethods.all)
    let server = try await RPCServer.start(router: router, configuration: .init())
    let channel = try RPCChannel(target: "127.0.0.1:\(server.port)")
    try await body(Kinds.TalkClient(channel: channel))
    await channel.close()
    await server.shutdownGracefully(grace: .seconds(1))
  }

  @Test("a unary call returns the handler's message or its status")
  func unary() async throws {
    try await withClient { client in
      let message = Kinds.Small(id: "a", text: "b\0c", time: -1, number: 2, revision: .max)
      let echoed = try await client.echo(message)
      #expect(echoed == message)
      let failure = await #expect(throws: RPCStatus.self) {
        try await client.echo(.init(id: "fail"))
      }
      #expect(failure?.code == .failedPrecondition)
      #expect(failure?.message == "as you wish")
    }
  }

  @Test("a server stream delivers every message in order")
  func serverStreaming() async throws {
    try await withClient { client in
      var numbers: [Int32] = []
      for try await message in client.repeat(.init(id: "x", number: 500)) {
        numbers.append(message.number)
      }
      #expect(numbers == Array(1...500))
    }
  }

  @Test("a client stream is answered once, after its end")
  func clientStreaming() async throws {
    try await withClient { client in
      let sum = try await client.add { writer in
        for number in Int32(1)...100 { try await writer.write(.init(number: number)) }
      }
      #expect(sum.number == 5050)
    }
  }

  @Test("both sides of a bidirectional call stream")
  func bidirectional() async throws {
    try await withClient { client in
      let stream = client.chat { writer in
        for number in Int32(1)...100 { try await writer.write(.init(number: number)) }
      }
      var numbers: [Int32] = []
      for try await message in stream { numbers.append(message.number) }
      #expect(numbers == Array(1...100))
    }
  }
}
