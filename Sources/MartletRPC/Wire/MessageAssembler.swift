internal import MartletHTTP2

/// Finds the messages in a stream's bytes: each has a flag byte and four bytes of length before it.
/// Says what is wrong from the prefix alone, before any of the message has come.
struct MessageAssembler {
  static let prefixBytes = 5

  /// The largest message to accept, in bytes.
  var messageBytesMax: Int
  /// What the peer compresses messages with.
  var encoding = AnnouncedEncoding.none
  /// Whole messages, prefixes included, at the front of the queue.
  private(set) var completeBytes = 0
  /// How many messages those are.
  private(set) var completeMessages = 0

  init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

  /// Looks at what is new in the queue.
  mutating func scan(_ queue: ByteQueue) throws(RPCStatus) {
    let bytes = queue.readable
    while bytes.count - completeBytes >= Self.prefixBytes {
      let length = try messageLength(bytes, at: completeBytes)
      guard bytes.count - completeBytes - Self.prefixBytes >= length else { return }
      completeBytes += Self.prefixBytes + length
      completeMessages += 1
    }
  }

  /// The length of the first whole message; nil if there is none.
  func firstMessageLength(_ queue: ByteQueue) -> Int? {
    guard completeMessages > 0 else { return nil }
    return Self.length(queue.readable, at: 0)
  }

  /// The first whole message is compressed. Ask only if there is one.
  func isFirstCompressed(_ queue: ByteQueue) -> Bool { queue.readable.first == 1 }

  /// Notes that the first message, prefix included, has left the queue.
  mutating func removed(messageLength: Int) {
    completeBytes -= Self.prefixBytes + messageLength
    completeMessages -= 1
  }

  /// Notes that all whole messages are about to leave the queue; returns their bytes.
  mutating func takeComplete() -> Int {
    defer {
      completeBytes = 0
      completeMessages = 0
    }
    return completeBytes
  }

  /// Part of a message waits for the rest.
  func hasPartialMessage(_ queue: ByteQueue) -> Bool { queue.count > completeBytes }

  private func messageLength(
    _ bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(RPCStatus) -> Int {
    if bytes[offset] != 0 { try checkFlag(bytes[offset]) }
    let length = Self.length(bytes, at: offset)
    guard length <= messageBytesMax else {
      throw RPCStatus(
        code: .resourceExhausted,
        message: "message of \(length) bytes is larger than the limit of \(messageBytesMax)")
    }
    return length
  }

  @inline(never)
  private func checkFlag(_ flag: UInt8) throws(RPCStatus) {
    guard flag == 1 else {
      throw RPCStatus(code: .internalError, message: "invalid message flags")
    }
    switch encoding {
    case .gzip: break
    case .none, .identity:
      throw RPCStatus(code: .internalError, message: "compressed message without grpc-encoding")
    case .unknown:
      throw RPCStatus(code: .unimplemented, message: "grpc-encoding is not supported")
    }
  }

  private static func length(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)))
  }
}

extension ByteQueue {
  /// Adds a message's prefix and hands out the room for its bytes.
  func reserveMessage(
    _ byteCount: Int, isCompressed: Bool = false
  ) -> UnsafeMutableRawBufferPointer {
    let region = reserve(MessageAssembler.prefixBytes + byteCount)
    region.storeBytes(of: isCompressed ? 1 : 0, as: UInt8.self)
    region.storeBytes(
      of: UInt32(truncatingIfNeeded: byteCount).bigEndian, toByteOffset: 1, as: UInt32.self)
    return UnsafeMutableRawBufferPointer(rebasing: region[MessageAssembler.prefixBytes...])
  }
}
