import MartletAPI
import MartletCore
import MartletRPC
import MartletStore

extension StatsService {
  /// More tasks of a range are not looked at.
  private static let tasksMax = 100_000
  private static let valuesMax = 1_000

  /// By a label: of the tasks that finished in the range and are kept, since labels are counted
  /// nowhere.
  func overview(
    _ request: API.GetOverviewRequest, by key: String, _ bounds: (start: WallTime, end: WallTime),
    _ catalog: Catalog, _ revision: Revision
  ) async throws -> API.GetOverviewResponse {
    let selection = try StatsSelection(pools: request.pools, kinds: request.kinds, in: catalog)
    let conditions: [FilterCondition] = [
      .time(.finishTime, .greaterOrEqual, bounds.start), .time(.finishTime, .less, bounds.end),
    ]
    var query = TaskQuery(
      pools: selection.pools, kinds: selection.kinds,
      states: Set(TaskState.allCases.filter(\.isTerminal)),
      filter: TaskPredicate(.all(conditions.map { .leaf(.condition($0)) }), now: bounds.end),
      order: .lastFinishedFirst, countMax: 1_000)
    var sums = LabelSums(key: key)
    while true {
      let page = try await node.page(query, asOf: revision)
      for row in page.rows { sums.add(row) }
      query.after = page.next
      if page.next == nil || sums.count >= Self.tasksMax { break }
      try Task.checkCancellation()
    }
    let seconds = max(1, (bounds.end - bounds.start).nanoseconds / 1_000_000_000)
    let groups = sums.groups.sorted {
      ($0.key ?? "", $0.key == nil ? 0 : 1) < ($1.key ?? "", $1.key == nil ? 0 : 1)
    }
    return .init(
      groups: groups.prefix(Self.valuesMax).map { value, stats in
        .init(
          labelValue: value, counts: .init(stats.tally),
          rates: .init(stats.tally, seconds: seconds), queueWait: .init(stats.queueWait),
          runTime: .init(stats.runTime), totalTime: .init(stats.totalTime))
      }, omittedGroups: Int64(max(0, groups.count - Self.valuesMax)),
      startTime: .init(bounds.start), endTime: .init(bounds.end), keptTasksOnly: true,
      isTruncated: query.after != nil, countedFrom: catalog.talliedFrom.rawValue,
      cursor: Cursor(revision).text)
  }
}
