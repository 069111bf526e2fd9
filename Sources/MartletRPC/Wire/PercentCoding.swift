/// The percent-encoding of `grpc-message`.
enum PercentCoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// UTF-8 with every byte outside printable ASCII, and `%`, written as `%XX`. What would be longer
  /// than `limit` bytes is cut between two characters.
  static func encode(_ text: String, limit: Int = .max) -> [UInt8] {
    if text.utf8.count <= limit, text.utf8.allSatisfy(isPlain) { return Array(text.utf8) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(text.utf8.count, limit))
    for scalar in text.unicodeScalars {
      let start = bytes.count
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
        append(byte, to: &bytes)
      }
      guard bytes.count <= limit else {
        bytes.removeSubrange(start...)
        break
      }
    }
    return bytes
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    0x20...0x7E ~= byte && byte != UInt8(ascii: "%")
  }

  private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
    if isPlain(byte) {
      bytes.append(byte)
    } else {
      bytes.append(UInt8(ascii: "%"))
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    }
  }

  /// Never fails: what is not an escape stays as it is, what is not UTF-8 is repaired.
  static func decode(_ text: some Collection<UInt8>) -> String {
    let source = Array(text)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.count)
    var index = 0
    while index < source.count {
      if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
        let high = hexValue(source[index + 1]), let low = hexValue(source[index + 2])
      {
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(source[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
