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
/// for the answer: that is a lane between. And a segment leaves as soon as the log is free, with a
/// call's change in it even before: it waits at the log while the engine goes on. So a call waits
/// for one submission and two short commits, not for a flood; its answer does not come back through
/// the engine's thread.
final class EngineRunner: Sendable {
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

  /// What the runner hands on, on its own thread where nothing else is said.
  struct Exits: Sendable {
    var append: @Sendable (StoredSegment) -> Void
    /// A durable segment, before any answer that rests on it leaves: on the log's thread.
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
    /// Segments that have become durable.
    var durable = 0
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
  private let answers: AnswerDesk
  private let thread: Mutex<SystemThread?> = Mutex(nil)

  init(
    durable: Revision, clock: NodeClock, limits: Limits, exits: Exits, metrics: NodeMetrics
  ) {
    answers = AnswerDesk(durable: durable)
    self.clock = clock
    self.limits = limits
    self.exits = exits
    self.metrics = metrics
  }

  func start(_ pipeline: CommitPipeline) {
    thread.withLock {
      $0 = SystemThread.start(name: "engine", rank: .engine) { self.run(pipeline) }
    }
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

  /// The segment that was handed out, of several the first, is on disk.
  func segmentDurable(_ segment: Segment) {
    exits.stored(segment)
    // Before the answers: whoever has one and asks again finds that its events have spread.
    inbox.signal { inbox in
      inbox.durable += 1
      hasNews.store(true, ordering: .relaxed)
      hasCalls.store(true, ordering: .relaxed)
    }
    answers.settle(through: segment.lastRevision)
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
      let arrived = arrived(&work)
      if !arrived.isEmpty {
        // First, so that the log is at work while the news spreads.
        seal(&work)
        notify(&work)
        for sealed in arrived { publish(sealed, &work) }
      }
      decide(&work, at: now)
      seal(&work)
      notify(&work)
    }
  }

  private func notify(_ work: inout Work) {
    for answer in work.answers.take(through: work.pipeline.durable) {
      answer.caller.resume(answer.reply)
    }
    // Also without notices: those answers leave with them.
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
    /// Segments that have become durable and have not been published.
    var durable = 0
    /// Segments on their way, in order.
    var sealed: [SealedSegment] = []
    var callers = CallerQueue()
    /// Those that are given within a round.
    var answers = HeldAnswers()
    var encoder = SegmentEncoder()
    var isStopping = false
    var pace = Pace.free
    var flush = FlushTime()
    var commits = CommitSize()
    /// The open segment holds the change of somebody who waits.
    var isUrgent = false

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
    var isReadyToSeal: Bool {
      !pipeline.isInFlight && pipeline.openEventCount >= commits.enough(isUrgent: isUrgent)
    }

    /// Until when the open segment waits for more, though the log is free.
    var gathersUntil: Int64? {
      isUrgent || isStopping || pipeline.isInFlight
        ? nil : commits.gathersUntil(pipeline.openEventCount)
    }
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
    let found: (durable: Int, stopping: Bool, relieved: Bool)? = inbox.wait(until: deadline) {
      inbox in
      let hasInputs =
        submissions.canTake(inbox.submissions) || reports.canTake(inbox.reports)
        || calls.canTake(inbox.calls)
      let stops = inbox.stopping && !wasStopping
      guard hasInputs || inbox.durable > 0 || inbox.poked || canDecide || stops else {
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
      defer { inbox.durable = 0 }
      return (inbox.durable, inbox.stopping && inbox.isEmpty, relieved)
    }
    swap(&submissions, &work.submissions)
    swap(&reports, &work.reports)
    swap(&calls, &work.calls)
    work.durable = found?.durable ?? 0
    work.isStopping = found?.stopping ?? work.isStopping
    if found?.relieved == true { exits.pressure(false) }
  }

  /// When time alone gives something to do; nil while only the log can.
  private func deadline(_ work: Work) -> Int64? {
    if work.pipeline.hasOpenEvents {
      // It leaves after the segment on its way, or when the index has caught up: both poke.
      return work.pace == .held ? nil : work.gathersUntil
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
      let events = work.pipeline.openEventCount
      run(input, &work, at: now)
      count += 1
      if work.pipeline.openEventCount > events { work.isUrgent = true }
    }
    if work.isUrgent, work.reports.hasMore || work.canDecideSubmissions {
      encode(&work)
      seal(&work)
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
    hold(work.pipeline.takeHeldReplies(), &work)
    guard let open = work.pipeline.openPart else { return }
    work.encoder.add(
      open.events[work.encoder.count...], at: open.stamp,
      catalog: work.pipeline.engine.state.durable.catalog)
  }

  /// Call it when what has been decided is encoded, and its answers are at the desk.
  private func seal(_ work: inout Work) {
    let isUrgent = work.isUrgent && work.canDecideSubmissions
    if work.pace == .held || work.gathersUntil.map({ MonotonicTime.now < $0 }) ?? false { return }
    guard let segment = work.pipeline.seal(isUrgent: isUrgent) else { return }
    work.isUrgent = false
    work.sealed.append(segment)
    work.commits.left(with: segment.events.count)
    work.flush.begin()
    exits.append(work.encoder.finish(segment))
  }

  private func hold(_ replies: [Reply], _ work: inout Work) {
    if replies.isEmpty { return }
    let answers = replies.compactMap { reply in
      work.callers.take(reply.ticket).map { CallAnswer(caller: $0, reply: reply) }
    }
    work.answers.add(answers.filter(\.caller.isOfRound))
    self.answers.add(answers.filter { !$0.caller.isOfRound })
  }

  /// What has come to be on disk: what rests on it may be told.
  private func arrived(_ work: inout Work) -> ArraySlice<SealedSegment> {
    let arrived = work.sealed.prefix(work.durable)
    work.sealed.removeFirst(arrived.count)
    for _ in arrived {
      work.pipeline.segmentDurable()
      work.flush.end()
    }
    return arrived
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
