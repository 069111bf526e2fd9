/// Writes single fields of a message that is put together by hand from parts that are encoded
/// already: a repeated field of messages is its entries one after the other.
public enum ProtobufDelimited {
  /// Appends a submessage, or one entry of a repeated field of messages, with its tag and length.
  ///
  /// - Parameter field: The field's number, 1 to 536,870,911.
  @inlinable
  public static func append(
    field: Int, _ message: some ProtobufMessage, to bytes: inout [UInt8]
  ) {
    message.withEncodedBytes { append(field: field, encoded: $0, to: &bytes) }
  }

  /// Appends a string field. One that is empty is left out, as in an encoded message.
  public static func append(field: Int, _ text: String, to bytes: inout [UInt8]) {
    guard !text.isEmpty else { return }
    var text = text
    text.withUTF8 { append(field: field, encoded: UnsafeRawBufferPointer($0), to: &bytes) }
  }

  /// Appends a field of messages, strings or bytes whose value is encoded already.
  public static func append(
    field: Int, encoded value: UnsafeRawBufferPointer, to bytes: inout [UInt8]
  ) {
    appendVarint(tag(field), to: &bytes)
    appendVarint(UInt64(value.count), to: &bytes)
    bytes.append(contentsOf: value)
  }

  /// How many bytes `append` adds for a value of this size: tag, length and the value.
  public static func byteCount(field: Int, valueByteCount: Int) -> Int {
    varintByteCount(tag(field)) + varintByteCount(UInt64(valueByteCount)) + valueByteCount
  }

  private static func tag(_ field: Int) -> UInt64 {
    precondition(field >= 1 && field < 1 << 29, "no field has the number \(field)")
    return UInt64(field) << 3 | 2
  }

  private static func varintByteCount(_ value: UInt64) -> Int {
    max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
  }

  private static func appendVarint(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}
