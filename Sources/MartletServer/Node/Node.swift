package import Logging
package import MartletCore
package import MartletRPC
package import MartletStore
import Synchronization

/// One shard of Martlet: its engine, log, index, feed and handlers, and the doors that services
/// come in by. Services may be called from any thread.
package final class Node: Sendable {
  /// What a door gives back: a value and the revision it was seen or decided at, which is durable.
  package struct Outcome<Value: Sendable>: Sendable {
    package var value: Value
    package var revision: Revision
  }

  package let limits: Limits
  package let handlerKinds: [String]
  package let waits: WaitHub
  let locks: LockHub
  let permits: PermitHub
  package let feed: FeedHub
  /// What started the node's clock.
  package let startTime: WallTime
  let clock: NodeClock
  let log: any EventLog
  /// Where the files are, to watch the free space there; nil for a store in memory.
  let directory: String?
  let index: any TaskIndex
  let zones: ZoneFolder
  let logger: Logger
  let runner: EngineRunner
  let logWriter: LogWriter
  let indexWriter: IndexWriter
  let dispatcher: Dispatcher
  let workers: WorkerGate
  let bulks = BulkRunner()
  let names: NameBook
  private let readers: HandlerExecutor
  /// For reads that no caller waits for.
  private let backgroundReader: HandlerExecutor
  private let readersTicker = HandlerTicker()
  let status: Mutex<Status>
  let metrics: NodeMetrics
  /// What the process holds in RAM.
  let residentBytes: @Sendable () -> Int?

  struct Status: Sendable {
    var failure: StoreFailure?
    var onFailure: (@Sendable (StoreFailure) -> Void)?
    var onPressure: (@Sendable (Bool) -> Void)?
    var isStopped = false
    var isHurried = false
    var onSubmissions: (@Sendable (Bool) -> Void)?
    var graceWait: Task<Void, Never>?
    var strain: NodeStrain
    var maintenance: Task<Void, Never>?
  }

  // MARK: - Life

  /// Puts a node together on top of a recovered state. Nothing runs before `start`.
  package init(
    recovery: Recovery, log: any EventLog, index: any TaskIndex, directory: String?,
    handlers: HandlerRegistry, limits: Limits, logger: Logger,
    zones: ZoneFolder = ZoneFolder(),
    residentBytes: @escaping @Sendable () -> Int? = { ProcessMemory.residentBytes }
  ) {
    let metrics = NodeMetrics()
    let catalog = recovery.durable.catalog
    let clock = NodeClock(continuing: catalog.stamp)
    let feed = FeedHub(durable: catalog.revision, bytesMax: limits.feedRingBytes)
    let logWriter = LogWriter(log: log, metrics: metrics)
    let indexWriter = IndexWriter(index: index, applied: catalog.revision, metrics: metrics)
    let readers = HandlerExecutor(name: "reader", slots: 4, rank: .first, ticker: readersTicker)
    backgroundReader = HandlerExecutor(
      name: "background", slots: 1, rank: .last, ticker: readersTicker)
    let links = Links()
    let dispatcher = Dispatcher(
      handlers: handlers, limits: limits, clock: clock,
      submissions: Self.submissions(feed, links),
      report: { command in links.node?.post(command) })
    let waits = WaitHub()
    let (locks, permits) = (LockHub(), PermitHub())
    let workers = WorkerGate(clock: clock)
    runner = EngineRunner(
      durable: catalog.revision, clock: clock, limits: limits,
      exits: EngineRunner.Exits(
        append: { logWriter.append($0) },
        stored: { feed.publish($0) },
        published: { sealed, starts in
          dispatcher.start(starts)
          waits.publish(sealed)
          indexWriter.add(sealed)
          links.node?.follow(sealed)
        },
        notified: { workers.tell($0) },
        granted: { locks.tell($0.map { (waiter: $0.waiter, outcome: $0.outcome) }) },
        permitted: { permits.tell($0.map { (waiter: $0.waiter, outcome: $0.outcome) }) },
        pace: { indexWriter.pace(limits) },
        pressure: { links.node?.pressure($0) }),
      metrics: metrics)
    names = NameBook(known: catalog) { () async throws(Refusal) in
      guard let node = links.node,
        case .catalog(let catalog) = try await node.see(.catalog, on: nil).value
      else { return nil }
      return catalog
    }
    self.waits = waits
    self.locks = locks
    self.permits = permits
    self.workers = workers
    self.limits = limits
    self.clock = clock
    self.feed = feed
    self.log = log
    self.directory = directory
    self.index = index
    self.zones = zones
    self.logger = logger
    self.logWriter = logWriter
    self.indexWriter = indexWriter
    self.dispatcher = dispatcher
    self.readers = readers
    self.metrics = metrics
    self.residentBytes = residentBytes
    handlerKinds = handlers.kinds
    startTime = NodeClock.wall
    status = Mutex(Status(strain: NodeStrain(memory: MemoryGuard(bytesMax: limits.memoryBytes))))
    prepared = Mutex(recovery)
    links.set(self)
  }

  private static func submissions(_ feed: FeedHub, _ links: Links) -> SubmissionSource {
    SubmissionSource(
      near: { feed.segments(holding: $0) },
      far: { attempts, then in
        if let node = links.node { node.contents(of: attempts, then) } else { then([:]) }
      },
      outcomes: { tasks in try? await links.node?.outcomes(of: tasks) })
  }

  private let prepared: Mutex<Recovery?>

  /// Starts the threads and gives back to the queue what was running when the process ended.
  /// `onFailure` is called once if a store fails: nothing is acknowledged from then on, and the
  /// process should end. `onSubmissions` is told when new tasks are refused, all of them, for want
  /// of memory or disk (false), and when they are taken again.
  package func start(
    onFailure: @escaping @Sendable (StoreFailure) -> Void,
    onPressure: @escaping @Sendable (Bool) -> Void = { _ in },
    onSubmissions: @escaping @Sendable (Bool) -> Void = { _ in }
  ) async {
    guard let recovery = prepared.withLock({ $0.take() }) else { return }
    status.withLock { status in
      status.onFailure = onFailure
      status.onPressure = onPressure
      status.onSubmissions = onSubmissions
    }
    logWriter.start { [weak self] outcome in
      switch outcome {
      case .durable(let segment): self?.runner.segmentDurable(segment)
      case .failed(let failure): self?.fail(failure)
      }
    }
    indexWriter.start(fold: recovery.fold) { [weak self] outcome in
      switch outcome {
      case .applied(let revision):
        _ = self?.runner.add(.change { $0.indexApplied(through: revision) })
        self?.runner.poke()
      case .failed(let failure): self?.fail(failure)
      }
    }
    let session = SessionState(
      limits: limits, servedKinds: Set(handlerKinds),
      zones: await zones(of: recovery.durable.catalog.schedules))
    runner.start(
      CommitPipeline(engine: Engine(durable: recovery.durable, session: session)))
    _ = try? await perform(.recover, on: nil)
    Maintenance.watchMemory(of: self)
    for record in recovery.durable.catalog.bulks.running {
      bulks.start(record, startedAt: recovery.durable.catalog.revision, on: self)
    }
    let maintenance = Task { [weak self] in await Maintenance.run { self } }
    status.withLock { $0.maintenance = maintenance }
  }

  /// The rules of the zones that schedules name, read anew at each start.
  private func zones(of schedules: ScheduleTable) async -> TimeZoneTable {
    if schedules.isEmpty { return [:] }
    let zones = zones
    let read = try? await onReader { () throws(StoreFailure) in zones.rules(of: schedules) }
    if let missing = read?.missing, !missing.isEmpty {
      logger.warning(
        "schedules are in time zones that are not there: they fire once more, and pause",
        metadata: ["zones": "\(missing.joined(separator: ", "))"])
    }
    return read?.found ?? [:]
  }

  /// Starts nothing new, lets running attempts finish for so long, gives the rest back, flushes.
  package func stop(grace: Span) async {
    guard
      status.withLock({ status in
        defer { status.isStopped = true }
        return !status.isStopped
      })
    else { return }
    status.withLock { $0.maintenance }?.cancel()
    await bulks.stop()
    _ = runner.add(.change { $0.stopStarting() })
    // Before a reply leaves, the engine's thread has been told that what it rests on is durable,
    // and it publishes that before it decides what comes then: after the second one, every attempt
    // that was started is with the dispatcher.
    for _ in 0..<2 { _ = try? await see(.task(TaskID(rawValue: 0)), on: nil) }
    await waitForAttempts(atMost: grace)
    for token in dispatcher.stopAll() { post(.release(token)) }
    workers.close()
    runner.stop()
    logWriter.stop()
    waits.close()
    locks.close()
    permits.close()
    feed.close()
    indexWriter.run { index throws(StoreFailure) in _ = try index.checkpoint() }
    indexWriter.stop()
    readers.shutdown()
    backgroundReader.shutdown()
    log.close()
    index.close()
  }

  /// Cuts the grace of a `stop` that is under way short.
  package func hurry() {
    let wait = status.withLock { status in
      status.isHurried = true
      return status.graceWait
    }
    wait?.cancel()
  }

  private func waitForAttempts(atMost grace: Span) async {
    let dispatcher = dispatcher
    let wait = Task {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await dispatcher.waitIdle() }
        group.addTask { try? await Task.sleep(for: .nanoseconds(grace.nanoseconds)) }
        await group.next()
        group.cancelAll()
      }
    }
    let isHurried = status.withLock { status in
      status.graceWait = wait
      return status.isHurried
    }
    if isHurried { wait.cancel() }
    await wait.value
  }

  private func fail(_ failure: StoreFailure) {
    let report = status.withLock { status in
      if status.failure != nil { return nil as (@Sendable (StoreFailure) -> Void)? }
      status.failure = failure
      return status.onFailure
    }
    report?(failure)
  }

  package var failure: StoreFailure? { status.withLock { $0.failure } }

  private func pressure(_ isPressed: Bool) {
    status.withLock { $0.onPressure }?(isPressed)
  }

  // MARK: - Commands and looks

  /// Runs a command; what it decided is durable when this returns.
  package func perform(
    _ command: Command, on loop: CallLoop?
  ) async throws(Refusal) -> Outcome<Answer> {
    let reply = await ask(loop) { .command(command, $0) }
    switch reply?.content {
    case .answer(let answer): return Outcome(value: answer, revision: reply?.revision ?? .zero)
    case .refusal(let refusal): throw refusal
    case .sight, nil: throw .stopping
    }
  }

  /// Looks at the live state; what was seen is durable when this returns.
  package func see(_ query: Query, on loop: CallLoop?) async throws(Refusal) -> Outcome<Sight> {
    let reply = await ask(loop) { .query(query, $0) }
    switch reply?.content {
    case .sight(let sight): return Outcome(value: sight, revision: reply?.revision ?? .zero)
    case .refusal(let refusal): throw refusal
    case .answer, nil: throw .stopping
    }
  }

  private func ask(
    _ loop: CallLoop?, _ input: @Sendable (Caller) -> EngineRunner.Input
  ) async -> Reply? {
    // Unsafe only in that nobody checks that it is resumed once: the runner does it when it takes
    // the caller out of its queue, or `add` has refused it.
    await withUnsafeContinuation { continuation in
      let caller = Caller(place: loop.map { .loop($0) } ?? .anywhere) {
        continuation.resume(returning: $0)
      }
      if !runner.add(input(caller)) { continuation.resume(returning: nil) }
    }
  }

  /// A command that nobody waits for.
  func post(_ command: Command) { _ = runner.add(.command(command, nil)) }

  /// What durable events mean for running handlers.
  private func follow(_ segment: SealedSegment) {
    for event in segment.events {
      switch event.body {
      case .task(let change) where change.from == .running: follow(change)
      case .pool(let pool):
        let isGone = pool.change == .deleted
        dispatcher.poolChanged(pool.pool, slots: isGone ? nil : pool.slotLimit)
      case .bulk(let bulk) where bulk.change == .started:
        bulks.start(bulk.record, startedAt: event.revision, on: self)
      default: break
      }
    }
  }

  private func follow(_ change: TaskEvent) {
    if let assignment = change.status.notes?.assignment {
      return workers.follow(change, assignment)
    }
    let reason: HandlerStopReason
    switch change.change {
    case .cancelRequested, .cancelled: reason = .cancelRequested
    case .pauseRequested, .paused: reason = .pauseRequested
    case .failed, .retryScheduled:
      switch change.status.notes?.failure?.kind {
      case .runTimeout: reason = .runTimeout
      case .deadline: reason = .deadline
      case .heartbeatTimeout: reason = .heartbeatTimeout
      default: return
      }
    default: return
    }
    dispatcher.stop(
      AttemptToken(task: change.task, attempt: change.status.attempt), because: reason)
  }

  // MARK: - Reads

  package var durableRevision: Revision { feed.durable }

  /// Waits until `revision` is durable; false if it is not within 5 s.
  package func waitDurable(_ revision: Revision) async -> Bool {
    let deadline = MonotonicTime.now + 5_000_000_000
    while feed.durable < revision, MonotonicTime.now < deadline, !feed.isClosed, !Task.isCancelled {
      await feed.wait(
        after: Revision(revision.rawValue - 1), until: deadline, on: nil)
    }
    return feed.durable >= revision
  }

  /// The content of tasks whose attempts begin, from the index.
  private func contents(
    of attempts: [StartedAttempt], _ then: @escaping @Sendable ([TaskID: TaskContent]) -> Void
  ) {
    let newest = attempts.lazy.map(\.submitRevision).max() ?? .zero
    let (index, readers) = (index, readers)
    let read: @Sendable (Int) -> Void = { _ in
      var found: [TaskID: TaskContent] = [:]
      let rows = try? index.tasks(attempts.map(\.token.task), withContent: true)
      for row in rows ?? [] { found[row.id] = TaskContent(row) }
      then(found)
    }
    if indexWriter.applied >= newest { return readers.execute(count: 1, read) }
    Task {
      _ = await indexWriter.waitApplied(newest)
      readers.execute(count: 1, read)
    }
  }

  /// The fixed half of tasks: from the newest segments in memory, else from the index.
  package func submissions(
    _ keys: [(task: TaskID, submitRevision: Revision)]
  ) async throws(StoreFailure) -> [TaskID: SubmittedTask] {
    var found: [TaskID: SubmittedTask] = [:]
    var missing: [TaskID] = []
    var newest = Revision.zero
    for (task, revision) in keys {
      if let segment = feed.segment(holding: revision),
        let read = SubmittedTask(task, in: segment, at: revision)
      {
        found[task] = read
      } else {
        missing.append(task)
        newest = max(newest, revision)
      }
    }
    if missing.isEmpty { return found }
    for row in try await rows(missing, withContent: true, asOf: newest) {
      let kind = try? await names.name(of: row.submission.kind)
      found[row.id] = SubmittedTask(row, kindName: kind ?? "")
    }
    return found
  }

  package func rows(
    _ ids: [TaskID], withContent: Bool, asOf revision: Revision
  ) async throws(StoreFailure) -> [TaskRow] {
    try await read(asOf: revision) { index throws(StoreFailure) in
      try index.tasks(ids, withContent: withContent)
    }
  }

  package func page(
    _ query: TaskQuery, asOf revision: Revision, inBackground: Bool = false
  ) async throws(StoreFailure) -> TaskPage {
    try await read(asOf: revision, inBackground: inBackground) { index throws(StoreFailure) in
      try index.page(query)
    }
  }

  package func count(_ query: TaskQuery, asOf revision: Revision) async throws(StoreFailure) -> Int
  {
    try await read(asOf: revision) { index throws(StoreFailure) in try index.count(query) }
  }

  package func requests(
    _ keys: [RememberedRequest.Key]
  ) async throws(StoreFailure) -> (
    found: [RememberedRequest.Key: RememberedRequest], asOf: Revision
  ) {
    let asOf = feed.durable
    let found = try await read(asOf: asOf) { index throws(StoreFailure) in
      try index.requests(keys)
    }
    return (found, asOf)
  }

  /// As of a revision, or of what the index has applied by now.
  func lastEnds(
    _ marks: Set<UniqueMark>, asOf revision: Revision?
  ) async throws(StoreFailure) -> (found: [UniqueMark: UniqueEnd], asOf: Revision) {
    let asOf = revision ?? indexWriter.applied
    let found = try await read(asOf: asOf) { index throws(StoreFailure) in
      try index.lastEnds(marks)
    }
    return (found, asOf)
  }

  /// Reads the index on a thread for blocking work, once it holds everything up to `revision`.
  func read<Value: Sendable>(
    asOf revision: Revision, inBackground: Bool = false,
    _ body: @escaping @Sendable (any TaskIndex) throws(StoreFailure) -> Value
  ) async throws(StoreFailure) -> Value {
    guard await indexWriter.waitApplied(revision) else {
      throw .readFailed(file: "index.db", reason: "the server is stopping")
    }
    let index = index
    return try await onReader(inBackground: inBackground) { () throws(StoreFailure) in
      try body(index)
    }
  }

  /// Runs what blocks on a thread for that; in the background, behind whatever has to answer.
  func onReader<Value: Sendable>(
    inBackground: Bool = false, _ body: @escaping @Sendable () throws(StoreFailure) -> Value
  ) async throws(StoreFailure) -> Value {
    let result = await Task(executorPreference: inBackground ? backgroundReader : readers) {
      Result { () throws(StoreFailure) in try body() }
    }.value
    return try result.get()
  }
}

/// The node as its own parts reach it, which are made before it is.
private final class Links: Sendable {
  private struct Box: Sendable {
    weak var node: Node?
  }

  private let box = Mutex(Box())

  var node: Node? { box.withLock { $0.node } }

  func set(_ node: Node) { box.withLock { $0.node = node } }
}
