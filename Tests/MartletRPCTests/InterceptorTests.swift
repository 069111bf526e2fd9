import MartletRPC
import Synchronization
import Testing

@Suite("Interceptors of a server") struct InterceptorTests {
  /// Writes down what passes it.
  final class Witness: ServerInterceptor {
    private let name: String
    private let lines: Lines

    init(_ name: String, _ lines: Lines) {
      self.name = name
      self.lines = lines
    }

    nonisolated(nonsending) func intercept(
      _ context: CallContext, next: nonisolated(nonsending) () async throws -> Void
    ) async throws {
      lines.add("\(name) before")
      do {
        try await next()
        lines.add("\(name) \(context.outcome(nil))")
      } catch {
        lines.add("\(name) \(context.outcome(error))")
        throw error
      }
    }
  }

  final class Lines: Sendable {
    private let state = Mutex<[String]>([])
    var all: [String] { state.withLock { $0 } }
    func add(_ line: String) { state.withLock { $0.append(line) } }
  }

  /// An interceptor made of a closure.
  struct Closure: ServerInterceptor {
    let body:
      nonisolated(nonsending) @Sendable (
        CallContext, nonisolated(nonsending) () async throws -> Void
      ) async throws -> Void

    nonisolated(nonsending) func intercept(
      _ context: CallContext, next: nonisolated(nonsending) () async throws -> Void
    ) async throws {
      try await body(context, next)
    }
  }

  enum CallerName: CallContextKey { typealias Value = String }

  private func run(
    _ interceptors: [any ServerInterceptorFactory], _ body: (Fixture) async throws -> Void
  ) async throws {
    try await Fixture.run(
      prepare: { router in for interceptor in interceptors { router.add(interceptor) } }, body)
  }

  @Test("the first added sees a call first and its end last, for all kinds of calls")
  func order() async throws {
    let lines = Lines()
    try await run([Witness("a", lines), Witness("b", lines)]) { fixture in
      try await fixture.expectEcho("x")
      let replies: ResponseStream<RawMessage> = fixture.channel.serverStreaming(
        Methods.count, "3" as RawMessage)
      for try await _ in replies {}
      let joined: RawMessage = try await fixture.channel.clientStreaming(Methods.join) {
        (requests: RequestWriter<RawMessage>) in try await requests.write("j")
      }
      #expect(joined.text == "j")
      let chat: ResponseStream<RawMessage> = fixture.channel.bidirectional(Methods.chat) {
        try await $0.write("c" as RawMessage)
      }
      for try await reply in chat { #expect(reply.text == "c") }
    }
    let once = ["a before", "b before", "b OK", "a OK"]
    #expect(lines.all == Array(repeating: once, count: 4).flatMap { $0 })
  }

  @Test("one that refuses keeps the call from the handler and from those behind it")
  func refusal() async throws {
    let lines = Lines()
    let refusing = Closure { _, _ in
      throw RPCStatus(code: .permissionDenied, message: "not you", metadata: ["why": "because"])
    }
    try await run([Witness("a", lines), refusing, Witness("b", lines)]) { fixture in
      let status = await status { _ = try await fixture.echo("x") }
      #expect(status?.code == .permissionDenied && status?.metadata["why"] == "because")
    }
    #expect(lines.all == ["a before", "a PERMISSION_DENIED"])
  }

  @Test("one may turn a handler's error into another, and an answer into an error")
  func replacement() async throws {
    let replacing = Closure { context, next in
      do {
        try await next()
      } catch let status as RPCStatus where status.code == .notFound {
        throw RPCStatus(code: .unavailable, message: "later")
      }
      if context.metadataValue("late") != nil {
        throw RPCStatus(code: .aborted, message: "too late")
      }
    }
    try await run([replacing]) { fixture in
      let failed = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.fail, "rich" as RawMessage)
      }
      #expect(failed?.code == .unavailable)
      let late = await status {
        _ = try await fixture.echo("x", options: CallOptions(metadata: ["late": "1"]))
      }
      #expect(late?.code == .aborted)
      try await fixture.expectEcho("neither")
    }
  }

  @Test("values and metadata pass from one to the next, and do not outlive their call")
  func values() async throws {
    let seen = Lines()
    let naming = Closure { context, next in
      seen.add(context[CallerName.self] ?? "nobody")
      context[CallerName.self] = context.metadataValue("name")
      context.setInitialMetadata("first", "in")
      try await next()
    }
    let reading = Closure { context, next in
      seen.add(context[CallerName.self] ?? "nobody")
      try await next()
    }
    try await run([naming, reading]) { fixture in
      let reply: UnaryResponse<RawMessage> = try await fixture.channel.unaryResponse(
        Methods.echo, "x" as RawMessage, options: CallOptions(metadata: ["name": "ann"]))
      #expect(reply.initialMetadata["first"] == "in")
      try await fixture.expectEcho("y")
    }
    #expect(seen.all == ["nobody", "ann", "nobody", "nobody"])
  }

  @Test("one that neither refuses nor lets the call go on makes it INTERNAL")
  func forgotten() async throws {
    try await run([Closure { _, _ in }]) { fixture in
      let status = await status { _ = try await fixture.echo("x") }
      #expect(status?.code == .internalError)
    }
  }

  @Test("a call that passed its deadline has that outcome, whatever its handler throws")
  func deadline() async throws {
    let lines = Lines()
    try await run([Witness("a", lines)]) { fixture in
      let deadline = [("grpc-timeout", "20m")]
      let answer = try await RawClient.run(port: fixture.server.port) {
        try $0.call(
          RawClient.headers(path: "/test.Service/Hold", deadline), [0, 0, 0, 0, 1, 7])
      }
      #expect(answer.fields["grpc-status"] == "4")
      await fixture.service.cancelled.wait()
      while fixture.server.statistics.activeCalls > 0 { await Task.yield() }
    }
    #expect(lines.all.last == "a DEADLINE_EXCEEDED")
  }

  @Test("one may leave methods out, and prepares the others once")
  func perMethod() async throws {
    struct Chooser: ServerInterceptorFactory {
      let lines: Lines
      func interceptor(for method: MethodDescriptor) -> (any ServerInterceptor)? {
        guard method == Methods.echo else { return nil }
        lines.add("prepared")
        return Witness("echo", lines)
      }
    }
    let lines = Lines()
    try await run([Chooser(lines: lines)]) { fixture in
      try await fixture.expectEcho("x")
      try await fixture.expectEcho("y")
      let _: RawMessage = try await fixture.channel.unary(Methods.packed, "z" as RawMessage)
    }
    #expect(lines.all == ["prepared", "echo before", "echo OK", "echo before", "echo OK"])
  }

  @Test("a request that cannot be decoded passes the chain, and ends as INTERNAL")
  func undecodable() async throws {
    let lines = Lines()
    try await run([Witness("a", lines)]) { fixture in
      let status = await status {
        let _: RawMessage = try await fixture.channel.unary(Methods.echo, RawMessage([255]))
      }
      #expect(status?.code == .internalError)
    }
    #expect(lines.all == ["a before", "a INTERNAL"])
  }
}
