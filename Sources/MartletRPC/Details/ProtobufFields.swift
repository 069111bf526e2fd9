/// The fields of one encoded protobuf message, read without a schema. Enough for the few small
/// messages that gRPC itself speaks, so that the runtime needs no generated code.
struct ProtobufFields {
  private enum Value {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)
  }

  private var fields: [(number: UInt64, value: Value)] = []

  /// Nil when the bytes are no message.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let tag = Self.takeNumber(&rest), let value = Self.takeValue(tag & 7, &rest) else {
        return nil
      }
      fields.append((tag >> 3, value))
    }
  }

  /// The last number in a field; 0 if there is none.
  func number(_ field: UInt64) -> Int64 {
    for case (field, .number(let number)) in fields.reversed() {
      return Int64(bitPattern: number)
    }
    return 0
  }

  /// The last text in a field; empty if there is none.
  func text(_ field: UInt64) -> String {
    messages(field).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// The encoded messages in a field, in order.
  func messages(_ field: UInt64) -> [[UInt8]] {
    fields.compactMap { number, value in
      if number == field, case .bytes(let bytes) = value { Array(bytes) } else { nil }
    }
  }

  /// The messages in a field, in order; nil if one of them is none.
  func repeated(_ field: UInt64) -> [ProtobufFields]? {
    var all: [ProtobufFields] = []
    for message in messages(field) {
      guard let fields = ProtobufFields(message) else { return nil }
      all.append(fields)
    }
    return all
  }

  private static func takeValue(_ type: UInt64, _ rest: inout ArraySlice<UInt8>) -> Value? {
    switch type {
    case 0: return takeNumber(&rest).map(Value.number)
    case 1: return takeBytes(8, &rest)
    case 2: return takeNumber(&rest).flatMap { takeBytes($0, &rest) }
    case 5: return takeBytes(4, &rest)
    default: return nil
    }
  }

  private static func takeBytes(_ count: UInt64, _ rest: inout ArraySlice<UInt8>) -> Value? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return .bytes(rest.prefix(Int(count)))
  }

  private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 127) << shift
      if byte < 128 { return number }
    }
    return nil
  }
}

extension [UInt8] {
  /// Adds a number, unless it is 0.
  mutating func appendField(_ field: UInt8, number: Int64) {
    guard number != 0 else { return }
    append(field << 3)
    appendNumber(UInt64(bitPattern: number))
  }

  /// Adds a text, unless it is empty.
  mutating func appendField(_ field: UInt8, text: String) {
    if !text.isEmpty { appendField(field, message: Array(text.utf8)) }
  }

  /// Adds a message or bytes, even if they are empty.
  mutating func appendField(_ field: UInt8, message: [UInt8]) {
    append(field << 3 | 2)
    appendNumber(UInt64(message.count))
    append(contentsOf: message)
  }

  /// Adds a message of texts: fields 1, 2 and so on.
  mutating func appendField(_ field: UInt8, texts: [String]) {
    var message: [UInt8] = []
    for (index, text) in texts.enumerated() {
      message.appendField(UInt8(index + 1), text: text)
    }
    appendField(field, message: message)
  }

  private mutating func appendNumber(_ number: UInt64) {
    var rest = number
    while rest > 127 {
      append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
