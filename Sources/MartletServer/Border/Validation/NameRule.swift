/// How names are written, checked byte by byte: no regular expression, no allocation.
enum NameRule {
  static let poolText = "`[a-z][a-z0-9-]{0,62}`"
  static let kindText = "`[a-z][a-z0-9_.-]{0,126}`"
  static let failureClassText = "`[a-z][a-z0-9_-]{0,62}`"

  static let refText = "`[a-z0-9][a-z0-9_.-]{0,62}`"

  static func isRef(_ name: String) -> Bool {
    guard let first = name.utf8.first, isDigit(first) else {
      return isKind(name) && name.utf8.count <= 63
    }
    return isKind("a" + name) && name.utf8.count <= 63
  }

  static let lockText = "1 to 255 of `A-Z a-z 0-9 . _ / : -`, the first a letter or a digit"

  static func isLock(_ name: String) -> Bool {
    let bytes = name.utf8
    guard bytes.count <= 255, let first = bytes.first, isAlphanumeric(first) else { return false }
    let others = "._/:-".utf8
    return bytes.allSatisfy { isAlphanumeric($0) || others.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    // Letters differ from their capitals by this bit.
    isDigit(byte) || isLetter(byte | 0x20)
  }

  static func isPool(_ name: String) -> Bool {
    matches(name, bytesMax: 63) { byte in
      isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-")
    }
  }

  static func isKind(_ name: String) -> Bool {
    matches(name, bytesMax: 127) { byte in
      isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        || byte == UInt8(ascii: "-")
    }
  }

  static func isFailureClass(_ name: String) -> Bool {
    matches(name, bytesMax: 63) { byte in
      isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
  }

  @inline(__always)
  private static func matches(
    _ name: String, bytesMax: Int, _ allows: (UInt8) -> Bool
  ) -> Bool {
    let bytes = name.utf8
    guard bytes.count <= bytesMax, let first = bytes.first, isLetter(first) else { return false }
    for byte in bytes where !allows(byte) { return false }
    return true
  }

  @inline(__always)
  private static func isLetter(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "a") < 26
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
  }
}
