/// Finds functions in code without comments and literals, by their braces.
enum FunctionScan {
  struct Function: Equatable {
    /// Of its first word, from 1.
    var line: Int
    /// How many it takes, the last brace's included.
    var lines: Int
  }

  /// Functions, initializers and subscripts with a body. Those of a protocol have none.
  static func functions(in code: String) -> [Function] {
    let text = Array(code.utf8)
    var found: [Function] = []
    var line = 1
    for place in text.indices {
      if text[place] == UInt8(ascii: "\n") { line += 1 }
      if isStart(text, place), let body = body(text, after: place) {
        let lines = text[place...body].count { $0 == UInt8(ascii: "\n") } + 1
        found.append(Function(line: line, lines: lines))
      }
    }
    return found
  }

  private static let words = ["func", "init", "deinit", "subscript"].map { Array($0.utf8) }

  /// A declaration's word: not part of a longer one, not a call such as `.init(` or `self.init(`.
  private static func isStart(_ text: [UInt8], _ place: Int) -> Bool {
    switch text[place] {
    case UInt8(ascii: "f"), UInt8(ascii: "i"), UInt8(ascii: "d"), UInt8(ascii: "s"): break
    default: return false
    }
    if place > 0 {
      let before = text[place - 1]
      if isWord(before) || before == UInt8(ascii: ".") || before == UInt8(ascii: "`") {
        return false
      }
    }
    return words.contains { word in
      guard text[place...].starts(with: word) else { return false }
      let end = place + word.count
      return end < text.count && !isWord(text[end]) && text[end] != UInt8(ascii: ":")
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// The place of the brace that ends the body; nil without a body.
  private static func body(_ text: [UInt8], after start: Int) -> Int? {
    var nesting = 0
    for place in start..<text.count {
      switch text[place] {
      case UInt8(ascii: "("), UInt8(ascii: "["): nesting += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"):
        nesting -= 1
        if nesting < 0 { return nil }
      case UInt8(ascii: "{") where nesting == 0: return end(text, of: place)
      case UInt8(ascii: "}") where nesting == 0: return nil
      case UInt8(ascii: "\n") where nesting == 0 && !goesOn(text, after: place): return nil
      default: break
      }
    }
    return nil
  }

  /// A signature goes on in the next line with one of these.
  private static func goesOn(_ text: [UInt8], after lineEnd: Int) -> Bool {
    let rest = text[(lineEnd + 1)...].drop { $0 == UInt8(ascii: " ") }
    return ["{", "->", "where ", "async", "throws", "rethrows"].contains {
      rest.starts(with: $0.utf8)
    }
  }

  private static func end(_ text: [UInt8], of open: Int) -> Int? {
    var depth = 0
    for place in open..<text.count {
      if text[place] == UInt8(ascii: "{") { depth += 1 }
      if text[place] == UInt8(ascii: "}") {
        depth -= 1
        if depth == 0 { return place }
      }
    }
    return nil
  }
}
