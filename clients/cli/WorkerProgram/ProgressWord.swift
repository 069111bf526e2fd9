internal import Foundation

/// What a program says in a line of its progress descriptor.
enum ProgressWord: Equatable {
  /// `42 reading`, `42% reading`, `42.5`.
  case progress(percent: Double, step: String)
  /// `checkpoint`: the file holds a whole one.
  case checkpoint
  /// `content-type text/csv`: of the result.
  case contentType(String)
  /// `failure-class network`: should it fail, it is of that.
  case failureClass(String)
  /// `retry-delay 30s`: should it fail, the next attempt is to wait so long.
  case retryDelay(Duration)
  /// `no-retry`: should it fail, there is to be no further attempt.
  case noRetry
  /// `snooze 10m`: unless it exits with 0 it has not failed, but is to be run again so much later.
  case snooze(Duration)
  /// `log text`; also what is none of these.
  case log(String)

  init(_ line: String) {
    let (first, rest) = Self.split(line)
    switch first {
    case "checkpoint" where rest.isEmpty: self = .checkpoint
    case "log": self = .log(rest)
    case "content-type": self = .contentType(rest)
    case "failure-class": self = .failureClass(rest)
    case "no-retry" where rest.isEmpty: self = .noRetry
    case "retry-delay": self = Self.delay(rest).map { .retryDelay($0) } ?? .log(line)
    case "snooze": self = Self.delay(rest).map { .snooze($0) } ?? .log(line)
    default:
      let number = first.hasSuffix("%") ? first.dropLast() : first[...]
      if let percent = Double(number), (0...100).contains(percent) {
        self = .progress(percent: percent, step: rest)
      } else {
        self = .log(line)
      }
    }
  }

  private static func delay(_ text: String) -> Duration? {
    DurationArgument(argument: text)?.duration
  }

  /// The first word, and what follows it.
  private static func split(_ line: String) -> (String, String) {
    let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let end = text.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return (text, "") }
    return (String(text[..<end]), text[end...].trimmingCharacters(in: .whitespaces))
  }
}
