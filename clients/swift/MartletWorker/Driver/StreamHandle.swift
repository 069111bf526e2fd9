internal import Synchronization

/// How a stream is ended from elsewhere, also before it is there.
final class StreamHandle: Sendable {
  private struct State {
    var end: (@Sendable () -> Void)?
    var isAbandoned = false
  }

  private let state = Mutex(State())

  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  func set(_ end: @escaping @Sendable () -> Void) {
    let isAbandoned = state.withLock { state in
      state.end = end
      return state.isAbandoned
    }
    if isAbandoned { end() }
  }

  func abandon() {
    let end = state.withLock { state in
      state.isAbandoned = true
      defer { state.end = nil }
      return state.end
    }
    end?()
  }
}
