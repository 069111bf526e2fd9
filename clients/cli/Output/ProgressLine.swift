/// One line of a terminal that shows how far something is: `digests  [#####.....]  52 %  …`.
struct ProgressLine: Equatable, Sendable {
  var title: String
  /// 0.0 to 1.0; nil: not known.
  var share: Double?
  var note: String

  /// At most so wide; the bar takes what is left, up to 40 columns.
  func text(width: Int) -> String {
    let title = TerminalText.harmless(title)
    let note = TerminalText.harmless(note)
    guard let share else {
      return TerminalText.truncated(note.isEmpty ? title : "\(title)  \(note)", to: width)
    }
    let bounded = min(1, max(0, share))
    let percent = Int((bounded * 100).rounded(.down))
    let tail =
      String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0)
      + "\(percent) %" + (note.isEmpty ? "" : "  \(note)")
    let room = min(40, width - TerminalText.width(title) - TerminalText.width(tail) - 6)
    guard room >= 5 else { return TerminalText.truncated("\(title)  \(tail)", to: width) }
    let filled = Int(Double(room) * bounded)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: room - filled)
    return "\(title)  [\(bar)]  \(tail)"
  }
}

/// Draws a progress line over itself on a terminal; elsewhere it draws nothing.
struct ProgressDisplay: Sendable {
  private let output: any TextOutput
  private let width: Int?

  init(_ surroundings: Surroundings) {
    output = surroundings.errors
    width = surroundings.errorsWidth
  }

  var isVisible: Bool { width != nil }

  func draw(_ line: ProgressLine) {
    // One column stays free: a full line would wrap on some terminals.
    if let width { output.write("\r\u{1b}[K" + line.text(width: width - 1)) }
  }

  /// Takes the line away.
  func clear() {
    if width != nil { output.write("\r\u{1b}[K") }
  }
}
