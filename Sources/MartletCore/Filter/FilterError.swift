/// Why a filter string says nothing, made for the one who wrote it.
package struct FilterError: Error, Hashable, Sendable {
  /// What is wrong there, and what would be right.
  package var message: String
  /// Where, in Unicode code points from the start of the filter, beginning with 0. May be the
  /// filter's length: something is missing at its end.
  package var offset: Int
  /// What is around the place, and below it a line with `^` under the place.
  package var excerpt: String

  package init(message: String, offset: Int, excerpt: String = "") {
    self.message = message
    self.offset = offset
    self.excerpt = excerpt
  }

  /// Characters of the excerpt before and behind the place.
  private static let excerptReach = 30

  static func excerpt(of text: String, at position: Int) -> String {
    let scalars = text.unicodeScalars
    let utf8 = text.utf8
    var place =
      utf8.index(utf8.startIndex, offsetBy: position, limitedBy: utf8.endIndex)
      ?? utf8.endIndex
    while place > utf8.startIndex, place < utf8.endIndex, utf8[place] & 0xC0 == 0x80 {
      place = utf8.index(before: place)
    }
    let start = scalars.index(place, offsetBy: -excerptReach, limitedBy: scalars.startIndex)
    let end = scalars.index(place, offsetBy: excerptReach, limitedBy: scalars.endIndex)
    var line = start == nil || start == scalars.startIndex ? "" : "…"
    line += visible(scalars[(start ?? scalars.startIndex)..<place])
    let indent = String(repeating: " ", count: line.unicodeScalars.count)
    line += visible(scalars[place..<(end ?? scalars.endIndex)])
    if let end, end < scalars.endIndex { line += "…" }
    return "\(line)\n\(indent)^"
  }

  private static func visible(_ scalars: Substring.UnicodeScalarView) -> String {
    var text = String.UnicodeScalarView()
    for scalar in scalars { text.append(scalar.value < 32 ? " " : scalar) }
    return String(text)
  }
}
