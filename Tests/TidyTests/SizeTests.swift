import Testing

@Suite("Sizes")
struct SizeTests {
  private static let all = Repository.sources + Repository.tests

  @Test("no function crosses 70 lines")
  func functions() {
    var long: [String] = []
    var count = 0
    for file in Self.all {
      for function in FunctionScan.functions(in: file.code) {
        count += 1
        if function.lines > 70 {
          long.append("\(file.path):\(function.line) has \(function.lines)")
        }
      }
    }
    #expect(long == [])
    #expect(count > 2_000, "the scan finds the functions that there are")
  }

  @Test("no file has more than 500 lines")
  func files() {
    let long = Self.all.filter { $0.lines.count > 500 }
    #expect(long.map { "\($0.path) has \($0.lines.count)" } == [])
    #expect(Repository.sources.count > 200)
  }

  @Test("no comment goes past column 100, which the formatter does not see")
  func comments() {
    var long: [String] = []
    for file in Self.all {
      for (number, line) in zip(1..., file.lines) where line.utf8.count > 100 {
        let isComment = line.drop { $0 == " " }.hasPrefix("//")
        if isComment && line.count > 100 { long.append("\(file.path):\(number)") }
      }
    }
    #expect(long == [])
  }
}
