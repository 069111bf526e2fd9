import MartletCore
import Synchronization

/// Makes the attempts of this process: starts handlers, tells them to stop, reports what they came
/// to. Each pool has threads of its own, so that a handler that blocks delays no other pool.
final class Dispatcher: Sendable {
  typealias Report = @Sendable (Command) -> Void

  private let handlers: HandlerRegistry
  private let limits: Limits
  private let clock: NodeClock
  private let submissions: SubmissionSource
  private let report: Report
  private let ticker = HandlerTicker()
  private let running = AttemptBook()
  private let executors: Mutex<[PoolID: HandlerExecutor]> = Mutex([:])

  init(
    handlers: HandlerRegistry, limits: Limits, clock: NodeClock, submissions: SubmissionSource,
    report: @escaping Report
  ) {
    self.handlers = handlers
    self.limits = limits
    self.clock = clock
    self.submissions = submissions
    self.report = report
  }

  var runningCount: Int { running.count }

  /// Starts attempts whose beginning is durable. What memory no longer has of their tasks is read
  /// from the index first, for all of them at once.
  func start(_ attempts: [StartedAttempt]) {
    guard !attempts.isEmpty else { return }
    let segments = submissions.near(attempts.map(\.submitRevision))
    let starts = zip(attempts, segments).map { attempt, segment in
      Start(
        attempt: attempt,
        link: AttemptLink(token: attempt.token, segment: segment, report: report))
    }
    running.begin(starts.map(\.link))
    var near: [PoolID: [Start]] = [:]
    var far: [Start] = []
    for (start, segment) in zip(starts, segments) {
      if segment != nil {
        near[start.attempt.pool, default: []].append(start)
      } else {
        far.append(start)
      }
    }
    for group in near.values { run(group) }
    if !far.isEmpty { load(far) }
  }

  private struct Start: Sendable {
    var attempt: StartedAttempt
    var link: AttemptLink
    /// If it was read in advance.
    var content: TaskContent?
  }

  private func load(_ starts: [Start]) {
    submissions.far(starts.map(\.attempt)) { found in
      var groups: [PoolID: [Start]] = [:]
      for var start in starts {
        start.content = found[start.attempt.token.task]
        groups[start.attempt.pool, default: []].append(start)
      }
      for group in groups.values { self.run(group) }
    }
  }

  /// Starts attempts of one pool. Their Swift tasks are made on the threads of the pool, where they
  /// end: that is cheaper than to hand them over one by one.
  private func run(_ starts: [Start]) {
    let executor = executors.withLock { self.executor(for: starts[0].attempt, in: &$0) }
    executor.execute(count: starts.count) { index in
      let start = starts[index]
      start.link.set(
        Task.immediate(executorPreference: executor) { await self.make(start) })
    }
  }

  /// Tells an attempt to stop, if it is being made here.
  func stop(_ token: AttemptToken, because reason: HandlerStopReason) {
    running[token]?.stop(because: reason)
  }

  /// Tells every attempt to stop; returns which ones there are.
  func stopAll() -> [AttemptToken] {
    let links = running.all()
    for link in links { link.stop(because: .shutdown) }
    return links.map(\.token).sorted { $0.task < $1.task }
  }

  /// Returns when no attempt is being made, or when the caller's task is cancelled.
  func waitIdle() async { await running.waitIdle() }

  /// A pool's slots have changed, or it is gone (nil).
  func poolChanged(_ pool: PoolID, slots: Int?) {
    let executor = executors.withLock { executors in
      slots == nil ? executors.removeValue(forKey: pool) : executors[pool]
    }
    if let slots { executor?.setSlots(slots) } else { executor?.shutdown() }
  }

  func shutdown() {
    let all = executors.withLock { executors in
      defer { executors = [:] }
      return Array(executors.values)
    }
    for executor in all { executor.shutdown() }
    ticker.shutdown()
  }

  private func executor(
    for attempt: StartedAttempt, in executors: inout [PoolID: HandlerExecutor]
  ) -> HandlerExecutor {
    if let known = executors[attempt.pool] { return known }
    let executor = HandlerExecutor(name: attempt.poolName, slots: attempt.slots, ticker: ticker)
    executors[attempt.pool] = executor
    return executor
  }

  // MARK: - One attempt, on a thread of its pool

  private func make(_ start: Start) async {
    let (dispatch, link) = (start.attempt, start.link)
    let ending = await ending(of: start)
    // Reported before it counts as ended: a stop gives back what it finds here, and nothing may be
    // neither here nor with the engine.
    switch ending {
    case .outcome(.failed) where link.stopReason?.givesBack == true:
      report(.release(dispatch.token))
    case .outcome(let outcome): report(.finish(dispatch.token, outcome))
    case .snooze(let delay): report(.release(dispatch.token, delay: delay))
    }
    running.end(link)
  }

  private enum Ending {
    case outcome(AttemptOutcome)
    /// Given back by its handler, for so long.
    case snooze(Span)

    static func rejected(_ message: String) -> Ending {
      .outcome(.failed(kind: .rejected, code: "", message: message, retryable: true))
    }
  }

  private func ending(of start: Start) async -> Ending {
    let dispatch = start.attempt
    guard start.link.stopReason == nil else {
      return .outcome(
        .failed(kind: .handler, code: "", message: "stopped before it began", retryable: true))
    }
    guard let handler = handlers.handler(for: dispatch.kind) else {
      return .rejected("no handler serves \(dispatch.kind)")
    }
    guard let content = await content(of: start) else {
      return .rejected("the payload could not be read")
    }
    var dependencies: [DependencyOutcome] = []
    if !content.dependencies.isEmpty {
      guard let outcomes = await submissions.outcomes(content.dependencies) else {
        return .rejected("the results of its dependencies could not be read")
      }
      dependencies = outcomes
    }
    let left = dispatch.stopAt == .never ? nil : dispatch.stopAt - clock.elapsed
    let context = HandlerContext(
      taskID: dispatch.token.task.description, kind: dispatch.kind, pool: dispatch.poolName,
      attempt: Int(dispatch.token.attempt), payload: content.payload,
      contentType: content.contentType, labels: dispatch.labels.dictionary,
      traceParent: content.traceParent, dependencies: dependencies,
      deadline: left.map { ContinuousClock.now + .nanoseconds($0.nanoseconds) },
      link: start.link)
    do throws(HandlerFailure) {
      return .outcome(succeeded(try await handler.run(context)))
    } catch {
      if let snooze = error.snooze { return .snooze(snooze) }
      return .outcome(
        .failed(
          kind: .handler, code: error.code.prefixed(bytes: 63),
          message: error.message.prefixed(bytes: 4_096), retryable: error.retryable,
          failureClass: error.failureClass, retryDelay: error.retryDelay))
    }
  }

  private func content(of start: Start) async -> TaskContent? {
    if let known = start.content { return known }
    let attempt = start.attempt
    if let segment = start.link.segment,
      let near = SubmittedTask(attempt.token.task, in: segment, at: attempt.submitRevision)
    {
      return TaskContent(near.submission)
    }
    // It has left memory since, or could not be read with the others.
    return await withCheckedContinuation { continuation in
      submissions.far([attempt]) { continuation.resume(returning: $0[attempt.token.task]) }
    }
  }

  private func succeeded(_ result: HandlerResult) -> AttemptOutcome {
    guard result.data.count <= limits.resultBytes else {
      return .failed(
        kind: .rejected, code: "RESULT_TOO_LARGE",
        message: "the result has \(result.data.count) bytes, at most \(limits.resultBytes) fit",
        retryable: false)
    }
    return .succeeded(
      TaskResult(data: result.data, contentType: result.contentType.prefixed(bytes: 127)))
  }
}

extension HandlerStopReason {
  /// The attempt that it ends does not count, and the task will run again.
  fileprivate var givesBack: Bool { self == .shutdown || self == .pauseRequested }
}

extension String {
  /// As much of it as fits, cut between characters.
  func prefixed(bytes: Int) -> String {
    if utf8.count <= bytes { return self }
    var short = ""
    var size = 0
    for character in self {
      size += character.utf8.count
      if size > bytes { break }
      short.append(character)
    }
    return short
  }
}
