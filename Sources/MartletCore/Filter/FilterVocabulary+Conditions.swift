extension FilterVocabulary {
  /// The condition that a restriction states.
  func condition(_ restriction: FilterRestriction) throws(FilterFault) -> FilterCondition {
    let field = try field(restriction.path)
    let (comparison, value) = (restriction.comparison, restriction.value)
    if field == .labels { return try hasLabel(restriction) }
    if restriction.asksForPresence { return .has(field) }
    switch field {
    case .text(let field): return .text(field, try text(restriction, of: field))
    case .time(let field): return .time(field, comparison, try Self.time(value))
    case .number(let field): return .number(field, comparison, try Self.number(value))
    case .span(let field): return .span(field, comparison, try Self.span(value))
    case .percent: return .percent(comparison, try Self.decimal(value))
    case .id: return .id(comparison, try Self.id(value))
    case .state:
      try requireEquality(restriction, name: "state")
      return .state(comparison, try Self.state(value))
    case .failureKind:
      try requireEquality(restriction, name: "failure.kind")
      return .failureKind(comparison, try Self.failureKind(value))
    case .labels: return try hasLabel(restriction)
    }
  }

  private func hasLabel(_ restriction: FilterRestriction) throws(FilterFault) -> FilterCondition {
    guard case .has = restriction.comparator else {
      throw refused(restriction, name: "labels", allowed: ": (as in labels:KEY)")
    }
    guard !restriction.value.isStar else {
      throw FilterFault(message: "name a label: labels:KEY", position: restriction.value.position)
    }
    return .has(.text(.label(key: try Self.checkedKey(restriction.value))))
  }

  private func requireEquality(
    _ restriction: FilterRestriction, name: String
  ) throws(FilterFault) {
    guard [.equal, .notEqual].contains(restriction.comparison) else {
      throw refused(restriction, name: name, allowed: "=, != and :")
    }
  }

  private func refused(
    _ restriction: FilterRestriction, name: String, allowed: String
  ) -> FilterFault {
    FilterFault(
      message: "`\(restriction.comparator.text)` cannot be used on \(name); allowed: \(allowed)",
      position: restriction.comparatorPosition)
  }

  // MARK: - Values

  private func text(
    _ restriction: FilterRestriction, of field: FilterField.Text
  ) throws(FilterFault) -> TextTest {
    let value = restriction.value
    if [.equal, .notEqual].contains(restriction.comparison) {
      if field == .eventType, value.parts.count == 1, !eventTypes.contains(value.text) {
        throw FilterFault(
          message: "no event type is called `\(Self.shortened(value.text))`; they are named like "
            + (eventTypes.last ?? ""),
          position: value.position)
      }
      return TextTest(restriction.comparison, pattern: value.parts)
    }
    if !value.isQuoted, value.parts.count > 1 {
      throw FilterFault(
        message: "`*` stands for any text after =, != and : only; quote a value that contains it",
        position: value.position + value.parts[0].utf8.count)
    }
    return TextTest(restriction.comparison, value.text)
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

  private static func failureKind(_ value: FilterText) throws(FilterFault) -> FailureKind {
    guard let kind = FailureKind.allCases.first(where: { $0.name == value.text }) else {
      let names = FailureKind.allCases.map(\.name).joined(separator: ", ")
      throw FilterFault(
        message: "no kind of failure is called `\(shortened(value.text))`; use one of \(names)",
        position: value.position)
    }
    return kind
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

  private static func span(_ value: FilterText) throws(FilterFault) -> Span {
    guard let span = Span(written: value.text) else {
      throw FilterFault(
        message: "`\(shortened(value.text))` is not a span of time such as 90s, 1h30m, 250ms or 2d",
        position: value.position)
    }
    return span
  }

  private static func number(_ value: FilterText) throws(FilterFault) -> Int64 {
    guard let number = Int64(value.text) else {
      throw FilterFault(
        message: "`\(shortened(value.text))` is not a whole number of 64 bits",
        position: value.position)
    }
    return number
  }

  private static func decimal(_ value: FilterText) throws(FilterFault) -> Double {
    let isPlain = value.text.utf8.allSatisfy { "+-.0123456789".utf8.contains($0) }
    guard isPlain, let number = Double(value.text), number.isFinite else {
      throw FilterFault(
        message: "`\(shortened(value.text))` is not a number", position: value.position)
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

extension FailureKind {
  /// As in the contract, without its prefix: `RUN_TIMEOUT`.
  package var name: String {
    switch self {
    case .handler: "HANDLER"
    case .runTimeout: "RUN_TIMEOUT"
    case .queueTimeout: "QUEUE_TIMEOUT"
    case .heartbeatTimeout: "HEARTBEAT_TIMEOUT"
    case .workerLost: "WORKER_LOST"
    case .deadline: "DEADLINE"
    case .dependency: "DEPENDENCY"
    case .rejected: "REJECTED"
    }
  }
}

extension Span {
  private static let units: [(name: String, nanoseconds: Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
    ("d", 86_400e9),
  ]

  /// As people write it: `250ms`, `10s`, `1h30m`, `1.5s`, `2d`; nil for anything else, and for what
  /// is longer than 290 years.
  package init?(written text: String) {
    var rest = text[...]
    var sum = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest.removeFirst(number.count)
      let unit = rest.prefix { $0.isLetter }
      rest.removeFirst(unit.count)
      guard let value = Double(number),
        let size = Self.units.first(where: { $0.name == unit })?.nanoseconds
      else { return nil }
      sum += value * size
    }
    guard sum <= 9e18 else { return nil }
    self.init(nanoseconds: Int64(sum.rounded()))
  }
}
