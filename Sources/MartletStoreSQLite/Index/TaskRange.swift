import MartletCore
import MartletStore

/// A stretch of the table `task` that an index, or the table itself, has in order.
struct TaskRange {
  enum Place: Hashable {
    /// All tasks, by id.
    case table
    /// Those of a pool in a state, by id.
    case state(PoolID, TaskState)
    /// Those of a label (`LabelTag`), and of few others, by id.
    case label(Int64)
    /// Those that finished at one moment, by id.
    case finishedAt(WallTime)
    /// Finished tasks by finish time, then by id.
    case finished
  }

  var place: Place
  /// From the least to the greatest, both included: finish times for `.finished`, else ids.
  var low: Int64
  var high: Int64

  var isEmpty: Bool { low > high }

  static func all(_ place: Place) -> TaskRange {
    TaskRange(place: place, low: place == .finished ? .min : 0, high: .max)
  }

  /// What comes behind `position` in that direction, in order.
  func rest(after position: TaskQuery.Position, descending: Bool) -> [TaskRange] {
    let id = Int64(clamping: position.id.rawValue)
    guard place == .finished else { return [beyond(id, descending: descending)] }
    guard let time = position.finishTime?.nanoseconds, time >= low, time <= high else {
      return [self]
    }
    let sameTime = TaskRange.all(.finishedAt(WallTime(nanoseconds: time)))
    return [sameTime.beyond(id, descending: descending), beyond(time, descending: descending)]
  }

  private func beyond(_ key: Int64, descending: Bool) -> TaskRange {
    var range = self
    let (bound, isNone) = key.addingReportingOverflow(descending ? -1 : 1)
    if isNone {
      (range.low, range.high) = (1, 0)
    } else if descending {
      range.high = min(high, bound)
    } else {
      range.low = max(low, bound)
    }
    return range
  }

  /// Leaves out what the conditions on id and finish time rule out anyway.
  func narrowed(by filter: TaskPredicate) -> TaskRange {
    var range = self
    for part in filter.tree.conjuncts {
      guard case .leaf(.condition(let condition)) = part else { continue }
      switch (condition, place) {
      case (.time(.finishTime, let comparison, let time), .finished):
        range.narrow(comparison, time.nanoseconds)
      case (.id(let comparison, let id), .table), (.id(let comparison, let id), .state),
        (.id(let comparison, let id), .label):
        range.narrow(comparison, Int64(clamping: id.rawValue))
      default:
        break
      }
    }
    return range
  }

  /// Never too much: `<` and `>` are taken as `<=` and `>=`, the row's conditions do the rest.
  private mutating func narrow(_ comparison: FilterComparison, _ key: Int64) {
    switch comparison {
    case .equal: (low, high) = (max(low, key), min(high, key))
    case .less, .lessOrEqual: high = min(high, key)
    case .greater, .greaterOrEqual: low = max(low, key)
    case .notEqual: break
    }
  }

  /// FROM to ORDER BY; the bounds are ?1 and ?2. INDEXED BY makes a plan that would not use the
  /// index an error instead of a scan.
  func source(descending: Bool) -> String {
    let direction = descending ? "DESC" : "ASC"
    switch place {
    case .table:
      return "FROM task NOT INDEXED WHERE id BETWEEN ?1 AND ?2 ORDER BY id \(direction)"
    case .state:
      return """
        FROM task INDEXED BY task_by_state WHERE pool = ?3 AND state = ?4 AND id BETWEEN ?1 AND ?2
        ORDER BY id \(direction)
        """
    case .label:
      return """
        FROM label CROSS JOIN task ON id = label.task
        WHERE label.tag = ?3 AND label.task BETWEEN ?1 AND ?2 ORDER BY label.task \(direction)
        """
    case .finishedAt:
      return """
        FROM task INDEXED BY task_by_finish WHERE finish_time = ?3 AND id BETWEEN ?1 AND ?2
        ORDER BY id \(direction)
        """
    case .finished:
      return """
        FROM task INDEXED BY task_by_finish WHERE finish_time BETWEEN ?1 AND ?2
        ORDER BY finish_time \(direction), id \(direction)
        """
    }
  }

  func bind(to statement: Statement) {
    statement.bind(1, low)
    statement.bind(2, high)
    switch place {
    case .table, .finished:
      break
    case .state(let pool, let state):
      statement.bind(3, Int64(pool.rawValue))
      statement.bind(4, Int64(state.rawValue))
    case .label(let tag):
      statement.bind(3, tag)
    case .finishedAt(let time):
      statement.bind(3, time.nanoseconds)
    }
  }
}
