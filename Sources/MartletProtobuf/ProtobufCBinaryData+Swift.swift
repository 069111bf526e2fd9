public import CProtobufC

extension ProtobufCBinaryData {
  /// The bytes as a string, which they must be.
  public func utf8String() throws(ProtobufDecodingError) -> String {
    guard len > 0, let data else { return "" }
    let bytes = UnsafeBufferPointer(start: data, count: len)
    let isASCII = UTF8Check.isASCII(bytes)
    guard isASCII || UTF8Check.isValid(bytes) else { throw .invalidUTF8 }
    // It has just been checked.
    return String(copying: UTF8Span(unchecked: bytes.span, isKnownASCII: isASCII))
  }

  /// The bytes, copied out of C's memory.
  public func byteArray() -> [UInt8] {
    guard len > 0, let data else { return [] }
    return Array(UnsafeBufferPointer(start: data, count: len))
  }
}
