public import MartletProtobuf

/// Where a streaming handler puts its responses. May be used from any task; messages go out in the
/// order of the calls.
public struct ResponseWriter<M: ProtobufMessage>: Sendable {
  @usableFromInline let call: ServerCall

  @usableFromInline
  init(call: ServerCall) { self.call = call }

  /// Sends the initial metadata at once, so that the client knows that its call has been taken.
  public func sendHeaders() {
    if call.loop.isCurrent {
      call.sendHeaders()
    } else {
      call.loop.execute { [call] in call.sendHeaders() }
    }
  }

  /// Sends a message. Suspends while more than `ServerLimits.writerBufferBytes` wait because the
  /// client does not read. Throws `CancellationError` when there is no client any more.
  @inlinable
  public nonisolated(nonsending) func write(_ message: M) async throws {
    guard call.loop.isCurrent else {
      try await call.writeFromElsewhere(message.protobufBytes())
      return
    }
    try call.checkWritable()
    message.encodeProtobuf { call.reserveMessage($0) }
    if call.messageAppended() { try await call.waitForRoom() }
  }

  /// Sends a message, compressed only if `compressed` and the call's responses are at all: what
  /// mixes secrets with a caller's own words must not be (its size would tell).
  @inlinable
  public nonisolated(nonsending) func write(_ message: M, compressed: Bool) async throws {
    guard call.loop.isCurrent else {
      try await call.writeFromElsewhere(message.protobufBytes(), plain: !compressed)
      return
    }
    try call.checkWritable()
    message.encodeProtobuf { call.reserveMessage($0) }
    if call.messageAppended(plain: !compressed) { try await call.waitForRoom() }
  }

  /// The already encoded form: `fill` writes exactly `byteCount` bytes of one encoded `M` straight
  /// into the stream's buffer.
  @inlinable
  public nonisolated(nonsending) func write(
    encodedByteCount byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) async throws {
    guard call.loop.isCurrent else {
      let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
        fill(
          UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount]))
        filled = byteCount
      }
      try await call.writeFromElsewhere(bytes)
      return
    }
    try call.checkWritable()
    fill(call.reserveMessage(byteCount))
    if call.messageAppended() { try await call.waitForRoom() }
  }
}
