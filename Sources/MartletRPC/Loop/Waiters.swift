/// Continuations that wait for one condition, on one loop. Each has a number, so that a cancelled
/// one can be taken out.
struct Waiters<Value> {
  private var entries: [(id: UInt64, continuation: UnsafeContinuation<Value, any Error>)] = []

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ continuation: UnsafeContinuation<Value, any Error>, id: UInt64) {
    entries.append((id, continuation))
  }

  /// Takes all out, to be resumed by the caller.
  mutating func takeAll() -> [UnsafeContinuation<Value, any Error>] {
    defer { entries.removeAll(keepingCapacity: true) }
    return entries.map(\.continuation)
  }

  mutating func take(id: UInt64) -> UnsafeContinuation<Value, any Error>? {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
    return entries.remove(at: index).continuation
  }
}
