import MartletCore
import MartletStore

/// Queries whose filter wants a label: found by it where few tasks have it, or where they lie in
/// the order that is asked for.
extension TaskQueryReader {
  /// So many tasks of a label are looked at one by one.
  private static let labelledMax = 4_000
  /// So many are walked through in search of a page, if pool or state lead to it too.
  private static let walkedMax = 20_000
  /// Rows that one read transaction looks at.
  private static let rowsPerSnapshot = 500

  /// The first `limit` positions; nil if labels are no good way to them.
  func positionsByLabel(_ limit: Int) throws(StoreFailure) -> [TaskQuery.Position]? {
    guard let anchor = LabelAnchor(query.filter) else { return nil }
    if let ids = try tasks(of: anchor) { return try positions(among: ids, limit) }
    guard let tag = anchor.tag, !query.order.isByFinishTime else { return nil }
    let hasOtherWay = query.pools != nil || query.states != nil
    var collected = Collected(limit: limit, visitedMax: hasOtherWay ? Self.walkedMax : .max)
    let isWhole = try collect(from: rest(of: .label(tag), after: query.after), &collected)
    return isWhole || collected.isFull ? collected.positions : nil
  }

  /// How many match; nil if labels are no good way to know.
  func countByLabel() throws(StoreFailure) -> Int? {
    guard let anchor = LabelAnchor(query.filter), let ids = try tasks(of: anchor) else {
      return nil
    }
    return try matching(ids, limit: .max).count
  }

  /// Each once; nil if they are too many.
  private func tasks(of anchor: LabelAnchor) throws(StoreFailure) -> [TaskID]? {
    let statement = try connection.statement(
      "SELECT task FROM label WHERE tag BETWEEN ?1 AND ?2 LIMIT \(Self.labelledMax + 1)")
    defer { statement.reset() }
    var ids: Set<TaskID> = []
    for range in anchor.ranges {
      statement.bind(1, range.lowerBound)
      statement.bind(2, range.upperBound)
      var found = 0
      while try statement.step() {
        ids.insert(TaskID(rawValue: UInt64(bitPattern: statement.int64(0))))
        found += 1
      }
      statement.reset()
      if found > Self.labelledMax || ids.count > Self.labelledMax { return nil }
    }
    return ids.sorted()
  }

  private func positions(
    among ids: [TaskID], _ limit: Int
  ) throws(StoreFailure) -> [TaskQuery.Position] {
    let order = query.order
    guard order.isByFinishTime else {
      let ordered = order.isDescending ? ids.reversed() : ids
      let left = ordered.filter { id in
        query.after?.precedes(.init(finishTime: nil, id: id), in: order) ?? true
      }
      return try matching(left, limit: limit)
    }
    let found = try matching(ids, limit: .max)
      .filter { $0.finishTime != nil && (query.after?.precedes($0, in: order) ?? true) }
      .sorted { $0.precedes($1, in: order) }
    return Array(found.prefix(limit))
  }

  /// The first that match, in the order of `ids`.
  private func matching(
    _ ids: [TaskID], limit: Int
  ) throws(StoreFailure) -> [TaskQuery.Position] {
    let predicate = QueryPredicate(query, includingPlace: true)
    let statement = try connection.statement(
      "SELECT finish_time, \(predicate.sql) FROM task WHERE id = ?1")
    predicate.bind(to: statement)
    var found: [TaskQuery.Position] = []
    var rest = ids[...]
    while !rest.isEmpty, found.count < limit {
      let slice = rest.prefix(Self.rowsPerSnapshot)
      rest = rest.dropFirst(slice.count)
      try connection.snapshot { () throws(StoreFailure) in
        for id in slice where found.count < limit {
          statement.bind(1, Int64(clamping: id.rawValue))
          defer { statement.reset() }
          guard try statement.step(), statement.int64(1) != 0 else { continue }
          let time = query.order.isByFinishTime ? statement.optionalInt64(0) : nil
          found.append(.init(finishTime: time.map(WallTime.init(nanoseconds:)), id: id))
        }
      }
    }
    return found
  }
}
