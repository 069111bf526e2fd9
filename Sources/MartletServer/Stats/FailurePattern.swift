/// What the messages of failures that are alike have in common: in place of numbers and ids stands
/// `#`, in place of what is quoted `"…"`.
package enum FailurePattern {
  /// A pattern is cut here.
  static let bytesMax = 200
  /// No longer text is looked at.
  private static let scannedMax = 1_024

  package static func of(_ message: String) -> String {
    var pattern = ""
    var rest = Array(message.utf8.prefix(scannedMax))[...]
    var isBlank = true
    while let byte = rest.first, pattern.utf8.count < bytesMax {
      if let quoted = quoted(rest) {
        pattern += "\"…\""
        rest = rest.dropFirst(quoted)
        isBlank = false
      } else if isWord(byte) {
        let word = rest.prefix(while: isWord)
        pattern += common(to: word)
        rest = rest.dropFirst(word.count)
        isBlank = false
      } else {
        let other = rest.prefix { !isWord($0) && !isQuote($0) && !isSpace($0) }
        if isSpace(byte) {
          if !isBlank { pattern += " " }
          isBlank = true
          rest = rest.dropFirst()
        } else {
          // A quote that nothing closes stands for itself.
          let count = max(1, other.count)
          pattern += String(decoding: rest.prefix(count), as: UTF8.self)
          rest = rest.dropFirst(count)
          isBlank = false
        }
      }
    }
    return cut(pattern)
  }

  private static func cut(_ pattern: String) -> String {
    var text = pattern
    while text.utf8.count > bytesMax || text.last == " " { text.removeLast() }
    return text
  }

  /// How long the quoted text is that begins here, with its quotes; nil if none does.
  private static func quoted(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let quote = bytes.first, isQuote(quote) else { return nil }
    guard let end = bytes.dropFirst().firstIndex(of: quote) else { return nil }
    return end - bytes.startIndex + 1
  }

  /// Letters, digits and what ids are joined with.
  private static func isWord(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x5F || byte == 0x2D
      || byte >= 0x80
  }

  /// `'` is an apostrophe more often.
  private static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x60 }
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 9 && byte <= 13 }

  private static func isHex(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66 || byte == 0x2D
  }

  /// An id is what is of digits and letters, or long and hexadecimal; in other words only their
  /// numbers are.
  private static func common(to word: ArraySlice<UInt8>) -> String {
    guard word.contains(where: isDigit) else { return String(decoding: word, as: UTF8.self) }
    if word.count >= 8, word.allSatisfy(isHex) { return "#" }
    if word.count >= 12, !word.contains(where: { $0 >= 0x80 }) { return "#" }
    if word.first == 0x30, word.dropFirst().first.map({ $0 | 0x20 == 0x78 }) ?? false { return "#" }
    var pattern: [UInt8] = []
    var isInNumber = false
    for byte in word {
      let digit = isDigit(byte)
      if !digit { pattern.append(byte) } else if !isInNumber { pattern.append(0x23) }
      isInNumber = digit
    }
    return String(decoding: pattern, as: UTF8.self)
  }
}
