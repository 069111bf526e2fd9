/// What a caller's filter string says: comparisons that must all hold. Parsed once by
/// `TaskFilter.init(parsing:)`; then either a predicate or, by the store, a query.
package struct TaskFilter: Hashable, Sendable {
  package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  package enum TimeField: String, Hashable, Sendable, CaseIterable {
    case createTime = "create_time"
    case dueTime = "due_time"
    case startTime = "start_time"
    case finishTime = "finish_time"
  }

  package enum NumberField: String, Hashable, Sendable, CaseIterable {
    case priority
    case attempt
  }

  package enum Condition: Hashable, Sendable {
    /// Names compare as bytes.
    case pool(Comparison, String)
    case kind(Comparison, String)
    /// Equal or not equal only.
    case state(Comparison, TaskState)
    /// A task without the label matches `notEqual` only.
    case label(key: String, Comparison, String)
    case hasLabel(key: String)
    /// A task without that time matches nothing but `notEqual`.
    case time(TimeField, Comparison, WallTime)
    case number(NumberField, Comparison, Int64)
    case id(Comparison, TaskID)
  }

  package var conditions: [Condition]

  package init(conditions: [Condition] = []) { self.conditions = conditions }

  package static let all = TaskFilter()
}

extension TaskFilter.Comparison {
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

  /// Text compares by its UTF-8 bytes, so that no locale and no normal form has a say.
  package func holds(_ a: String, _ b: String) -> Bool {
    switch self {
    case .equal: a.utf8.elementsEqual(b.utf8)
    case .notEqual: !a.utf8.elementsEqual(b.utf8)
    case .less: a.utf8.lexicographicallyPrecedes(b.utf8)
    case .lessOrEqual: !b.utf8.lexicographicallyPrecedes(a.utf8)
    case .greater: b.utf8.lexicographicallyPrecedes(a.utf8)
    case .greaterOrEqual: !a.utf8.lexicographicallyPrecedes(b.utf8)
    }
  }
}
