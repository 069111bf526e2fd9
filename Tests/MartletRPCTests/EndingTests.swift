import MartletRPC
import Testing

@Suite("How calls and connections end") struct EndingTests {
  @Test("a deadline ends the call on both sides and cancels the handler")
  func deadline() async throws {
    try await Fixture.run { fixture in
      // On a busy machine the first deadlines may pass before the request has left.
      while !fixture.service.held.hasHappened {
        let status = await status {
          let _: RawMessage = try await fixture.channel.unary(
            Methods.hold, "" as RawMessage, options: CallOptions(timeout: .milliseconds(50)))
        }
        #expect(status?.code == .deadlineExceeded)
      }
      await fixture.service.cancelled.wait()
    }
  }

  @Test("a timeout of nothing fails at once")
  func noTime() async throws {
    try await Fixture.run { fixture in
      let status = await status {
        _ = try await fixture.echo("x", options: CallOptions(timeout: .zero))
      }
      #expect(status?.code == .deadlineExceeded)
    }
  }

  @Test("cancelling the caller's task cancels the handler")
  func cancellation() async throws {
    try await Fixture.run { fixture in
      let caller = Task {
        let _: RawMessage = try await fixture.channel.unary(Methods.hold, "" as RawMessage)
      }
      await fixture.service.held.wait()
      caller.cancel()
      await #expect(throws: CancellationError.self) { try await caller.value }
      await fixture.service.cancelled.wait()
      try await fixture.expectEcho("the connection lives")
    }
  }

  @Test("a task that is cancelled before it calls gets a CancellationError")
  func cancelledBefore() async throws {
    try await Fixture.run { fixture in
      let caller = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await fixture.echo("x")
      }
      await #expect(throws: CancellationError.self) { try await caller.value }
    }
  }

  @Test("a lost connection cancels the handlers, fails the callers, and is made again")
  func connectionLoss() async throws {
    try await Fixture.run { fixture in
      let second = try RPCChannel(target: fixture.server.addresses[0])
      let caller = Task {
        await status {
          let _: RawMessage = try await second.unary(Methods.hold, "" as RawMessage)
        }
      }
      await fixture.service.held.wait()
      await second.close()
      #expect(await caller.value?.code == .unavailable)
      await fixture.service.cancelled.wait()
      try await fixture.expectEcho("others live")
      let late = await status {
        let _: RawMessage = try await second.unary(Methods.echo, "" as RawMessage)
      }
      #expect(late?.code == .unavailable)
    }
  }

  @Test(
    "nobody listening: UNAVAILABLE with a plain sentence that names the target",
    arguments: [
      ("127.0.0.1:1", "connection refused"),
      ("unix:/nowhere/martlet.sock", "no such file or directory"),
    ])
  func refused(target: String, reason: String) async throws {
    let channel = try RPCChannel(target: target)
    let status = await status {
      let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
    }
    #expect(status?.code == .unavailable)
    #expect(status?.message == "cannot connect to \(target): \(reason)")
    await channel.close()
  }

  @Test("a call that waits for ready is answered when the server comes up")
  func waitForReady() async throws {
    let target = Fixture.freeAddress()
    var configuration = RPCChannelConfiguration()
    configuration.backoff = .milliseconds(5)
    let channel = try RPCChannel(target: target, configuration: configuration)
    async let reply: RawMessage = channel.unary(
      Methods.echo, "early" as RawMessage, options: CallOptions(waitForReady: true))
    _ = await status {
      let _: RawMessage = try await channel.unary(Methods.echo, "x" as RawMessage)
    }
    var router = ServerRouter()
    router.add(TestService())
    let second = try await RPCServer.start(
      router: router, configuration: .init(addresses: [target]))
    let text = try await reply.text
    #expect(text == "early")
    await channel.close()
    await second.shutdownGracefully(grace: .zero)
  }

  @Test("restarts under load fail no call")
  func gracefulRestarts() async throws {
    var router = ServerRouter()
    router.add(TestService())
    let target = Fixture.freeAddress()
    var server = try await RPCServer.start(
      router: router, configuration: .init(addresses: [target]))
    var configuration = RPCChannelConfiguration()
    configuration.backoff = .milliseconds(1)
    let channel = try RPCChannel(target: target, configuration: configuration)
    let isOver = Event()
    let done = Tally()
    let stop = Tally()
    let load = Task {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 {
          group.addTask {
            while stop.current == 0 {
              let _: RawMessage = try await channel.unary(
                Methods.echo, "x" as RawMessage, options: CallOptions(waitForReady: true))
              done.add()
            }
          }
        }
        try await group.waitForAll()
      }
      isOver.happen()
    }
    for _ in 0..<10 {
      let before = done.current
      while done.current < before + 500 { await Task.yield() }
      await server.shutdownGracefully(grace: .seconds(10))
      server = try await RPCServer.start(router: router, configuration: .init(addresses: [target]))
    }
    stop.add()
    try await load.value
    await isOver.wait()
    #expect(done.current >= 5_000)
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }

  @Test("a graceful end waits for running calls up to the grace, then ends them with UNAVAILABLE")
  func graceEnds() async throws {
    let service = TestService()
    var router = ServerRouter()
    router.add(service)
    let server = try await RPCServer.start(router: router)
    let channel = try RPCChannel(target: server.addresses[0])
    let caller = Task {
      await status {
        let _: RawMessage = try await channel.unary(Methods.hold, "" as RawMessage)
      }
    }
    await service.held.wait()
    await server.shutdownGracefully(grace: .milliseconds(20))
    #expect(await caller.value?.code == .unavailable)
    await service.cancelled.wait()
    await channel.close()
  }

  @Test("while reading is off no call arrives; then all do")
  func readingOff() async throws {
    try await Fixture.run { fixture in
      try await fixture.expectEcho("before")
      fixture.server.setReading(false)
      // One more may have been asked for already.
      let calls = (0..<5).map { number in Task { try await fixture.echo("\(number)") } }
      let waiting = await status {
        for _ in 0..<3 {
          _ = try await fixture.echo("late", options: CallOptions(timeout: .milliseconds(30)))
        }
      }
      #expect(waiting?.code == .deadlineExceeded)
      fixture.server.setReading(true)
      for (number, call) in calls.enumerated() {
        let text = try await call.value
        #expect(text == "\(number)")
      }
    }
  }

  @Test("a call that is cancelled before its handler starts leaves nothing behind")
  func cancelledAtOnce() async throws {
    try await Fixture.run { fixture in
      for _ in 0..<200 {
        let caller = Task {
          let _: RawMessage = try await fixture.channel.unary(Methods.hold, "" as RawMessage)
        }
        caller.cancel()
        _ = await caller.result
      }
      while fixture.server.statistics.activeCalls > 0 { try await fixture.expectEcho("waiting") }
      try await fixture.expectEcho("the connection lives")
    }
  }

  @Test("continuations resumed together on a loop answer all their calls")
  func resumedTogether() async throws {
    let waiting = WaitingCalls()
    let method = Methods.method("Wait", .unary)
    var router = ServerRouter()
    router.unary(method) { (request: RawMessage, context) in
      await waiting.wait(on: context.loop)
      return request
    }
    let server = try await RPCServer.start(router: router)
    let channel = try RPCChannel(target: server.addresses[0])
    let calls = (0..<100).map { _ in
      Task { let _: RawMessage = try await channel.unary(method, "x" as RawMessage) }
    }
    await waiting.reached(100)
    waiting.resumeAll()
    for call in calls { try await call.value }
    await channel.close()
    await server.shutdownGracefully(grace: .zero)
  }
}
