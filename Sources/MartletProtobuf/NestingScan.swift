internal import CProtobufC

/// Bounds the nesting of a message before protobuf-c, which recurses, unpacks it: a thread's stack
/// would not hold a few kilobytes of hostile nesting.
enum NestingScan {
  static let depthMax = 100

  private struct Frame {
    var end: Int
    var descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  }

  static func check(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(ProtobufDecodingError) {
    var reader = Reader(bytes: bytes)
    var frames = [Frame(end: bytes.count, descriptor: descriptor)]
    while let frame = frames.last {
      guard reader.offset < frame.end else {
        frames.removeLast()
        continue
      }
      let tag = try reader.varint(before: frame.end)
      switch tag & 7 {
      case 0: _ = try reader.varint(before: frame.end)
      case 1: try reader.skip(8, before: frame.end)
      case 5: try reader.skip(4, before: frame.end)
      case 2:
        guard let count = Int(exactly: try reader.varint(before: frame.end)) else {
          throw .malformed
        }
        guard let submessage = submessage(of: frame.descriptor, field: tag >> 3) else {
          try reader.skip(count, before: frame.end)
          continue
        }
        guard count <= frame.end - reader.offset else { throw .malformed }
        guard frames.count < depthMax else { throw .tooDeep }
        frames.append(Frame(end: reader.offset + count, descriptor: submessage))
      default: throw .malformed
      }
    }
  }

  private static func submessage(
    of descriptor: UnsafePointer<ProtobufCMessageDescriptor>, field number: UInt64
  ) -> UnsafePointer<ProtobufCMessageDescriptor>? {
    guard let number = UInt32(exactly: number),
      let field = protobuf_c_message_descriptor_get_field(descriptor, number),
      field.pointee.type == PROTOBUF_C_TYPE_MESSAGE
    else { return nil }
    return field.pointee.descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }

  private struct Reader {
    let bytes: UnsafeRawBufferPointer
    var offset = 0

    mutating func varint(before end: Int) throws(ProtobufDecodingError) -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while offset < end, shift < 70 {
        let byte = bytes[offset]
        offset += 1
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      throw .malformed
    }

    mutating func skip(_ count: Int, before end: Int) throws(ProtobufDecodingError) {
      guard count <= end - offset else { throw .malformed }
      offset += count
    }
  }
}
