import MartletCore
import MartletRPC
import MartletStore
import Synchronization

/// Drives the engine and its pipeline: the only thread that touches them.
///
/// Commands and looks come in through an inbox; what the pipeline wants done goes out: segments to
/// the log, durable events to whoever follows, answers to their callers.
///
/// Submissions are long and come in floods, so they wait in a lane of their own: what ends, cancels
/// or looks is decided before the next of them. What runs ends in floods too, with nobody waiting
/// for the answer: that is a lane between. And a segment leaves as soon as the log is free, so that
/// a call waits for a few ends, one submission and two short commits, not for a flood.
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

  /// What the index, which is behind the log, leaves room for.
  enum Pace: Sendable {
    case free
    /// No submissions; what is there ends, starts and is cancelled.
    case withoutSubmissions
    /// No commit leaves.
    case held
  }

  /// What the runner hands on, on its own thread.
  struct Exits: Sendable {
    var append: @Sendable (StoredSegment) -> Void
    /// A durable segment, before any answer that rests on it leaves.
    var stored: @Sendable (Segment) -> Void
    /// Durable events, in order; `starts` are the attempts to make.
    var published: @Sendable (SealedSegment, [StartedAttempt]) -> Void
    /// For workers; what it rests on is durable. Called when a round of answers has been given.
    var notified: @Sendable ([WorkerNotice]) -> Void
    /// For calls that stood in line for a lock; what it rests on is durable.
    var granted: @Sendable ([LockNotice]) -> Void
    /// And for permits.
    var permitted: @Sendable ([PermitNotice]) -> Void
    /// What may go on while the index is behind.
    var pace: @Sendable () -> Pace
    /// Too many commands wait: stop reading sockets, or go on.
    var pressure: @Sendable (Bool) -> Void
  }

  private struct Inbox: Sendable {
    var submissions = Lane()
    /// What attempts and workers came to.
    var reports = Lane()
    /// Everything else: somebody waits.
    var calls = Lane()
    var durable: Segment?
    var poked = false
    var stopping = false
    var isPressed = false

    var isEmpty: Bool {
      submissions.inputs.isEmpty && reports.inputs.isEmpty && calls.inputs.isEmpty
    }

    func isFull(_ limits: Limits) -> Bool {
      submissions.inputs.count + reports.inputs.count + calls.inputs.count
        > limits.commandQueueCount
        || submissions.bytes + reports.bytes + calls.bytes > limits.commandQueueBytes
    }
  }

  private let inbox = Monitor(Inbox())
  /// Whether the inbox has something that the next submission must not be decided before: written
  /// under its lock, read between two submissions.
  private let hasNews = Atomic(false)
  /// The same for the next of many reports.
  private let hasCalls = Atomic(false)
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
    let (kind, bytes) = (input.kind, input.bytes)
    let (isOpen, presses) = inbox.signal { inbox in
      if inbox.stopping { return (false, false) }
      switch kind {
      case .submission: inbox.submissions.append(input, bytes: bytes)
      case .report:
        inbox.reports.append(input, bytes: bytes)
        hasNews.store(true, ordering: .relaxed)
      case .call:
        inbox.calls.append(input, bytes: bytes)
        hasNews.store(true, ordering: .relaxed)
        hasCalls.store(true, ordering: .relaxed)
      }
      let presses = !inbox.isPressed && inbox.isFull(limits)
      if presses { inbox.isPressed = true }
      return (true, presses)
    }
    if presses { exits.pressure(true) }
    return isOpen
  }

  /// The segment that was handed out is on disk.
  func segmentDurable(_ segment: Segment) {
    inbox.signal { inbox in
      inbox.durable = segment
      hasNews.store(true, ordering: .relaxed)
      hasCalls.store(true, ordering: .relaxed)
    }
  }

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
      work.pace = exits.pace()
      if let segment = work.durable.take(), let sealed = arrived(segment, &work) {
        // First, so that the log is at work while the news spreads.
        seal(&work)
        notify(&work)
        publish(sealed, &work)
      }
      decide(&work, at: now)
      deliver(work.pipeline.takeReplies(), &work)
      notify(&work)
      seal(&work)
    }
  }

  private func notify(_ work: inout Work) {
    // Also without notices: answers to workers leave with them.
    exits.notified(work.pipeline.takeNotices())
    let lockNotices = work.pipeline.takeLockNotices()
    if !lockNotices.isEmpty { exits.granted(lockNotices) }
    let permitNotices = work.pipeline.takePermitNotices()
    if !permitNotices.isEmpty { exits.permitted(permitNotices) }
  }

  private struct Work {
    var pipeline: CommitPipeline
    var submissions = Backlog()
    var reports = Backlog()
    var calls = Backlog()
    var durable: Segment?
    var sealed: SealedSegment?
    var callers = CallerQueue()
    var encoder = SegmentEncoder()
    var isStopping = false
    var pace = Pace.free
    var flush = FlushTime()

    var hasBacklog: Bool { submissions.hasMore || reports.hasMore || calls.hasMore }
    var canDecide: Bool {
      !pipeline.isFull && (calls.hasMore || reports.hasMore) || canDecideSubmissions
    }
    /// The open segment takes them for about as long as the log usually needs for one: after a
    /// flush that was slow for once it would make all that is urgent wait once more.
    var canDecideSubmissions: Bool {
      !pipeline.isFull && pace == .free && submissions.hasMore
        && pipeline.openEventCount < flush.events
    }
    var isOver: Bool {
      isStopping && !hasBacklog && !pipeline.isInFlight && !pipeline.hasOpenEvents
    }

    /// The log is free, and there is enough for a segment.
    var isReadyToSeal: Bool { !pipeline.isInFlight && pipeline.openEventCount >= 64 }
  }

  /// Waits for something to do.
  private func take(into work: inout Work) {
    let canDecide = work.canDecide
    let deadline = deadline(work)
    let wasStopping = work.isStopping
    // Taken out of `work` and put back, so that one buffer serves again and again.
    var (submissions, reports, calls) = (Backlog(), Backlog(), Backlog())
    swap(&submissions, &work.submissions)
    swap(&reports, &work.reports)
    swap(&calls, &work.calls)
    let found: (durable: Segment?, stopping: Bool, relieved: Bool)? = inbox.wait(until: deadline) {
      inbox in
      let hasInputs =
        submissions.canTake(inbox.submissions) || reports.canTake(inbox.reports)
        || calls.canTake(inbox.calls)
      let stops = inbox.stopping && !wasStopping
      guard hasInputs || inbox.durable != nil || inbox.poked || canDecide || stops else {
        return nil
      }
      submissions.take(&inbox.submissions)
      reports.take(&inbox.reports)
      calls.take(&inbox.calls)
      let relieved = inbox.isPressed && !inbox.isFull(limits)
      if relieved { inbox.isPressed = false }
      inbox.poked = false
      hasNews.store(false, ordering: .relaxed)
      hasCalls.store(false, ordering: .relaxed)
      // Nothing comes in after `stop`; what came before is still decided.
      return (inbox.durable.take(), inbox.stopping && inbox.isEmpty, relieved)
    }
    swap(&submissions, &work.submissions)
    swap(&reports, &work.reports)
    swap(&calls, &work.calls)
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
    let moment = work.pipeline.engine.nextDeadline.map(clock.monotonic)
    guard let wall = work.pipeline.engine.nextWallDeadline else { return moment }
    // A wall clock that somebody sets forward is noticed within a second.
    let wait = min(max((wall - clock.now.wall).nanoseconds, 0), 1_000_000_000)
    return min(moment ?? .max, MonotonicTime.now + wait)
  }

  private func decide(_ work: inout Work, at now: Instant) {
    var count = 0
    while !work.pipeline.isFull, let input = work.calls.next() {
      run(input, &work, at: now)
      count += 1
    }
    while !work.pipeline.isFull, let input = work.reports.next() {
      run(input, &work, at: now)
      count += 1
      if count % Self.reportsAtOnce == 0, mustPass(work) { break }
    }
    while !work.reports.hasMore, work.canDecideSubmissions, let input = work.submissions.next() {
      run(input, &work, at: now)
      count += 1
      if work.isReadyToSeal || hasNews.load(ordering: .relaxed) { break }
    }
    if count > 0 { metrics.ran(commands: count) }
    work.pipeline.tick(at: now)
    encode(&work)
  }

  /// How many reports are decided before it is seen whether somebody waits.
  private static let reportsAtOnce = 16

  /// Somebody has called, or the log could be at work.
  private func mustPass(_ work: Work) -> Bool {
    work.isReadyToSeal || hasCalls.load(ordering: .relaxed)
  }

  private func run(_ input: Input, _ work: inout Work, at now: Instant) {
    switch input {
    case .command(let command, let caller):
      work.pipeline.run(command, ticket: caller.map { work.callers.add($0) }, at: now)
    case .query(let query, let caller):
      work.pipeline.look(query, ticket: work.callers.add(caller), at: now)
    case .change(let change):
      work.pipeline.inform(change)
    }
  }

  /// While the log writes the segment before, or nothing would be waiting for it.
  private func encode(_ work: inout Work) {
    guard let open = work.pipeline.openPart else { return }
    work.encoder.add(
      open.events[work.encoder.count...], at: open.stamp,
      catalog: work.pipeline.engine.state.durable.catalog)
  }

  private func seal(_ work: inout Work) {
    guard work.pace != .held, let segment = work.pipeline.seal() else { return }
    work.sealed = segment
    work.flush.begin()
    exits.append(work.encoder.finish(segment))
  }

  /// A segment is on disk: what rests on it may be told. Returns what it was made of.
  private func arrived(_ segment: Segment, _ work: inout Work) -> SealedSegment? {
    guard let sealed = work.sealed.take() else { return nil }
    work.pipeline.segmentDurable()
    work.flush.end()
    exits.stored(segment)
    deliver(work.pipeline.takeReplies(), &work)
    return sealed
  }

  private func publish(_ sealed: SealedSegment, _ work: inout Work) {
    var starts: [StartedAttempt] = []
    for event in sealed.events {
      if case .task(let change) = event.body, case .started = change.change,
        change.status.notes?.assignment == nil,
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
  fileprivate enum Kind {
    case submission, report, call
  }

  fileprivate var kind: Kind {
    switch self {
    case .command(.submit, _), .command(.bulk(.step), _), .command(.workflow(.submit), _):
      .submission
    case .command(.worker, _), .command(_, nil): .report
    // A look that comes after a change sees it.
    case .command, .query, .change: .call
    }
  }

  /// What it holds of the queue's bound.
  fileprivate var bytes: Int {
    if case .command(let command, _) = self { command.contentBytes + 256 } else { 256 }
  }
}

/// Inputs in the order in which they came, until the runner takes them all.
private struct Lane: Sendable {
  private(set) var inputs: [EngineRunner.Input] = []
  private(set) var bytes = 0

  mutating func append(_ input: EngineRunner.Input, bytes: Int) {
    inputs.append(input)
    self.bytes += bytes
  }

  /// Exchanges what has come for an empty array.
  mutating func swap(_ other: inout [EngineRunner.Input]) {
    Swift.swap(&inputs, &other)
    bytes = 0
  }
}

/// What the runner has taken of a lane and not yet decided.
private struct Backlog {
  private var inputs: [EngineRunner.Input] = []
  private var place = 0

  var hasMore: Bool { place < inputs.count }

  mutating func next() -> EngineRunner.Input? {
    guard hasMore else { return nil }
    defer { place += 1 }
    return inputs[place]
  }

  func canTake(_ lane: Lane) -> Bool { !hasMore && !lane.inputs.isEmpty }

  mutating func take(_ lane: inout Lane) {
    guard canTake(lane) else { return }
    inputs.removeAll(keepingCapacity: true)
    place = 0
    lane.swap(&inputs)
  }
}

/// How long a segment usually is on its way to the medium and back.
private struct FlushTime {
  /// About what deciding and encoding one event takes, in nanoseconds.
  private static let event: Int64 = 5_000
  private static let eventsMin = 256

  private var start: Int64 = 0
  private var mean: Int64 = 0

  /// How many events may be decided in that time.
  var events: Int { max(Self.eventsMin, Int(mean / Self.event)) }

  mutating func begin() { start = MonotonicTime.now }

  mutating func end() { mean += (MonotonicTime.now - start - mean) / 16 }
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
