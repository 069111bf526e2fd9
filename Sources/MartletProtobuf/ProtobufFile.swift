/// A .proto file as its serialized `FileDescriptorProto`, without comments: what generated code
/// carries so that a server can tell its clients what it serves.
public struct ProtobufFile: Sendable {
  /// As others import it: `martlet/v1/task.proto`.
  public let name: String
  /// The files that it imports, in its order.
  public let imports: [ProtobufFile]
  private let descriptor: StaticString

  /// For generated code.
  ///
  /// - Parameter descriptor: The bytes, each as the character of the same number (up to U+00FF).
  public init(name: String, imports: [ProtobufFile], descriptor: StaticString) {
    self.name = name
    self.imports = imports
    self.descriptor = descriptor
  }

  /// The serialized `FileDescriptorProto`. Made at each use.
  public var descriptorBytes: [UInt8] {
    descriptor.withUTF8Buffer { utf8 in
      String(decoding: utf8, as: UTF8.self).unicodeScalars.map {
        UInt8(truncatingIfNeeded: $0.value)
      }
    }
  }
}
