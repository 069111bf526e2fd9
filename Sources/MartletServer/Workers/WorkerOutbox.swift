import MartletAPI
import MartletCore
import MartletRPC
import Synchronization

/// What waits to be said to one worker, until its stream takes it. Filled from any thread.
final class WorkerOutbox: Sendable {
  enum Item: Sendable {
    /// What is offered is read when it is said.
    case offer(Offer)
    case directive(API.Directive)
    case ack(API.Ack)
    case ping(UInt64)
    case pong(UInt64)
  }

  private struct State: Sendable {
    var items: [Item] = []
    var taken = 0
    var end: RPCStatus?
    var isEnded = false
    var waiter: Waiter?
  }

  /// As many items as are handed out at once.
  private static let itemsMax = 1_000

  private let state = Mutex(State())

  typealias Waiter = UnsafeContinuation<Void, Never>

  func add(_ items: [Item]) { put(items)?.resume() }

  /// Who is to be resumed, since something waits now.
  func put(_ items: [Item]) -> Waiter? {
    guard !items.isEmpty else { return nil }
    return state.withLock { state in
      guard !state.isEnded else { return nil }
      state.items.append(contentsOf: items)
      defer { state.waiter = nil }
      return state.waiter
    }
  }

  func add(_ item: Item) { add([item]) }

  var isEnded: Bool { state.withLock { $0.isEnded } }

  /// Nothing more is taken. What waits is still handed out; then `next` throws `status`, or returns
  /// nil.
  func end(_ status: RPCStatus? = nil) {
    let waiter = state.withLock { state in
      if !state.isEnded { state.end = status }
      state.isEnded = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }

  /// What waits, at least one item; waits for it. For one task.
  func next() async throws -> [Item]? {
    while true {
      let (items, isEnded, status) = state.withLock { state in
        (Self.take(&state), state.isEnded, state.end)
      }
      if !items.isEmpty { return items }
      if let status { throw status }
      if isEnded || Task.isCancelled { return nil }
      await wait()
    }
  }

  /// What waits now, without waiting.
  func takeAll() -> [Item] {
    state.withLock { state in
      let items = Array(state.items[state.taken...])
      state.items = []
      state.taken = 0
      return items
    }
  }

  private static func take(_ state: inout State) -> [Item] {
    let end = min(state.items.count, state.taken + itemsMax)
    let items = Array(state.items[state.taken..<end])
    state.taken = end
    if state.taken == state.items.count {
      state.items.removeAll(keepingCapacity: true)
      state.taken = 0
    }
    return items
  }

  /// Returns when something may have come, or the caller's task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let isReady = state.withLock { state in
          if state.taken < state.items.count || state.isEnded || Task.isCancelled { return true }
          state.waiter = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        defer { state.waiter = nil }
        return state.waiter
      }
      waiter?.resume()
    }
  }
}
