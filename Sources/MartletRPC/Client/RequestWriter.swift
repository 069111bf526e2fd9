public import MartletProtobuf

/// Where a streaming caller puts its requests. May be used from any task; messages go out in the
/// order of the calls.
public struct RequestWriter<M: ProtobufMessage>: Sendable {
  let call: ClientCall

  /// Sends a message. Suspends while too much waits because the server does not read. Throws the
  /// call's `RPCStatus` when that has ended.
  /// Compressed only if `compressed` and the call's `CallOptions.encoding` says so.
  public func write(_ message: M, compressed: Bool = true) async throws {
    guard let outbox = call.outbox else { return }
    let encoding = compressed ? call.encoding : .identity
    if case .post = try outbox.add(FramedMessage.bytes(of: message, encoding)) {
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
  static func bytes(of message: some ProtobufMessage, _ encoding: MessageEncoding) -> [UInt8] {
    let region = allocate(message, encoding)
    defer { region.deallocate() }
    return Array(region)
  }

  /// The caller frees the memory.
  static func allocate(
    _ message: some ProtobufMessage, _ encoding: MessageEncoding
  ) -> UnsafeMutableRawBufferPointer {
    let plain = allocate(message)
    let content = UnsafeRawBufferPointer(rebasing: plain[MessageAssembler.prefixBytes...])
    guard encoding == .gzip, let packed = GzipCoder().compress(content) else { return plain }
    defer { plain.deallocate() }
    let region = allocate(byteCount: packed.count, flag: 1)
    UnsafeMutableRawBufferPointer(rebasing: region[MessageAssembler.prefixBytes...])
      .copyBytes(from: packed)
    return region
  }

  private static func allocate(_ message: some ProtobufMessage) -> UnsafeMutableRawBufferPointer {
    var region = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    message.encodeProtobuf { byteCount in
      region = allocate(byteCount: byteCount, flag: 0)
      return UnsafeMutableRawBufferPointer(rebasing: region[MessageAssembler.prefixBytes...])
    }
    return region
  }

  private static func allocate(byteCount: Int, flag: UInt8) -> UnsafeMutableRawBufferPointer {
    let region = UnsafeMutableRawBufferPointer.allocate(
      byteCount: MessageAssembler.prefixBytes + byteCount, alignment: 1)
    region.storeBytes(of: flag, as: UInt8.self)
    region.storeBytes(
      of: UInt32(truncatingIfNeeded: byteCount).bigEndian, toByteOffset: 1, as: UInt32.self)
    return region
  }
}
