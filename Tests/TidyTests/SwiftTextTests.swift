import Testing

@Suite("Reading Swift")
struct SwiftTextTests {
  @Test(
    "comments and literals are blank, code and interpolations stay",
    arguments: [
      ("a // b\nc", "a     \nc"),
      ("a /* b /* c */ d */ e", "a                   e"),
      (#"f("text { ")"#, #"f("       ")"#),
      (#"f("\(g("x")) y")"#, #"f(" (g(" "))  ")"#),
      (##"f(#"a "b" \n"#)"##, ##"f(#"        "#)"##),
      (##"f(#"a \#(b) c"#)"##, ##"f(#"    (b)  "#)"##),
      ("\"\"\"\na \"quote\" {\n\"\"\"", "\"\"\"\n           \n\"\"\""),
      (#"f("\\", "\"")"#, #"f("  ", "  ")"#),
    ])
  func blanks(text: String, code: String) {
    #expect(SwiftText.code(of: text) == code)
  }

  @Test("a function's length is its lines, from its first to its brace")
  func lengths() {
    let code = """
      struct A {
        init() {}
        func f(
          _ body: () -> Void = {}
        ) async throws
          -> Int
        {
          return 1
        }
        var x: Int { 1 }
        func required()
        var y: Int {
          get { 1 }
        }
      }
      """
    let found = FunctionScan.functions(in: code)
    #expect(found == [.init(line: 2, lines: 1), .init(line: 3, lines: 7)])
  }

  @Test("imports are found with their modifiers, without what they choose")
  func imports() {
    let text = """
      import A
      @testable import B
      package import C
      internal import struct D.E
      let important = 1 // import F
      """
    let found = SourceFile(path: "Sources/X/x.swift", text: text).imports
    #expect(found.map(\.name) == ["A", "B", "C", "D"])
    #expect(found.map(\.line) == [1, 2, 3, 4])
  }
}
