import MartletCore
import MartletStore

/// Walks through ranges of the table `task`, in slices.
struct TaskScan {
  /// About how long a read transaction may last: while it does, the WAL cannot start anew.
  static let sliceMax = Duration.milliseconds(40)
  /// The clock is looked at once for so many rows.
  private static let rowsPerLook = 64
  /// What is counted by one query.
  private static let countedPerQuery = 4096

  let connection: Connection
  let predicate: QueryPredicate
  let descending: Bool
  /// Whether positions are to have finish times.
  let withFinishTime: Bool
  var sliceMax = Self.sliceMax

  /// Calls `visit` for each task of the ranges, in order, and whether it matches, until that is
  /// false. False if it was.
  func visit(
    _ ranges: [TaskRange], _ body: (TaskQuery.Position, _ matches: Bool) -> Bool
  ) throws(StoreFailure) -> Bool {
    var pending = Array(ranges.reversed())
    while let range = pending.popLast() {
      if range.isEmpty { continue }
      switch try slice(range, body) {
      case .finished: continue
      case .stopped: return false
      case .interrupted(let position):
        pending += range.rest(after: position, descending: descending).reversed()
      }
    }
    return true
  }

  private enum SliceEnd {
    case finished
    case stopped
    case interrupted(after: TaskQuery.Position)
  }

  private func slice(
    _ range: TaskRange, _ body: (TaskQuery.Position, _ matches: Bool) -> Bool
  ) throws(StoreFailure) -> SliceEnd {
    let time = withFinishTime ? "finish_time" : "NULL"
    let statement = try connection.statement(
      "SELECT id, \(time), \(predicate.sql) \(range.source(descending: descending))")
    defer { statement.reset() }
    range.bind(to: statement)
    predicate.bind(to: statement)
    let started = ContinuousClock.now
    var rows = 0
    while try statement.step() {
      let position = TaskQuery.Position(
        finishTime: statement.optionalInt64(1).map(WallTime.init(nanoseconds:)),
        id: TaskID(rawValue: UInt64(bitPattern: statement.int64(0))))
      guard body(position, statement.int64(2) != 0) else { return .stopped }
      rows += 1
      if rows % Self.rowsPerLook == 0, started.duration(to: .now) > sliceMax {
        return .interrupted(after: position)
      }
    }
    return .finished
  }

  /// How many tasks of a range by id match.
  func count(_ range: TaskRange) throws(StoreFailure) -> Int {
    let statement = try connection.statement(
      """
      SELECT count(*), max(id), sum(matches) FROM (
        SELECT id, \(predicate.sql) AS matches \(range.source(descending: false))
        LIMIT \(Self.countedPerQuery))
      """)
    var range = range
    var count: Int64 = 0
    while !range.isEmpty {
      defer { statement.reset() }
      range.bind(to: statement)
      predicate.bind(to: statement)
      guard try statement.step(), statement.int64(0) > 0 else { break }
      count += statement.int64(2)
      guard statement.int64(0) == Self.countedPerQuery, statement.int64(1) < .max else { break }
      range.low = statement.int64(1) + 1
    }
    return Int(count)
  }
}
