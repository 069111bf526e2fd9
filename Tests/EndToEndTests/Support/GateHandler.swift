import MartletServer
import Synchronization

/// Attempts wait at the gate until the test opens it, or until they are told to stop.
final class GateHandler: TaskHandler {
  let kind: String
  /// Whether an attempt that is told to stop does so.
  private let heedsStop: Bool

  private typealias Waiter = (count: Int, continuation: CheckedContinuation<Void, Never>)

  private struct State {
    var isOpen = false
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var next: UInt64 = 0
    var stops: [HandlerStopReason] = []
    var order: [String] = []
    var left = 0
    var comeWaiters: [Waiter] = []
    var leaveWaiters: [Waiter] = []
  }

  private let state = Mutex(State())

  init(kind: String = "gate", heedsStop: Bool = true) {
    self.kind = kind
    self.heedsStop = heedsStop
  }

  /// Why attempts were told to stop, in that order.
  var stops: [HandlerStopReason] { state.withLock { $0.stops } }

  /// The tasks whose attempts have come to the gate, in that order.
  var order: [String] { state.withLock { $0.order } }

  /// Lets everybody through, now and later.
  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for waiter in waiting.values { waiter.resume() }
  }

  /// Returns when so many attempts have come to the gate: a task is RUNNING a moment before.
  func came(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.order.count >= count { return true }
        state.comeWaiters.append((count, continuation))
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  /// Returns when so many attempts have left the gate, told to stop or not.
  func left(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if state.left >= count { return true }
        state.leaveWaiters.append((count, continuation))
        return false
      }
      if isOver { continuation.resume() }
    }
  }

  func close() { state.withLock { $0.isOpen = false } }

  func run(_ context: HandlerContext) async throws(HandlerFailure) -> HandlerResult {
    let (number, told) = state.withLock { state in
      state.order.append(context.taskID)
      state.next += 1
      let come = state.order.count
      defer { state.comeWaiters.removeAll { $0.count <= come } }
      return (state.next, state.comeWaiters.filter { $0.count <= come })
    }
    for waiter in told { waiter.continuation.resume() }
    await withTaskCancellationHandler {
      await wait(number)
    } onCancel: {
      if heedsStop { leave(number) }
    }
    noteLeaving(context.stopReason)
    if heedsStop { try context.checkCancellation() }
    return HandlerResult(data: Array("passed".utf8), contentType: "text/plain")
  }

  private func noteLeaving(_ reason: HandlerStopReason?) {
    let told = state.withLock { state in
      if let reason { state.stops.append(reason) }
      state.left += 1
      let left = state.left
      defer { state.leaveWaiters.removeAll { $0.count <= left } }
      return state.leaveWaiters.filter { $0.count <= left }
    }
    for waiter in told { waiter.continuation.resume() }
  }

  private func wait(_ number: UInt64) async {
    await withCheckedContinuation { continuation in
      let passes = state.withLock { state in
        if state.isOpen || heedsStop && Task.isCancelled { return true }
        state.waiting[number] = continuation
        return false
      }
      if passes { continuation.resume() }
    }
  }

  private func leave(_ number: UInt64) {
    state.withLock { $0.waiting.removeValue(forKey: number) }?.resume()
  }
}
