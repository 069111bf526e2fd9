import MartletCore

/// Writes and reads the few lists that the index packs into one blob: whole numbers in 7 bits a
/// byte, the least significant first, and texts with their length before them.
enum ByteCoding {
  static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  static func append(_ text: String, to bytes: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &bytes)
    bytes.append(contentsOf: text.utf8)
  }

  /// Reads what the functions above wrote; all reads past the end or of nonsense are nil.
  struct Reader {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() -> UInt64? {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst(), shift < 64 {
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return value }
        shift += 7
      }
      return nil
    }

    /// The bytes of a text, where they are.
    mutating func textBytes() -> Slice<UnsafeRawBufferPointer>? {
      guard let count = number(), count <= UInt64(rest.count) else { return nil }
      defer { rest = rest.dropFirst(Int(count)) }
      return rest.prefix(Int(count))
    }
  }
}

extension LabelSet {
  /// The blob in the column `labels`.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for label in labels {
      ByteCoding.append(label.key, to: &bytes)
      ByteCoding.append(label.value, to: &bytes)
    }
    return bytes
  }

  init?(encoded bytes: UnsafeRawBufferPointer) {
    var reader = ByteCoding.Reader(bytes)
    var labels: [Label] = []
    while !reader.isAtEnd {
      guard let key = reader.textBytes(), let value = reader.textBytes() else { return nil }
      labels.append(
        Label(
          key: String(decoding: key, as: UTF8.self), value: String(decoding: value, as: UTF8.self)))
    }
    self.init(sorted: labels)
  }
}

extension [TaskID] {
  /// The blob in the column `tasks` of remembered requests: the first id, then differences.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    var last: UInt64 = 0
    for id in self {
      ByteCoding.append(id.rawValue &- last, to: &bytes)
      last = id.rawValue
    }
    return bytes
  }

  init?(encoded bytes: UnsafeRawBufferPointer) {
    var reader = ByteCoding.Reader(bytes)
    var last: UInt64 = 0
    self = []
    while !reader.isAtEnd {
      guard let difference = reader.number() else { return nil }
      last &+= difference
      append(TaskID(rawValue: last))
    }
  }
}
