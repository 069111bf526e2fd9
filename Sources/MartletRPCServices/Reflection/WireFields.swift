/// The fields of a serialized protobuf message, one after the other, without a schema. What is not
/// a message ends it early: for bytes that generated code carries.
struct WireFields: Sequence, IteratorProtocol {
  /// A length-delimited field; other fields are passed over.
  struct Field {
    var number: Int
    var bytes: ArraySlice<UInt8>

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func next() -> Field? {
    while let tag = varint() {
      switch tag & 7 {
      case 0: if varint() == nil { return nil }
      case 1: rest = rest.dropFirst(8)
      case 2:
        guard let length = varint(), length <= rest.count else { return nil }
        let bytes = rest.prefix(Int(length))
        rest = rest.dropFirst(Int(length))
        return Field(number: Int(truncatingIfNeeded: tag >> 3), bytes: bytes)
      case 5: rest = rest.dropFirst(4)
      default: return nil
      }
    }
    return nil
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
