/// One hand-written Swift file.
struct SourceFile: Sendable {
  /// From the root: `Sources/MartletCore/Engine/Engine.swift`.
  var path: String
  var text: String
  /// `text` without comments and string literals.
  var code: String
  var lines: [Substring]
  var codeLines: [Substring]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    code = SwiftText.code(of: text)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    codeLines = code.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The target that it belongs to: `MartletCore`.
  var room: String {
    let parts = path.split(separator: "/").map(String.init)
    if parts.starts(with: ["clients", "swift"]) { return parts[2] }
    return parts[0] == "clients" ? "martlet" : parts[1]
  }

  /// `path:line` of each line of code in which a pattern is found.
  func places(of pattern: Regex<Substring>) -> [String] {
    guard code.contains(pattern) else { return [] }
    return zip(1..., codeLines).filter { $0.1.contains(pattern) }.map { "\(path):\($0.0)" }
  }

  private static let importKinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
  ]

  /// What is imported and in which line, as `MartletCore`; of `import struct A.B` it is `A`.
  var imports: [(line: Int, name: String)] {
    zip(1..., codeLines).compactMap { number, line in
      var words = line.split(separator: " ")[...]
      while let word = words.first, word != "import" {
        let isModifier = ["public", "package", "internal", "private", "fileprivate"].contains(word)
        guard isModifier || word.hasPrefix("@") else { return nil }
        words.removeFirst()
      }
      guard words.popFirst() != nil else { return nil }
      if let kind = words.first, Self.importKinds.contains(kind) { words.removeFirst() }
      return words.first?.split(separator: ".").first.map { (number, String($0)) }
    }
  }
}
