internal import MartletHTTP2
internal import Synchronization

/// The responses of a call on their way from the loop to the reader.
final class ResponseInbox: Sendable {
  /// What the reader gets when it asks.
  enum Delivery {
    /// Whole framed messages, one or more.
    case messages([UInt8])
    /// The end: nil is OK.
    case end(RPCStatus?)
  }

  private struct State {
    var bytes: [UInt8] = []
    var end: RPCStatus??
    var reader: UnsafeContinuation<Delivery, Never>?
    var initialMetadata: RPCMetadata?
    var trailingMetadata = RPCMetadata()
  }

  private let state = Mutex(State())

  var initialMetadata: RPCMetadata { state.withLock { $0.initialMetadata ?? RPCMetadata() } }
  var trailingMetadata: RPCMetadata { state.withLock { $0.trailingMetadata } }

  func headersArrived(_ metadata: RPCMetadata) {
    state.withLock { $0.initialMetadata = metadata }
  }

  /// Moves whole messages here, and on to the reader if it waits.
  func add(_ byteCount: Int, from queue: ByteQueue) {
    guard byteCount > 0 else { return }
    let delivered: (reader: UnsafeContinuation<Delivery, Never>, bytes: [UInt8])? =
      state.withLock { state in
        let complete = UnsafeRawBufferPointer(rebasing: queue.readable.prefix(byteCount))
        state.bytes.append(contentsOf: complete)
        queue.discard(byteCount)
        guard let reader = state.reader else { return nil }
        state.reader = nil
        var bytes: [UInt8] = []
        swap(&bytes, &state.bytes)
        return (reader, bytes)
      }
    if let delivered { delivered.reader.resume(returning: .messages(delivered.bytes)) }
  }

  /// Gives the reader what there is, or remembers it. For one reader.
  func read(_ reader: UnsafeContinuation<Delivery, Never>) {
    let delivery: Delivery? = state.withLock { state in
      if !state.bytes.isEmpty {
        var bytes: [UInt8] = []
        swap(&bytes, &state.bytes)
        return .messages(bytes)
      }
      if let end = state.end { return .end(end) }
      state.reader = reader
      return nil
    }
    if let delivery { reader.resume(returning: delivery) }
  }

  /// The end comes after all messages, unless it is an error that the reader should see at once.
  func end(_ status: RPCStatus?, trailing: RPCMetadata) {
    let reader = state.withLock { state in
      guard state.end == nil else { return UnsafeContinuation<Delivery, Never>?.none }
      state.end = .some(status)
      state.trailingMetadata = status?.metadata ?? trailing
      if state.initialMetadata == nil { state.initialMetadata = RPCMetadata() }
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: .end(status))
  }
}
