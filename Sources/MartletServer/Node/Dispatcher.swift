import MartletCore
import Synchronization

/// Makes the attempts of this process: starts handlers, tells them to stop, reports what they came
/// to. Each pool has threads of its own, so that a handler that blocks delays no other pool.
final class Dispatcher: Sendable {
  typealias Report = @Sendable (Command) -> Void

  private struct State: Sendable {
    var executors: [PoolID: HandlerExecutor] = [:]
    var running: [AttemptToken: AttemptLink] = [:]
    var idleWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
  }

  private let handlers: HandlerRegistry
  private let limits: Limits
  private let clock: NodeClock
  private let submissions: SubmissionSource
  private let report: Report
  private let ticker = HandlerTicker()
  private let state = Mutex(State())

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

  var runningCount: Int { state.withLock { $0.running.count } }

  /// Starts attempts whose beginning is durable. What memory no longer has of their tasks is read
  /// from the index first, for all of them at once.
  func start(_ attempts: [StartedAttempt]) {
    guard !attempts.isEmpty else { return }
    let links = attempts.map { AttemptLink(token: $0.token, report: report) }
    state.withLock { state in
      for link in links { state.running[link.token] = link }
    }
    let oldest = submissions.oldestNear()
    var near: [PoolID: [Start]] = [:]
    var far: [Start] = []
    for (attempt, link) in zip(attempts, links) {
      let start = Start(attempt: attempt, link: link)
      if attempt.submitRevision >= oldest {
        near[attempt.pool, default: []].append(start)
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
    let executor = state.withLock { state in self.executor(for: starts[0].attempt, in: &state) }
    executor.execute(count: starts.count) { index in
      let start = starts[index]
      start.link.set(
        Task.immediate(executorPreference: executor) { await self.make(start) })
    }
  }

  /// Tells an attempt to stop, if it is being made here.
  func stop(_ token: AttemptToken, because reason: HandlerStopReason) {
    state.withLock { $0.running[token] }?.stop(because: reason)
  }

  /// Tells every attempt to stop; returns which ones there are.
  func stopAll() -> [AttemptToken] {
    let links = state.withLock { $0.running }
    for link in links.values { link.stop(because: .shutdown) }
    return links.keys.sorted { $0.task < $1.task }
  }

  /// Returns when no attempt is being made, or when the caller's task is cancelled.
  func waitIdle() async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.running.isEmpty || Task.isCancelled { return true }
          state.idleWaiters[number] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.idleWaiters.removeValue(forKey: number) }?.resume()
    }
  }

  /// A pool's slots have changed, or it is gone (nil).
  func poolChanged(_ pool: PoolID, slots: Int?) {
    let executor = state.withLock { state in
      slots == nil ? state.executors.removeValue(forKey: pool) : state.executors[pool]
    }
    if let slots { executor?.setSlots(slots) } else { executor?.shutdown() }
  }

  func shutdown() {
    let executors = state.withLock { state in
      defer { state.executors = [:] }
      return Array(state.executors.values)
    }
    for executor in executors { executor.shutdown() }
    ticker.shutdown()
  }

  private func executor(for dispatch: StartedAttempt, in state: inout State) -> HandlerExecutor {
    if let known = state.executors[dispatch.pool] { return known }
    let executor = HandlerExecutor(
      name: dispatch.poolName, slots: dispatch.slots, ticker: ticker)
    state.executors[dispatch.pool] = executor
    return executor
  }

  // MARK: - One attempt, on a thread of its pool

  private func make(_ start: Start) async {
    let (dispatch, link) = (start.attempt, start.link)
    let ending = await ending(of: start)
    // Reported before it is forgotten: a stop gives back what it finds here, and nothing may be
    // neither here nor with the engine.
    switch ending {
    case .outcome(.failed) where link.stopReason?.givesBack == true:
      report(.release(dispatch.token))
    case .outcome(let outcome): report(.finish(dispatch.token, outcome))
    case .snooze(let delay): report(.release(dispatch.token, delay: delay))
    }
    let idle: [CheckedContinuation<Void, Never>] = state.withLock { state in
      state.running[dispatch.token] = nil
      guard state.running.isEmpty else { return [] }
      defer { state.idleWaiters = [:] }
      return Array(state.idleWaiters.values)
    }
    for waiter in idle { waiter.resume() }
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
    if let near = submissions.near(attempt.token.task, attempt.submitRevision) { return near }
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

/// Ties a running handler to its attempt.
private final class AttemptLink: HandlerLink {
  private struct State: Sendable {
    var work: Task<Void, Never>?
    var reason: HandlerStopReason?
  }

  let token: AttemptToken
  private let send: Dispatcher.Report
  private let state = Mutex(State())

  init(token: AttemptToken, report: @escaping Dispatcher.Report) {
    self.token = token
    send = report
  }

  var stopReason: HandlerStopReason? { state.withLock { $0.reason } }

  /// The Swift task that makes the attempt; cancelled at once if it was told to stop before.
  func set(_ work: Task<Void, Never>) {
    let isStopped = state.withLock { state in
      state.work = work
      return state.reason != nil
    }
    if isStopped { work.cancel() }
  }

  func stop(because reason: HandlerStopReason) {
    let work = state.withLock { state in
      state.reason = state.reason ?? reason
      return state.work
    }
    work?.cancel()
  }

  func report(_ progress: HandlerProgress) {
    let counters = progress.counters.sorted { $0.key < $1.key }.prefix(32)
      .map { Progress.Counter(name: $0.key.prefixed(bytes: 63), value: $0.value) }
    send(
      .report(
        token,
        Progress(
          percent: progress.percent.map { min(max($0, 0), 100) },
          step: progress.step.prefixed(bytes: 255), counters: counters)))
  }
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
