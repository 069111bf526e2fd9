import MartletCore
import Testing

@Suite("Filter: random texts")
struct FilterRandomTests {
  @Test("what a filter says survives being written in any of its spellings", arguments: 0..<20)
  func roundTrip(seed: UInt64) throws {
    var writer = FilterWriter(random: SeededRandom(seed: seed))
    for _ in 0..<250 {
      let tree = writer.tree(levels: 3)
      let text = writer.text(of: tree)
      let read = try TaskFilter(parsing: text).tree
      #expect(writer.flattened(read) == writer.flattened(tree), "\(text)")
    }
  }

  @Test("no text traps, and every error points into the text", arguments: 0..<20)
  func hostile(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pieces = [
      "pool", "labels", "state", "create_time", "priority", "id", ".", ":", "=", "!=", "<", ">=",
      "!",
      "\"", "\\", "\\\"", "*", "(", ")", ",", "'", "-", " ", "\n", "\u{0}", "AND", "OR", "NOT",
      "RUNNING", "age", "5s", "failure.code",
      "2025-01-01T00:00:00Z", "9999999999999999999", "é", "e\u{301}", "👩‍👩‍👧", "\r\n", "\u{2028}", "$",
    ]
    for _ in 0..<1000 {
      let count = Int.random(in: 1...30, using: &random)
      let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
      do {
        _ = try TaskFilter(parsing: text)
      } catch {
        #expect((0...text.unicodeScalars.count).contains(error.offset), "\(text)")
        #expect(!error.message.isEmpty)
      }
    }
  }

  @Test("a filter with a byte changed anywhere is understood or refused", arguments: 0..<10)
  func mutated(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let text =
      #"pool=a state!=RUNNING AND labels."a.b":"x\"y" create_time<2025-01-01T00:00:00.5+01:00"#
    for place in text.utf8.indices {
      var bytes = Array(text.utf8)
      let offset = text.utf8.distance(from: text.utf8.startIndex, to: place)
      bytes[offset] = UInt8(truncatingIfNeeded: random.next())
      let changed = String(decoding: bytes, as: UTF8.self)
      do {
        #expect(try TaskFilter(parsing: changed).tree.leaves.count <= 6)
      } catch {
        #expect((0...changed.unicodeScalars.count).contains(error.offset))
      }
    }
  }
}

/// Makes up filters and writes them as a caller might.
private struct FilterWriter {
  typealias Tree = FilterTree<FilterCondition>

  var random: SeededRandom

  mutating func tree(levels: Int) -> Tree {
    switch levels == 0 ? 0 : random.next() % 5 {
    case 1: return .not(tree(levels: levels - 1))
    case 2: return .all(parts(levels))
    case 3: return .any(parts(levels))
    default: return .leaf(condition())
    }
  }

  private mutating func parts(_ levels: Int) -> [Tree] {
    (0..<Int.random(in: 2...4, using: &random)).map { _ in tree(levels: levels - 1) }
  }

  /// Parentheses that say nothing need not be written.
  func flattened(_ tree: Tree) -> Tree {
    switch tree {
    case .leaf: tree
    case .not(let part): .not(flattened(part))
    case .all(let parts):
      .all(parts.map(flattened).flatMap { if case .all(let inner) = $0 { inner } else { [$0] } })
    case .any(let parts):
      .any(parts.map(flattened).flatMap { if case .any(let inner) = $0 { inner } else { [$0] } })
    }
  }

  private mutating func condition() -> FilterCondition {
    let comparison = FilterComparison.allCases.randomElement(using: &random) ?? .equal
    let equality = Bool.random(using: &random) ? FilterComparison.equal : .notEqual
    switch random.next() % 12 {
    case 0: return .text(.pool, TextTest(comparison, word()))
    case 1: return .text(.kind, TextTest(equality, pattern: [word(), word(), word()]))
    case 2: return .state(equality, TaskState.allCases.randomElement(using: &random) ?? .pending)
    case 3: return label(key(), comparison, word())
    case 4: return .has(.text(.label(key: key())))
    case 5:
      let fields: [FilterField.Time] = [.createTime, .dueTime, .startTime, .finishTime]
      return .time(
        fields.randomElement(using: &random) ?? .createTime, comparison,
        WallTime(nanoseconds: Int64(bitPattern: random.next())))
    case 6:
      return .number(
        Bool.random(using: &random) ? .priority : .attempt, comparison,
        Int64(bitPattern: random.next()))
    case 7:
      return .span(
        FilterField.Span.allCases.randomElement(using: &random) ?? .age, comparison,
        Span(nanoseconds: Int64(random.next() % 1_000_000_000)))
    case 8: return .percent(comparison, Double(random.next() % 1000) / 8)
    case 9:
      return .failureKind(
        equality, FailureKind.allCases.randomElement(using: &random) ?? .handler)
    case 10: return .text(.failureMessage, TextTest(comparison, word()))
    default: return .id(comparison, TaskID(rawValue: random.next() >> 1))
    }
  }

  mutating func text(of tree: Tree) -> String {
    space(atLeast: 0) + text(of: tree, within: 0) + space(atLeast: 0)
  }

  /// - Parameter within: 0 at the top, 1 in an AND, 2 in an OR, 3 behind a NOT.
  private mutating func text(of tree: Tree, within: Int) -> String {
    switch tree {
    case .leaf(let condition): return text(of: condition)
    case .not(let part):
      let text = (random.next() % 2 == 0 ? "-" : "NOT ") + text(of: part, within: 3)
      return within == 3 ? "(\(text))" : text
    case .all(let parts):
      let text = joined(parts, within: 1, words: ["AND", ""])
      return within > 1 ? "(\(text))" : text
    case .any(let parts):
      let text = joined(parts, within: 2, words: ["OR"])
      return within > 2 ? "(\(text))" : text
    }
  }

  private mutating func joined(_ parts: [Tree], within: Int, words: [String]) -> String {
    var text = ""
    for (index, part) in parts.enumerated() {
      if index > 0 {
        text += space(atLeast: 1) + (words.randomElement(using: &random) ?? "") + space(atLeast: 1)
      }
      text += self.text(of: part, within: within)
    }
    return text
  }

  private mutating func text(of condition: FilterCondition) -> String {
    switch condition {
    case .text(.label(let key), let test):
      text("labels.\(value(key, quotesDots: true))", test.comparison, value(test))
    case .text(let field, let test): text(name(field), test.comparison, value(test))
    case .has(.text(.label(let key))):
      Bool.random(using: &random)
        ? "labels.\(value(key, quotesDots: true))\(space(atLeast: 0)):\(space(atLeast: 0))*"
        : "labels:\(value(key))"
    case .state(let comparison, let state): text("state", comparison, value(state.name))
    case .failureKind(let comparison, let kind):
      text("failure.kind", comparison, value(kind.name))
    case .time(let field, let comparison, let time):
      text(field.rawValue, comparison, value(time.rfc3339))
    case .span(let field, let comparison, let span):
      text(field.rawValue, comparison, value("\(span.nanoseconds)ns"))
    case .percent(let comparison, let number):
      text("progress.percent", comparison, value("\(number)"))
    case .number(let field, let comparison, let number):
      text(field.rawValue, comparison, value("\(number)"))
    case .id(let comparison, let id): text("id", comparison, value("\(id)"))
    case .has: "pool:*"
    }
  }

  private func name(_ field: FilterField.Text) -> String {
    switch field {
    case .kind: "kind"
    case .failureMessage: "failure.message"
    default: "pool"
    }
  }

  private mutating func value(_ test: TextTest) -> String {
    guard let whole = test.whole else {
      return "\"" + test.parts.map { escaped($0, stars: true) }.joined(separator: "*") + "\""
    }
    let isPattern = [.equal, .notEqual].contains(test.comparison)
    return value(whole, escapesStars: isPattern)
  }

  private mutating func text(
    _ field: String, _ comparison: FilterComparison, _ value: String
  ) -> String {
    let sign = comparison == .equal && Bool.random(using: &random) ? ":" : comparison.rawValue
    return field + space(atLeast: 0) + sign + space(atLeast: 0) + value
  }

  private mutating func value(
    _ text: String, quotesDots: Bool = false, escapesStars: Bool = false
  ) -> String {
    let mustQuote =
      text.isEmpty || ["AND", "OR", "NOT"].contains(text)
      || text.unicodeScalars.contains { " \t\n\"'=!<>:(),*\r\\".unicodeScalars.contains($0) }
        && !text.hasPrefix("20")
      || quotesDots && text.contains(".")
    if !mustQuote && Bool.random(using: &random) { return text }
    return "\"" + escaped(text, stars: escapesStars) + "\""
  }

  private func escaped(_ text: String, stars: Bool) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" || stars && scalar == "*" { escaped.append("\\") }
      escaped.append(scalar)
    }
    return String(escaped)
  }

  private mutating func key() -> String {
    let text = word()
    return text.isEmpty ? "k" : text
  }

  private mutating func word() -> String {
    let letters = [
      "a", "B", "7", "_", "-", "/", ".", " ", "\"", "\\", "*", "=", "é", "👩‍👧", "\n", "AND",
    ]
    return (0..<Int.random(in: 0...3, using: &random))
      .map { _ in letters.randomElement(using: &random) ?? "" }.joined()
  }

  private mutating func space(atLeast least: Int) -> String {
    let spaces = [" ", "\t", "\n", "\r\n"]
    return (0..<Int.random(in: least...2, using: &random))
      .map { _ in spaces.randomElement(using: &random) ?? " " }.joined()
  }
}
