import MartletCore
import MartletRPC
import MartletStore
import Synchronization

/// Drives the engine and its pipeline: the only thread that touches them.
///
/// Commands and looks come in through an inbox; what the pipeline wants done goes out: segments to
/// the log, durable events to whoever follows, answers to their callers.
final class EngineRunner: Sendable {
  /// A call that waits for its answer.
  struct Caller: Sendable {
    /// Where its continuation is resumed, so that many are resumed with one hop.
    var loop: CallLoop?
    var resume: @Sendable (Reply) -> Void
  }

  enum Input: Sendable {
    case command(Command, Caller?)
    case query(Query, Caller)
    case change(@Sendable (inout Engine) -> Void)
  }

  /// What the runner hands on, on its own thread.
  struct Exits: Sendable {
    var append: @Sendable (StoredSegment) -> Void
    /// A durable segment, before any answer that rests on it leaves.
    var stored: @Sendable (Segment) -> Void
    /// Durable events, in order; `starts` are the attempts to make.
    var published: @Sendable (SealedSegment, [StartedAttempt]) -> Void
    /// Whether commits must wait for the index.
    var isHeldUp: @Sendable () -> Bool
    /// Too many commands wait: stop reading sockets, or go on.
    var pressure: @Sendable (Bool) -> Void
  }

  private struct Inbox: Sendable {
    var inputs: [Input] = []
    var bytes = 0
    var durable: Segment?
    var poked = false
    var stopping = false
    var isPressed = false
  }

  private let inbox = Monitor(Inbox())
  private let clock: NodeClock
  private let limits: Limits
  private let exits: Exits
  private let metrics: NodeMetrics
  private let thread: Mutex<SystemThread?> = Mutex(nil)

  init(clock: NodeClock, limits: Limits, exits: Exits, metrics: NodeMetrics) {
    self.clock = clock
    self.limits = limits
    self.exits = exits
    self.metrics = metrics
  }

  func start(_ pipeline: CommitPipeline) {
    thread.withLock { $0 = SystemThread.start(name: "engine") { self.run(pipeline) } }
  }

  // MARK: - Doors, for any thread

  /// Hands in a command or a look. False after `stop`: nothing will come of it.
  func add(_ input: Input) -> Bool {
    let bytes = input.bytes
    let (isOpen, presses) = inbox.signal { inbox in
      if inbox.stopping { return (false, false) }
      inbox.inputs.append(input)
      inbox.bytes += bytes
      let isFull =
        inbox.inputs.count > limits.commandQueueCount || inbox.bytes > limits.commandQueueBytes
      let presses = isFull && !inbox.isPressed
      if presses { inbox.isPressed = true }
      return (true, presses)
    }
    if presses { exits.pressure(true) }
    return isOpen
  }

  /// The segment that was handed out is on disk.
  func segmentDurable(_ segment: Segment) { inbox.signal { $0.durable = segment } }

  /// Something that the runner asks for at its next step may have changed.
  func poke() { inbox.signal { $0.poked = true } }

  /// Decides and commits what was handed in, then stops.
  func stop() {
    inbox.signal { $0.stopping = true }
    thread.withLock { $0.take() }?.join()
  }

  // MARK: - The thread

  private func run(_ first: CommitPipeline) {
    var work = Work(pipeline: first)
    while !work.isOver {
      take(into: &work)
      let now = clock.now
      if let segment = work.durable { published(segment, &work) }
      decide(&work, at: now)
      deliver(work.pipeline.takeReplies(), &work)
      seal(&work)
    }
  }

  private struct Work {
    var pipeline: CommitPipeline
    var backlog: [Input] = []
    var next = 0
    var durable: Segment?
    var sealed: SealedSegment?
    var callers = CallerQueue()
    var encoder = SegmentEncoder()
    var isStopping = false

    var hasBacklog: Bool { next < backlog.count }
    var isOver: Bool {
      isStopping && !hasBacklog && !pipeline.isInFlight && !pipeline.hasOpenEvents
    }
  }

  /// Waits for something to do.
  private func take(into work: inout Work) {
    let canDecide = work.hasBacklog && !work.pipeline.isFull
    let deadline = deadline(work)
    let isDrained = !work.hasBacklog
    // Taken out of `work` and put back, so that one buffer serves again and again.
    var backlog: [Input] = []
    if isDrained {
      swap(&backlog, &work.backlog)
      backlog.removeAll(keepingCapacity: true)
      work.next = 0
    }
    let wasStopping = work.isStopping
    let found: (durable: Segment?, stopping: Bool, relieved: Bool)? = inbox.wait(until: deadline) {
      inbox in
      let hasInputs = isDrained && !inbox.inputs.isEmpty
      let stops = inbox.stopping && !wasStopping
      guard hasInputs || inbox.durable != nil || inbox.poked || canDecide || stops else {
        return nil
      }
      var relieved = false
      if hasInputs {
        swap(&backlog, &inbox.inputs)
        inbox.bytes = 0
        relieved = inbox.isPressed
        inbox.isPressed = false
      }
      inbox.poked = false
      // Nothing comes in after `stop`; what came before is still decided.
      return (inbox.durable.take(), inbox.stopping && inbox.inputs.isEmpty, relieved)
    }
    if isDrained { swap(&backlog, &work.backlog) }
    work.durable = found?.durable
    work.isStopping = found?.stopping ?? work.isStopping
    if found?.relieved == true { exits.pressure(false) }
  }

  /// When time alone gives something to do; nil while only the log can.
  private func deadline(_ work: Work) -> Int64? {
    if work.pipeline.hasOpenEvents {
      // It leaves with the segment on its way, or when the index has caught up: both poke.
      return nil
    }
    if work.pipeline.engine.isUnsettled { return MonotonicTime.now }
    return work.pipeline.engine.nextDeadline.map(clock.monotonic)
  }

  private func decide(_ work: inout Work, at now: Instant) {
    let start = work.next
    while work.hasBacklog, !work.pipeline.isFull {
      switch work.backlog[work.next] {
      case .command(let command, let caller):
        work.pipeline.run(command, ticket: caller.map { work.callers.add($0) }, at: now)
      case .query(let query, let caller):
        work.pipeline.look(query, ticket: work.callers.add(caller), at: now)
      case .change(let change):
        work.pipeline.inform(change)
      }
      work.next += 1
    }
    if work.next > start { metrics.ran(commands: work.next - start) }
    work.pipeline.tick(at: now)
  }

  private func seal(_ work: inout Work) {
    guard work.pipeline.hasOpenEvents, !work.pipeline.isInFlight, !exits.isHeldUp(),
      let segment = work.pipeline.seal()
    else { return }
    work.sealed = segment
    exits.append(
      work.encoder.encode(segment, catalog: work.pipeline.engine.state.durable.catalog))
  }

  private func published(_ segment: Segment, _ work: inout Work) {
    work.durable = nil
    guard let sealed = work.sealed else { return }
    work.sealed = nil
    work.pipeline.segmentDurable()
    exits.stored(segment)
    deliver(work.pipeline.takeReplies(), &work)
    var starts: [StartedAttempt] = []
    for event in sealed.events {
      if case .task(let change) = event.body, case .started = change.change,
        let attempt = work.pipeline.engine.startedAttempt(change)
      {
        starts.append(attempt)
      }
    }
    exits.published(sealed, starts)
  }

  private func deliver(_ replies: [Reply], _ work: inout Work) {
    guard !replies.isEmpty else { return }
    var groups: [CallLoop: [(Caller, Reply)]] = [:]
    for reply in replies {
      guard let caller = work.callers.take(reply.ticket) else { continue }
      if let loop = caller.loop {
        groups[loop, default: []].append((caller, reply))
      } else {
        caller.resume(reply)
      }
    }
    for (loop, group) in groups {
      loop.execute { for (caller, reply) in group { caller.resume(reply) } }
    }
  }
}

extension EngineRunner.Input {
  /// What it holds of the queue's bound.
  fileprivate var bytes: Int {
    if case .command(let command, _) = self { command.contentBytes + 256 } else { 256 }
  }
}

/// Callers by ticket; answers come in the order of the calls.
private struct CallerQueue {
  private var callers: [EngineRunner.Caller?] = []
  private var first: UInt64 = 0
  private var taken = 0

  mutating func add(_ caller: EngineRunner.Caller) -> Ticket {
    callers.append(caller)
    return Ticket(rawValue: first + UInt64(callers.count - 1))
  }

  mutating func take(_ ticket: Ticket) -> EngineRunner.Caller? {
    let place = Int(ticket.rawValue - first)
    guard callers.indices.contains(place), let caller = callers[place] else { return nil }
    callers[place] = nil
    taken = place + 1
    if taken == callers.count {
      first += UInt64(taken)
      callers.removeAll(keepingCapacity: true)
      taken = 0
    } else if taken > 4_096, taken * 2 > callers.count {
      first += UInt64(taken)
      callers.removeFirst(taken)
      taken = 0
    }
    return caller
  }
}
