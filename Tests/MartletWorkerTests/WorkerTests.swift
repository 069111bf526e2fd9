import MartletClient
import MartletProtobuf
import MartletRPC
import Testing

@testable import MartletWorker

@Suite("A worker against a server", .timeLimit(.minutes(2)))
struct WorkerTests {
  @Test("it says who it is, runs what it is given, and is done when it has drained")
  func whole() async throws {
    try await WorkerWorld.with { handlers in
      handlers.register("shout") { context in
        TaskContent(text: String(decoding: context.payload, as: UTF8.self).uppercased())
      }
    } _: { world in
      try await world.running { stream in
        #expect(stream.hello.name == "tester")
        #expect(stream.hello.kinds == ["shout"])
        #expect(stream.hello.slots == 4)
        stream.assign("a", "shout", "hello")
        let heard = await stream.hear { !$0.finishes.isEmpty }
        #expect(heard.accepts.map(\.lease) == ["a"])
        #expect(heard.finishes.first?.result?.data == Array("HELLO".utf8))
        stream.acknowledge("a")
        world.worker.drain()
        #expect(await stream.hear { $0.draining }.draining)
      }
      #expect(await world.observer.endings.next() == .succeeded)
    }
  }

  private struct Order: Codable, Sendable {
    var count: Int
  }

  @Test("JSON payloads are typed, and what is not as expected fails for good")
  func json() async throws {
    try await WorkerWorld.with { handlers in
      handlers.register("double") { (order: Order, context) -> Order in
        Order(count: order.count * 2)
      }
    } _: { world in
      try await world.running { stream in
        stream.assign("a", "double", #"{"count": 21}"#)
        let good = await stream.hear { !$0.finishes.isEmpty }.finishes.first?.result
        #expect(good?.data == Array(#"{"count":42}"#.utf8))
        #expect(good?.contentType == "application/json")
        stream.assign("b", "double", #"{"count": "x"}"#)
        let bad = await stream.hear { !$0.finishes.isEmpty }.finishes.first?.failure
        #expect(bad?.code == "INVALID_PAYLOAD")
        #expect(bad?.message.contains("count") == true)
        #expect(bad?.nonRetryable == true)
        stream.acknowledge("a", "b")
        world.worker.drain()
      }
    }
  }

  @Test("protobuf payloads are typed")
  func protobuf() async throws {
    try await WorkerWorld.with { handlers in
      handlers.register("name") { (credit: API.Credit, context) -> API.Accept in
        API.Accept(lease: "\(credit.more)")
      }
    } _: { world in
      try await world.running { stream in
        let payload = String(decoding: API.Credit(more: 7).protobufBytes(), as: UTF8.self)
        stream.assign("a", "name", payload)
        let data = await stream.hear { !$0.finishes.isEmpty }.finishes.first?.result?.data
        let accept = try API.Accept(protobufBytes: data ?? [])
        #expect(accept.lease == "7")
        stream.acknowledge("a")
        world.worker.drain()
      }
    }
  }

  @Test("a handler that is cancelled sees why, as the cancellation of its task")
  func cancel() async throws {
    let begun = Gate()
    try await WorkerWorld.with { handlers in
      handlers.register("wait") { context in
        begun.open()
        do {
          try await Task.sleep(for: .seconds(3_600))
        } catch {
          throw TaskFailure(code: "STOPPED", message: context.stop?.reason ?? "for nothing")
        }
        return TaskContent()
      }
    } _: { world in
      try await world.running { stream in
        stream.assign("a", "wait")
        await begun.wait()
        stream.direct("a", .cancel, reason: "too expensive")
        let failure = await stream.hear { !$0.finishes.isEmpty }.finishes.first?.failure
        #expect(failure?.message == "too expensive")
        stream.acknowledge("a")
        world.worker.drain()
      }
      #expect(await world.observer.endings.next() == .cancelled)
    }
  }

  @Test("a checkpoint is saved when it is acknowledged, and counts on from the one before")
  func checkpoint() async throws {
    let saved = Mailbox<String>()
    try await WorkerWorld.with { handlers in
      handlers.register("steps") { context in
        saved.put(context.checkpoint?.text ?? "")
        try await context.saveCheckpoint(TaskContent(text: "6"))
        saved.put(context.checkpoint?.text ?? "")
        return TaskContent()
      }
    } _: { world in
      try await world.running { stream in
        stream.assign(
          "a", "steps", checkpoint: API.Checkpoint(data: Array("5".utf8), sequence: 5))
        #expect(await saved.next() == "5")
        let heard = await stream.hear { !$0.beats.isEmpty }
        #expect(heard.beats.first?.checkpoint?.sequence == 6)
        #expect(heard.finishes.isEmpty)
        stream.say(
          .init(acks: [API.Ack(lease: "a", accepted: true, checkpointSequence: 6)]))
        #expect(await saved.next() == "6")
        _ = await stream.hear { !$0.finishes.isEmpty }
        stream.acknowledge("a")
        world.worker.drain()
      }
    }
  }

  @Test("a paused handler saves its checkpoint although its task is cancelled, and is released")
  func pause() async throws {
    let begun = Gate()
    try await WorkerWorld.with { handlers in
      handlers.register("wait") { context in
        begun.open()
        do { try await Task.sleep(for: .seconds(3_600)) } catch {
          try await context.saveCheckpoint(TaskContent(text: "half"))
          throw error
        }
        return TaskContent()
      }
    } _: { world in
      try await world.running { stream in
        stream.assign("a", "wait")
        await begun.wait()
        stream.direct("a", .pause)
        // On a busy machine a bare beat may be due before.
        let heard = await stream.hear { $0.beats.contains { $0.checkpoint != nil } }
        let saved = heard.beats.lazy.compactMap(\.checkpoint).first
        #expect(saved?.data == Array("half".utf8))
        stream.say(
          .init(acks: [API.Ack(lease: "a", accepted: true, checkpointSequence: 1)]))
        #expect(await stream.hear { !$0.releases.isEmpty }.finishes.isEmpty)
        stream.acknowledge("a")
        world.worker.drain()
      }
      #expect(await world.observer.endings.next() == .released)
    }
  }

  @Test("what was finished while the connection was lost is said on the next stream")
  func reconnect() async throws {
    let (begun, lost) = (Gate(), Gate())
    try await WorkerWorld.with { handlers in
      handlers.register("wait") { context in
        begun.open()
        await lost.wait()
        return TaskContent(text: "kept")
      }
    } _: { world in
      try await world.running { stream in
        stream.assign("a", "wait")
        await begun.wait()
        stream.end()
        #expect(await world.observer.losses.next()?.code == .unavailable)
        let next = try await world.service.stream()
        #expect(next.hello.instance == stream.hello.instance)
        #expect(next.hello.heldLeases == ["a"])
        lost.open()
        #expect(await world.observer.endings.next() == .succeeded)
        next.welcome()
        let finishes = await next.hear { !$0.finishes.isEmpty }.finishes
        #expect(finishes.first?.result?.data == Array("kept".utf8))
        next.acknowledge("a")
        world.worker.drain()
      }
    }
  }

  @Test("leases beat and pings are answered while every handler blocks its thread")
  func blocked() async throws {
    let blocked = BlockedThreads()
    try await WorkerWorld.with(slots: 16) { handlers in
      handlers.register("block") { context in
        blocked.block()
        return TaskContent()
      }
    } _: { world in
      // The test itself must not need the threads that are blocked.
      let elsewhere = try MartletClient(target: "127.0.0.1:1")
      try await withTaskExecutorPreference(elsewhere.workers.executor) {
        try await world.running { stream in
          stream.welcome(beat: .milliseconds(20))
          for number in 0..<16 { stream.assign("a\(number)", "block") }
          let heard = await stream.hear { $0.beats.count >= 64 }
          #expect(heard.accepts.count == 16)
          stream.say(.init(ping: 5))
          #expect(await stream.hear { $0.pong != nil }.pong == 5)
          blocked.release()
          _ = await stream.hear { $0.finishes.count == 16 }
          for number in 0..<16 { stream.acknowledge("a\(number)") }
          world.worker.drain()
        }
      }
    }
  }

  @Test("a server that does not know workers ends it with that error")
  func refused() async throws {
    try await WorkerWorld.with { handlers in
      handlers.register("k") { _ in TaskContent() }
    } _: { world in
      let running = Task { try await world.worker.run() }
      let stream = try await world.service.stream()
      stream.end(RPCStatus(code: .invalidArgument, message: "hello.kinds"))
      let error = await #expect(throws: MartletError.self) { try await running.value }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("a server that says nothing for long is given up, and another stream is opened")
  func silent() async throws {
    var limits = WorkerLimits()
    limits.silenceMax = .milliseconds(50)
    try await WorkerWorld.with(limits: limits) { handlers in
      handlers.register("k") { _ in TaskContent() }
    } _: { world in
      async let running: Void = world.worker.run()
      _ = try await world.service.stream()
      _ = try await world.service.stream()
      world.worker.shutdown(grace: .zero)
      try await running
    }
  }

  @Test("a worker whose task is cancelled gives back what it runs before it returns")
  func cancelled() async throws {
    let begun = Gate()
    try await WorkerWorld.with { handlers in
      handlers.register("wait") { context in
        begun.open()
        try await Task.sleep(for: .seconds(3_600))
        return TaskContent()
      }
    } _: { world in
      let running = Task { try await world.worker.run() }
      let stream = try await world.service.stream()
      stream.welcome()
      stream.assign("a", "wait")
      await begun.wait()
      running.cancel()
      #expect(await stream.hear { !$0.releases.isEmpty }.releases.map(\.lease) == ["a"])
      stream.acknowledge("a")
      try await running.value
    }
  }

  private struct Bracket: TaskMiddleware {
    var mark: String

    func intercept(
      _ context: TaskContext, next: TaskHandlers.Handler
    ) async throws -> TaskContent {
      TaskContent(text: "\(mark)(\(try await next(context).text))")
    }
  }

  @Test("middleware is around every handler, the first one outermost")
  func middleware() async throws {
    try await WorkerWorld.with { handlers in
      handlers.use(Bracket(mark: "a"))
      handlers.register("k") { _ in TaskContent(text: "x") }
      handlers.use(Bracket(mark: "b"))
    } _: { world in
      try await world.running { stream in
        stream.assign("1", "k")
        let result = await stream.hear { !$0.finishes.isEmpty }.finishes.first?.result
        #expect(result?.data == Array("a(b(x))".utf8))
        stream.acknowledge("1")
        world.worker.drain()
      }
    }
  }

  @Test("an end that is not accepted is told to the observer")
  func refusedEnd() async throws {
    try await WorkerWorld.with { handlers in
      handlers.register("k") { _ in TaskContent() }
    } _: { world in
      try await world.running { stream in
        stream.assign("1", "k")
        _ = await stream.hear { !$0.finishes.isEmpty }
        stream.acknowledge("1", accepted: false)
        #expect(await world.observer.refusals.next() == "k")
        world.worker.drain()
      }
    }
  }
}
