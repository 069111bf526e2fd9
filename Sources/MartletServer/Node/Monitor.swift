import CLinux
import Glibc
package import MartletCore

/// A value behind a lock that threads can wait on: the mailbox of a thread of ours.
///
/// Unchecked: the state is only touched with the mutex held, and the two C objects live as long as
/// this one.
final class Monitor<State>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var state: State

  init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A wall clock that jumps must not lengthen a wait.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<R>(_ body: (inout State) -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Changes the state and wakes whoever waits.
  func signal<R>(_ body: (inout State) -> R) -> R {
    let result = withLock(body)
    // Not with the mutex held: whoever wakes wants it first of all.
    pthread_cond_broadcast(condition)
    return result
  }

  /// Waits until `take` gives something, or until the moment of `MonotonicTime`; then nil.
  func wait<R>(until deadline: Int64? = nil, _ take: (inout State) -> R?) -> R? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = take(&state) { return result }
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      var time = timespec(
        tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return take(&state) }
    }
  }
}

/// Nanoseconds of the machine's monotonic clock.
enum MonotonicTime {
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// The two clocks of a node, and nothing else reads them.
package struct NodeClock: Sendable {
  private let base: Elapsed
  private let start: Int64

  /// The log's clock goes on from the last recorded moment plus the wall time since.
  package init(continuing stamp: Stamp) {
    let since = max(Self.wall - stamp.time, .zero)
    base = stamp.time.nanoseconds == 0 ? .zero : stamp.elapsed + since
    start = MonotonicTime.now
  }

  package static var wall: WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  package var elapsed: Elapsed { base + Span(nanoseconds: MonotonicTime.now - start) }

  package var now: Instant { Instant(elapsed: elapsed, wall: Self.wall) }

  /// When the machine's clock reaches that moment of the log's.
  func monotonic(_ moment: Elapsed) -> Int64 {
    let (time, overflow) = (moment - base).nanoseconds.addingReportingOverflow(start)
    return overflow ? .max : time
  }
}
