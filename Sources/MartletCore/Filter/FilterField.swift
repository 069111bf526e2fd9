/// What a filter can ask about, and how a condition on it is made from what was written.
enum FilterField {
  case pool
  case kind
  case state
  /// The labels as a whole: which keys there are.
  case labels
  case label(key: String)
  case time(TaskFilter.TimeField)
  case number(TaskFilter.NumberField)
  case id

  static let names =
    "pool, state, kind, labels.KEY, create_time, due_time, start_time, finish_time, priority, "
    + "attempt or id"
  static let comparatorNames = "= != < <= > >= :"

  static let labelKeyBytesMax = 63

  init(path: [FilterText]) throws(FilterFault) {
    guard let name = path.first else { throw FilterFault(message: Self.unknown(""), position: 0) }
    if name.text == "labels" {
      self = try Self.label(keys: path.dropFirst())
      return
    }
    guard let field = Self.single(name.text) else {
      throw FilterFault(message: Self.unknown(name.text), position: name.position)
    }
    if path.count > 1 {
      throw FilterFault(
        message: "`\(name.text)` has no parts; only labels have keys: labels.KEY",
        position: path[1].position)
    }
    self = field
  }

  private static func single(_ name: String) -> FilterField? {
    switch name {
    case "pool": return .pool
    case "kind": return .kind
    case "state": return .state
    case "id": return .id
    default:
      return TaskFilter.TimeField(rawValue: name).map { .time($0) }
        ?? TaskFilter.NumberField(rawValue: name).map { .number($0) }
    }
  }

  private static func label(keys: ArraySlice<FilterText>) throws(FilterFault) -> FilterField {
    guard let key = keys.first else { return .labels }
    if let second = keys.dropFirst().first {
      throw FilterFault(
        message: "a key with a dot is written in quotes: labels.\"a.b\"",
        position: second.position)
    }
    return .label(key: try checkedKey(key))
  }

  private static func unknown(_ name: String) -> String {
    "no field is called `\(shortened(name))`; use \(names)"
  }

  /// Enough of the caller's text to be recognised.
  static func shortened(_ text: String) -> String {
    text.count > 40 ? text.prefix(40) + "…" : text
  }

  fileprivate static func checkedKey(_ key: FilterText) throws(FilterFault) -> String {
    guard (1...labelKeyBytesMax).contains(key.text.utf8.count) else {
      throw FilterFault(
        message: "the key of a label has 1 to \(labelKeyBytesMax) bytes", position: key.position)
    }
    return key.text
  }
}

extension FilterField {
  /// The condition that a restriction on this field states.
  func condition(
    _ restriction: FilterRestriction
  ) throws(FilterFault) -> TaskFilter.Condition {
    let value = restriction.value
    switch self {
    case .labels:
      guard case .has = restriction.comparator else {
        throw refused(restriction, name: "labels", allowed: ": (as in labels:KEY)")
      }
      guard !Self.isStar(value) else {
        throw FilterFault(message: "name a label: labels:KEY", position: value.position)
      }
      return .hasLabel(key: try Self.checkedKey(value))
    case .label(let key):
      if case .has = restriction.comparator, Self.isStar(value) { return .hasLabel(key: key) }
      return .label(key: key, restriction.comparison, try Self.text(value, starMeansHas: true))
    case .pool: return .pool(restriction.comparison, try Self.text(value))
    case .kind: return .kind(restriction.comparison, try Self.text(value))
    case .state:
      guard [.equal, .notEqual].contains(restriction.comparison) else {
        throw refused(restriction, name: "state", allowed: "=, != and :")
      }
      return .state(restriction.comparison, try Self.state(value))
    case .time(let field): return .time(field, restriction.comparison, try Self.time(value))
    case .number(let field): return .number(field, restriction.comparison, try Self.number(value))
    case .id: return .id(restriction.comparison, try Self.id(value))
    }
  }

  private func refused(
    _ restriction: FilterRestriction, name: String, allowed: String
  ) -> FilterFault {
    FilterFault(
      message: "`\(restriction.comparator.text)` cannot be used on \(name); allowed: \(allowed)",
      position: restriction.comparatorPosition)
  }

  private static func isStar(_ value: FilterText) -> Bool { !value.isQuoted && value.text == "*" }

  /// Bare `*` is kept for patterns: what it means today, it will still mean then.
  private static func text(
    _ value: FilterText, starMeansHas: Bool = false
  ) throws(FilterFault) -> String {
    if !value.isQuoted, let star = value.text.utf8.firstIndex(of: UInt8(ascii: "*")) {
      let distance = value.text.utf8.distance(from: value.text.utf8.startIndex, to: star)
      throw FilterFault(
        message: starMeansHas
          ? "`*` stands alone, after `:`; quote a value that contains it"
          : "`*` is for labels only; quote a value that contains it",
        position: value.position + distance)
    }
    return value.text
  }

  private static func state(_ value: FilterText) throws(FilterFault) -> TaskState {
    guard let state = TaskState(name: value.text) else {
      let names = TaskState.allCases.map(\.name).joined(separator: ", ")
      throw FilterFault(
        message: "no state is called `\(shortened(value.text))`; use one of \(names)",
        position: value.position)
    }
    return state
  }

  private static func time(_ value: FilterText) throws(FilterFault) -> WallTime {
    do {
      return try WallTime(rfc3339: value.text)
    } catch {
      throw FilterFault(
        message: "expected \(error.expected)",
        position: value.verbatimPosition.map { $0 + error.offset } ?? value.position)
    }
  }

  private static func number(_ value: FilterText) throws(FilterFault) -> Int64 {
    guard let number = Int64(value.text) else {
      throw FilterFault(
        message: "`\(shortened(value.text))` is not a whole number of 64 bits",
        position: value.position)
    }
    return number
  }

  private static func id(_ value: FilterText) throws(FilterFault) -> TaskID {
    guard let id = TaskID(value.text) else {
      throw FilterFault(
        message: "`\(shortened(value.text))` is not the id of a task: 13 letters and digits",
        position: value.position)
    }
    return id
  }
}

extension FilterRestriction {
  /// `:` asks of a single value whether it is this one.
  fileprivate var comparison: TaskFilter.Comparison {
    switch comparator {
    case .compare(let comparison): comparison
    case .has: .equal
    }
  }
}
