import Synchronization

/// Whether the server serves: set by the node's owner, read and watched by health checks.
package final class HealthBoard: Sendable {
  package enum Status: Hashable, Sendable {
    case serving
    case notServing
  }

  private struct State: Sendable {
    var status = Status.notServing
    var isClosed = false
    var watchers: [UInt64: AsyncStream<Status>.Continuation] = [:]
    var nextWatcher: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Not serving until somebody says so.
  package init() {}

  package var status: Status { state.withLock { $0.status } }

  package func set(_ status: Status) {
    state.withLock { state in
      guard state.status != status else { return }
      state.status = status
      for watcher in state.watchers.values { watcher.yield(status) }
    }
  }

  /// Ends all watches, for a server that stops.
  package func close() {
    set(.notServing)
    let watchers = state.withLock { state in
      state.isClosed = true
      defer { state.watchers = [:] }
      return state.watchers
    }
    for watcher in watchers.values { watcher.finish() }
  }

  /// What is now, then each change. A slow watcher misses what was undone before it looked.
  func changes() -> AsyncStream<Status> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Status.self, bufferingPolicy: .bufferingNewest(1))
    let number: UInt64? = state.withLock { state in
      continuation.yield(state.status)
      if state.isClosed { return nil }
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = continuation
      return state.nextWatcher
    }
    guard let number else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.forget(number) }
    return stream
  }

  private func forget(_ number: UInt64) {
    _ = state.withLock { $0.watchers.removeValue(forKey: number) }
  }
}
