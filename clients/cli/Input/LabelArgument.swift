internal import ArgumentParser

/// A label, `key=value`.
struct LabelArgument: ExpressibleByArgument, Equatable, Sendable {
  var key: String
  var value: String

  init?(argument: String) {
    guard let sign = argument.firstIndex(of: "="), sign != argument.startIndex else { return nil }
    key = String(argument[..<sign])
    value = String(argument[argument.index(after: sign)...])
  }
}

extension [LabelArgument] {
  /// Of labels with one key the last one counts.
  var dictionary: [String: String] {
    reduce(into: [:]) { labels, label in labels[label.key] = label.value }
  }
}
