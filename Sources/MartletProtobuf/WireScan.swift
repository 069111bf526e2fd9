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
    guard let descriptor else { return isRegular(start, start + bytes.count) }
    return isRegular(start, start + bytes.count, descriptor, depth: 0)
  }

  /// For a message whose fields matter. Recursive: up to `WireReader.depthMax` deep.
  private static func isRegular(
    _ start: UnsafeRawPointer, _ end: UnsafeRawPointer,
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int
  ) -> Bool {
    guard depth <= WireReader.depthMax else { return false }
    // The fields of single messages that have occurred, by their place in the descriptor.
    var seen: UInt64 = 0
    // Fields mostly come in the order of the descriptor.
    var expected = 0
    var next = start
    while next < end {
      let tag = tag(&next, end)
      if tag & 7 == 0 {
        guard tag >= 8, passVarint(&next, end) else { return false }
        continue
      }
      guard tag & 7 == 2 else {
        guard pass(tag, &next, end) else { return false }
        // Rare enough to be looked for from the start.
        let index = descriptor.index(ofField: tag >> 3, expecting: 0)
        if let index, descriptor.pointee.fields[index].type == PROTOBUF_C_TYPE_BOOL { return false }
        continue
      }
      guard tag >= 8, let length = length(&next, end) else { return false }
      let value = next
      next += length
      guard let index = descriptor.index(ofField: tag >> 3, expecting: expected) else { continue }
      expected = index
      let field = descriptor.pointee.fields + index
      guard let submessage = field.pointee.submessage else {
        let isBool = field.pointee.type == PROTOBUF_C_TYPE_BOOL
        if isBool, field.pointee.label != PROTOBUF_C_LABEL_REPEATED { return false }
        continue
      }
      if field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
        let bit: UInt64 = index < 64 ? 1 &<< UInt64(index) : .max
        guard seen & bit == 0 else { return false }
        seen |= bit
      }
      guard isRegular(value, next, submessage, depth: depth &+ 1) else { return false }
    }
    return true
  }

  /// For a message whose fields can be of any kind that their wire types allow.
  private static func isRegular(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
    var next = start
    while next < end {
      guard pass(tag(&next, end), &next, end) else { return false }
    }
    return true
  }

  // MARK: Fields

  /// Passes the value of a field, unless it is a group or the tag is none.
  @inline(__always)
  private static func pass(
    _ tag: UInt32, _ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer
  ) -> Bool {
    guard tag >= 8 else { return false }
    switch tag & 7 {
    case 0: return passVarint(&next, end)
    case 1: next += 8
    case 2:
      guard let length = length(&next, end) else { return false }
      next += length
    case 5: next += 4
    default: return false
    }
    return next <= end
  }

  /// The tag here; 0 if there is none.
  @inline(__always)
  private static func tag(_ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt32 {
    let byte = next.load(as: UInt8.self)
    guard byte >= 0x80 else {
      next += 1
      return UInt32(byte)
    }
    return UInt32(exactly: short(&next, end) ?? 0) ?? 0
  }

  /// The length here, if so many bytes follow.
  @inline(__always)
  private static func length(_ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Int? {
    guard next < end else { return nil }
    let byte = next.load(as: UInt8.self)
    let length: Int
    if byte < 0x80 {
      next += 1
      length = Int(byte)
    } else {
      guard let value = short(&next, end) else { return nil }
      length = Int(truncatingIfNeeded: value)
    }
    return length <= end - next ? length : nil
  }

  /// A varint of up to five bytes.
  @inline(never)
  private static func short(_ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt64? {
    var value: UInt64 = 0
    for position in 0..<min(5, end - next) {
      let byte = next.load(fromByteOffset: position, as: UInt8.self)
      value |= UInt64(byte & 0x7f) &<< UInt64(7 &* position)
      if byte < 0x80 {
        next += position + 1
        return value
      }
    }
    return nil
  }

  @inline(__always)
  private static func passVarint(
    _ next: inout UnsafeRawPointer, _ end: UnsafeRawPointer
  ) -> Bool {
    if end - next >= 8 {
      let last = ~next.loadUnaligned(as: UInt64.self).littleEndian & 0x8080_8080_8080_8080
      if last != 0 {
        next += last.trailingZeroBitCount &>> 3 &+ 1
        return true
      }
    }
    for position in 0..<min(10, end - next)
    where next.load(fromByteOffset: position, as: UInt8.self) < 0x80 {
      next += position + 1
      return true
    }
    return false
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
