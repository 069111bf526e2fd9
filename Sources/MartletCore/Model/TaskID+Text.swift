/// The form that people see: 13 characters of lower-case Crockford base 32, the most significant
/// first, so that text sorts as numbers do.
extension TaskID: CustomStringConvertible {
  package static let textLength = 13

  private static let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

  package var description: String {
    String(unsafeUninitializedCapacity: Self.textLength) { buffer in
      var rest = rawValue
      for place in stride(from: Self.textLength - 1, through: 0, by: -1) {
        buffer[place] = Self.alphabet.utf8Start[Int(rest & 31)]
        rest >>= 5
      }
      return Self.textLength
    }
  }

  /// Reads the text form. Upper case is accepted, and `i`, `l` for 1 and `o` for 0, as Crockford
  /// says; anything else that `description` would not write is nil.
  package init?(_ text: some StringProtocol) {
    var value: UInt64 = 0
    var length = 0
    for byte in text.utf8 {
      guard length < Self.textLength, let digit = Self.digit(byte) else { return nil }
      if length == 0 && digit > 7 { return nil }
      value = value << 5 | digit
      length += 1
    }
    guard length == Self.textLength else { return nil }
    self.init(rawValue: value)
  }

  private static func digit(_ byte: UInt8) -> UInt64? {
    let lower = byte | 0x20
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt64(byte &- UInt8(ascii: "0"))
    default: break
    }
    switch lower {
    case UInt8(ascii: "a")...UInt8(ascii: "h"): return UInt64(lower &- UInt8(ascii: "a")) + 10
    case UInt8(ascii: "i"), UInt8(ascii: "l"): return 1
    case UInt8(ascii: "j"), UInt8(ascii: "k"): return UInt64(lower &- UInt8(ascii: "j")) + 18
    case UInt8(ascii: "m"), UInt8(ascii: "n"): return UInt64(lower &- UInt8(ascii: "m")) + 20
    case UInt8(ascii: "o"): return 0
    case UInt8(ascii: "p")...UInt8(ascii: "t"): return UInt64(lower &- UInt8(ascii: "p")) + 22
    case UInt8(ascii: "v")...UInt8(ascii: "z"): return UInt64(lower &- UInt8(ascii: "v")) + 27
    default: return nil
    }
  }
}
