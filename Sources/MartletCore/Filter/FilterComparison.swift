package enum FilterComparison: String, Hashable, Sendable, CaseIterable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  package func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }

  /// What is missing is unequal to everything, and nothing else: so `a != b` is `NOT a = b`.
  package func holds<Value: Comparable>(_ a: Value?, _ b: Value) -> Bool {
    guard let a else { return self == .notEqual }
    return holds(a, b)
  }
}

/// What a text is compared with. Text compares by its UTF-8 bytes, so that no locale and no normal
/// form has a say.
package struct TextTest: Hashable, Sendable {
  package var comparison: FilterComparison
  /// What stands between the stars of a pattern, first and last at the ends; a single part is the
  /// text itself. More than one only with `=` and `!=`.
  package var parts: [String]

  package init(_ comparison: FilterComparison, _ text: String) {
    self.comparison = comparison
    parts = [text]
  }

  package init(_ comparison: FilterComparison, pattern parts: [String]) {
    self.comparison = comparison
    self.parts = parts
  }

  /// The text, if it is no pattern.
  package var whole: String? { parts.count == 1 ? parts[0] : nil }

  package func holds(_ value: String?) -> Bool {
    guard let value else { return comparison == .notEqual }
    guard let whole else {
      return Self.isMatch(value.utf8, parts.map { Array($0.utf8) }) == (comparison == .equal)
    }
    let (a, b) = (value.utf8, whole.utf8)
    return switch comparison {
    case .equal: a.elementsEqual(b)
    case .notEqual: !a.elementsEqual(b)
    case .less: a.lexicographicallyPrecedes(b)
    case .lessOrEqual: !b.lexicographicallyPrecedes(a)
    case .greater: b.lexicographicallyPrecedes(a)
    case .greaterOrEqual: !a.lexicographicallyPrecedes(b)
    }
  }

  /// Whether the text has the parts in that order, the first at its start and the last at its end.
  /// Each part between is taken at its first place, so the time is at most length times parts.
  package static func isMatch(
    _ text: some BidirectionalCollection<UInt8>, _ parts: [[UInt8]]
  ) -> Bool {
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return text.elementsEqual(parts.first ?? [])
    }
    guard text.starts(with: first) else { return false }
    var rest = text.dropFirst(first.count)
    guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else {
      return false
    }
    rest = rest.dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      while !rest.starts(with: part) {
        if rest.popFirst() == nil { return false }
      }
      rest = rest.dropFirst(part.count)
    }
    return true
  }
}
