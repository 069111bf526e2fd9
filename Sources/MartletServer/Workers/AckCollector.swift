import MartletAPI
import Synchronization

/// Gathers the acknowledgements of one call, which come from other threads and in any order.
final class AckCollector: Sendable {
  private struct State: Sendable {
    var acks: [API.Ack?]
    var missing: Int
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(count: Int) {
    state = Mutex(State(acks: Array(repeating: nil, count: count), missing: count))
  }

  func set(_ ack: API.Ack, at index: Int) {
    let waiter = state.withLock { state in
      if state.acks[index] == nil { state.missing -= 1 }
      state.acks[index] = ack
      guard state.missing == 0 else { return nil as CheckedContinuation<Void, Never>? }
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// Waits for all of them; nil if the caller's task is cancelled first.
  func all() async -> [API.Ack]? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.missing == 0 || Task.isCancelled { return true }
          state.waiter = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
    return state.withLock { $0.missing == 0 ? $0.acks.compactMap { $0 } : nil }
  }
}
