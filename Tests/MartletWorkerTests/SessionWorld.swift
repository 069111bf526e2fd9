import MartletClient

@testable import MartletWorker

/// A session with the time in hand, and what it said so far.
struct SessionWorld {
  var session: WorkerSession
  var now = Duration.zero

  init(slots: Int32 = 4, limits: WorkerLimits = WorkerLimits()) {
    session = WorkerSession(
      hello: API.WorkerHello(name: "w", instance: "i", kinds: ["k"], slots: slots), limits: limits)
  }

  /// One that has been welcomed and has told its credit.
  static func open(slots: Int32 = 4, limits: WorkerLimits = WorkerLimits()) -> SessionWorld {
    var world = SessionWorld(slots: slots, limits: limits)
    world.connect()
    _ = world.said()
    return world
  }

  @discardableResult
  mutating func connect(kept: [String] = [], lost: [String] = []) -> [SessionEffect] {
    _ = session.streamOpened(at: now)
    return hear(
      .init(
        welcome: API.WorkerWelcome(
          workerId: "1", leaseLength: WellKnown.Duration(.seconds(10)),
          beatInterval: WellKnown.Duration(.seconds(3)), keptLeases: kept, lostLeases: lost)))
  }

  @discardableResult
  mutating func hear(_ response: API.WorkResponse) -> [SessionEffect] {
    session.received(response, at: now)
  }

  /// Tasks are assigned; what was said at once is dropped.
  mutating func run(_ leases: String..., checkpoint: API.Checkpoint? = nil) {
    hear(.init(assigns: leases.map { Self.assign($0, checkpoint: checkpoint) }))
    _ = said()
  }

  static func assign(_ lease: String, checkpoint: API.Checkpoint? = nil) -> API.Assign {
    API.Assign(
      lease: lease, task: API.Task(id: lease, spec: API.TaskSpec(kind: "k")), attempt: 1,
      checkpoint: checkpoint)
  }

  @discardableResult
  mutating func end(_ lease: String, _ outcome: HandlerOutcome = .done) -> AttemptEnding {
    session.handlerEnded(lease, outcome, at: now)
  }

  @discardableResult
  mutating func direct(
    _ lease: String, _ kind: API.DirectiveKind, reason: String = "why"
  ) -> [SessionEffect] {
    hear(
      .init(directives: [
        API.Directive(
          lease: lease, kind: kind, reason: reason, grace: WellKnown.Duration(.seconds(9)))
      ]))
  }

  @discardableResult
  mutating func ack(
    _ lease: String, accepted: Bool = true, problem: String = "", checkpoint: UInt64 = 0
  ) -> [SessionEffect] {
    hear(
      .init(acks: [
        API.Ack(
          lease: lease, accepted: accepted, problem: problem, checkpointSequence: checkpoint)
      ]))
  }

  @discardableResult
  mutating func pass(_ time: Duration) -> [SessionEffect] {
    now += time
    return session.tick(at: now)
  }

  /// All messages that are to be said now.
  mutating func messages() -> [API.WorkRequest] {
    var all: [API.WorkRequest] = []
    while let next = session.takeRequest(at: now) { all.append(next) }
    return all
  }

  /// The only message that is to be said now; an empty one if there is none.
  mutating func said() -> API.WorkRequest { messages().first ?? API.WorkRequest() }
}

extension HandlerOutcome {
  static var done: Self { .content(TaskContent(text: "done")) }
}

extension API.Finish {
  var failure: API.WorkerFailure? {
    if case .failure(let failure) = outcome { failure } else { nil }
  }
  var result: API.TaskResult? { if case .result(let result) = outcome { result } else { nil } }
}
