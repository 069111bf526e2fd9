/// Whether bytes are UTF-8 as the Unicode standard defines it: no overlong forms, no surrogates,
/// nothing above U+10FFFF.
///
/// `String(decoding:as:)` repairs what is wrong instead of refusing it, and the initializers of
/// the standard library that refuse are slower than this check and that one together.
enum UTF8Check {
  /// Whether all bytes are below 0x80: most text is like that, and this is soon seen.
  ///
  /// - Parameter bytes: At least one.
  @inline(__always)
  static func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let raw = UnsafeRawBufferPointer(bytes)
    let count = raw.count
    if count >= 8 {
      // The last word overlaps with the one before it.
      let last = count &- 8
      var all = raw.loadUnaligned(fromByteOffset: last, as: UInt64.self)
      var index = 0
      while index < last {
        all |= raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        index &+= 8
      }
      return all & 0x8080_8080_8080_8080 == 0
    }
    if count >= 4 {
      let first = raw.loadUnaligned(as: UInt32.self)
      let last = raw.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      return (first | last) & 0x8080_8080 == 0
    }
    return (raw[0] | raw[count / 2] | raw[count &- 1]) < 0x80
  }

  static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var index = 0
    while true {
      index = endOfASCII(bytes, from: index)
      guard index < bytes.count else { return true }
      let length = scalarLength(bytes, at: index)
      guard length > 0 else { return false }
      index += length
    }
  }

  /// The index of the first byte at or after `start` that is not ASCII.
  private static func endOfASCII(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    let raw = UnsafeRawBufferPointer(bytes)
    var index = start
    while bytes.count - index >= 8 {
      let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
      let high = word & 0x8080_8080_8080_8080
      if high != 0 { return index + high.trailingZeroBitCount / 8 }
      index += 8
    }
    if index < bytes.count, bytes.count >= 8 {
      // The last word once more, with what has been looked at before it.
      let last = bytes.count - 8
      let word = raw.loadUnaligned(fromByteOffset: last, as: UInt64.self).littleEndian
      let high = word & 0x8080_8080_8080_8080
      if high == 0 { return bytes.count }
    }
    while index < bytes.count, bytes[index] < 0x80 { index += 1 }
    return index
  }

  /// The length of the scalar at `index`, which begins with a byte that is not ASCII; 0 if it is
  /// not well-formed (Unicode standard, table 3-7).
  private static func scalarLength(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
    let lead = bytes[index]
    let length: Int
    let second: ClosedRange<UInt8>
    switch lead {
    case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
    case 0xe0: (length, second) = (3, 0xa0...0xbf)
    case 0xed: (length, second) = (3, 0x80...0x9f)
    case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
    case 0xf0: (length, second) = (4, 0x90...0xbf)
    case 0xf4: (length, second) = (4, 0x80...0x8f)
    case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
    default: return 0
    }
    guard length <= bytes.count - index, second.contains(bytes[index + 1]) else { return 0 }
    for offset in 2..<max(length, 2) where bytes[index + offset] & 0xc0 != 0x80 { return 0 }
    return length
  }
}
