/// A value that travels as a protobuf message.
///
/// Generated types conform to it; their bytes are read and written by protobuf-c. What that means
/// on the wire:
/// - Unknown fields are dropped, and with them groups and fields of another wire type than the
///   schema says; unknown numbers of enums are kept.
/// - A text that a later one of the same field replaces may be anything.
/// - Of a map's entries with one key the last one counts. Keys are compared as Swift compares
///   strings: spellings of the same text that differ only in composition are one key.
/// - Maps are written in the order of their keys, so that equal values have equal bytes.
/// - A `double` or `float` of -0.0 outside `optional`, `oneof` and `repeated` is not sent and
///   arrives as 0.0.
public protocol ProtobufMessage: Sendable, Equatable {
  /// The full name in the schema, for example `martlet.v1.Task`.
  static var protobufName: String { get }

  /// The message with every field unset.
  init()

  /// Decodes one whole message. The bytes may be hostile: the memory that decoding may take is
  /// bounded (see `ProtobufArena.decodingBudget(forByteCount:)`), and nesting and UTF-8 are
  /// checked.
  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError)

  /// Encodes the message.
  ///
  /// - Parameter reserve: Called exactly once, with the exact encoded size, which may be 0. The
  ///   message is written to the start of the memory that it returns, which must be at least as
  ///   large and stay valid until this method returns.
  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer)
}

extension ProtobufMessage {
  /// Decodes one whole message.
  @inlinable
  public init(protobufBytes bytes: [UInt8]) throws(ProtobufDecodingError) {
    self = try bytes.span.withUnsafeBytes { bytes throws(ProtobufDecodingError) in
      try Self(protobufBytes: bytes)
    }
  }

  /// The encoded message.
  @inlinable
  public func protobufBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    appendProtobufBytes(to: &bytes)
    return bytes
  }

  /// Appends the encoded message.
  @inlinable
  public func appendProtobufBytes(to bytes: inout [UInt8]) {
    withEncodedBytes { bytes.append(contentsOf: $0) }
  }

  /// Calls `body` with the encoded message, which is valid only until `body` returns.
  @inlinable
  public func withEncodedBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    let scratch = EncodingScratch.borrow()
    defer { EncodingScratch.giveBack(scratch) }
    var encoded = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    encodeProtobuf { byteCount in
      encoded = scratch.buffer(ofByteCount: byteCount)
      return encoded
    }
    return body(UnsafeRawBufferPointer(encoded))
  }
}

/// Why bytes are not the message that they should be.
public enum ProtobufDecodingError: Error, Equatable {
  /// They are not protobuf.
  case malformed
  /// A `string` is not UTF-8.
  case invalidUTF8
  /// A message is more than 100 levels below the outermost.
  case tooDeep
  /// Decoding would take more memory than the size of the message justifies.
  case tooLarge
}
