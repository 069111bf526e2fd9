/// Starts the worker that is looked at.
package protocol WorkerLauncher: Sendable {
  /// `server` is the address that the worker connects to, as `MARTLET_SERVER` has it.
  func launch(server: String) throws -> any LaunchedWorker
}

/// A worker that was started.
package protocol LaunchedWorker: Sendable {
  /// Asks it to stop, as SIGTERM does.
  func terminate()
  /// Ends it and all that it started, as SIGKILL does.
  func kill()
  /// The status of its exit, 128 and the signal's number if a signal ended it. For many waiters.
  func waitForExit() async -> Int32
  /// The newest of what it wrote to standard output and standard error: at most 2 KiB.
  var output: String { get }
}
