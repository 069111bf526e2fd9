internal import Synchronization

/// Carries out what a session decides: starts and stops handlers, wakes who writes to the stream.
/// Told from any thread; the session is behind one lock, which is held for microseconds.
final class WorkerDriver: Sendable {
  private struct State {
    var session: WorkerSession
    var attempts: [String: RunningAttempt] = [:]
    /// Counts streams, so that a writer knows when its own has ended.
    var stream = 0
    var writer: UnsafeContinuation<Void, Never>?
    var pause: UnsafeContinuation<Void, Never>?
    var pausedUntil = Duration.zero
    var abandon: (@Sendable () -> Void)?
  }

  let configuration: MartletWorker.Configuration
  private let handlers: [String: TaskHandlers.Handler]
  private let observer: (any WorkerObserver)?
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  init(
    handlers: TaskHandlers, hello: API.WorkerHello, configuration: MartletWorker.Configuration
  ) {
    self.configuration = configuration
    self.handlers = handlers.composed()
    observer = configuration.observer
    state = Mutex(State(session: WorkerSession(hello: hello, limits: configuration.limits)))
  }

  /// Since the worker was made.
  var now: Duration { ContinuousClock.now - start }

  // MARK: - Handlers

  /// What a handler says.
  func update(_ body: (inout WorkerSession) -> Void) {
    let writer = state.withLock { state in
      body(&state.session)
      return Self.takeWriter(&state)
    }
    writer?.resume()
  }

  /// One attempt, in its own task.
  func run(_ attempt: RunningAttempt) async {
    let start = now
    let context = TaskContext(attempt)
    observer?.attemptStarted(kind: context.kind)
    let outcome = await self.outcome(of: context)
    let lease = attempt.assign.lease
    let end = now
    let (ending, writer) = state.withLock { state in
      state.attempts[lease] = nil
      let ending = state.session.handlerEnded(lease, outcome, at: end)
      return (ending, Self.takeWriter(&state))
    }
    writer?.resume()
    attempt.ended()
    observer?.attemptEnded(kind: context.kind, ending: ending, duration: end - start)
  }

  private func outcome(of context: TaskContext) async -> HandlerOutcome {
    guard let handler = handlers[context.kind] else {
      return .failure(
        TaskFailure(
          code: "UNKNOWN_KIND", message: "this worker has no handler for \(context.kind)"))
    }
    do {
      return .content(try await handler(context))
    } catch let failure as TaskFailure {
      return .failure(failure)
    } catch let snooze as TaskSnooze {
      return .snoozed(snooze.delay)
    } catch is CancellationError {
      return .interrupted
    } catch {
      return .other("\(error)")
    }
  }

  // MARK: - The stream

  /// The first message of a new stream, and the number of that.
  func streamOpened(abandon: @escaping @Sendable () -> Void) -> (Int, API.WorkRequest) {
    state.withLock { state in
      state.stream += 1
      state.abandon = abandon
      return (state.stream, state.session.streamOpened(at: now))
    }
  }

  func received(_ response: API.WorkResponse) {
    carryOut { $0.received(response, at: now) }
    if let welcome = response.welcome { observer?.streamOpened(workerID: welcome.workerId) }
  }

  /// How many streams in a row have failed.
  func streamEnded() -> Int {
    let (failures, writer) = state.withLock { state in
      state.stream += 1
      state.abandon = nil
      defer { state.writer = nil }
      return (state.session.streamEnded(), state.writer)
    }
    writer?.resume()
    return failures
  }

  /// What is to be said next, as soon as there is something; nil: the stream has ended, or should.
  func nextRequest(on stream: Int) async -> API.WorkRequest? {
    while true {
      let (request, isOver) = state.withLock { state in
        let isOver = state.stream != stream
        return (isOver ? nil : state.session.takeRequest(at: now), isOver)
      }
      if let request { return request }
      if isOver || isDone { return nil }
      await withUnsafeContinuation { continuation in
        let isReady = state.withLock { state in
          if state.stream != stream || state.session.hasWords || state.session.isDone(at: now) {
            return true
          }
          state.writer = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
      // What else is ready on the loop comes first, and goes into the same message.
      await Task.yield()
    }
  }

  // MARK: - Time and the end

  var isDone: Bool { state.withLock { $0.session.isDone(at: now) } }

  func drain() {
    carryOut { session in
      session.drain(at: now)
      return []
    }
  }

  func shutdown(grace: Duration) {
    carryOut { session in
      session.shutdown(grace: grace, at: now)
      return session.tick(at: now)
    }
  }

  /// Several times a second.
  func tick() {
    carryOut(wakesWriter: true) { $0.tick(at: now) }
    let pause = state.withLock { state in
      guard now >= state.pausedUntil || state.session.isDone(at: now) else {
        return nil as UnsafeContinuation<Void, Never>?
      }
      defer { state.pause = nil }
      return state.pause
    }
    pause?.resume()
  }

  /// Waits between two streams, to the next tick after that; not if there is nothing left to do.
  func pause(_ duration: Duration) async {
    await withUnsafeContinuation { continuation in
      state.withLock { state in
        state.pausedUntil = now + duration
        state.pause = continuation
      }
    }
  }

  /// No handler runs on without a worker.
  func stopAll() {
    let attempts = state.withLock { state in
      defer { state.attempts = [:] }
      return state.attempts.values.map(\.self)
    }
    for attempt in attempts {
      attempt.tell(TaskStop(.lost, reason: "the worker has stopped"))
      attempt.ended()
    }
  }

  // MARK: - Parts

  /// Changes the session, and does what it wants done.
  private func carryOut(
    wakesWriter: Bool = false, _ body: (inout WorkerSession) -> [SessionEffect]
  ) {
    var started: [RunningAttempt] = []
    var acts: [() -> Void] = []
    let writer = state.withLock { state in
      for effect in body(&state.session) {
        switch effect {
        case .start(let assign):
          let attempt = RunningAttempt(assign, self)
          state.attempts[assign.lease] = attempt
          started.append(attempt)
        case .stop(let lease, let stop):
          if let attempt = state.attempts[lease] { acts.append { attempt.tell(stop) } }
        case .checkpointSettled(let lease, let sequence, let verdict):
          if let attempt = state.attempts[lease] {
            acts.append { attempt.settleCheckpoints(upTo: sequence, verdict) }
          }
        case .endSettled(let kind, let isAccepted):
          if !isAccepted, let observer { acts.append { observer.endRefused(kind: kind) } }
        case .abandonStream:
          if let abandon = state.abandon { acts.append(abandon) }
        }
      }
      if wakesWriter {
        defer { state.writer = nil }
        return state.writer
      }
      return Self.takeWriter(&state)
    }
    // What ends at once then leaves together with its acceptance: half the messages.
    for attempt in started { attempt.start() }
    writer?.resume()
    for act in acts { act() }
  }

  /// Who waits for something to say, if there is something.
  private static func takeWriter(_ state: inout State) -> UnsafeContinuation<Void, Never>? {
    guard let writer = state.writer, state.session.hasWords else { return nil }
    state.writer = nil
    return writer
  }
}
