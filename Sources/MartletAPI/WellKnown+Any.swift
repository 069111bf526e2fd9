public import MartletProtobuf

extension WellKnown.`Any` {
  private static let typeURLPrefix = "type.googleapis.com/"

  /// The message with the address of its type.
  public init(packing message: some ProtobufMessage) {
    self.init(
      typeUrl: Self.typeURLPrefix + type(of: message).protobufName, value: message.protobufBytes())
  }

  /// The full name of the type: what follows the last slash of `typeUrl`.
  public var messageName: Substring {
    typeUrl.lastIndex(of: "/").map { typeUrl[typeUrl.index(after: $0)...] } ?? ""
  }

  /// The message, or nil if this holds one of another type.
  public func unpacked<M: ProtobufMessage>(
    as type: M.Type
  ) throws(ProtobufDecodingError) -> M? {
    messageName == M.protobufName ? try M(protobufBytes: value) : nil
  }
}
