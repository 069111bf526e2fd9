import MartletCore
import Synchronization

/// Ties a running handler to its attempt.
final class AttemptLink: HandlerLink {
  private struct State: Sendable {
    var work: Task<Void, Never>?
    var reason: HandlerStopReason?
  }

  let token: AttemptToken
  /// The one of its task's submission, for as long as memory keeps it.
  weak let segment: Segment?
  private let send: Dispatcher.Report
  private let over = Atomic(false)
  private let state = Mutex(State())

  init(token: AttemptToken, segment: Segment?, report: @escaping Dispatcher.Report) {
    self.token = token
    self.segment = segment
    send = report
  }

  var stopReason: HandlerStopReason? { state.withLock { $0.reason } }

  /// The Swift task that makes the attempt; cancelled at once if it was told to stop before.
  func set(_ work: Task<Void, Never>) {
    let isStopped = state.withLock { state in
      if !isOver { state.work = work }
      return state.reason != nil
    }
    if isStopped { work.cancel() }
  }

  var isOver: Bool { over.load(ordering: .acquiring) }

  /// It has been made and reported.
  func end() {
    over.store(true, ordering: .releasing)
    state.withLock { $0.work = nil }
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
