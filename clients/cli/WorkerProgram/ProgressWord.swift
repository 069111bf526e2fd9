internal import Foundation

/// What a program says in a line of its progress descriptor.
enum ProgressWord: Equatable {
  /// `42 reading`, `42% reading`, `42.5`.
  case progress(percent: Double, step: String)
  /// `checkpoint`: the file holds a whole one.
  case checkpoint
  /// `content-type text/csv`: of the result.
  case contentType(String)
  /// `log text`; also what is none of these.
  case log(String)

  init(_ line: String) {
    let (first, rest) = Self.split(line)
    switch first {
    case "checkpoint" where rest.isEmpty: self = .checkpoint
    case "log": self = .log(rest)
    case "content-type": self = .contentType(rest)
    default:
      let number = first.hasSuffix("%") ? first.dropLast() : first[...]
      if let percent = Double(number), (0...100).contains(percent) {
        self = .progress(percent: percent, step: rest)
      } else {
        self = .log(line)
      }
    }
  }

  /// The first word, and what follows it.
  private static func split(_ line: String) -> (String, String) {
    let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let end = text.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return (text, "") }
    return (String(text[..<end]), text[end...].trimmingCharacters(in: .whitespaces))
  }
}
