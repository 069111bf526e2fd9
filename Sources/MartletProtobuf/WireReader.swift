/// Reads encoded fields one after the other. Never leaves its bytes.
struct WireReader {
  /// How many messages may be around one, as in Google's implementations. Groups count, too.
  static let depthMax = 100

  let bytes: UnsafeRawBufferPointer
  var offset = 0

  /// A field's number and wire type.
  struct Tag {
    var number: UInt32
    var wireType: UInt8
  }

  @inline(__always)
  mutating func tag(before end: Int) throws(ProtobufDecodingError) -> Tag {
    let value: UInt64
    if offset < end, bytes[offset] < 0x80 {
      value = UInt64(bytes[offset])
      offset &+= 1
    } else {
      value = try varint(before: end, byteCountMax: 5)
    }
    guard value >= 8, let value = UInt32(exactly: value) else { throw .malformed }
    return Tag(number: value >> 3, wireType: UInt8(truncatingIfNeeded: value & 7))
  }

  mutating func varint(
    before end: Int, byteCountMax: Int = 10
  ) throws(ProtobufDecodingError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    let last = min(end, offset &+ byteCountMax)
    while offset < last {
      let byte = bytes[offset]
      offset &+= 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift &+= 7
    }
    throw .malformed
  }

  /// The range of a value with a length in front of it, which is not read yet.
  @inline(__always)
  mutating func delimited(before end: Int) throws(ProtobufDecodingError) -> Range<Int> {
    let count: UInt64
    if offset < end, bytes[offset] < 0x80 {
      count = UInt64(bytes[offset])
      offset &+= 1
    } else {
      count = try varint(before: end, byteCountMax: 5)
    }
    guard count <= UInt64(end &- offset) else { throw .malformed }
    return offset..<offset &+ Int(count)
  }

  /// Passes a value of any type but a group's.
  @inline(__always)
  mutating func skip(_ wireType: UInt8, before end: Int) throws(ProtobufDecodingError) {
    switch wireType {
    case 0: _ = try varint(before: end)
    case 1: try skip(byteCount: 8, before: end)
    case 2: offset = try delimited(before: end).upperBound
    case 5: try skip(byteCount: 4, before: end)
    default: throw .malformed
    }
  }

  /// Passes a group, whose first tag has been read, with all that is in it.
  mutating func skipGroup(
    _ number: UInt32, before end: Int, depth: Int
  ) throws(ProtobufDecodingError) {
    var open = [number]
    while let innermost = open.last {
      guard depth + open.count <= Self.depthMax else { throw .tooDeep }
      let tag = try tag(before: end)
      switch tag.wireType {
      case 3: open.append(tag.number)
      case 4:
        guard tag.number == innermost else { throw .malformed }
        open.removeLast()
      default: try skip(tag.wireType, before: end)
      }
    }
  }

  private mutating func skip(byteCount: Int, before end: Int) throws(ProtobufDecodingError) {
    guard byteCount <= end &- offset else { throw .malformed }
    offset &+= byteCount
  }
}
