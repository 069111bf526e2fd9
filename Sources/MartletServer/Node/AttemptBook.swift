import MartletCore
import Synchronization

/// The attempts that are being made in this process.
///
/// Handlers only count themselves out: one of their threads that waits for a core, behind all
/// others, must hold no lock that the engine's thread wants. So what has ended is swept away when
/// others begin.
final class AttemptBook: Sendable {
  private struct State: Sendable {
    /// Some of them have ended.
    var links: [AttemptToken: AttemptLink] = [:]
    var idleWaiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter: UInt64 = 0
  }

  private let running = Atomic(0)
  private let isAwaited = Atomic(false)
  private let state = Mutex(State())

  /// A sweep takes away at least as many as it looks at in vain, and more than so many.
  private static let sweptMin = 1_024

  var count: Int { running.load(ordering: .relaxed) }

  /// One that is being made or ended lately.
  subscript(token: AttemptToken) -> AttemptLink? { state.withLock { $0.links[token] } }

  func all() -> [AttemptLink] {
    state.withLock { $0.links.values.filter { !$0.isOver } }
  }

  func begin(_ links: [AttemptLink]) {
    running.add(links.count, ordering: .sequentiallyConsistent)
    state.withLock { state in
      if state.links.count > 2 * count + Self.sweptMin {
        state.links = state.links.filter { !$0.value.isOver }
      }
      for link in links { state.links[link.token] = link }
    }
  }

  /// Of one that has been reported, once.
  func end(_ link: AttemptLink) {
    link.end()
    // Whoever waits says so before it looks at the count: one of the two sees the other.
    guard running.subtract(1, ordering: .sequentiallyConsistent).newValue == 0,
      isAwaited.load(ordering: .sequentiallyConsistent)
    else { return }
    let waiters = state.withLock { state in
      guard count == 0 else { return [] as [CheckedContinuation<Void, Never>] }
      defer { state.idleWaiters = [:] }
      isAwaited.store(false, ordering: .relaxed)
      return Array(state.idleWaiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when no attempt is being made, or when the caller's task is cancelled.
  func waitIdle() async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          isAwaited.store(true, ordering: .sequentiallyConsistent)
          if running.load(ordering: .sequentiallyConsistent) == 0 || Task.isCancelled {
            return true
          }
          state.idleWaiters[number] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.idleWaiters.removeValue(forKey: number) }?.resume()
    }
  }
}
