internal import Dispatch
internal import Foundation
internal import Synchronization

/// The processes of one attempt: a program and what it has started, as far as that has stayed in
/// its process group.
final class ProgramGroup: Sendable {
  private struct State {
    /// The program's id, which is the group's; only while the program is not reaped.
    var id: pid_t?
    var isToldToStop = false
    var hasEnded = false
  }

  private let grace: Duration
  private let state = Mutex(State())

  /// - Parameter grace: Between SIGTERM and SIGKILL.
  init(grace: Duration) { self.grace = grace }

  /// For a shell.
  var graceSeconds: String { String(format: "%.3f", grace / .seconds(1)) }

  /// The program runs from now on.
  func started(_ id: pid_t) {
    let isToldToStop = state.withLock { state in
      state.id = id
      return state.isToldToStop
    }
    if isToldToStop { signalToStop() }
  }

  /// SIGTERM, and SIGKILL after the grace. May come before the program runs.
  func stop() {
    let isNew = state.withLock { state in
      defer { state.isToldToStop = true }
      return !state.isToldToStop && state.id != nil
    }
    if isNew { signalToStop() }
  }

  /// At once.
  func kill() { send(SIGKILL) }

  /// The program has ended: what it left behind is killed, and nothing more is.
  func ended() {
    state.withLock { state in
      if let id = state.id { _ = Glibc.kill(-id, SIGKILL) }
      state.id = nil
    }
  }

  private func signalToStop() {
    send(SIGTERM)
    let nanoseconds = Int(grace / .nanoseconds(1))
    DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(nanoseconds)) {
      self.send(SIGKILL)
    }
  }

  /// Under the lock, so that the id cannot be another's by then.
  private func send(_ signal: Int32) {
    state.withLock { state in
      guard let id = state.id else { return }
      // A stopped process gets its signal when it goes on.
      _ = Glibc.kill(-id, signal)
      if signal == SIGTERM { _ = Glibc.kill(-id, SIGCONT) }
    }
  }

  /// Returns when the process has ended; it can still be reaped then.
  static func waitForEnd(_ descriptor: Int32) async {
    let own = dup(descriptor)
    guard own >= 0 else { return }
    await withCheckedContinuation { continuation in
      let source = DispatchSource.makeReadSource(fileDescriptor: own, queue: .global())
      source.setEventHandler { source.cancel() }
      source.setCancelHandler {
        close(own)
        continuation.resume()
      }
      source.resume()
    }
  }
}
