/// Rows under a header, or names beside values, that fit a terminal.
struct Table: Equatable, Sendable {
  struct Column: Equatable, Sendable {
    var title: String
    var isNumeric = false
    /// Columns of the terminal that it keeps when room is short; nil: it is never cut.
    var minimum: Int?

    /// Never cut.
    static func fixed(_ title: String) -> Column { Column(title: title) }

    /// To the right, never cut.
    static func number(_ title: String) -> Column { Column(title: title, isNumeric: true) }

    /// Cut when room is short.
    static func flexible(_ title: String, minimum: Int = 8) -> Column {
      Column(title: title, minimum: minimum)
    }
  }

  struct Cell: Equatable, Sendable, ExpressibleByStringInterpolation {
    var text: String
    var colour: Style.Colour?

    init(_ text: String, _ colour: Style.Colour? = nil) {
      self.text = TerminalText.harmless(text)
      self.colour = colour
    }

    init(stringLiteral value: String) { self.init(value) }
  }

  private static let gap = 2

  var columns: [Column]
  var rows: [[Cell]] = []
  var hasHeader = true

  init(_ columns: [Column]) { self.columns = columns }

  /// Names and values below each other; values are cut at the edge of the terminal.
  static func details(_ fields: [(name: String, value: Cell)]) -> Table {
    var table = Table([.fixed(""), .flexible("", minimum: 16)])
    table.hasHeader = false
    table.rows = fields.map { [Cell($0.name, .faint), $0.value] }
    return table
  }

  /// The lines, without the last line break.
  ///
  /// - Parameter width: Columns of the terminal; nil: nothing is cut.
  func text(width: Int?, style: Style) -> String {
    let widths = columnWidths(within: width)
    var lines: [String] = []
    if hasHeader {
      lines.append(line(columns.map { Cell($0.title, .bold) }, widths, style, width))
    }
    lines += rows.map { line($0, widths, style, width) }
    return lines.joined(separator: "\n")
  }

  /// Natural widths; if they are too much, the widest column that may be cut is cut first.
  private func columnWidths(within limit: Int?) -> [Int] {
    var widths = columns.indices.map { index in
      rows.reduce(hasHeader ? TerminalText.width(columns[index].title) : 0) { widest, row in
        max(widest, index < row.count ? TerminalText.width(row[index].text) : 0)
      }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap * (columns.count - 1) - limit
    while excess > 0 {
      let cuttable = columns.indices.filter { index in
        columns[index].minimum.map { widths[index] > $0 } ?? false
      }
      guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { break }
      let second = cuttable.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
      let step = max(1, min(excess, widths[widest] - second))
      let cut = min(step, widths[widest] - (columns[widest].minimum ?? 0))
      widths[widest] -= cut
      excess -= cut
    }
    return widths
  }

  private func line(_ cells: [Cell], _ widths: [Int], _ style: Style, _ limit: Int?) -> String {
    var line = ""
    var used = 0
    for (index, cell) in cells.enumerated() {
      if index > 0 {
        line += String(repeating: " ", count: Self.gap)
        used += Self.gap
      }
      // Columns that are never cut may be too much for a very small terminal.
      let room = limit.map { max(0, $0 - used) } ?? .max
      let text = TerminalText.truncated(cell.text, to: min(widths[index], room))
      let blank = String(
        repeating: " ", count: max(0, min(widths[index], room) - TerminalText.width(text)))
      let isLast = index == cells.count - 1
      let painted = style.paint(text, cell.colour)
      line += columns[index].isNumeric ? blank + painted : painted + (isLast ? "" : blank)
      used += min(widths[index], room)
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
