/// Cuts the bytes of a filter into words, strings and comparators. Knows no grammar: the parser
/// asks for what may stand at a place.
struct FilterScanner {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var isAtEnd: Bool { position >= bytes.count }

  /// Whether white space was there.
  mutating func skipSpace() -> Bool {
    let start = position
    while let byte = peek(), Self.isSpace(byte) { position += 1 }
    return position > start
  }

  mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard isAt(scalar) else { return false }
    position += 1
    return true
  }

  func isAt(_ scalar: Unicode.Scalar) -> Bool { peek() == UInt8(ascii: scalar) }

  /// The word here that a name or a key can be: no white space and none of ``."'=!<>:(),``. Nil if
  /// there is none.
  mutating func name() -> FilterText? { word { !Self.endsName($0) } }

  /// The word here that a value can be: like a name, but with dots, colons and single quotes
  /// inside, as in a time. Nil if there is none.
  mutating func bareValue() -> FilterText? {
    guard let first = peek(), first != UInt8(ascii: "'"), first != UInt8(ascii: ":") else {
      return nil
    }
    return word { byte in
      !Self.endsName(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
        || byte == UInt8(ascii: "'")
    }
  }

  /// The string in double quotes here; nil if there is none. `\"`, `\\` and `\*` are the only
  /// escapes; any other `*` stands for any text.
  mutating func quoted() throws(FilterFault) -> FilterText? {
    let start = position
    guard skip("\"") else { return nil }
    var content: [UInt8] = []
    var parts: [[UInt8]] = [[]]
    var isVerbatim = true
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return FilterText(
          text: String(decoding: content, as: UTF8.self), isQuoted: true, position: start,
          verbatimPosition: isVerbatim ? start + 1 : nil,
          parts: parts.map { String(decoding: $0, as: UTF8.self) })
      case UInt8(ascii: "\\"):
        guard let escaped = peek(1), "\\\"*".utf8.contains(escaped) else {
          throw FilterFault(
            message: "in a quoted string, `\\` only stands before `\"`, `*` or `\\`",
            position: position)
        }
        content.append(escaped)
        parts[parts.count - 1].append(escaped)
        isVerbatim = false
        position += 2
      case UInt8(ascii: "*"):
        content.append(byte)
        parts.append([])
        position += 1
      default:
        content.append(byte)
        parts[parts.count - 1].append(byte)
        position += 1
      }
    }
    throw FilterFault(message: "the string that begins here has no closing `\"`", position: start)
  }

  mutating func comparator() throws(FilterFault) -> FilterComparator? {
    let start = position
    let isFollowedByEqual = peek(1) == UInt8(ascii: "=")
    let found: FilterComparator
    switch peek() {
    case UInt8(ascii: ":"): found = .has
    case UInt8(ascii: "="): found = .compare(.equal)
    case UInt8(ascii: "<"): found = .compare(isFollowedByEqual ? .lessOrEqual : .less)
    case UInt8(ascii: ">"): found = .compare(isFollowedByEqual ? .greaterOrEqual : .greater)
    case UInt8(ascii: "!"):
      guard isFollowedByEqual else {
        throw FilterFault(message: "`!` alone means nothing; use `!=`", position: start)
      }
      found = .compare(.notEqual)
    default: return nil
    }
    position += found.text.utf8.count
    if let next = peek(), [UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">")].contains(next) {
      throw FilterFault(
        message: "no such operator; use one of \(FilterVocabulary.comparatorNames)", position: start
      )
    }
    return found
  }
}

extension FilterScanner {
  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private mutating func word(_ belongs: (UInt8) -> Bool) -> FilterText? {
    let start = position
    while let byte = peek(), belongs(byte) { position += 1 }
    guard position > start else { return nil }
    let word = bytes[start..<position]
    let parts = word.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    return FilterText(
      text: String(decoding: word, as: UTF8.self), isQuoted: false, position: start,
      verbatimPosition: start, parts: parts.map { String(decoding: $0, as: UTF8.self) })
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...13).contains(byte)
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    isSpace(byte) || ".\"'=!<>:(),".utf8.contains(byte)
  }
}
