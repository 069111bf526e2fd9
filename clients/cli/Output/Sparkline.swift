/// Numbers over time as a line of blocks: `▁▃█`.
enum Sparkline {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The largest is a whole block; zero is the lowest, as is what is missing. Of more numbers than
  /// `width`, neighbours are one block, the largest of them.
  static func text(_ values: [Double], width: Int = 60) -> String {
    guard !values.isEmpty, width > 0 else { return "" }
    let size = (values.count + width - 1) / width
    let columns = stride(from: 0, to: values.count, by: size).map { start in
      values[start..<min(start + size, values.count)].max() ?? 0
    }
    let most = columns.max() ?? 0
    return String(
      columns.map { value in
        guard most > 0, value > 0 else { return blocks[0] }
        let level = Int((value / most * Double(blocks.count - 1)).rounded(.up))
        return blocks[min(max(level, 1), blocks.count - 1)]
      })
  }
}
