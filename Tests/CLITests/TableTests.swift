import Testing

@testable import martlet

@Suite("Tables and lines")
struct TableTests {
  private let plain = Style(usesColours: false)

  private var table: Table {
    var table = Table([.fixed("ID"), .flexible("NAME", minimum: 4), .number("N")])
    table.rows = [["a1", "a rather long name", "7"], ["b22", "short", "1234"]]
    return table
  }

  @Test("without a terminal nothing is cut, and numbers stand to the right")
  func natural() {
    #expect(
      table.text(width: nil, style: plain) == """
        ID   NAME                   N
        a1   a rather long name     7
        b22  short               1234
        """)
  }

  @Test("a terminal that is too narrow cuts the columns that may be cut", arguments: 15...40)
  func cut(width: Int) {
    let lines = table.text(width: width, style: plain).split(separator: "\n")
    #expect(lines.allSatisfy { TerminalText.width(String($0)) <= width })
    #expect(lines.allSatisfy { $0.contains(/7|1234|N/) })
    #expect(lines[1].contains("…") == (width < 29))
  }

  @Test("a terminal that is absurdly narrow breaks nothing", arguments: 0...14)
  func absurd(width: Int) {
    let lines = table.text(width: width, style: plain).split(separator: "\n")
    #expect(lines.allSatisfy { TerminalText.width(String($0)) <= width })
  }

  @Test("control characters are shown, not obeyed")
  func harmless() {
    #expect(TerminalText.harmless("a\nb\u{1b}[31m") == "a\\nb\\u{1b}[31m")
    #expect(Table.Cell("x\ty").text == "x\\ty")
    #expect(TerminalText.harmless("Übung – naïve") == "Übung – naïve")
  }

  @Test("wide and combining characters count as a terminal shows them")
  func widths() {
    #expect(TerminalText.width("漢字") == 4)
    #expect(TerminalText.width("e\u{301}") == 1)
    #expect(TerminalText.width("🦅") == 2)
    #expect(TerminalText.truncated("漢字漢字", to: 5) == "漢字…")
  }

  @Test("colours are painted around the text and do not count")
  func colours() {
    var table = Table([.fixed("S"), .fixed("T")])
    table.rows = [[Table.Cell("ok", .green), "x"]]
    let text = table.text(width: 80, style: Style(usesColours: true))
    #expect(text.contains("\u{1b}[32mok\u{1b}[0m  x"))
    #expect(!table.text(width: 80, style: plain).contains("\u{1b}"))
  }

  @Test("a progress line fits, and its bar fills", arguments: [20, 40, 80, 120])
  func progress(width: Int) {
    for share in [0, 0.33, 0.999, 1] {
      let line = ProgressLine(title: "digests", share: share, note: "5 of 10 ended, 9/s")
      #expect(TerminalText.width(line.text(width: width)) <= width)
    }
    let line = ProgressLine(title: "t", share: 0.5, note: "n").text(width: 60)
    #expect(line == "t  [####################....................]   50 %  n")
  }

  @Test("a progress of unknown share is its note")
  func noShare() {
    let line = ProgressLine(title: "id", share: nil, note: "RUNNING")
    #expect(line.text(width: 60) == "id  RUNNING")
  }
}
