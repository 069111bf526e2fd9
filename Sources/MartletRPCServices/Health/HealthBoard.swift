internal import Synchronization

/// Which services of a server serve: set by the server's owner, read and watched by health checks.
/// The empty name stands for the server as a whole.
public final class HealthBoard: Sendable {
  public enum Status: Hashable, Sendable {
    case serving
    case notServing
  }

  private struct Watcher: Sendable {
    var service: String
    var continuation: AsyncStream<Status?>.Continuation
  }

  private struct State: Sendable {
    var statuses: [String: Status]
    var isClosed = false
    var watchers: [UInt64: Watcher] = [:]
    var nextWatcher: UInt64 = 0
  }

  private let state: Mutex<State>

  /// Knows the server as a whole and these services by their full names; none serves until
  /// somebody says so.
  public init(services: [String] = []) {
    let names = Set(services + [""])
    state = Mutex(State(statuses: .init(uniqueKeysWithValues: names.map { ($0, .notServing) })))
  }

  /// The status of one service; nil if it is not known.
  public func status(of service: String = "") -> Status? {
    state.withLock { $0.statuses[service] }
  }

  /// All that is known, by name.
  public var statuses: [String: Status] { state.withLock { $0.statuses } }

  /// Sets the status of one service, which is known from then on. Nothing happens after `close`.
  public func set(_ status: Status, for service: String) {
    state.withLock { state in
      if !state.isClosed { Self.set(status, for: service, in: &state) }
    }
  }

  /// Sets the status of the server and of each service that is known.
  public func setAll(_ status: Status) {
    state.withLock { state in
      guard !state.isClosed else { return }
      for service in state.statuses.keys { Self.set(status, for: service, in: &state) }
    }
  }

  /// Forgets a service.
  public func remove(_ service: String) {
    state.withLock { state in
      if !state.isClosed { Self.set(nil, for: service, in: &state) }
    }
  }

  /// Nothing serves from then on, and all watches end: for a server that stops.
  public func close() {
    setAll(.notServing)
    let watchers = state.withLock { state in
      state.isClosed = true
      defer { state.watchers = [:] }
      return state.watchers
    }
    for watcher in watchers.values { watcher.continuation.finish() }
  }

  private static func set(_ status: Status?, for service: String, in state: inout State) {
    guard state.statuses[service] != status else { return }
    state.statuses[service] = status
    for watcher in state.watchers.values where watcher.service == service {
      watcher.continuation.yield(status)
    }
  }

  /// What is now (nil: not known), then each change. A slow watcher misses what was undone before
  /// it looked.
  public func changes(of service: String = "") -> AsyncStream<Status?> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: Status?.self, bufferingPolicy: .bufferingNewest(1))
    let number: UInt64? = state.withLock { state in
      continuation.yield(state.statuses[service])
      if state.isClosed { return nil }
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = Watcher(service: service, continuation: continuation)
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
