import MartletStore

@testable import MartletCore
@testable import MartletServer

/// The real parts of a node, and what its threads would hold: a process that may be killed.
struct SimulatedNode {
  var pipeline: CommitPipeline
  var fold: IndexFold
  var encoder = SegmentEncoder()
  /// Commands and looks that wait to be decided.
  var backlog: [(call: Call, ticket: Ticket)] = []
  var calls: [Ticket: Call] = [:]
  private var lastTicket: UInt64 = 0
  /// On its way to the disk.
  var inFlight: (sealed: SealedSegment, stored: StoredSegment)?
  /// Durable, not yet in the index.
  var toIndex: [SealedSegment] = []
  var attempts: [AttemptToken: PretendAttempt] = [:]

  init(recovery: Recovery, session: SessionState) {
    pipeline = CommitPipeline(engine: Engine(durable: recovery.durable, session: session))
    fold = recovery.fold
  }

  var durableState: DurableState { pipeline.engine.state.durable }
  /// The same in every run of a seed, which a dictionary's order is not.
  var attemptsInOrder: [AttemptToken] {
    attempts.keys.sorted { ($0.task, $0.attempt) < ($1.task, $1.attempt) }
  }

  /// Everything that was decided is on disk.
  var isClean: Bool { inFlight == nil && !pipeline.hasOpenEvents }

  mutating func add(_ call: Call) {
    lastTicket += 1
    backlog.append((call, Ticket(rawValue: lastTicket)))
  }

  /// Decides what fits into the open segment, as the engine's thread does.
  mutating func decide(at now: Instant) {
    var taken = 0
    for (call, ticket) in backlog {
      if pipeline.isFull { break }
      calls[ticket] = call
      switch call {
      case .command(let command): pipeline.run(command, ticket: ticket, at: now)
      case .query(let query): pipeline.look(query, ticket: ticket, at: now)
      }
      taken += 1
    }
    backlog.removeFirst(taken)
    pipeline.tick(at: now)
  }

  /// Sends the open segment on its way, if none is.
  mutating func seal() {
    guard let sealed = pipeline.seal() else { return }
    let catalog = durableState.catalog
    inFlight = (sealed, encoder.encode(sealed, catalog: catalog))
  }

  mutating func takeReplies() throws(Violation) -> [(reply: Reply, call: Call)] {
    var taken: [(reply: Reply, call: Call)] = []
    for reply in pipeline.takeReplies() {
      guard let call = calls.removeValue(forKey: reply.ticket) else {
        throw Violation(description: "ticket \(reply.ticket) is answered twice")
      }
      taken.append((reply, call))
    }
    return taken
  }
}
