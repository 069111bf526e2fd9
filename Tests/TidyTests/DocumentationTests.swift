import Foundation
import Testing

@Suite("Documentation")
struct DocumentationTests {
  @Test(
    "every public declaration for users says what it is for",
    arguments: ["MartletClient", "MartletWorker", "MartletRPC", "MartletProtobuf"])
  func comments(room: String) {
    var bare: [String] = []
    var count = 0
    for file in Repository.sources where file.room == room {
      for line in Self.declarations(in: file) {
        count += 1
        if !Self.isDocumented(line, in: file) { bare.append("\(file.path):\(line + 1)") }
      }
    }
    #expect(bare == [])
    #expect(count > 10)
  }

  private static let kinds: Set<Substring> = [
    "func", "var", "let", "struct", "class", "enum", "protocol", "subscript", "actor",
  ]

  /// What protocols of the standard library demand, and say what it means.
  private static let demanded: Set<Substring> = [
    "==", "hash", "description", "rawValue", "makeAsyncIterator", "next", "Element", "Iterator",
    "wrappedValue",
  ]

  /// Indices of the lines that begin a public declaration. Plain initializers and type aliases say
  /// enough by themselves.
  private static func declarations(in file: SourceFile) -> [Int] {
    zip(file.codeLines.indices, file.codeLines).compactMap { index, line in
      let words = line.split { !$0.isLetter && !$0.isNumber && !"=_@`".contains($0) }
      guard let access = words.firstIndex(of: "public"),
        words[..<access].allSatisfy({ $0.hasPrefix("@") || $0 == "never" }),
        let kind = words[access...].firstIndex(where: kinds.contains)
      else { return nil }
      let name = kind + 1 < words.count ? words[kind + 1] : ""
      return demanded.contains(name) ? nil : index
    }
  }

  /// A comment right above it, attributes in between. One comment may head a list of constants or
  /// fields without gaps.
  private static func isDocumented(_ line: Int, in file: SourceFile) -> Bool {
    let lines = file.lines
    let isField = isListed(lines[line])
    var above = line - 1
    while above >= 0 {
      let text = lines[above].drop { $0 == " " }
      if text.hasPrefix("///") { return true }
      guard text.hasPrefix("@") || isField && isListed(lines[above]) else { return false }
      above -= 1
    }
    return false
  }

  /// On one line, and one of several of its like.
  private static func isListed(_ line: Substring) -> Bool {
    let text = line.drop { $0 == " " }
    return ["public static let ", "public var ", "public let "].contains { text.hasPrefix($0) }
      && !text.hasSuffix("{")
  }
}

@Suite("The page of benchmarks")
struct BenchmarkPageTests {
  /// Names that the first column of a table has in backquotes, by its heading's section.
  private static func names(under heading: String, columns: Int) throws -> [String] {
    let page = try Repository.text(of: "docs/benchmarks.md")
    let section = page.components(separatedBy: "\n## ").first { $0.hasPrefix(heading + "\n") }
    return (section ?? "").split(separator: "\n").flatMap { line -> [String] in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == columns, let first = cells.first, first.hasPrefix("`") else { return [] }
      return first.split(separator: "`").map(String.init).filter { $0.contains("_") }
    }
  }

  @Test("each row of the bench is described once, and measured once")
  func rows() throws {
    let rows = try Repository.text(of: "Benchmarks/Sources/martlet-bench/Row.swift")
    let names = rows.matches(of: #/\n  case \w+ = "(\w+)"/#).map { String($0.output.1) }.sorted()
    #expect(names.count > 30)
    #expect(try Self.names(under: "Rows", columns: 2).sorted() == names)
    #expect(try Self.names(under: "What was measured", columns: 6).sorted() == names)
  }
}
