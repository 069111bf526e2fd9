public import MartletProtobuf

/// Where a streaming caller puts its requests. May be used from any task; messages go out in the
/// order of the calls.
public struct RequestWriter<M: ProtobufMessage>: Sendable {
  let call: ClientCall

  /// Sends a message. Suspends while too much waits because the server does not read. Throws the
  /// call's `RPCStatus` when that has ended.
  public func write(_ message: M) async throws {
    guard let outbox = call.outbox else { return }
    if case .post = try outbox.add(FramedMessage.bytes(of: message)) {
      call.channel.outboxFilled(call)
    }
    let limit = call.channel.configuration.writerBufferBytes
    guard outbox.isFull(limit: limit) else { return }
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { outbox.wait($0, mark: limit / 2) }
    } onCancel: {
      call.channel.cancel(call)
    }
  }

  /// Says that no more requests follow; done by the runtime when the writing closure returns.
  func finish() {
    if case .post? = try? call.outbox?.add(nil) { call.channel.outboxFilled(call) }
  }
}

/// Messages with their length prefix.
enum FramedMessage {
  static func bytes(of message: some ProtobufMessage) -> [UInt8] {
    let region = allocate(message)
    defer { region.deallocate() }
    return Array(region)
  }

  /// The caller frees the memory.
  static func allocate(_ message: some ProtobufMessage) -> UnsafeMutableRawBufferPointer {
    var region = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    message.encodeProtobuf { byteCount in
      let prefix = MessageAssembler.prefixBytes
      region = .allocate(byteCount: prefix + byteCount, alignment: 1)
      region.storeBytes(of: 0, as: UInt8.self)
      region.storeBytes(
        of: UInt32(truncatingIfNeeded: byteCount).bigEndian, toByteOffset: 1, as: UInt32.self)
      return UnsafeMutableRawBufferPointer(rebasing: region[prefix...])
    }
    return region
  }
}
