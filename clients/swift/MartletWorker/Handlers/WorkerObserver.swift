/// Hears what a worker does: for metrics, logs and tests. Called from any thread; must be quick.
public protocol WorkerObserver: Sendable {
  /// The server knows the worker, by this id.
  func streamOpened(workerID: String)
  /// The connection is lost, or could not be made.
  func streamLost(_ error: MartletError, retryIn delay: Duration)
  /// A handler begins.
  func attemptStarted(kind: String)
  /// A handler has ended; `duration` is the time that it ran.
  func attemptEnded(kind: String, ending: AttemptEnding, duration: Duration)
  /// The server did not take the end of an attempt: its lease had ended before.
  func endRefused(kind: String)
}

extension WorkerObserver {
  /// Does nothing.
  public func streamOpened(workerID: String) {}
  /// Does nothing.
  public func streamLost(_ error: MartletError, retryIn delay: Duration) {}
  /// Does nothing.
  public func attemptStarted(kind: String) {}
  /// Does nothing.
  public func attemptEnded(kind: String, ending: AttemptEnding, duration: Duration) {}
  /// Does nothing.
  public func endRefused(kind: String) {}
}
