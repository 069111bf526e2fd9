/// A protobuf message as the fields that stand on the wire, in their order, without a schema.
///
/// Descriptors are read and rewritten in this form, so that what the plugin does not know is kept.
struct WireMessage {
  struct Field {
    enum Value {
      case varint(UInt64)
      case fixed64(UInt64)
      case bytes([UInt8])
      case fixed32(UInt32)
    }

    var number: Int
    var value: Value
  }

  /// Thrown for bytes that are no protobuf message; says where.
  struct Malformed: Error, CustomStringConvertible {
    var offset: Int
    var description: String { "not a protobuf message (at byte \(offset))" }
  }

  var fields: [Field] = []

  init() {}

  init(_ bytes: [UInt8]) throws {
    var reader = WireReader(bytes: bytes)
    while let field = try reader.nextField() { fields.append(field) }
  }

  var serialized: [UInt8] {
    var out: [UInt8] = []
    for field in fields {
      switch field.value {
      case .varint(let value):
        appendVarint(UInt64(field.number) << 3, to: &out)
        appendVarint(value, to: &out)
      case .fixed64(let value):
        appendVarint(UInt64(field.number) << 3 | 1, to: &out)
        for shift in stride(from: 0, to: 64, by: 8) {
          out.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
      case .bytes(let value):
        appendVarint(UInt64(field.number) << 3 | 2, to: &out)
        appendVarint(UInt64(value.count), to: &out)
        out += value
      case .fixed32(let value):
        appendVarint(UInt64(field.number) << 3 | 5, to: &out)
        for shift in stride(from: 0, to: 32, by: 8) {
          out.append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
        }
      }
    }
    return out
  }
}

// MARK: Reading fields

extension WireMessage {
  /// All occurrences of a length-delimited field.
  func allBytes(_ number: Int) -> [[UInt8]] {
    fields.compactMap {
      if $0.number == number, case .bytes(let value) = $0.value { value } else { nil }
    }
  }

  func messages(_ number: Int) throws -> [WireMessage] {
    try allBytes(number).map(WireMessage.init)
  }

  func message(_ number: Int) throws -> WireMessage? {
    try allBytes(number).last.map(WireMessage.init)
  }

  func strings(_ number: Int) -> [String] {
    allBytes(number).map { String(decoding: $0, as: UTF8.self) }
  }

  func string(_ number: Int) -> String {
    strings(number).last ?? ""
  }

  /// The last value of a varint field; nil if it is not there.
  func integer(_ number: Int) -> Int? {
    for field in fields.reversed() where field.number == number {
      if case .varint(let value) = field.value { return Int(truncatingIfNeeded: value) }
    }
    return nil
  }

  func flag(_ number: Int) -> Bool {
    (integer(number) ?? 0) != 0
  }

  /// The values of a repeated integer field, packed or not.
  func integers(_ number: Int) throws -> [Int] {
    var values: [Int] = []
    for field in fields where field.number == number {
      switch field.value {
      case .varint(let value):
        values.append(Int(truncatingIfNeeded: value))
      case .bytes(let packed):
        var reader = WireReader(bytes: packed)
        while !reader.isAtEnd { values.append(Int(truncatingIfNeeded: try reader.varint())) }
      case .fixed32, .fixed64:
        continue
      }
    }
    return values
  }
}

// MARK: Changing fields

extension WireMessage {
  mutating func removeAll(_ number: Int) {
    fields.removeAll { $0.number == number }
  }

  /// Replaces every occurrence by one with this value.
  mutating func set(_ number: Int, _ value: Field.Value) {
    removeAll(number)
    fields.append(Field(number: number, value: value))
  }

  mutating func append(_ number: Int, _ value: Field.Value) {
    fields.append(Field(number: number, value: value))
  }

  /// Replaces each string with this number by what `change` makes of it, in its place.
  mutating func changeStrings(_ number: Int, _ change: (String) -> String) {
    for index in fields.indices where fields[index].number == number {
      guard case .bytes(let bytes) = fields[index].value else { continue }
      fields[index].value = .bytes(Array(change(String(decoding: bytes, as: UTF8.self)).utf8))
    }
  }

  /// Runs `change` on each submessage with this number, in its place.
  mutating func changeMessages(
    _ number: Int, _ change: (inout WireMessage) throws -> Void
  ) throws {
    for index in fields.indices where fields[index].number == number {
      guard case .bytes(let bytes) = fields[index].value else { continue }
      var message = try WireMessage(bytes)
      try change(&message)
      fields[index].value = .bytes(message.serialized)
    }
  }
}

// MARK: Bytes

/// Reads the wire format from a byte array.
struct WireReader {
  let bytes: [UInt8]
  var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func nextField() throws -> WireMessage.Field? {
    guard !isAtEnd else { return nil }
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), number > 0 else {
      throw WireMessage.Malformed(offset: offset)
    }
    switch tag & 7 {
    case 0: return .init(number: number, value: .varint(try varint()))
    case 1: return .init(number: number, value: .fixed64(try fixed(8)))
    case 2:
      guard let count = Int(exactly: try varint()), count <= bytes.count - offset else {
        throw WireMessage.Malformed(offset: offset)
      }
      defer { offset += count }
      return .init(number: number, value: .bytes(Array(bytes[offset..<offset + count])))
    case 5: return .init(number: number, value: .fixed32(UInt32(try fixed(4))))
    default: throw WireMessage.Malformed(offset: offset)
    }
  }

  mutating func varint() throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard !isAtEnd else { break }
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw WireMessage.Malformed(offset: offset)
  }

  private mutating func fixed(_ count: Int) throws -> UInt64 {
    guard count <= bytes.count - offset else { throw WireMessage.Malformed(offset: offset) }
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    offset += count
    return value
  }
}

func appendVarint(_ value: UInt64, to out: inout [UInt8]) {
  var rest = value
  while rest >= 0x80 {
    out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  out.append(UInt8(rest))
}
