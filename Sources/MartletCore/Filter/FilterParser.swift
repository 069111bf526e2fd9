/// The grammar of AIP-160, a method for each rule:
///
///     expression  = [ factor { ( WS | WS "AND" WS ) factor } ]
///     factor      = term { WS "OR" WS term }
///     term        = [ "NOT" WS | "-" ] ( restriction | "(" expression ")" )
///     restriction = name { "." ( name | string ) } comparator value
///     value       = word | string
///
/// So OR binds tighter than AND. Functions and words without a field belong to the language but not
/// to this grammar, and are refused by name. It descends once for each level of parentheses, of
/// which there is a bounded number.
struct FilterParser {
  typealias Tree = FilterTree<FilterRestriction>

  /// A longer text is refused before it is read.
  static let textBytesMax = 8192
  static let restrictionsMax = 100
  static let levelsMax = 50

  private var scanner: FilterScanner
  /// What fields there are, for messages.
  private let names: String
  private var restrictions = 0
  private var level = 0

  init(_ text: String, names: String) {
    scanner = FilterScanner(text)
    self.names = names
  }

  mutating func expression() throws(FilterFault) -> Tree {
    let tree = try conjunction()
    guard scanner.isAtEnd else { throw fault("this `)` closes nothing") }
    return tree
  }

  /// Up to the end of the text or of the parentheses.
  private mutating func conjunction() throws(FilterFault) -> Tree {
    var parts: [Tree] = []
    _ = scanner.skipSpace()
    while !scanner.isAtEnd, !scanner.isAt(")") {
      parts.append(try disjunction())
      if try skipOperator("AND") { continue }
      let hasSpace = scanner.skipSpace()
      guard hasSpace || scanner.isAtEnd || scanner.isAt(")") else {
        throw fault("a space or ` AND ` has to follow a value; quote a value with \"…\"")
      }
    }
    return parts.count == 1 ? parts[0] : .all(parts)
  }

  private mutating func disjunction() throws(FilterFault) -> Tree {
    var parts = [try term()]
    while try skipOperator("OR") { parts.append(try term()) }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  /// Whether the operator was there, with white space around it and a term behind it.
  private mutating func skipOperator(_ word: String) throws(FilterFault) -> Bool {
    var ahead = scanner
    guard ahead.skipSpace(), ahead.name()?.text == word else { return false }
    let hasSpace = ahead.skipSpace()
    scanner = ahead
    guard hasSpace || scanner.isAt("("), !scanner.isAtEnd, !scanner.isAt(")") else {
      throw fault("a condition has to follow `\(word)`")
    }
    return true
  }

  private mutating func term() throws(FilterFault) -> Tree {
    if scanner.skip("-") { return .not(try simple(after: "-")) }
    var ahead = scanner
    guard ahead.name()?.text == "NOT" else { return try simple(after: nil) }
    let hasSpace = ahead.skipSpace()
    scanner = ahead
    guard hasSpace || scanner.isAt("("), !scanner.isAtEnd, !scanner.isAt(")") else {
      throw fault("a condition has to follow `NOT`")
    }
    return .not(try simple(after: "NOT"))
  }

  private mutating func simple(after negation: String?) throws(FilterFault) -> Tree {
    if scanner.isAt("(") { return try parentheses() }
    if let negation, scanner.isAt("-") {
      throw fault("after `\(negation)` a condition or `(` is expected, not `-`")
    }
    guard let name = scanner.name() else {
      throw fault("the name of a field is expected: \(names)")
    }
    switch name.text {
    case "AND", "OR":
      throw Self.fault("a condition has to precede `\(name.text)`", at: name)
    case "NOT":
      throw Self.fault("after `\(negation ?? "")` a condition or `(` is expected", at: name)
    case "and", "or", "not":
      throw Self.fault("`AND`, `OR` and `NOT` are written in upper case", at: name)
    default: return .leaf(try restriction(name))
    }
  }

  private mutating func parentheses() throws(FilterFault) -> Tree {
    let start = scanner.position
    guard level < Self.levelsMax else {
      throw fault("a filter has at most \(Self.levelsMax) levels of parentheses")
    }
    _ = scanner.skip("(")
    level += 1
    let tree = try conjunction()
    level -= 1
    guard scanner.isAt(")") else {
      throw FilterFault(message: "the `(` that stands here is never closed", position: start)
    }
    if case .all(let parts) = tree, parts.isEmpty {
      throw fault("a condition is expected within the parentheses")
    }
    _ = scanner.skip(")")
    return tree
  }

  private mutating func restriction(_ name: FilterText) throws(FilterFault) -> FilterRestriction {
    guard restrictions < Self.restrictionsMax else {
      throw Self.fault("a filter has at most \(Self.restrictionsMax) conditions", at: name)
    }
    restrictions += 1
    var path = [name]
    while scanner.skip(".") {
      guard let key = try scanner.quoted() ?? scanner.name() else {
        throw fault("a key is expected after `.`")
      }
      path.append(key)
    }
    if scanner.isAt("(") { throw fault("functions cannot be called in this filter") }
    _ = scanner.skipSpace()
    let comparatorPosition = scanner.position
    guard let comparator = try scanner.comparator() else {
      throw fault("an operator is expected: \(FilterVocabulary.comparatorNames)")
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
    if !value.isQuoted, scanner.isAt("(") {
      throw fault("functions cannot be called in this filter; quote a value with \"…\"")
    }
    return value
  }

  private func fault(_ message: String) -> FilterFault {
    FilterFault(message: message, position: scanner.position)
  }

  private static func fault(_ message: String, at text: FilterText) -> FilterFault {
    FilterFault(message: message, position: text.position)
  }
}
