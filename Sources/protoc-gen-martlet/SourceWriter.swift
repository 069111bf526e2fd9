/// Collects lines of source text with the indentation of the block that they are in.
struct SourceWriter {
  private(set) var text = ""
  private var depth = 0

  mutating func line(_ line: String = "") {
    if !line.isEmpty {
      text += String(repeating: "  ", count: depth)
      text += line
    }
    text += "\n"
  }

  /// Writes `head {`, the body, `}`.
  mutating func block(_ head: String, _ body: (inout SourceWriter) throws -> Void) rethrows {
    line(head.isEmpty ? "{" : head + " {")
    try indented(body)
    line("}")
  }

  mutating func indented(_ body: (inout SourceWriter) throws -> Void) rethrows {
    depth += 1
    try body(&self)
    depth -= 1
  }

  /// A comment of a .proto file as a doc comment; nothing if it is empty.
  mutating func documentation(_ comment: String) {
    var lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.first == " " ? line.dropFirst() : line
    }
    while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    for text in lines { line(text.isEmpty ? "///" : "/// \(text)") }
  }
}
