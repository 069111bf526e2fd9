import MartletCore
import MartletStore
import Synchronization

/// The index's only writer, on a thread of its own, some events behind the log. It waits a little
/// so that a task's steps become one row, unless somebody waits for it.
final class IndexWriter: Sendable {
  enum Outcome: Sendable {
    case applied(Revision)
    case failed(StoreFailure)
  }

  private struct Waiter: Sendable {
    var revision: Revision
    var resume: @Sendable (Bool) -> Void
  }

  private struct State: Sendable {
    var segments: [SealedSegment] = []
    var eventCount = 0
    /// When the oldest of `segments` came, on the machine's clock.
    var oldest: Int64 = 0
    var applied: Revision
    var waiters: [Waiter] = []
    var jobs: [@Sendable (any TaskIndex) throws(StoreFailure) -> Void] = []
    var failed = false
    var stopping = false
    /// Being applied now.
    var applying = 0
    var applyingSince: Int64 = 0
  }

  private enum Work {
    case apply([SealedSegment])
    case job(@Sendable (any TaskIndex) throws(StoreFailure) -> Void)
    case stop
  }

  /// Events are gathered for so long when nobody waits for them.
  private static let patience: Int64 = 50_000_000
  /// A transaction is not made larger than this by waiting.
  private static let enoughEvents = 20_000
  /// What was applied reaches `index.db` in pieces of about so many rows, so that no single one is
  /// long enough to hold up the log's flushes.
  private static let rowsPerCheckpoint = 8_000

  private let index: any TaskIndex
  private let state: Monitor<State>
  private let metrics: NodeMetrics
  private let thread: Mutex<SystemThread?> = Mutex(nil)

  init(index: any TaskIndex, applied: Revision, metrics: NodeMetrics) {
    self.index = index
    self.metrics = metrics
    state = Monitor(State(applied: applied))
  }

  func start(fold: IndexFold, done: @escaping @Sendable (Outcome) -> Void) {
    thread.withLock {
      $0 = SystemThread.start(name: "index", rank: .last) { self.run(fold, done) }
    }
  }

  // MARK: - Doors, for any thread

  func add(_ segment: SealedSegment) {
    state.signal { state in
      if state.segments.isEmpty { state.oldest = MonotonicTime.now }
      state.segments.append(segment)
      state.eventCount += segment.events.count
    }
  }

  var applied: Revision { state.withLock { $0.applied } }

  /// How many events behind the log, and for how long the oldest of them has waited.
  var lag: (events: Int, age: Span) {
    state.withLock { state in
      let events = state.eventCount + state.applying
      guard events > 0 else { return (0, .zero) }
      let since = state.applying > 0 ? state.applyingSince : state.oldest
      return (events, Span(nanoseconds: MonotonicTime.now - since))
    }
  }

  /// What may be decided while the index is so far behind.
  func pace(_ limits: Limits) -> EngineRunner.Pace {
    let lag = lag
    if lag.events > 4 * limits.indexLagEvents { return .held }
    let isLate =
      lag.events > limits.indexLagEvents
      || lag.events > 1_000 && lag.age > .milliseconds(Int64(limits.indexLagMilliseconds))
    return isLate ? .withoutSubmissions : .free
  }

  /// Waits until the index holds everything up to `revision`; false if it never will.
  func waitApplied(_ revision: Revision) async -> Bool {
    if state.withLock({ $0.applied >= revision }) { return true }
    return await withCheckedContinuation { continuation in
      let isThere: Bool? = state.signal { state in
        if state.applied >= revision { return true }
        if state.failed || state.stopping { return false }
        state.waiters.append(Waiter(revision: revision) { continuation.resume(returning: $0) })
        return nil
      }
      if let isThere { continuation.resume(returning: isThere) }
    }
  }

  /// Runs something on the writer's thread, between two transactions.
  func run(_ job: @escaping @Sendable (any TaskIndex) throws(StoreFailure) -> Void) {
    state.signal { $0.jobs.append(job) }
  }

  /// Applies what it has, then stops.
  func stop() {
    state.signal { $0.stopping = true }
    thread.withLock { $0.take() }?.join()
  }

  // MARK: - The thread

  private func run(_ first: IndexFold, _ done: @Sendable (Outcome) -> Void) {
    var fold = first
    var unsynced = 0
    while true {
      switch nextWork() {
      case .apply(let segments):
        do throws(StoreFailure) {
          unsynced += try apply(segments, fold: &fold)
          done(.applied(fold.catalog.revision))
          if unsynced >= Self.rowsPerCheckpoint {
            _ = try index.checkpoint()
            unsynced = 0
          }
        } catch {
          fail()
          done(.failed(error))
          return
        }
      case .job(let job):
        do throws(StoreFailure) {
          try job(index)
        } catch {
          fail()
          done(.failed(error))
          return
        }
      case .stop:
        fail()
        return
      }
    }
  }

  private func nextWork() -> Work {
    while true {
      let (deadline, wasEmpty) = state.withLock { state in
        (state.segments.isEmpty ? nil : state.oldest + Self.patience, state.segments.isEmpty)
      }
      let work: Work?? = state.wait(until: deadline) { state in
        if !state.jobs.isEmpty { return .some(.job(state.jobs.removeFirst())) }
        let isWanted =
          !state.waiters.isEmpty || state.stopping || state.eventCount >= Self.enoughEvents
          || MonotonicTime.now >= state.oldest + Self.patience
        if !state.segments.isEmpty, isWanted {
          defer { state.segments = [] }
          state.applying = state.eventCount
          state.applyingSince = state.oldest
          state.eventCount = 0
          return .some(.apply(state.segments))
        }
        if state.segments.isEmpty, state.stopping { return .some(.stop) }
        // The first segment sets the deadline of a new wait.
        return wasEmpty && !state.segments.isEmpty ? .some(nil) : nil
      }
      if case .some(.some(let work)) = work { return work }
    }
  }

  /// How many rows it wrote.
  private func apply(
    _ segments: [SealedSegment], fold: inout IndexFold
  ) throws(StoreFailure) -> Int {
    let start = MonotonicTime.now
    for segment in segments { fold.apply(segment) }
    let batch = fold.take()
    let rows = batch.inserts.count + batch.updates.count + batch.deletes.count
    try index.apply(batch)
    let revision = fold.catalog.revision
    let (ready, lag) = state.withLock { state in
      state.applied = revision
      state.applying = 0
      let ready = state.waiters.filter { $0.revision <= revision }
      state.waiters.removeAll { $0.revision <= revision }
      return (ready, state.eventCount)
    }
    metrics.applied(in: MonotonicTime.now - start, lag: lag)
    for waiter in ready { waiter.resume(true) }
    return rows
  }

  private func fail() {
    let waiters = state.withLock { state in
      state.failed = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume(false) }
  }
}
