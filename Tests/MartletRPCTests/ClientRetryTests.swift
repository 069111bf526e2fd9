import Testing

@testable import MartletRPC

@Suite("Calls that are made again") struct ClientRetryTests {
  static let policy = RetryPolicy(
    attemptsMax: 4, backoff: .milliseconds(1), codes: [.unavailable, .aborted])

  private func call(
    _ server: ScriptedServer, method: MethodDescriptor = Methods.echo, body: String = "x",
    _ change: (inout RPCChannelConfiguration) -> Void = { $0.retryPolicy = policy }
  ) async throws -> Result<String, RPCStatus> {
    var configuration = RPCChannelConfiguration()
    change(&configuration)
    let channel = try RPCChannel(target: server.target, configuration: configuration)
    var result = Result<String, RPCStatus>.success("")
    do {
      let reply: RawMessage = try await channel.unary(
        method, RawMessage(Array(body.utf8)), options: CallOptions(timeout: .seconds(30)))
      result = .success(reply.text)
    } catch let status as RPCStatus {
      result = .failure(status)
    }
    await channel.close()
    return result
  }

  @Test("without a policy no failure is repeated")
  func off() async throws {
    try await ScriptedServer { _ in [.failure(14)] }.run { server in
      let result = try await call(server) { _ in }
      #expect(result == .failure(RPCStatus(code: .unavailable, message: "")))
      #expect(server.requests.count == 1)
    }
  }

  @Test("a retryable status is followed by other attempts, which the server can count")
  func retried() async throws {
    try await ScriptedServer { request in
      request.number < 2 ? [.failure(14)] : [.reply("third")]
    }.run { server in
      let result = try await call(server)
      #expect(result == .success("third"))
      let counts = server.requests.map { $0.fields["grpc-previous-rpc-attempts"] }
      #expect(counts == [nil, "1", "2"])
      #expect(server.requests.allSatisfy { $0.body == ScriptedServer.framed("x") })
    }
  }

  @Test("the last attempt's status is the call's; other codes are not repeated")
  func givesUp() async throws {
    try await ScriptedServer { _ in [.failure(10)] }.run { server in
      let result = try await call(server)
      #expect(result == .failure(RPCStatus(code: .aborted, message: "")))
      #expect(server.requests.count == 4)
    }
    try await ScriptedServer { _ in [.failure(9)] }.run { server in
      _ = try await call(server)
      #expect(server.requests.count == 1)
    }
  }

  @Test("a connection that is lost is a failure like others, answered by another attempt")
  func lostConnection() async throws {
    try await ScriptedServer { request in
      request.number == 0 ? [.hangUp] : [.reply("again")]
    }.run { server in
      let result = try await call(server)
      #expect(result == .success("again"))
    }
  }

  @Test("after the response has begun nothing is repeated")
  func committed() async throws {
    try await ScriptedServer { _ in
      [.answer([], trailers: [("grpc-status", "14")])]
    }.run { server in
      let result = try await call(server)
      #expect(result == .failure(RPCStatus(code: .unavailable, message: "")))
      #expect(server.requests.count == 1)
    }
  }

  @Test("pushback says when to come back, or not to")
  func pushback() async throws {
    try await ScriptedServer { request in
      let now = [("grpc-retry-pushback-ms", "0")]
      return request.number == 0
        ? [.failure(14, now)] : [.reply("back")]
    }.run { server in
      // The policy's own wait is longer than the call may last.
      let result = try await call(server) {
        $0.retryPolicy = RetryPolicy(backoff: .seconds(3600), backoffMax: .seconds(3600))
      }
      #expect(result == .success("back"))
    }
    for never in ["-1", "soon", ""] {
      try await ScriptedServer { _ in
        [.failure(14, [("grpc-retry-pushback-ms", never)])]
      }.run { server in
        _ = try await call(server)
        #expect(server.requests.count == 1)
      }
    }
  }

  @Test("a request larger than the buffer is sent once")
  func bufferCap() async throws {
    try await ScriptedServer { _ in [.failure(14)] }.run { server in
      _ = try await call(server, body: "12345678") {
        $0.retryPolicy = Self.policy
        $0.retryBufferBytes = 12
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("a stream of requests is sent again from its beginning")
  func streamed() async throws {
    try await ScriptedServer { request in
      request.number < 2 ? [.failure(14)] : [.reply("third")]
    }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.retryPolicy = Self.policy
      let channel = try RPCChannel(target: server.target, configuration: configuration)
      let reply: RawMessage = try await channel.clientStreaming(Methods.join) { writer in
        for text in ["a", "b", "c"] { try await writer.write(RawMessage(Array(text.utf8))) }
      }
      #expect(reply.text == "third")
      let body = ["a", "b", "c"].flatMap { ScriptedServer.framed($0) }
      #expect(server.requests.map(\.body) == [body, body, body])
      await channel.close()
    }
  }

  @Test("the deadline ends a call that waits for its next attempt")
  func deadline() async throws {
    try await ScriptedServer { _ in [.failure(14)] }.run { server in
      var configuration = RPCChannelConfiguration()
      configuration.retryPolicy = RetryPolicy(backoff: .seconds(3600), backoffMax: .seconds(3600))
      let channel = try RPCChannel(target: server.target, configuration: configuration)
      let late = await status {
        let _: RawMessage = try await channel.unary(
          Methods.echo, "x" as RawMessage, options: CallOptions(timeout: .milliseconds(100)))
      }
      #expect(late?.code == .deadlineExceeded)
      await channel.close()
    }
  }

  // MARK: Decisions

  private func verdicts(
    _ codes: [StatusCode], _ policy: RetryPolicy, throttle: inout RetryThrottle?
  ) -> [RetryMachine.Verdict] {
    var machine = RetryMachine()
    var random = SeededRandom(seed: 1)
    return codes.map {
      machine.attemptFailed(
        $0, .nothing, canRepeat: true, policy, &throttle, using: &random)
    }
  }

  @Test("waits grow by the factor up to their limit, give or take a fifth")
  func delays() {
    let policy = RetryPolicy(
      attemptsMax: 5, backoff: .seconds(1), backoffFactor: 3, backoffMax: .seconds(5))
    var throttle: RetryThrottle?
    let all = verdicts(.init(repeating: .unavailable, count: 5), policy, throttle: &throttle)
    for (verdict, seconds) in zip(all, [1.0, 3, 5, 5]) {
      guard case .retry(let delay) = verdict else {
        Issue.record("no retry")
        continue
      }
      #expect(0.8 * seconds...1.2 * seconds ~= Double(delay) / 1e9)
    }
    #expect(all.last == .giveUp)
  }

  @Test("five attempts are the most, whatever the policy says")
  func attemptsMax() {
    var throttle: RetryThrottle?
    let all = verdicts(
      .init(repeating: .unavailable, count: 9), RetryPolicy(attemptsMax: 100), throttle: &throttle)
    #expect(all.filter { $0 != .giveUp }.count == 4)
  }

  @Test("failures empty the bucket and stop repeats; successes fill it slowly")
  func throttling() {
    var throttle: RetryThrottle? = RetryThrottle(RetryThrottling(maxTokens: 4, tokenRatio: 0.5))
    let policy = RetryPolicy(attemptsMax: 5)
    let all = verdicts(.init(repeating: .unavailable, count: 3), policy, throttle: &throttle)
    #expect(all.map { $0 == .giveUp } == [false, true, true])
    for _ in 0..<2 { throttle?.succeeded() }
    #expect(throttle?.allowsRetries == false)
    throttle?.succeeded()
    #expect(throttle?.allowsRetries == true)
    // What the policy does not name takes no token.
    _ = verdicts([.notFound, .internalError], policy, throttle: &throttle)
    #expect(throttle?.allowsRetries == true)
  }

  @Test("a server that wants no repeat takes a token for any status")
  func pushbackThrottles() {
    var throttle: RetryThrottle? = RetryThrottle(RetryThrottling(maxTokens: 2, tokenRatio: 1))
    var machine = RetryMachine()
    var random = SeededRandom(seed: 1)
    let verdict = machine.attemptFailed(
      .notFound, .never, canRepeat: true, RetryPolicy(), &throttle, using: &random)
    #expect(verdict == .giveUp)
    #expect(throttle?.allowsRetries == false)
  }
}
