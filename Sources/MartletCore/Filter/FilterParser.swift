/// The grammar, a method for each rule of AIP-160 that is in use:
///
///     expression  = [ term { separator term } ]
///     separator   = WS [ "AND" WS ]
///     term        = restriction
///     restriction = name { "." ( name | string ) } comparator value
///     value       = word | string
///
/// Restrictions come out in the order of the text. `OR`, `NOT`, `-` and parentheses belong to the
/// language but not to this grammar, and are refused by name.
struct FilterParser {
  static let restrictionsMax = 100

  private var scanner: FilterScanner

  init(_ text: String) { scanner = FilterScanner(text) }

  mutating func expression() throws(FilterFault) -> [FilterRestriction] {
    var restrictions: [FilterRestriction] = []
    _ = scanner.skipSpace()
    while !scanner.isAtEnd {
      guard restrictions.count < Self.restrictionsMax else {
        throw fault("a filter has at most \(Self.restrictionsMax) conditions")
      }
      restrictions.append(try term())
      try separator()
    }
    return restrictions
  }

  /// What follows a term: the end, white space, or `AND` in white space.
  private mutating func separator() throws(FilterFault) {
    let hasSpace = scanner.skipSpace()
    if scanner.isAtEnd { return }
    if !hasSpace {
      throw fault("a space or ` AND ` has to follow a value; quote a value with \"…\"")
    }
    var ahead = scanner
    guard ahead.name()?.text == "AND" else { return }
    guard ahead.skipSpace(), !ahead.isAtEnd else {
      scanner = ahead
      throw fault("a condition has to follow `AND`")
    }
    scanner = ahead
  }

  private mutating func term() throws(FilterFault) -> FilterRestriction {
    let start = scanner
    if scanner.skip("(") { throw Self.unsupported("parentheses", at: start.position) }
    guard let name = scanner.name() else {
      throw fault("the name of a field is expected: \(FilterField.names)")
    }
    switch name.text {
    case "AND": throw Self.fault("a condition has to precede `AND`", at: name)
    case "OR", "NOT": throw Self.unsupported("`\(name.text)`", at: name.position)
    case "and", "or", "not":
      throw Self.fault("conditions are joined by `AND`, in upper case", at: name)
    case _ where name.text.utf8.first == UInt8(ascii: "-"):
      throw Self.unsupported("`-`", at: name.position)
    default: return try restriction(name)
    }
  }

  private mutating func restriction(_ name: FilterText) throws(FilterFault) -> FilterRestriction {
    var path = [name]
    while scanner.skip(".") {
      guard let key = try scanner.quoted() ?? scanner.name() else {
        throw fault("a key is expected after `.`")
      }
      path.append(key)
    }
    _ = scanner.skipSpace()
    let comparatorPosition = scanner.position
    guard let comparator = try scanner.comparator() else {
      throw fault("an operator is expected: \(FilterField.comparatorNames)")
    }
    _ = scanner.skipSpace()
    return FilterRestriction(
      path: path, comparator: comparator, comparatorPosition: comparatorPosition,
      value: try value(after: comparator))
  }

  private mutating func value(after comparator: FilterComparator) throws(FilterFault) -> FilterText
  {
    guard let value = try scanner.quoted() ?? scanner.bareValue() else {
      throw fault("a value is expected after `\(comparator.text)`: a word or a string in \"…\"")
    }
    if !value.isQuoted, ["AND", "OR", "NOT"].contains(value.text) {
      throw Self.fault("`\(value.text)` is an operator; quote it if it is the value", at: value)
    }
    return value
  }

  private func fault(_ message: String) -> FilterFault {
    FilterFault(message: message, position: scanner.position)
  }

  private static func fault(_ message: String, at text: FilterText) -> FilterFault {
    FilterFault(message: message, position: text.position)
  }

  private static func unsupported(_ what: String, at position: Int) -> FilterFault {
    FilterFault(
      message: "\(what) cannot be used in this filter; join conditions by `AND`",
      position: position)
  }
}
