internal import CProtobufC

/// Looks at a message before protobuf-c does, which recurses (a thread's stack would not hold a few
/// kilobytes of hostile nesting), does not merge what comes in pieces, reads a `bool` out of any
/// wire type, and takes tags that nobody may send.
///
/// This is in the way of every message, so it only finds that all is well. What is not goes through
/// `WireNormalForm`, which says why or puts it right.
enum WireScan {
  /// Whether the message is encoded in such a way that protobuf-c reads or refuses it as the
  /// specification says.
  ///
  /// - Parameter descriptor: nil if no field of the type is a message or a `bool`.
  static func isRegular(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>?
  ) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    let all = Bounds(start: start, end: start + bytes.count)
    guard let descriptor else { return isRegular(all) }
    return isRegular(start, all.end, descriptor, in: all, depth: 0)
  }

  /// For a message whose fields matter. Recursive: up to `WireReader.depthMax` deep.
  private static func isRegular(
    _ start: UnsafeRawPointer, _ end: UnsafeRawPointer,
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, in all: Bounds, depth: Int
  ) -> Bool {
    guard depth <= WireReader.depthMax else { return false }
    // The fields of single messages that have occurred, by their place in the descriptor.
    var seen: UInt64 = 0
    // Fields mostly come in the order of the descriptor.
    var expected = 0
    var next = start
    while next < end {
      let field = all.field(at: next)
      next = field.end
      guard next <= end, field.tag >= 8 else { return false }
      if field.tag & 7 == 0 { continue }
      guard field.tag & 7 == 2 else {
        // Rare enough to be looked for from the start.
        let index = descriptor.index(ofField: field.tag >> 3, expecting: 0)
        if let index, descriptor.pointee.fields[index].type == PROTOBUF_C_TYPE_BOOL { return false }
        continue
      }
      guard let index = descriptor.index(ofField: field.tag >> 3, expecting: expected) else {
        continue
      }
      expected = index
      let known = descriptor.pointee.fields + index
      guard let submessage = known.pointee.submessage else {
        let isBool = known.pointee.type == PROTOBUF_C_TYPE_BOOL
        if isBool, known.pointee.label != PROTOBUF_C_LABEL_REPEATED { return false }
        continue
      }
      if known.pointee.label != PROTOBUF_C_LABEL_REPEATED {
        let bit: UInt64 = index < 64 ? 1 &<< UInt64(index) : .max
        guard seen & bit == 0 else { return false }
        seen |= bit
      }
      guard isRegular(field.value, next, submessage, in: all, depth: depth &+ 1) else {
        return false
      }
    }
    return true
  }

  /// For a message whose fields can be of any kind that their wire types allow.
  private static func isRegular(_ all: Bounds) -> Bool {
    var next = all.start
    while next < all.end {
      let field = all.field(at: next)
      next = field.end
      guard next <= all.end, field.tag >= 8 else { return false }
    }
    return true
  }
}

/// One field as it is encoded.
private struct ScannedField {
  /// Below 8 if there is no regular field: a group, or no tag or value that may be.
  var tag: UInt32
  /// The value, behind the length that it may have.
  var value: UnsafeRawPointer
  /// May be behind all bytes that there are, and is then not the end of a regular field.
  var end: UnsafeRawPointer
}

/// Where the bytes of the outermost message are.
private struct Bounds {
  var start: UnsafeRawPointer
  var end: UnsafeRawPointer

  /// The field that begins here, before `end`. Nearly all tags and lengths have one byte, and most
  /// numbers not more than seven, so that a word tells all about a field.
  @inline(__always)
  func field(at place: UnsafeRawPointer) -> ScannedField {
    let rest = end - place
    let word: UInt64
    if rest >= 8 {
      word = place.loadUnaligned(as: UInt64.self).littleEndian
    } else if end - start >= 8 {
      // The last word, moved; what the zeros stand for lies behind the end.
      let last = (end - 8).loadUnaligned(as: UInt64.self).littleEndian
      word = last &>> UInt64(8 &* (8 &- rest))
    } else {
      return longField(at: place)
    }
    let tag = UInt32(truncatingIfNeeded: word & 0xff)
    if tag & 0x87 == 2, word & 0x8000 == 0 {
      let value = place + 2
      return ScannedField(tag: tag, value: value, end: value + Int(word &>> 8 & 0x7f))
    }
    if tag & 0x87 == 0 {
      let last = ~word & 0x8080_8080_8080_8000
      if last != 0 {
        return ScannedField(
          tag: tag, value: place + 1, end: place + (last.trailingZeroBitCount &>> 3 &+ 1))
      }
    }
    return longField(at: place)
  }

  /// The same for any field.
  @inline(never)
  private func longField(at place: UnsafeRawPointer) -> ScannedField {
    let none = ScannedField(tag: 0, value: place, end: place)
    guard let tag = varint(at: place, byteCountMax: 5), let number = UInt32(exactly: tag.value)
    else { return none }
    switch number & 7 {
    case 0:
      guard let value = varint(at: tag.end, byteCountMax: 10) else { return none }
      return ScannedField(tag: number, value: tag.end, end: value.end)
    case 1: return ScannedField(tag: number, value: tag.end, end: tag.end + 8)
    case 2:
      guard let length = varint(at: tag.end, byteCountMax: 5) else { return none }
      return ScannedField(
        tag: number, value: length.end,
        end: length.end + Int(truncatingIfNeeded: length.value))
    case 5: return ScannedField(tag: number, value: tag.end, end: tag.end + 4)
    default: return none
    }
  }

  private func varint(
    at place: UnsafeRawPointer, byteCountMax: Int
  ) -> (value: UInt64, end: UnsafeRawPointer)? {
    var value: UInt64 = 0
    for position in 0..<min(byteCountMax, end - place) {
      let byte = place.load(fromByteOffset: position, as: UInt8.self)
      value |= UInt64(byte & 0x7f) &<< UInt64(7 &* position)
      if byte < 0x80 { return (value, place + position + 1) }
    }
    return nil
  }
}

extension UnsafePointer<ProtobufCMessageDescriptor> {
  /// The place of the field with this number in `fields`, which is looked for at and soon
  /// after `expected` first.
  @inline(__always)
  func index(ofField number: UInt32, expecting expected: Int) -> Int? {
    guard let fields = pointee.fields else { return nil }
    let end = min(Int(pointee.n_fields), expected &+ 3)
    var index = expected
    while index < end, fields[index].id < number { index &+= 1 }
    if index < end, fields[index].id == number { return index }
    return protobuf_c_message_descriptor_get_field(self, number).map { $0 - fields }
  }
}

extension ProtobufCFieldDescriptor {
  /// The type of the messages that the field holds; nil if it holds something else.
  @inline(__always)
  var submessage: UnsafePointer<ProtobufCMessageDescriptor>? {
    guard type == PROTOBUF_C_TYPE_MESSAGE else { return nil }
    return descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }
}
