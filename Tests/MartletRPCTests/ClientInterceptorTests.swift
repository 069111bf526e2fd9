import MartletRPC
import Synchronization
import Testing

/// Writes down what passes it.
private struct Diary: ClientInterceptor {
  let name: String
  let lines: Lines

  final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    let streamEnded = Event()
    var all: [String] { state.withLock { $0 } }
    func add(_ line: String) { state.withLock { $0.append(line) } }
  }

  nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    lines.add("\(name) before \(context.method.method)")
    context.options.metadata.append("word", name)
    do {
      try await next()
      lines.add("\(name) after \(context.outcome(nil)) \(context.trailingMetadata["last"] ?? "-")")
    } catch {
      lines.add("\(name) after \(context.outcome(error))")
      throw error
    }
    if context.method.kind == .serverStreaming { lines.streamEnded.happen() }
  }
}

private struct Refuser: ClientInterceptor {
  nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    throw RPCStatus(code: .permissionDenied, message: "not from here")
  }
}

private struct Softener: ClientInterceptor {
  nonisolated(nonsending) func intercept(
    _ context: ClientCallContext, next: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    do {
      try await next()
    } catch let status as RPCStatus where status.code == .notFound {
      throw RPCStatus(code: .failedPrecondition, message: "softly")
    }
  }
}

private struct OnlyFor: ClientInterceptorFactory {
  let method: MethodDescriptor
  let asked: Tally

  func clientInterceptor(for method: MethodDescriptor) -> (any ClientInterceptor)? {
    asked.add()
    return method == self.method ? Refuser() : nil
  }
}

@Suite("Interceptors of a client") struct ClientInterceptorTests {
  private func run(
    _ interceptors: [any ClientInterceptorFactory], _ body: (Fixture) async throws -> Void
  ) async throws {
    var configuration = RPCChannelConfiguration()
    configuration.interceptors = interceptors
    try await Fixture.run(channelConfiguration: configuration, body)
  }

  @Test("they run around a call in their order, and add to its metadata")
  func order() async throws {
    let lines = Diary.Lines()
    try await run([Diary(name: "a", lines: lines), Diary(name: "b", lines: lines)]) { fixture in
      let reply: RawMessage = try await fixture.channel.unary(Methods.metadata, RawMessage())
      #expect(reply.text.hasPrefix("a,b "))
    }
    #expect(
      lines.all == ["a before Metadata", "b before Metadata", "b after OK out", "a after OK out"])
  }

  @Test("they may refuse a call of any kind before it is made")
  func refusal() async throws {
    try await run([Refuser()]) { fixture in
      let channel = fixture.channel
      var codes: [StatusCode?] = []
      codes.append(
        await status { let _: RawMessage = try await channel.unary(Methods.echo, RawMessage()) }?
          .code)
      codes.append(
        await status {
          let stream: ResponseStream<RawMessage> = channel.serverStreaming(
            Methods.count, "3" as RawMessage)
          for try await _ in stream {}
        }?.code)
      codes.append(
        await status {
          let _: RawMessage = try await channel.clientStreaming(Methods.join) { writer in
            try await writer.write("x" as RawMessage)
          }
        }?.code)
      codes.append(
        await status {
          let stream: ResponseStream<RawMessage> = channel.bidirectional(Methods.chat) { writer in
            try await writer.write("x" as RawMessage)
          }
          for try await _ in stream {}
        }?.code)
      #expect(codes == Array(repeating: .permissionDenied, count: 4))
      #expect(fixture.server.statistics.startedCalls == 0)
    }
  }

  @Test("they may turn one error into another")
  func otherError() async throws {
    try await run([Softener()]) { fixture in
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.fail, "rich" as RawMessage)
      }
      #expect(status == RPCStatus(code: .failedPrecondition, message: "softly"))
    }
  }

  @Test("they see the end of a stream when it has been read")
  func streams() async throws {
    let lines = Diary.Lines()
    try await run([Diary(name: "a", lines: lines)]) { fixture in
      let stream: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.count, "3" as RawMessage)
      var count = 0
      for try await _ in stream { count += 1 }
      #expect(count == 3)
      await lines.streamEnded.wait()
      let joined: RawMessage = try await fixture.channel.clientStreaming(Methods.join) { writer in
        try await writer.write("x" as RawMessage)
      }
      #expect(joined.text == "x")
    }
    #expect(
      lines.all == ["a before Count", "a after OK -", "a before Join", "a after OK -"])
  }

  @Test("a factory is asked once for each method, and may leave methods out")
  func factory() async throws {
    let asked = Tally()
    try await run([OnlyFor(method: Methods.fail, asked: asked)]) { fixture in
      for _ in 0..<3 { try await fixture.expectEcho("x") }
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.fail, RawMessage())
      }
      #expect(status?.code == .permissionDenied)
    }
    #expect(asked.current == 2)
  }
}

@Suite("Calls made while a call is answered") struct ClientInheritanceTests {
  static let left = Methods.method("Left", .unary)
  static let relay = Methods.method("Relay", .unary)

  /// A server whose `Relay` asks the server itself how long the call may take, in whole hours.
  private func run(
    _ options: CallOptions, timeout: Duration?, _ expected: String
  ) async throws {
    let channels = Mutex<RPCChannel?>(nil)
    var router = ServerRouter()
    router.unary(Self.left) { (_: RawMessage, context) -> RawMessage in
      guard let deadline = context.deadline else { return "none" }
      let hours = ((deadline - .now) / Duration.seconds(3600)).rounded()
      return RawMessage(Array("\(Int(hours)) h".utf8))
    }
    router.unary(Self.relay) { (_: RawMessage, _) -> RawMessage in
      guard let channel = channels.withLock({ $0 }) else { return "" }
      return try await channel.unary(Self.left, RawMessage(), options: options)
    }
    let server = try await RPCServer.start(router: router)
    let channel = try RPCChannel(target: server.addresses[0])
    channels.withLock { $0 = channel }
    let reply: RawMessage = try await channel.unary(
      Self.relay, RawMessage(), options: CallOptions(timeout: timeout))
    #expect(reply.text == expected)
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }

  @Test("end by its deadline, or by their own if that is nearer")
  func inherited() async throws {
    try await run(CallOptions(), timeout: .seconds(5 * 3600), "5 h")
    try await run(CallOptions(timeout: .seconds(9 * 3600)), timeout: .seconds(5 * 3600), "5 h")
    try await run(CallOptions(timeout: .seconds(2 * 3600)), timeout: .seconds(5 * 3600), "2 h")
    try await run(CallOptions(), timeout: nil, "none")
  }

  @Test("do not, if they say so")
  func notInherited() async throws {
    var options = CallOptions()
    options.inheritsDeadline = false
    try await run(options, timeout: .seconds(5 * 3600), "none")
  }

  @Test("are cancelled with it")
  func cancelled() async throws {
    try await Fixture.run { inner in
      var router = ServerRouter()
      router.unary(Self.relay) { (request: RawMessage, _) -> RawMessage in
        try await inner.channel.unary(Methods.hold, request)
      }
      let outer = try await RPCServer.start(router: router)
      let channel = try RPCChannel(target: outer.addresses[0])
      let caller = Task {
        let _: RawMessage = try await channel.unary(Self.relay, "" as RawMessage)
      }
      await inner.service.held.wait()
      caller.cancel()
      await inner.service.cancelled.wait()
      await channel.close()
      await outer.shutdownGracefully(grace: .zero)
    }
  }
}
