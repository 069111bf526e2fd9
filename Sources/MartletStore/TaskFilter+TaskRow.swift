package import MartletCore

extension TaskFilter {
  /// Whether all conditions hold for `row`, but for those on pool, kind and state: a row knows
  /// pools and kinds by number, so whoever knows the names hands them over as sets in `TaskQuery`.
  package func matches(_ row: TaskRow) -> Bool {
    conditions.allSatisfy { $0.matches(row) }
  }

  /// What is left to check once pool, kind and state are sets.
  package var rowConditions: [Condition] {
    conditions.filter { condition in
      switch condition {
      case .pool, .kind, .state: false
      case .label, .hasLabel, .time, .number, .id: true
      }
    }
  }
}

extension TaskFilter.Condition {
  fileprivate func matches(_ row: TaskRow) -> Bool {
    switch self {
    case .pool, .kind, .state:
      return true
    case .label(let key, let comparison, let value):
      guard let found = row.submission.labels[key] else { return comparison == .notEqual }
      return comparison.holds(found, value)
    case .hasLabel(let key):
      return row.submission.labels[key] != nil
    case .time(let field, let comparison, let value):
      guard let found = row[field] else { return comparison == .notEqual }
      return comparison.holds(found, value)
    case .number(let field, let comparison, let value):
      return comparison.holds(row[field], value)
    case .id(let comparison, let value):
      return comparison.holds(row.id, value)
    }
  }
}

extension TaskRow {
  fileprivate subscript(field: TaskFilter.TimeField) -> WallTime? {
    switch field {
    case .createTime: submission.createTime
    case .dueTime: status.dueTime
    case .startTime: status.startTime
    case .finishTime: status.finishTime
    }
  }

  fileprivate subscript(field: TaskFilter.NumberField) -> Int64 {
    switch field {
    case .priority: Int64(submission.priority)
    case .attempt: Int64(status.attempt)
    }
  }
}

extension TaskRow {
  /// What the row counts against `TaskQuery.bytesMax`: its variable parts and 100 for the rest.
  package var byteCount: Int {
    var sum = 100 + submission.policy.count + submission.spec.count + submission.payload.count
    sum += status.status.count + (status.result?.count ?? 0)
    for label in submission.labels.labels { sum += label.key.utf8.count + label.value.utf8.count }
    return sum
  }

  /// The row as it comes without payload and result.
  package var withoutContent: TaskRow {
    var row = self
    row.submission.payload = []
    row.status.result = nil
    return row
  }

  package func position(in order: TaskQuery.Order) -> TaskQuery.Position {
    .init(finishTime: order.isByFinishTime ? status.finishTime : nil, id: id)
  }
}
