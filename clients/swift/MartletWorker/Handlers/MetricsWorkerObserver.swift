public import Metrics
internal import Synchronization

/// Counts a worker's attempts with swift-metrics, each metric with the dimension `kind`:
/// `martlet_worker_attempts_started`, `…_ended` (with `ending`), `…_refused`, the timer
/// `martlet_worker_attempt_seconds`, and the gauge `martlet_worker_attempts_running`.
public final class MetricsWorkerObserver: WorkerObserver {
  /// Of one kind; made once, since making metrics costs more than counting.
  private struct Instruments: Sendable {
    let started: Counter
    let ended: [AttemptEnding: Counter]
    let refused: Counter
    let seconds: Metrics.Timer
    let running: Meter

    init(kind: String, _ factory: any MetricsFactory) {
      let name = "martlet_worker_attempts"
      let kind = [("kind", kind)]
      started = Counter(label: "\(name)_started", dimensions: kind, factory: factory)
      refused = Counter(label: "\(name)_refused", dimensions: kind, factory: factory)
      seconds = Metrics.Timer(
        label: "martlet_worker_attempt_seconds", dimensions: kind,
        preferredDisplayUnit: .seconds, factory: factory)
      running = Meter(label: "\(name)_running", dimensions: kind, factory: factory)
      ended = Dictionary(
        uniqueKeysWithValues: AttemptEnding.allCases.map { ending in
          let dimensions = kind + [("ending", ending.rawValue)]
          let label = "\(name)_ended"
          return (ending, Counter(label: label, dimensions: dimensions, factory: factory))
        })
    }
  }

  private let byKind = Mutex<[String: Instruments]>([:])
  private let factory: any MetricsFactory
  private let lost: Counter

  /// - Parameter factory: Where the metrics are made; nil: the process's.
  public init(factory: (any MetricsFactory)? = nil) {
    self.factory = factory ?? MetricsSystem.factory
    lost = Counter(label: "martlet_worker_streams_lost", factory: self.factory)
  }

  private func instruments(of kind: String) -> Instruments {
    byKind.withLock { byKind in
      if let known = byKind[kind] { return known }
      let made = Instruments(kind: kind, factory)
      byKind[kind] = made
      return made
    }
  }

  /// Counts it.
  public func streamLost(_ error: MartletError, retryIn delay: Duration) { lost.increment() }

  /// Counts it, and one more that runs.
  public func attemptStarted(kind: String) {
    let instruments = instruments(of: kind)
    instruments.started.increment()
    instruments.running.increment()
  }

  /// Counts it by its ending, times it, and counts one less that runs.
  public func attemptEnded(kind: String, ending: AttemptEnding, duration: Duration) {
    let instruments = instruments(of: kind)
    instruments.ended[ending]?.increment()
    instruments.seconds.recordNanoseconds(Int64(duration / .nanoseconds(1)))
    instruments.running.decrement()
  }

  /// Counts it.
  public func endRefused(kind: String) { instruments(of: kind).refused.increment() }
}
