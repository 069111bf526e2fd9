public import CProtobufC

extension ProtobufCBinaryData {
  /// The bytes as a string, which they must be.
  public func utf8String() throws(ProtobufDecodingError) -> String {
    guard len > 0, let data else { return "" }
    let bytes = UnsafeBufferPointer(start: data, count: len)
    guard UTF8Check.isValid(bytes) else { throw .invalidUTF8 }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes, copied out of C's memory.
  public func byteArray() -> [UInt8] {
    guard len > 0, let data else { return [] }
    return Array(UnsafeBufferPointer(start: data, count: len))
  }
}
