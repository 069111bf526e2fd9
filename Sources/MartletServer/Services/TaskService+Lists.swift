package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

extension TaskService {
  /// Room for what a page holds beside its tasks.
  private static let pageBytesMax = (1 << 20) - 4_096

  package func listTasks(
    _ request: API.ListTasksRequest, context: CallContext
  ) async throws -> API.ListTasksResponse {
    try await desk.answer(context) {
      let list = try RequestCheck.list(request, limits: limits)
      try desk.check(list.minimum)
      let (catalog, revision) = try await catalog(context)
      let first = list.first ?? revision
      var selection = TaskSelection(list.filter, in: catalog, now: NodeClock.wall)
      if list.order.isByFinishTime { selection.keepOnlyFinished() }
      let query = TaskQuery(
        pools: selection.pools, kinds: selection.kinds, states: selection.states,
        filter: selection.rest, order: list.order, after: list.after, countMax: list.pageSize,
        bytesMax: Self.pageBytesMax, withContent: list.isFull)
      let page = try await node.page(query, asOf: revision)
      let total = try await total(of: query, selection, list, catalog, revision)
      let causes = try await causes(of: page.rows, context)
      return try await response(page, list, causes, first: first, total: total)
    }
  }

  /// Why tasks of the page wait: of those of which nothing has changed since their row.
  private func causes(
    of rows: [TaskRow], _ context: CallContext
  ) async throws -> [TaskID: WaitingCause] {
    let waiting = rows.lazy.filter { $0.status.state.isWaiting }.map(\.id)
    if waiting.isEmpty { return [:] }
    let seen = try await node.see(.waitingTasks(Array(waiting)), on: context.loop)
    guard case .tasks(let views) = seen.value else {
      throw desk.fault("the engine answered a look at tasks with something else", in: context)
    }
    let revisions = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0.status.revision) })
    var causes: [TaskID: WaitingCause] = [:]
    for view in views where view.revision == revisions[view.id] { causes[view.id] = view.cause }
    return causes
  }

  private func total(
    of query: TaskQuery, _ selection: TaskSelection, _ list: CheckedTaskList, _ catalog: Catalog,
    _ revision: Revision
  ) async throws -> Int64? {
    if selection.isWhole { return selection.count(in: catalog.counters) }
    guard list.wantsTotal else { return nil }
    return Int64(try await node.count(query, asOf: revision))
  }

  /// Rows say how long they are in the store; the page's bound is on what is sent.
  private func response(
    _ page: TaskPage, _ list: CheckedTaskList, _ causes: [TaskID: WaitingCause], first: Revision,
    total: Int64?
  ) async throws -> API.ListTasksResponse {
    var response = API.ListTasksResponse(totalSize: total, cursor: Cursor(first).text)
    response.tasks.reserveCapacity(page.rows.count)
    var next = page.next
    var bytes = 0
    for (index, row) in page.rows.enumerated() {
      var record = try await record(of: row)
      record.cause = causes[row.id]
      let task = API.Task(record, isFull: list.isFull)
      bytes += task.roughByteCount
      if bytes > Self.pageBytesMax, index > 0 {
        next = page.rows[index - 1].position(in: list.order)
        break
      }
      response.tasks.append(task)
    }
    if let next {
      response.nextPageToken =
        PageToken(position: next.tokenBytes, first: first, listHash: list.listHash).text
    }
    return response
  }

  // MARK: - Counting

  package func countTasks(
    _ request: API.CountTasksRequest, context: CallContext
  ) async throws -> API.CountTasksResponse {
    try await desk.answer(context) {
      let count = try RequestCheck.count(request, limits: limits)
      try desk.check(count.minimum)
      let (catalog, revision) = try await catalog(context)
      let selection = TaskSelection(count.filter, in: catalog, now: NodeClock.wall)
      var response = API.CountTasksResponse(cursor: Cursor(revision).text)
      for cell in selection.cells(in: catalog.counters) {
        var found = cell.count
        if !selection.isWhole {
          let query = TaskQuery(
            pools: [cell.pool], kinds: [cell.kind], states: [cell.state], filter: selection.rest)
          found = Int64(try await node.count(query, asOf: revision))
          if found == 0 { continue }
        }
        response.total += found
        response.counts.append(
          .init(
            pool: catalog.pools[cell.pool]?.name ?? "", state: .init(cell.state),
            kind: catalog.kinds[cell.kind], count: found))
      }
      response.counts.sort(by: Self.precedes)
      return response
    }
  }

  private static func precedes(
    _ a: API.CountTasksResponse.Count, _ b: API.CountTasksResponse.Count
  ) -> Bool {
    if a.pool != b.pool { return a.pool < b.pool }
    if a.state != b.state { return a.state.rawValue < b.state.rawValue }
    return a.kind < b.kind
  }

  private func catalog(
    _ context: CallContext
  ) async throws -> (catalog: Catalog, revision: Revision) {
    let seen = try await node.see(.catalog, on: context.loop)
    guard case .catalog(let catalog) = seen.value else {
      throw desk.fault("the engine answered a look at its catalog with something else", in: context)
    }
    desk.names.learn(catalog)
    return (catalog, seen.revision)
  }
}
