import MartletCore

extension TaskQuery {
  /// Whether the row belongs to the answer; order, position and limits have no say in it.
  package func matches(_ row: TaskRow) -> Bool {
    if let pools, !pools.contains(row.submission.pool) { return false }
    if let kinds, !kinds.contains(row.submission.kind) { return false }
    if let states, !states.contains(row.status.state) { return false }
    return filter.matches(row)
  }
}

extension TaskQuery.Order {
  /// By finish time, and so without tasks that have none.
  package var isByFinishTime: Bool {
    switch self {
    case .newestFirst, .oldestFirst: false
    case .lastFinishedFirst, .firstFinishedFirst: true
    }
  }

  /// From the greatest position to the least.
  package var isDescending: Bool {
    switch self {
    case .newestFirst, .lastFinishedFirst: true
    case .oldestFirst, .firstFinishedFirst: false
    }
  }
}

extension TaskQuery {
  /// `countMax` within its bounds.
  package var rowsMax: Int { min(max(countMax, 1), 1000) }
}

extension TaskQuery.Position {
  package func precedes(_ other: Self, in order: TaskQuery.Order) -> Bool {
    let ascending =
      (finishTime ?? WallTime(nanoseconds: 0), id)
      < (other.finishTime ?? WallTime(nanoseconds: 0), other.id)
    return order.isDescending ? !ascending && self != other : ascending
  }
}
