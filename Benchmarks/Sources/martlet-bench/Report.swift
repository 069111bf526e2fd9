import Foundation

/// The rows as a table for people and as JSON for programs.
struct Report {
  struct Line {
    var row: Row
    /// The median of the runs.
    var value: Double
    var lowest: Double
    var highest: Double
    var note: String
  }

  let machine: Machine
  let flushMilliseconds: Double
  let flushP99Milliseconds: Double
  let lines: [Line]
  /// Whether values are compared with their bounds.
  let judges: Bool

  init(
    machine: Machine, flush: FlushProbe, measurements: [Measurement], judges: Bool
  ) {
    self.machine = machine
    self.judges = judges
    let median = flush.medianMilliseconds
    flushMilliseconds = median
    flushP99Milliseconds = flush.p99Milliseconds
    lines = Row.allCases.compactMap { row in
      let runs = measurements.filter { $0.row == row }
      let values = runs.map { $0.value - Double($0.flushes) * median }
      guard let lowest = values.min(), let highest = values.max() else { return nil }
      return Line(
        row: row, value: values.median, lowest: lowest, highest: highest,
        note: runs.last?.note ?? "")
    }
  }

  var text: String {
    let flush =
      "flush    \(flushMilliseconds.text(3)) ms median of one fdatasync,"
      + " p99 \(flushP99Milliseconds.text(3)) ms"
    return (machine.lines + [flush, "load     \(Machine.load)", ""] + table)
      .joined(separator: "\n")
  }

  private var table: [String] {
    let judgement = judges ? ["reach", "aim", ""] : []
    let rows = [["name", "value", "unit", "runs"] + judgement + ["note"]] + lines.map(cells)
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
  }

  private func cells(_ line: Line) -> [String] {
    let bounds = line.row.bounds
    let isOne = line.lowest == line.highest
    let range = isOne ? "" : "\(line.lowest.shown)..\(line.highest.shown)"
    let judgement = [bounds.reach.shown, bounds.aim.shown, line.row.verdict(of: line.value)]
    return [line.row.rawValue, line.value.shown, line.row.unit, range]
      + (judges ? judgement : []) + [line.note]
  }

  private struct Value: Encodable {
    var value: Double
    var unit: String
  }

  func json() throws -> Data {
    var values = Dictionary(
      uniqueKeysWithValues: lines.map {
        ($0.row.rawValue, Value(value: $0.value, unit: $0.row.unit))
      })
    values["flush_ms"] = Value(value: flushMilliseconds, unit: "ms")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return try encoder.encode(values) + Data("\n".utf8)
  }
}

extension Double {
  func text(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }

  /// With as many digits as one wants to read.
  var shown: String {
    switch abs(self) {
    case 100...: text(0)
    case 10..<100: text(1)
    case 1..<10: text(2)
    default: text(3)
    }
  }
}
