/// Swift source in which comments and the text of string literals are blank, so that a search finds
/// code only. Every line keeps its place and its length in bytes, and interpolations are kept.
struct SwiftText {
  private var code: [UInt8] = []
  private let source: [UInt8]
  private var next = 0

  static func code(of text: String) -> String {
    var reader = SwiftText(source: Array(text.utf8))
    reader.code.reserveCapacity(reader.source.count)
    reader.readCode(inInterpolation: false)
    return String(decoding: reader.code, as: UTF8.self)
  }

  private init(source: [UInt8]) { self.source = source }

  /// Up to the closing parenthesis of an interpolation, or to the end.
  private mutating func readCode(inInterpolation: Bool) {
    var depth = 0
    while next < source.count {
      switch source[next] {
      case UInt8(ascii: "/") where starts("//"):
        while next < source.count, source[next] != UInt8(ascii: "\n") { blank() }
      case UInt8(ascii: "/") where starts("/*"): skipComment()
      case UInt8(ascii: "\""), UInt8(ascii: "#"):
        if let literal = literal() { readString(literal) } else { keep() }
      case UInt8(ascii: "("):
        depth += 1
        keep()
      case UInt8(ascii: ")"):
        if depth == 0 && inInterpolation { return }
        depth -= 1
        keep()
      default: keep()
      }
    }
  }

  private mutating func skipComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        blank(2)
      } else if starts("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && next < source.count
  }

  // MARK: - String literals

  private struct Literal {
    var open: Int
    var close: String
    var escape: String

    /// `pounds`: how many `#` are around it.
    init(pounds: Int, isMultiline: Bool) {
      let quote = isMultiline ? "\"\"\"" : "\""
      open = pounds + quote.count
      close = quote + String(repeating: "#", count: pounds)
      escape = "\\" + String(repeating: "#", count: pounds)
    }
  }

  private func literal() -> Literal? {
    var place = next
    while place < source.count, source[place] == UInt8(ascii: "#") { place += 1 }
    guard place < source.count, source[place] == UInt8(ascii: "\"") else { return nil }
    return Literal(pounds: place - next, isMultiline: starts("\"\"\"", at: place))
  }

  private mutating func readString(_ literal: Literal) {
    keep(literal.open)
    while next < source.count {
      switch source[next] {
      case UInt8(ascii: "\"") where starts(literal.close):
        return keep(literal.close.utf8.count)
      case UInt8(ascii: "\\") where starts(literal.escape):
        blank(literal.escape.utf8.count)
        guard next < source.count, source[next] == UInt8(ascii: "(") else {
          blank()
          continue
        }
        keep()
        readCode(inInterpolation: true)
        keep()
      default: blank()
      }
    }
  }

  // MARK: - Steps

  private func starts(_ text: String, at place: Int? = nil) -> Bool {
    source[(place ?? next)...].starts(with: text.utf8)
  }

  private mutating func keep(_ count: Int = 1) {
    for _ in 0..<count where next < source.count {
      code.append(source[next])
      next += 1
    }
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where next < source.count {
      code.append(UInt8(ascii: source[next] == UInt8(ascii: "\n") ? "\n" : " "))
      next += 1
    }
  }
}
