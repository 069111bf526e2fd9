public import ServiceLifecycle
public import UnixSignals

extension MartletWorker: Service {}

extension MartletWorker {
  /// As `run`, until the process gets one of these signals; then as `shutdown`. A second signal
  /// tells handlers to stop at once.
  public func runUntilSignal(_ signals: [UnixSignal] = [.sigterm, .sigint]) async throws {
    let signals = await UnixSignalsSequence(trapping: signals)
    let listening = Task(executorPreference: client.workers.executor) { [self] in
      var count = 0
      for await _ in signals {
        count += 1
        shutdown(grace: count == 1 ? nil : .zero)
      }
    }
    defer { listening.cancel() }
    try await run()
  }
}
