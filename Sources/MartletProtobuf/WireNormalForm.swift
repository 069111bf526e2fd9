internal import CProtobufC

/// Writes a message again so that protobuf-c, which departs from the specification in these points,
/// reads what was meant:
/// - The pieces of a message that came in several are joined, which merges them. A member of a
///   oneof that another one has replaced in between begins anew.
/// - Groups, other unknown fields, and fields of another wire type than the schema says are left
///   out.
/// - The numbers of a packed list of `bool` become 0 and 1, in one byte each.
struct WireNormalForm {
  private var reader: WireReader
  private var output: [UInt8] = []

  private typealias Descriptor = UnsafePointer<ProtobufCMessageDescriptor>

  static func of(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(ProtobufDecodingError) -> [UInt8] {
    var form = WireNormalForm(reader: WireReader(bytes: bytes))
    form.output.reserveCapacity(bytes.count)
    try form.write([0..<bytes.count], descriptor, depth: 0)
    return form.output
  }

  /// Where the single messages of a message are, by the places of their fields in the descriptor.
  private struct Pieces {
    private(set) var ofField: [Int: [Range<Int>]] = [:]
    /// What other members of oneofs have replaced: of no account, but not free to be anything.
    private(set) var replaced: [(field: Int, pieces: [Range<Int>])] = []
    /// Which field each oneof holds; oneofs are known by where C keeps what they hold.
    private var heldByOneof: [UInt32: Int] = [:]

    mutating func occurred(_ field: ProtobufCFieldDescriptor, at index: Int) {
      guard field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0 else { return }
      let before = heldByOneof.updateValue(index, forKey: field.quantifier_offset)
      guard let before, before != index else { return }
      if let pieces = ofField.removeValue(forKey: before) { replaced.append((before, pieces)) }
    }

    mutating func add(_ piece: Range<Int>, at index: Int) {
      ofField[index, default: []].append(piece)
    }
  }

  // MARK: Messages

  private mutating func write(
    _ parts: [Range<Int>], _ descriptor: Descriptor, depth: Int
  ) throws(ProtobufDecodingError) {
    guard depth <= WireReader.depthMax else { throw .tooDeep }
    var pieces = Pieces()
    for part in parts {
      reader.offset = part.lowerBound
      while reader.offset < part.upperBound {
        try writeField(before: part.upperBound, descriptor, &pieces, depth: depth)
      }
    }
    let end = output.count
    for (index, found) in pieces.replaced { try write(found, index, descriptor, depth: depth) }
    output.removeLast(output.count - end)
    for (index, found) in pieces.ofField.sorted(by: { $0.key < $1.key }) {
      try write(found, index, descriptor, depth: depth)
    }
  }

  /// Writes the pieces of one field as one message.
  private mutating func write(
    _ parts: [Range<Int>], _ index: Int, _ descriptor: Descriptor, depth: Int
  ) throws(ProtobufDecodingError) {
    let field = descriptor.pointee.fields[index]
    guard let submessage = field.submessage else { return }
    try write(parts, as: field.id, submessage, depth: depth)
  }

  private mutating func writeField(
    before end: Int, _ descriptor: Descriptor, _ pieces: inout Pieces, depth: Int
  ) throws(ProtobufDecodingError) {
    let start = reader.offset
    let tag = try reader.tag(before: end)
    guard tag.wireType != 3 else {
      return try reader.skipGroup(tag.number, before: end, depth: depth)
    }
    let value =
      tag.wireType == 2 ? try reader.delimited(before: end) : reader.offset..<reader.offset
    if tag.wireType == 2 {
      reader.offset = value.upperBound
    } else {
      try reader.skip(tag.wireType, before: end)
    }
    guard let index = descriptor.index(ofField: tag.number, expecting: 0) else { return }
    let field = descriptor.pointee.fields[index]
    guard field.takes(tag.wireType) else { return }
    pieces.occurred(field, at: index)
    let after = reader.offset
    if let submessage = field.submessage {
      if field.label == PROTOBUF_C_LABEL_REPEATED {
        try write([value], as: field.id, submessage, depth: depth)
        reader.offset = after
      } else {
        pieces.add(value, at: index)
      }
    } else if tag.wireType == 2, field.type == PROTOBUF_C_TYPE_BOOL {
      try writePackedBools(value, as: field.id)
    } else {
      output.append(contentsOf: reader.bytes[start..<after])
    }
  }

  private mutating func write(
    _ parts: [Range<Int>], as number: UInt32, _ descriptor: Descriptor, depth: Int
  ) throws(ProtobufDecodingError) {
    let length = beginDelimited(number)
    try write(parts, descriptor, depth: depth + 1)
    endDelimited(at: length)
  }

  private mutating func writePackedBools(
    _ value: Range<Int>, as number: UInt32
  ) throws(ProtobufDecodingError) {
    let length = beginDelimited(number)
    reader.offset = value.lowerBound
    while reader.offset < value.upperBound {
      output.append(try reader.varint(before: value.upperBound) == 0 ? 0 : 1)
    }
    endDelimited(at: length)
  }

  // MARK: Lengths

  /// Lengths are filled in when they are known, so they all have the same number of bytes.
  private static let lengthByteCount = 5

  /// Appends a tag and room for a length; returns the place of the latter.
  private mutating func beginDelimited(_ number: UInt32) -> Int {
    var rest = number << 3 | 2
    while rest >= 0x80 {
      output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    output.append(UInt8(truncatingIfNeeded: rest))
    output.append(contentsOf: repeatElement(0, count: Self.lengthByteCount))
    return output.count - Self.lengthByteCount
  }

  private mutating func endDelimited(at place: Int) {
    var rest = output.count - place - Self.lengthByteCount
    for offset in 0..<Self.lengthByteCount {
      let isLast = offset + 1 == Self.lengthByteCount
      output[place + offset] = UInt8(truncatingIfNeeded: rest & 0x7f) | (isLast ? 0 : 0x80)
      rest >>= 7
    }
  }
}

extension ProtobufCFieldDescriptor {
  /// Whether the schema lets the field come with this wire type.
  fileprivate func takes(_ wireType: UInt8) -> Bool {
    let own: UInt8
    switch type {
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE:
      return wireType == 2
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: own = 1
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: own = 5
    default: own = 0
    }
    return wireType == own || wireType == 2 && label == PROTOBUF_C_LABEL_REPEATED
  }
}
