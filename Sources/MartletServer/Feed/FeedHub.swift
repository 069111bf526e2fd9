package import MartletCore
import MartletRPC
import MartletStore
import Synchronization

/// The newest segments in memory, and those who wait for the next one.
///
/// A subscriber is a cursor and nothing more: it asks for what comes after its place, from here or,
/// when it is far behind, from the log. A slow one costs no memory.
package final class FeedHub: Sendable {
  private struct Waiter: Sendable {
    var after: Revision
    /// On the machine's clock; the wait then ends without news.
    var deadline: Int64
    var loop: CallLoop?
    var resume: @Sendable () -> Void
  }

  private struct State: Sendable {
    var ring = SegmentRing()
    var durable: Revision
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
    var isClosed = false
  }

  private let bytesMax: Int
  private let state: Mutex<State>

  package init(durable: Revision, bytesMax: Int) {
    self.bytesMax = bytesMax
    state = Mutex(State(durable: durable))
  }

  package var durable: Revision { state.withLock { $0.durable } }

  // MARK: - The newest segments

  /// What there is after a place.
  package enum Reading: Sendable {
    case segments([Segment])
    /// Everything has been read.
    case upToDate
    /// Further back than memory goes: read the log.
    case older
  }

  /// The segments that hold events after `revision`, as many as fit into `bytesMax`, at least one.
  package func read(after revision: Revision, bytesMax: Int) -> Reading {
    state.withLock { state in
      if revision >= state.durable { return .upToDate }
      let found = state.ring.segments(from: revision.next, bytesMax: bytesMax)
      return found.isEmpty ? .older : .segments(found)
    }
  }

  /// The segments in memory that hold revisions, most often neighbours.
  func segments(holding revisions: [Revision]) -> [Segment?] {
    state.withLock { state in
      var last: Segment?
      return revisions.map { revision in
        if let last, last.firstRevision <= revision, revision <= last.lastRevision { return last }
        last = state.ring.segment(holding: revision)
        return last
      }
    }
  }

  /// The segment in memory that holds the revision.
  func segment(holding revision: Revision) -> Segment? {
    state.withLock { $0.ring.segment(holding: revision) }
  }

  /// Takes in a durable segment and wakes who waits for it.
  func publish(_ segment: Segment) {
    let woken = state.withLock { state in
      state.ring.append(segment, bytesMax: bytesMax)
      state.durable = segment.lastRevision
      return Self.take(&state) { $0.after < segment.lastRevision }
    }
    Self.resume(woken)
  }

  // MARK: - Waiting

  /// Returns when there are events after `revision`, when the moment (on the machine's clock) has
  /// come, when the hub closes, or when the caller's task is cancelled.
  func wait(after revision: Revision, until deadline: Int64, on loop: CallLoop?) async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let isOver = state.withLock { state in
          if state.durable > revision || state.isClosed || Task.isCancelled { return true }
          state.waiters[number] = Waiter(after: revision, deadline: deadline, loop: loop) {
            continuation.resume()
          }
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
      waiter?.resume()
    }
  }

  /// Ends the waits whose moment has come.
  func expireWaits() {
    let now = MonotonicTime.now
    Self.resume(state.withLock { state in Self.take(&state) { $0.deadline <= now } })
  }

  package var isClosed: Bool { state.withLock { $0.isClosed } }

  func close() {
    let all = state.withLock { state in
      state.isClosed = true
      return Self.take(&state) { _ in true }
    }
    Self.resume(all)
  }

  private static func take(
    _ state: inout State, where isWanted: (Waiter) -> Bool
  ) -> [Waiter] {
    if state.waiters.isEmpty { return [] }
    let keys = state.waiters.filter { isWanted($0.value) }.keys
    return keys.compactMap { state.waiters.removeValue(forKey: $0) }
  }

  /// One hop for all that wait on one loop.
  private static func resume(_ waiters: [Waiter]) {
    guard !waiters.isEmpty else { return }
    var groups: [CallLoop: [Waiter]] = [:]
    for waiter in waiters {
      if let loop = waiter.loop {
        groups[loop, default: []].append(waiter)
      } else {
        waiter.resume()
      }
    }
    for (loop, group) in groups {
      loop.execute { for waiter in group { waiter.resume() } }
    }
  }
}
