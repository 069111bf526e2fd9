import MartletCore
import MartletStore

/// Answers one query: finds the positions of the tasks that match in an index, then reads their
/// rows.
struct TaskQueryReader {
  /// So many ranges of pool and state are searched at once; of more, some rows are tried first.
  private static let rangesMax = 16
  /// How many rows are tried before many ranges are searched.
  private static let triedMax = 2000
  /// So many tasks of a selection are sorted by finish time before all finished ones are walked.
  private static let sortedMax = 10_000

  let connection: Connection
  let query: TaskQuery
  var sliceMax = TaskScan.sliceMax

  func page() throws(StoreFailure) -> TaskPage {
    if query.matchesNothing { return TaskPage(rows: [], next: nil) }
    let rowsMax = query.rowsMax
    let positions = try positions(rowsMax + 1)
    var page = TaskPage(rows: [], next: nil)
    var byteCount = 0
    var rows = TaskRowReader(connection, query.withContent ? .whole : .withoutContent)
    for position in positions.prefix(rowsMax) {
      // Another transaction than the search: the task may be gone or no longer match.
      guard let row = try connection.task(position.id, &rows), query.matches(row) else { continue }
      byteCount += row.byteCount
      if byteCount > query.bytesMax, let last = page.rows.last {
        page.next = last.position(in: query.order)
        return page
      }
      page.rows.append(row)
    }
    if positions.count > rowsMax { page.next = positions[rowsMax - 1] }
    return page
  }

  func count() throws(StoreFailure) -> Int {
    if query.matchesNothing { return 0 }
    if let count = try countByLabel() { return count }
    let everywhere = query.pools == nil && query.states == nil
    if everywhere && !query.conditionsAreTrivial {
      return try scan(includingPlace: true).count(TaskRange.all(.table).narrowed(by: query.filter))
    }
    let scan = scan(includingPlace: false)
    var sum = 0
    for range in try stateRanges() { sum += try scan.count(range.narrowed(by: query.filter)) }
    return sum
  }

  /// The first `limit` positions that match, in the query's order.
  private func positions(_ limit: Int) throws(StoreFailure) -> [TaskQuery.Position] {
    if let found = try positionsByLabel(limit) { return found }
    if query.order.isByFinishTime { return try positionsByFinishTime(limit) }
    let ranges = query.pools == nil && query.states == nil ? nil : try stateRanges()
    var collected = Collected(limit: limit, visitedMax: .max)
    guard let ranges else {
      try collect(from: rest(of: .table, after: query.after), &collected)
      return collected.positions
    }
    var after = query.after
    if ranges.count > Self.rangesMax {
      collected.visitedMax = Self.triedMax
      let isWhole = try collect(from: rest(of: .table, after: after), &collected)
      if isWhole || collected.isFull { return collected.positions }
      after = collected.last ?? after
    }
    return try merge(ranges, after: after, into: collected.positions, limit)
  }

  private func merge(
    _ ranges: [TaskRange], after: TaskQuery.Position?, into found: [TaskQuery.Position],
    _ limit: Int
  ) throws(StoreFailure) -> [TaskQuery.Position] {
    let scan = scan(includingPlace: false)
    let descending = query.order.isDescending
    var best = found
    for range in ranges {
      var range = range.narrowed(by: query.filter)
      if let after { range = range.rest(after: after, descending: descending)[0] }
      if best.count == limit, let worst = best.last {
        let id = Int64(clamping: worst.id.rawValue)
        if descending { range.low = max(range.low, id) } else { range.high = min(range.high, id) }
      }
      var collected = Collected(limit: limit, visitedMax: .max)
      _ = try scan.visit([range]) { collected.add($0, $1) }
      guard !collected.positions.isEmpty else { continue }
      best += collected.positions
      best.sort { descending ? $0.id > $1.id : $0.id < $1.id }
      best.removeLast(max(0, best.count - limit))
    }
    return best
  }

  /// Finished tasks match often or seldom: first some are tried; then, if few tasks have the pools
  /// and states in question, those are sorted; else the walk goes on.
  private func positionsByFinishTime(_ limit: Int) throws(StoreFailure) -> [TaskQuery.Position] {
    var collected = Collected(limit: limit, visitedMax: .max)
    let isSelective = query.pools != nil || query.states != nil
    if isSelective { collected.visitedMax = Self.triedMax }
    let isWhole = try collect(from: rest(of: .finished, after: query.after), &collected)
    if isWhole || collected.isFull || !isSelective { return collected.positions }
    if let sorted = try sortedByFinishTime(after: collected.last) {
      return Array((collected.positions + sorted).prefix(limit))
    }
    collected.visitedMax = .max
    try collect(from: rest(of: .finished, after: collected.last), &collected)
    return collected.positions
  }

  /// All that match behind a position; nil if that is too many to look at.
  private func sortedByFinishTime(
    after: TaskQuery.Position?
  ) throws(StoreFailure) -> [TaskQuery.Position]? {
    let scan = scan(includingPlace: false)
    var collected = Collected(limit: .max, visitedMax: Self.sortedMax)
    for range in try stateRanges() {
      guard try scan.visit([range], { collected.add($0, $1) }) else { return nil }
    }
    let order = query.order
    return collected.positions
      .filter { $0.finishTime != nil && (after?.precedes($0, in: order) ?? true) }
      .sorted { $0.precedes($1, in: order) }
  }

  /// False if the walk ended early.
  @discardableResult
  func collect(
    from ranges: [TaskRange], _ collected: inout Collected
  ) throws(StoreFailure) -> Bool {
    try scan(includingPlace: true).visit(ranges) { collected.add($0, $1) }
  }

  private func scan(includingPlace: Bool) -> TaskScan {
    TaskScan(
      connection: connection,
      predicate: QueryPredicate(query, includingPlace: includingPlace),
      descending: query.order.isDescending, withFinishTime: query.order.isByFinishTime,
      sliceMax: sliceMax)
  }

  func rest(of place: TaskRange.Place, after: TaskQuery.Position?) -> [TaskRange] {
    let range = TaskRange.all(place).narrowed(by: query.filter)
    return after.map { range.rest(after: $0, descending: query.order.isDescending) } ?? [range]
  }

  /// One range for each pool and state that the query asks for.
  private func stateRanges() throws(StoreFailure) -> [TaskRange] {
    let pools = if let pools = query.pools { pools.sorted() } else { try connection.pools() }
    let states = TaskState.allCases.filter { query.states?.contains($0) ?? true }
    return pools.flatMap { pool in states.map { TaskRange.all(.state(pool, $0)) } }
  }
}

/// Positions in the order in which a walk comes by.
struct Collected {
  let limit: Int
  /// How many rows the walk may look at.
  var visitedMax: Int
  private(set) var positions: [TaskQuery.Position] = []
  private(set) var last: TaskQuery.Position?
  private var visited = 0

  init(limit: Int, visitedMax: Int) {
    self.limit = limit
    self.visitedMax = visitedMax
  }

  var isFull: Bool { positions.count >= limit }

  /// Whether the walk is to go on.
  mutating func add(_ position: TaskQuery.Position, _ matches: Bool) -> Bool {
    visited += 1
    last = position
    if matches { positions.append(position) }
    return !isFull && visited < visitedMax
  }
}

extension TaskQuery {
  fileprivate var matchesNothing: Bool {
    pools?.isEmpty == true || kinds?.isEmpty == true || states?.isEmpty == true
  }

  fileprivate var conditionsAreTrivial: Bool { kinds == nil && filter.isEmpty }
}

extension Connection {
  /// The pools that have tasks: one step of the index for each.
  fileprivate func pools() throws(StoreFailure) -> [PoolID] {
    let statement = try statement(
      """
      SELECT pool FROM task INDEXED BY task_by_state WHERE pool > ?1 ORDER BY pool LIMIT 1
      """)
    var pools: [PoolID] = []
    statement.bind(1, -1)
    while try statement.step() {
      let pool = UInt32(clamping: statement.int64(0))
      pools.append(PoolID(rawValue: pool))
      statement.reset()
      statement.bind(1, Int64(pool))
    }
    statement.reset()
    return pools
  }

  func task(_ id: TaskID, _ rows: inout TaskRowReader) throws(StoreFailure) -> TaskRow? {
    let statement = try statement("SELECT \(rows.extent.columns) FROM task WHERE id = ?1")
    defer { statement.reset() }
    statement.bind(1, Int64(clamping: id.rawValue))
    return try statement.step() ? try rows.row(statement) : nil
  }
}
