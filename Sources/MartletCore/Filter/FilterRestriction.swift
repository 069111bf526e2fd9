/// One comparison as it was written, before anybody asks whether such a field exists. Positions
/// are in bytes.
struct FilterRestriction {
  /// `labels."a.b"`: a name, then keys.
  var path: [FilterText]
  var comparator: FilterComparator
  var comparatorPosition: Int
  var value: FilterText

  /// `:` asks of a single value whether it is this one.
  var comparison: FilterComparison {
    switch comparator {
    case .compare(let comparison): comparison
    case .has: .equal
    }
  }

  /// `FIELD:*`.
  var asksForPresence: Bool { comparator == .has && value.isStar }
}

/// A word or a quoted string.
struct FilterText {
  /// Without quotes and escapes.
  var text: String
  var isQuoted: Bool
  /// Of the first byte, the quote included.
  var position: Int
  /// Of the first byte of what `text` holds, if byte by byte that is what was written.
  var verbatimPosition: Int?
  /// The text between the stars that stand for anything; one part if there are none.
  var parts: [String]

  /// A bare `*`.
  var isStar: Bool { !isQuoted && text == "*" }
}

enum FilterComparator: Hashable {
  case compare(FilterComparison)
  /// `:`, which asks for membership: a map has a key, a single value is this one.
  case has

  var text: String {
    switch self {
    case .compare(let comparison): comparison.rawValue
    case .has: ":"
    }
  }
}

/// `FilterError` with its position still in bytes.
struct FilterFault: Error {
  var message: String
  var position: Int
}
