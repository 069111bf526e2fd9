import MartletCore
import Testing

@Suite("Commit pipeline")
struct CommitPipelineTests {
  private static let now = World.start
  private static let later = Instant(
    elapsed: now.elapsed + .seconds(1), wall: now.wall + .seconds(1))

  private func pipeline(limits: Limits = Limits()) -> CommitPipeline {
    var pipeline = CommitPipeline(
      engine: Engine(session: SessionState(limits: limits, servedKinds: ["work"])))
    pipeline.run(create("p"), ticket: nil, at: Self.now)
    _ = pipeline.seal()
    pipeline.segmentDurable()
    return pipeline
  }

  private func create(_ name: String, capacity: Int = 9) -> Command {
    let spec = PoolSpec(
      slots: 1, queueCapacity: capacity, retry: .default, runTimeout: .seconds(60))
    return .createPool(name: name, spec: spec, origin: .server)
  }

  private func submit(
    _ count: Int = 1, payload: Int = 0, delay: Span = .zero
  ) -> Command {
    let draft = TaskDraft(
      kind: "work", payload: Array(repeating: 0, count: payload),
      start: delay == .zero ? .now : .delay(delay))
    return .submit(
      pool: "p", tasks: Array(repeating: draft, count: count), request: nil, history: nil,
      origin: .server)
  }

  private func tickets(_ replies: [Reply]) -> [UInt64] { replies.map(\.ticket.rawValue) }

  @Test("an answer leaves when its events are on disk, not before")
  func answer() {
    var pipeline = pipeline()
    pipeline.run(submit(), ticket: Ticket(rawValue: 1), at: Self.now)
    #expect(pipeline.takeReplies().isEmpty)
    let segment = pipeline.seal()
    #expect(pipeline.takeReplies().isEmpty)
    pipeline.segmentDurable()
    let replies = pipeline.takeReplies()
    #expect(tickets(replies) == [1])
    #expect(replies.first?.revision == segment?.lastRevision)
    #expect(pipeline.takeReplies().isEmpty)
  }

  @Test("a look, a refusal and a repeated answer wait for what they rest on")
  func othersWait() {
    var pipeline = pipeline()
    pipeline.run(submit(), ticket: nil, at: Self.now)
    pipeline.look(.pools, ticket: Ticket(rawValue: 1), at: Self.now)
    pipeline.run(create("p"), ticket: Ticket(rawValue: 2), at: Self.now)
    pipeline.run(.pausePool(name: "x", origin: .server), ticket: Ticket(rawValue: 3), at: Self.now)
    #expect(pipeline.takeReplies().isEmpty)
    _ = pipeline.seal()
    #expect(pipeline.takeReplies().isEmpty)
    pipeline.segmentDurable()
    #expect(tickets(pipeline.takeReplies()) == [1, 2, 3])
  }

  @Test("with nothing on its way, looks and refusals leave at once")
  func atOnce() {
    var pipeline = pipeline()
    pipeline.look(.pools, ticket: Ticket(rawValue: 1), at: Self.now)
    pipeline.run(create("p"), ticket: Ticket(rawValue: 2), at: Self.now)
    #expect(tickets(pipeline.takeReplies()) == [1, 2])
    #expect(!pipeline.hasOpenEvents && pipeline.seal() == nil)
  }

  @Test("while a segment is on its way the next one is decided, and leaves as one")
  func batches() {
    var pipeline = pipeline()
    pipeline.run(submit(), ticket: Ticket(rawValue: 1), at: Self.now)
    let first = pipeline.seal()
    for ticket: UInt64 in 2...5 {
      pipeline.run(submit(), ticket: Ticket(rawValue: ticket), at: Self.later)
      #expect(pipeline.seal() == nil)
    }
    pipeline.segmentDurable()
    #expect(tickets(pipeline.takeReplies()) == [1])
    let second = pipeline.seal()
    #expect(second?.events.count == 4)
    #expect(second?.firstRevision == first?.lastRevision.next)
    pipeline.segmentDurable()
    #expect(tickets(pipeline.takeReplies()) == [2, 3, 4, 5])
  }

  @Test("what is urgent leaves behind the one segment that is on its way, and behind no second one")
  func urgent() {
    var pipeline = pipeline()
    pipeline.run(submit(), ticket: Ticket(rawValue: 1), at: Self.now)
    let first = pipeline.seal(isUrgent: true)
    pipeline.run(submit(), ticket: Ticket(rawValue: 2), at: Self.now)
    #expect(pipeline.seal() == nil)
    let second = pipeline.seal(isUrgent: true)
    #expect(second?.firstRevision == first?.lastRevision.next)
    pipeline.run(submit(), ticket: Ticket(rawValue: 3), at: Self.later)
    #expect(pipeline.seal(isUrgent: true) == nil)
    pipeline.segmentDurable()
    #expect(pipeline.durable == first?.lastRevision && pipeline.isInFlight)
    #expect(tickets(pipeline.takeReplies()) == [1])
    #expect(pipeline.seal() == nil)
    pipeline.segmentDurable()
    #expect(tickets(pipeline.takeReplies()) == [2])
    #expect(pipeline.seal()?.firstRevision == second?.lastRevision.next)
    #expect(tickets(pipeline.takeHeldReplies()) == [3])
  }

  @Test("replies leave in the order of their calls, over many segments")
  func order() {
    var pipeline = pipeline()
    var random = SeededRandom(seed: 1)
    var left: [UInt64] = []
    for ticket: UInt64 in 1...3_000 {
      switch Int.random(in: 0..<3, using: &random) {
      case 0: pipeline.look(.pool("p"), ticket: Ticket(rawValue: ticket), at: Self.now)
      case 1: pipeline.run(submit(), ticket: Ticket(rawValue: ticket), at: Self.now)
      default: pipeline.run(create("q\(ticket)"), ticket: Ticket(rawValue: ticket), at: Self.now)
      }
      if Int.random(in: 0..<40, using: &random) == 0 {
        _ = pipeline.seal()
        pipeline.segmentDurable()
      }
      let replies = pipeline.takeReplies()
      #expect(replies.allSatisfy { $0.revision <= pipeline.durable })
      left += tickets(replies)
    }
    _ = pipeline.seal()
    pipeline.segmentDurable()
    left += tickets(pipeline.takeReplies())
    #expect(left == Array(1...3_000))
  }

  @Test("all of a segment happens at the instant of its first command")
  func oneInstant() {
    var pipeline = pipeline()
    pipeline.run(submit(delay: .seconds(1)), ticket: nil, at: Self.now)
    pipeline.tick(at: Self.later)
    let first = pipeline.seal()
    #expect(first?.stamp == Stamp(elapsed: Self.now.elapsed, time: Self.now.wall))
    #expect(first?.events.words == ["submitted"])
    pipeline.segmentDurable()
    pipeline.tick(at: Self.later)
    #expect(pipeline.seal()?.events.words == ["due", "started"])
  }

  @Test("a refused command opens no segment")
  func refusedOpensNothing() {
    var pipeline = pipeline()
    pipeline.run(create("p"), ticket: nil, at: Self.now)
    pipeline.run(submit(), ticket: nil, at: Self.later)
    #expect(pipeline.seal()?.stamp.elapsed == Self.later.elapsed)
  }

  @Test("a segment is full at its number of events, and takes no part of a batch but all of it")
  func fullByCount() {
    var limits = Limits()
    limits.segmentEvents = 4
    var pipeline = pipeline(limits: limits)
    pipeline.run(submit(2), ticket: nil, at: Self.now)
    #expect(!pipeline.isFull)
    pipeline.run(submit(7), ticket: nil, at: Self.now)
    #expect(pipeline.isFull)
    #expect(pipeline.seal()?.events.count == 2 + 1 + 7)
    #expect(!pipeline.isFull)
  }

  @Test("a segment is full at its bytes: payloads, results and something for each event")
  func fullByBytes() {
    var limits = Limits()
    limits.segmentBytes = 5_000
    var pipeline = pipeline(limits: limits)
    pipeline.run(submit(payload: 4_000), ticket: nil, at: Self.now)
    #expect(!pipeline.isFull)
    pipeline.run(submit(payload: 700), ticket: nil, at: Self.now)
    #expect(pipeline.isFull)
  }

  @Test("a full segment takes no slice of a deletion either: the next one does")
  func fullTick() {
    var limits = Limits()
    limits.segmentEvents = 1_000
    var pipeline = pipeline(limits: limits)
    pipeline.run(create("q", capacity: 5_000), ticket: nil, at: Self.now)
    let drafts = Array(repeating: TaskDraft(kind: "nobody"), count: 4_500)
    pipeline.run(
      .submit(pool: "q", tasks: drafts, request: nil, history: nil, origin: .server),
      ticket: nil, at: Self.now)
    _ = pipeline.seal()
    pipeline.segmentDurable()
    pipeline.run(.deletePool(name: "q", force: true, origin: .server), ticket: nil, at: Self.now)
    pipeline.tick(at: Self.now)
    #expect(pipeline.seal()?.events.count == 1 + 2_000)
    pipeline.tick(at: Self.now)
    pipeline.tick(at: Self.now)
    pipeline.segmentDurable()
    #expect(pipeline.seal()?.events.count == 2_000)
  }

  @Test("a tick with nothing due opens nothing")
  func idleTick() {
    var pipeline = pipeline()
    pipeline.run(submit(delay: .seconds(2)), ticket: nil, at: Self.now)
    _ = pipeline.seal()
    pipeline.segmentDurable()
    pipeline.tick(at: Self.later)
    #expect(!pipeline.hasOpenEvents)
  }

  @Test("what was seen of a pool is as of the instant of the open segment")
  func lookInstant() {
    var pipeline = pipeline()
    pipeline.run(submit(2), ticket: nil, at: Self.now)
    pipeline.look(.pool("p"), ticket: Ticket(rawValue: 1), at: Self.later)
    _ = pipeline.seal()
    pipeline.segmentDurable()
    guard case .sight(.pool(let view)) = pipeline.takeReplies().first?.content else {
      Issue.record("no sight")
      return
    }
    #expect(view.inUse == 1 && view.waiting == 1 && view.oldestAge == .zero)
  }
}
