import MartletRPC
import Synchronization

/// Handlers that wait to be resumed from another thread, by loop.
final class WaitingCalls: Sendable {
  private struct State {
    var byLoop: [CallLoop: [CheckedContinuation<Void, Never>]] = [:]
    var count = 0
    var expected: (Int, CheckedContinuation<Void, Never>)?
  }

  private let state = Mutex(State())

  func wait(on loop: CallLoop) async {
    await withCheckedContinuation { continuation in
      let reached: CheckedContinuation<Void, Never>? = state.withLock { state in
        state.byLoop[loop, default: []].append(continuation)
        state.count += 1
        guard let (expected, waiter) = state.expected, state.count >= expected else { return nil }
        state.expected = nil
        return waiter
      }
      reached?.resume()
    }
  }

  func reached(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if state.count < count { state.expected = (count, continuation) }
        return state.count >= count
      }
      if isReached { continuation.resume() }
    }
  }

  func resumeAll() {
    let byLoop = state.withLock { state in
      defer { state.byLoop = [:] }
      return state.byLoop
    }
    for (loop, continuations) in byLoop {
      loop.execute { for continuation in continuations { continuation.resume() } }
    }
  }
}
