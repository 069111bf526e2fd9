import MartletCore
import Testing

@Suite("Filter: random texts")
struct FilterRandomTests {
  @Test("what a filter says survives being written in any of its spellings", arguments: 0..<20)
  func roundTrip(seed: UInt64) throws {
    var writer = FilterWriter(random: SeededRandom(seed: seed))
    for _ in 0..<250 {
      let conditions = (0..<Int.random(in: 0...8, using: &writer.random)).map { _ in
        writer.condition()
      }
      let text = writer.text(of: conditions)
      #expect(try TaskFilter(parsing: text).conditions == conditions, "\(text)")
    }
  }

  @Test("no text traps, and every error points into the text", arguments: 0..<20)
  func hostile(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pieces = [
      "pool", "labels", "state", "create_time", "priority", "id", ".", ":", "=", "!=", "<", ">=",
      "!",
      "\"", "\\", "\\\"", "*", "(", ")", ",", "'", "-", " ", "\n", "\u{0}", "AND", "OR", "NOT",
      "RUNNING",
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
        #expect(try TaskFilter(parsing: changed).conditions.count <= 5)
      } catch {
        #expect((0...changed.unicodeScalars.count).contains(error.offset))
      }
    }
  }
}

/// Makes up conditions and writes them as a caller might.
private struct FilterWriter {
  var random: SeededRandom

  mutating func condition() -> TaskFilter.Condition {
    let comparison = TaskFilter.Comparison.allCases.randomElement(using: &random) ?? .equal
    switch random.next() % 8 {
    case 0: return .pool(comparison, word())
    case 1: return .kind(comparison, word())
    case 2:
      return .state(
        Bool.random(using: &random) ? .equal : .notEqual,
        TaskState.allCases.randomElement(using: &random) ?? .pending)
    case 3: return .label(key: key(), comparison, word())
    case 4: return .hasLabel(key: key())
    case 5:
      return .time(
        TaskFilter.TimeField.allCases.randomElement(using: &random) ?? .createTime, comparison,
        WallTime(nanoseconds: Int64(bitPattern: random.next())))
    case 6:
      return .number(
        Bool.random(using: &random) ? .priority : .attempt, comparison,
        Int64(bitPattern: random.next()))
    default: return .id(comparison, TaskID(rawValue: random.next() >> 1))
    }
  }

  mutating func text(of conditions: [TaskFilter.Condition]) -> String {
    var text = space(atLeast: 0)
    for (index, condition) in conditions.enumerated() {
      if index > 0 {
        text += space(atLeast: 1)
        if Bool.random(using: &random) { text += "AND" + space(atLeast: 1) }
      }
      text += self.text(of: condition)
    }
    return text + space(atLeast: 0)
  }

  private mutating func text(of condition: TaskFilter.Condition) -> String {
    switch condition {
    case .pool(let comparison, let name): text("pool", comparison, value(name))
    case .kind(let comparison, let name): text("kind", comparison, value(name))
    case .state(let comparison, let state): text("state", comparison, value(state.name))
    case .label(let key, let comparison, let name):
      text("labels.\(value(key, quotesDots: true))", comparison, value(name))
    case .hasLabel(let key):
      Bool.random(using: &random)
        ? "labels.\(value(key, quotesDots: true))\(space(atLeast: 0)):\(space(atLeast: 0))*"
        : "labels:\(value(key))"
    case .time(let field, let comparison, let time):
      text(field.rawValue, comparison, value(time.rfc3339))
    case .number(let field, let comparison, let number):
      text(field.rawValue, comparison, value("\(number)"))
    case .id(let comparison, let id): text("id", comparison, value("\(id)"))
    }
  }

  private mutating func text(
    _ field: String, _ comparison: TaskFilter.Comparison, _ value: String
  ) -> String {
    let sign = comparison == .equal && Bool.random(using: &random) ? ":" : comparison.rawValue
    return field + space(atLeast: 0) + sign + space(atLeast: 0) + value
  }

  private mutating func value(_ text: String, quotesDots: Bool = false) -> String {
    let mustQuote =
      text.isEmpty || ["AND", "OR", "NOT"].contains(text)
      || text.unicodeScalars.contains { " \t\n\"'=!<>:(),*\r\\".unicodeScalars.contains($0) }
        && !text.hasPrefix("20")
      || quotesDots && text.contains(".")
    if !mustQuote && Bool.random(using: &random) { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(scalar)
    }
    return quoted + "\""
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
