import MartletCore
import MartletStore

/// The conditions of a query as one SQL expression, with its parameters from number `first` on.
struct QueryPredicate {
  enum Parameter {
    case number(Int64)
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
    if includingPlace, let states = query.states {
      let mask = states.reduce(into: Int64(0)) { $0 |= 1 << Int64($1.rawValue) }
      terms.append("(\(parameter(.number(mask))) >> state) & 1")
    }
    if let kinds = query.kinds { terms.append(member("kind", kinds.map(\.rawValue))) }
    for condition in query.filter.rowConditions {
      if let term = term(condition) { terms.append(term) }
    }
    sql = terms.isEmpty ? "1" : terms.map { "(\($0))" }.joined(separator: " AND ")
  }

  func bind(to statement: Statement) {
    for (offset, parameter) in parameters.enumerated() {
      let index = Int32(Self.first + offset)
      switch parameter {
      case .number(let number): statement.bind(index, number)
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

  private mutating func term(_ condition: TaskFilter.Condition) -> String? {
    switch condition {
    case .pool, .kind, .state:
      return nil
    case .label(let key, let comparison, let value):
      let label = "label(labels, \(parameter(.bytes(Array(key.utf8)))))"
      return "\(label) \(comparison.sql) \(parameter(.bytes(Array(value.utf8))))"
    case .hasLabel(let key):
      return "label(labels, \(parameter(.bytes(Array(key.utf8))))) IS NOT NULL"
    case .time(let field, let comparison, let value):
      return "\(field.rawValue) \(comparison.sql) \(parameter(.number(value.nanoseconds)))"
    case .number(let field, let comparison, let value):
      return "\(field.rawValue) \(comparison.sql) \(parameter(.number(value)))"
    case .id(let comparison, let id):
      return "id \(comparison.sql) \(parameter(.number(Int64(clamping: id.rawValue))))"
    }
  }
}

extension TaskFilter.Comparison {
  /// Whatever is missing is unequal to everything, and nothing else.
  fileprivate var sql: String {
    switch self {
    case .notEqual: "IS NOT"
    case .equal, .less, .lessOrEqual, .greater, .greaterOrEqual: rawValue
    }
  }
}
