import MartletCore
import MartletStore

/// The conditions of a query as one SQL expression, with its parameters from number `first` on.
struct QueryPredicate {
  enum Parameter {
    case number(Int64)
    case double(Double)
    case bytes([UInt8])
  }

  /// `1` if there are no conditions.
  private(set) var sql: String
  private(set) var parameters: [Parameter] = []

  /// Below come the parameters that say where to look.
  static let first = 5

  var isTrivial: Bool { parameters.isEmpty }

  /// `includingPlace`: whether pool and state are conditions too, or known from the place.
  init(_ query: TaskQuery, includingPlace: Bool) {
    sql = ""
    var terms: [String] = []
    if includingPlace, let pools = query.pools {
      terms.append(member("pool", pools.map(\.rawValue)))
    }
    if includingPlace, let states = query.states { terms.append(isIn(states)) }
    if let kinds = query.kinds { terms.append(member("kind", kinds.map(\.rawValue))) }
    if !query.filter.isEmpty { terms.append(term(query.filter.tree, query.filter.now)) }
    sql = terms.isEmpty ? "1" : terms.map { "(\($0))" }.joined(separator: " AND ")
  }

  func bind(to statement: Statement) {
    for (offset, parameter) in parameters.enumerated() {
      let index = Int32(Self.first + offset)
      switch parameter {
      case .number(let number): statement.bind(index, number)
      case .double(let number): statement.bind(index, double: number)
      case .bytes(let bytes): statement.bind(index, copying: bytes)
      }
    }
  }

  private mutating func parameter(_ value: Parameter) -> String {
    parameters.append(value)
    return "?\(Self.first + parameters.count - 1)"
  }

  private mutating func member(_ column: String, _ set: [UInt32]) -> String {
    "member(\(column), \(parameter(.bytes(QueryFunctions.encoded(set)))))"
  }

  private mutating func isIn(_ states: Set<TaskState>) -> String {
    let mask = states.reduce(into: Int64(0)) { $0 |= 1 << Int64($1.rawValue) }
    return "(\(parameter(.number(mask))) >> state) & 1"
  }

  // MARK: - The filter

  /// Every term is 0 or 1, never NULL: so NOT, AND and OR mean what they mean in memory.
  private mutating func term(
    _ tree: FilterTree<TaskPredicate.Leaf>, _ now: WallTime
  ) -> String {
    switch tree {
    case .leaf(.pools(let pools)): member("pool", pools.map(\.rawValue))
    case .leaf(.kinds(let kinds)): member("kind", kinds.map(\.rawValue))
    case .leaf(.states(let states)): isIn(states)
    case .leaf(.condition(let condition)): term(condition, now)
    case .not(let part): "NOT (\(term(part, now)))"
    case .all(let parts): joined(parts, " AND ", now) ?? "1"
    case .any(let parts): joined(parts, " OR ", now) ?? "0"
    }
  }

  private mutating func joined(
    _ parts: [FilterTree<TaskPredicate.Leaf>], _ word: String, _ now: WallTime
  ) -> String? {
    if parts.isEmpty { return nil }
    var terms: [String] = []
    for part in parts { terms.append("(\(term(part, now)))") }
    return terms.joined(separator: word)
  }

  private mutating func term(_ condition: FilterCondition, _ now: WallTime) -> String {
    switch condition {
    case .text(let field, let test): self.test(text(field), test)
    case .time(let field, let comparison, let value):
      compare(time(field), comparison, .number(value.nanoseconds))
    case .number(let field, let comparison, let value):
      compare(field.rawValue, comparison, .number(value))
    case .span(let field, let comparison, let value):
      compare(span(field, now), comparison, .number(value.nanoseconds))
    case .percent(let comparison, let value): compare(note(.percent), comparison, .double(value))
    case .state(let comparison, let state):
      compare("state", comparison, .number(Int64(state.rawValue)))
    case .failureKind(let comparison, let kind):
      compare(note(.failureKind), comparison, .number(Int64(kind.rawValue)))
    case .id(let comparison, let id):
      compare("id", comparison, .number(Int64(clamping: id.rawValue)))
    case .has(let field): "\(expression(field, now)) IS NOT NULL"
    }
  }

  /// What is missing is unequal to everything, and nothing else.
  private mutating func compare(
    _ expression: String, _ comparison: FilterComparison, _ value: Parameter
  ) -> String {
    let value = parameter(value)
    return switch comparison {
    case .equal: "\(expression) IS \(value)"
    case .notEqual: "\(expression) IS NOT \(value)"
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      "ifnull(\(expression) \(comparison.rawValue) \(value), 0)"
    }
  }

  private mutating func test(_ expression: String, _ test: TextTest) -> String {
    if let whole = test.whole {
      return compare(expression, test.comparison, .bytes(Array(whole.utf8)))
    }
    let pattern = parameter(.bytes(QueryFunctions.encoded(pattern: test.parts)))
    return "\(test.comparison == .notEqual ? "NOT " : "")fits(\(expression), \(pattern))"
  }

  // MARK: - Fields

  private mutating func expression(_ field: FilterField, _ now: WallTime) -> String {
    switch field {
    case .text(let field): text(field)
    case .time(let field): time(field)
    case .number(let field): field.rawValue
    case .span(let field): span(field, now)
    case .state: "state"
    case .failureKind: note(.failureKind)
    case .percent: note(.percent)
    case .id: "id"
    case .labels: "NULL"
    }
  }

  /// As a blob, so that it compares as bytes.
  private mutating func text(_ field: FilterField.Text) -> String {
    if case .label(let key) = field {
      return "label(labels, \(parameter(.bytes(Array(key.utf8)))))"
    }
    if field == .workflow {
      let path = parameter(.bytes(NoteField.workflow.path))
      return "CAST('w' || note(policy, \(path)) AS BLOB)"
    }
    if field == .fairnessKey {
      return "note(policy, \(parameter(.bytes(NoteField.fairnessKey.path))))"
    }
    return NoteField(field).map { note($0) } ?? "NULL"
  }

  private mutating func note(_ field: NoteField) -> String {
    "note(status, \(parameter(.bytes(field.path))))"
  }

  private func time(_ field: FilterField.Time) -> String {
    switch field {
    case .createTime, .dueTime, .startTime, .finishTime: field.rawValue
    case .time: "NULL"
    }
  }

  /// As `FilterSubject` measures them.
  private mutating func span(_ field: FilterField.Span, _ now: WallTime) -> String {
    let now = parameter(.number(now.nanoseconds))
    let (pending, running) = (TaskState.pending.rawValue, TaskState.running.rawValue)
    switch field {
    case .age: return "max(\(now) - create_time, 0)"
    case .runTime:
      return "max(ifnull(finish_time, iif(state = \(running), \(now), NULL)) - start_time, 0)"
    case .queueTime:
      return """
        max(CASE WHEN state = \(pending) THEN \(now)
          WHEN state = \(running) OR state >= \(TaskState.succeeded.rawValue)
          THEN iif(start_time >= due_time, start_time, finish_time) END - due_time, 0)
        """
    }
  }
}
