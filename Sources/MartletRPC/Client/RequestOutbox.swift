internal import MartletHTTP2
internal import Synchronization

/// The requests of a call on their way from the writer to the loop.
final class RequestOutbox: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    /// How many messages those are.
    var messageCount = 0
    var hasEnded = false
    /// What has left for a stream and may have to leave for another; nil: that cannot be.
    var replay: [UInt8]? = []
    var replayMessageCount = 0
    /// The loop has been told that there is something.
    var isPosted = false
    var waitingInStream = 0
    var failure: RPCStatus?
    var writers: [UnsafeContinuation<Void, any Error>] = []
    var onFailure: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())
  private let replayBytesMax: Int

  /// `replayBytesMax`: more requests than that are not kept for another attempt.
  init(replayBytesMax: Int) { self.replayBytesMax = replayBytesMax }

  enum OnAdd {
    /// Tell the loop.
    case post
    case done
  }

  /// All requests can be sent once more.
  var canRewind: Bool { state.withLock { $0.replay != nil } }

  /// Puts back what has left for a stream that is gone; false if not all of it was kept.
  func rewind() -> Bool {
    state.withLock { state in
      guard let sent = state.replay else { return false }
      state.bytes = sent + state.bytes
      state.replay = []
      state.messageCount += state.replayMessageCount
      state.replayMessageCount = 0
      state.waitingInStream = 0
      return true
    }
  }

  /// Nothing will be put back.
  func commit() { state.withLock { $0.replay = nil } }

  /// Takes a framed message, or the end (nil). Fails with the call's status when that has ended.
  func add(_ message: [UInt8]?) throws(RPCStatus) -> OnAdd {
    let result: Result<OnAdd, RPCStatus> = state.withLock { state in
      if let failure = state.failure {
        return message == nil ? .success(.done) : .failure(failure)
      }
      if let message {
        state.messageCount += 1
        if state.bytes.isEmpty { state.bytes = message } else { state.bytes += message }
      } else {
        state.hasEnded = true
      }
      defer { state.isPosted = true }
      return .success(state.isPosted ? .done : .post)
    }
    return try result.get()
  }

  /// More than `limit` bytes wait.
  func isFull(limit: Int) -> Bool {
    state.withLock { $0.failure == nil && $0.bytes.count + $0.waitingInStream > limit }
  }

  /// Resumes the writer when there is room again, at once if there is.
  func wait(_ writer: UnsafeContinuation<Void, any Error>, mark: Int) {
    let isResumed = state.withLock { state in
      if state.failure != nil || state.bytes.count + state.waitingInStream <= mark { return true }
      state.writers.append(writer)
      return false
    }
    if isResumed { writer.resume() }
  }

  /// Moves what waits into the stream's queue; tells how many messages that was, and whether the
  /// requests have ended.
  func move(to queue: ByteQueue) -> (messageCount: Int, hasEnded: Bool) {
    state.withLock { state in
      state.isPosted = false
      if let kept = state.replay?.count {
        if kept + state.bytes.count <= replayBytesMax {
          state.replay?.append(contentsOf: state.bytes)
          state.replayMessageCount += state.messageCount
        } else {
          state.replay = nil
        }
      }
      state.bytes.withUnsafeBytes { queue.append($0) }
      state.bytes.removeAll(keepingCapacity: state.bytes.count < 64 << 10)
      state.waitingInStream = queue.count
      defer { state.messageCount = 0 }
      return (state.messageCount, state.hasEnded)
    }
  }

  func drained(waitingInStream: Int, mark: Int) {
    let writers = state.withLock { state in
      state.waitingInStream = waitingInStream
      guard state.bytes.count + waitingInStream <= mark else {
        return [UnsafeContinuation<Void, any Error>]()
      }
      defer { state.writers.removeAll() }
      return state.writers
    }
    for writer in writers { writer.resume() }
  }

  /// Runs `body` when the call ends, at once if it has.
  func onFailure(_ body: @escaping @Sendable () -> Void) {
    let hasFailed = state.withLock { state in
      if state.failure == nil { state.onFailure = body }
      return state.failure != nil
    }
    if hasFailed { body() }
  }

  /// The call has ended: writing fails from now on.
  func fail(_ status: RPCStatus) {
    let (writers, onFailure) = state.withLock { state in
      state.failure = state.failure ?? status
      state.bytes = []
      defer {
        state.writers.removeAll()
        state.onFailure = nil
      }
      return (state.writers, state.onFailure)
    }
    onFailure?()
    for writer in writers { writer.resume(throwing: status) }
  }
}
