/// A protobuf message as a Swift value: what generated message types conform to.
///
/// The wire form is protobuf's own; equality is that of the values, field by field.
public protocol ProtobufMessage: Sendable, Equatable {
  /// The full protobuf name, such as `martlet.v1.Task`.
  static var protobufName: String { get }

  /// The message with every field at its default.
  init()

  /// Decodes one whole message. The bytes may be hostile: arena capped, depth checked, UTF-8
  /// checked.
  init(protobufBytes bytes: UnsafeRawBufferPointer) throws(ProtobufDecodingError)

  /// Calls `reserve` exactly once with the exact encoded size (may be 0) and writes the message
  /// there.
  func encodeProtobuf(into reserve: (_ byteCount: Int) -> UnsafeMutableRawBufferPointer)
}

extension ProtobufMessage {
  /// Decodes one whole message from an array of bytes.
  public init(protobufBytes bytes: [UInt8]) throws(ProtobufDecodingError) {
    let decoded: Result<Self, ProtobufDecodingError> = bytes.withUnsafeBytes { buffer in
      Result { () throws(ProtobufDecodingError) in try Self(protobufBytes: buffer) }
    }
    self = try decoded.get()
  }

  /// The encoded message.
  public func protobufBytes() -> [UInt8] {
    var region = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    defer { region.deallocate() }
    encodeProtobuf { byteCount in
      region = .allocate(byteCount: byteCount, alignment: 1)
      return region
    }
    return Array(region)
  }
}

/// Why bytes are not a message.
public enum ProtobufDecodingError: Error, Equatable {
  /// Not the wire form of this message type.
  case malformed
  /// A `string` field that is not UTF-8.
  case invalidUTF8
  /// Messages nested deeper than is safe to follow.
  case tooDeep
  /// Decoding would take more memory than a message of this size may.
  case tooLarge
}
