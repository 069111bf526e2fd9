package import MartletCore

/// Where in an encoded status (`martlet.log.v1.Notes`) a value lies that filters ask for: numbers
/// of fields from the outside in. Rows have no columns for these, since few tasks have them and
/// filters seldom ask; a test of the server holds the numbers to its encoding.
package struct NoteField: Hashable, Sendable {
  package let path: [UInt8]

  private init(_ path: UInt8...) { self.path = path }

  package static let failureKind = NoteField(4, 1)
  package static let percent = NoteField(3, 1)
  /// In an encoded policy (`martlet.log.v1.Policy`): the number of the workflow.
  package static let workflow = NoteField(40, 4, 1)
  /// In an encoded policy: the fairness key.
  package static let fairnessKey = NoteField(66, 1)

  /// nil for what is not in a status.
  package init?(_ field: FilterField.Text) {
    switch field {
    case .failureCode: self.init(4, 2)
    case .failureMessage: self.init(4, 3)
    case .progressStep: self.init(3, 2)
    case .worker: self.init(7, 1)
    case .pool, .kind, .label, .eventType, .actor, .reason, .workflow, .fairnessKey:
      return nil
    }
  }

  package enum Value {
    case number(UInt64)
    case double(Double)
    case bytes(UnsafeRawBufferPointer)
  }

  /// nil if it is not there, which is how an empty text is encoded, or if the bytes are no message.
  package static func value(
    at path: UnsafeRawBufferPointer, in message: UnsafeRawBufferPointer
  ) -> Value? {
    guard let number = path.first else { return .bytes(message) }
    let rest = UnsafeRawBufferPointer(rebasing: path.dropFirst())
    var reader = WireReader(message)
    var found: Value?
    while let field = reader.next() {
      guard field.number == UInt64(number) else { continue }
      switch field.value {
      case .bytes(let bytes): found = value(at: rest, in: bytes)
      case .number, .double: found = rest.isEmpty ? field.value : nil
      }
    }
    return found
  }

  private func value<Result>(in status: [UInt8], _ body: (Value) -> Result?) -> Result? {
    path.withUnsafeBytes { path in
      status.withUnsafeBytes { Self.value(at: path, in: $0).flatMap(body) }
    }
  }

  package func text(in status: [UInt8]) -> String? {
    value(in: status) { value in
      guard case .bytes(let bytes) = value else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  package func number(in status: [UInt8]) -> UInt64? {
    value(in: status) { if case .number(let number) = $0 { number } else { nil } }
  }

  func double(in status: [UInt8]) -> Double? {
    value(in: status) { if case .double(let double) = $0 { double } else { nil } }
  }
}

/// The fields of a protobuf message, one after the other; ends at the first that makes no sense.
private struct WireReader {
  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  mutating func next() -> (number: UInt64, value: NoteField.Value)? {
    while let tag = varint() {
      switch tag & 7 {
      case 0: return varint().map { (tag >> 3, .number($0)) }
      case 1:
        guard let bytes = take(8) else { return nil }
        let bits = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        return (tag >> 3, .double(Double(bitPattern: bits)))
      case 2: return varint().flatMap { take($0) }.map { (tag >> 3, .bytes($0)) }
      case 5: guard take(4) != nil else { return nil }
      default: return nil
      }
    }
    return nil
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64, let byte = rest.popFirst() {
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  private mutating func take(_ count: UInt64) -> UnsafeRawBufferPointer? {
    guard count <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return UnsafeRawBufferPointer(rebasing: rest.prefix(Int(count)))
  }
}
