import Glibc
import Synchronization

/// One thread that looks after the executors that have jobs waiting, every millisecond, and sleeps
/// while there are none. Shared by the executors of a server.
package final class HandlerTicker: Sendable {
  private struct State {
    var watched: [HandlerExecutor] = []
    var thread: SystemThread?
    var isParked = false
    var isClosed = false
  }

  private static let tickNanoseconds = 1_000_000

  private let state = Mutex(State())
  private let parker = Parker()

  /// Threads that all pools together may have beside the first one of each: many pools that are
  /// short of cores must not look like as many that are blocked.
  package static let furtherThreadsMax = 256
  private let furtherThreads = Atomic(0)

  package init() {}

  /// Ends the thread and waits for it. To be called after the shut-down of the executors.
  package func shutdown() {
    let thread = state.withLock { state in
      state.isClosed = true
      defer { state.thread = nil }
      return state.thread
    }
    parker.unpark()
    thread?.join()
  }

  /// From now on the executor is ticked, until it wants no more.
  func watch(_ executor: HandlerExecutor) {
    let wakes = state.withLock { state in
      guard !state.isClosed else { return false }
      state.watched.append(executor)
      if state.thread == nil {
        state.thread = SystemThread.start(name: "handler-ticker") { [self] in run() }
      }
      defer { state.isParked = false }
      return state.isParked
    }
    if wakes { parker.unpark() }
  }

  private func run() {
    while let executors = next() {
      if executors.isEmpty {
        parker.park()
        continue
      }
      var tick = timespec(tv_sec: 0, tv_nsec: Self.tickNanoseconds)
      clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, nil)
      let done = executors.filter { !$0.tick() }
      if !done.isEmpty { forget(done) }
    }
  }

  /// Each once: an executor that wanted no more ticks may by now be in the list anew.
  private func forget(_ done: [HandlerExecutor]) {
    state.withLock { state in
      for executor in done {
        guard let place = state.watched.firstIndex(where: { $0 === executor }) else { continue }
        state.watched.remove(at: place)
      }
    }
  }

  /// The executors to look after; nil at the end.
  private func next() -> [HandlerExecutor]? {
    state.withLock { state in
      if state.isClosed { return nil }
      state.isParked = state.watched.isEmpty
      return state.watched
    }
  }

  /// Room for one more thread of a pool that has one; false if there is none now.
  func reserveThread() -> Bool {
    let taken = furtherThreads.add(1, ordering: .relaxed).newValue
    if taken <= Self.furtherThreadsMax { return true }
    releaseThread()
    return false
  }

  func releaseThread() { furtherThreads.subtract(1, ordering: .relaxed) }
}
