import Testing

@Suite("What the compiler is told to believe")
struct SendableTests {
  @Test("each unchecked Sendable and nonisolated(unsafe) has its reason in the comment above it")
  func reasons() {
    var bare: [String] = []
    var count = 0
    for (claim, word) in [("@unchecked", "nchecked"), ("nonisolated(unsafe)", "nsafe")] {
      for file in Repository.sources where file.code.contains(claim) {
        for place in file.codeLines.indices where file.codeLines[place].contains(claim) {
          count += 1
          if !Self.comment(above: place, in: file).contains(word) {
            bare.append("\(file.path):\(place + 1) says no reason for \(claim)")
          }
        }
      }
    }
    #expect(bare == [])
    #expect(count > 10)
  }

  /// The comment right above a line, attributes in between.
  private static func comment(above line: Int, in file: SourceFile) -> String {
    let above = file.lines[..<line].reversed().map { $0.drop { $0 == " " } }
      .drop { $0.hasPrefix("@") }
    return above.prefix { $0.hasPrefix("//") }.joined(separator: "\n")
  }
}
