/// A command that `exec` may run: a name for callers, and the arguments that the operator chose,
/// with places for what callers may choose.
///
/// As in `thumbnail: [/usr/bin/convert, "{file}", -resize, "{size}", "png:-"]`. No shell reads it:
/// each entry is one argument, whatever is filled in.
package struct CommandTemplate: Hashable, Sendable {
  /// Why a text is no template, in words that go behind its name.
  package struct Problem: Error, Hashable, CustomStringConvertible {
    package var description: String
  }

  package let name: String
  /// Absolute.
  package let program: String
  private let arguments: [[Piece]]

  private enum Piece: Hashable, Sendable {
    case text(String)
    case place(String)
  }

  /// `words` are the program's absolute path and its arguments, with places such as `{size}`.
  package init(name: String, words: [String]) throws(Problem) {
    guard Self.isName(name) else {
      throw Problem(description: "needs a name of letters, digits, - and _")
    }
    guard let program = words.first, program.hasPrefix("/"), !program.contains("{") else {
      throw Problem(description: "needs the absolute path of a program as its first word")
    }
    self.name = name
    self.program = program
    var arguments: [[Piece]] = []
    for word in words.dropFirst() { arguments.append(try Self.pieces(of: word)) }
    self.arguments = arguments
    if words.contains(where: { $0.contains("\0") }) {
      throw Problem(description: "has a NUL character")
    }
  }

  /// The names of the places, each once.
  package var places: Set<String> {
    Set(arguments.joined().compactMap { if case .place(let name) = $0 { name } else { nil } })
  }

  /// The arguments with their places filled in. Each place needs a value and each value a place; a
  /// value that is an argument of its own must not look like an option.
  package func filled(
    with values: [String: String]
  ) throws(HandlerFailure) -> [String] {
    if let extra = values.keys.filter({ !places.contains($0) }).min() {
      throw .invalidPayload("\(name) has no argument \(extra)")
    }
    var words: [String] = []
    for pieces in arguments {
      var word = ""
      for piece in pieces {
        switch piece {
        case .text(let text): word += text
        case .place(let place):
          guard let value = values[place] else {
            throw .invalidPayload("\(name) needs the argument \(place)")
          }
          if value.contains("\0") || word.isEmpty && value.hasPrefix("-") {
            throw .invalidPayload("the argument \(place) must not begin with - or contain NUL")
          }
          word += value
        }
      }
      words.append(word)
    }
    return words
  }

  private static func pieces(of word: String) throws(Problem) -> [Piece] {
    var pieces: [Piece] = []
    var rest = word[...]
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}"),
        isName(String(rest[rest.index(after: open)..<close]))
      else { throw Problem(description: "has a { without the name of an argument and a }") }
      if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      pieces.append(.place(String(rest[rest.index(after: open)..<close])))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty || pieces.isEmpty { pieces.append(.text(String(rest))) }
    return pieces
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 63
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
          || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "-")
          || $0 == UInt8(ascii: "_")
      }
  }
}
