import MartletStore

@testable import MartletCore
@testable import MartletServer

/// Operations on many tasks: started, carried on as the runner does, stopped.
extension Simulation {
  private static let filters = [
    "", "state = PENDING", "labels.team = a", "priority > 4 OR labels:ä",
    "kind = work AND NOT pool = b", "state = FAILED OR attempt >= 2", "age > 2s", "pool = \"*\"",
  ]

  func startBulk() {
    let actions: [BulkDraft.Action] = [
      .cancel, .retry, .delete, .update(priority: 10, due: nil),
      .update(priority: nil, due: clock.wall + .seconds(2)), .move(pool: randomPool()),
      .move(pool: randomPool()),
    ]
    let number = UInt64.random(in: 1...6, using: &random)
    send(
      .bulk(
        .start(
          BulkDraft(
            action: actions.randomElement(using: &random) ?? .cancel,
            filter: Self.filters.randomElement(using: &random) ?? "", rate: 0,
            requestID: chance(1, of: 3) ? "bulk-\(number)" : "",
            fingerprint: chance(1, of: 8) ? 0 : number, total: 5), origin: .client)))
  }

  func stopBulk() {
    let known = checker.model.bulks.keys.sorted().randomElement(using: &random)
    send(.bulk(.stop(known ?? BulkID(rawValue: 999), origin: .client)))
  }

  func stepBulk() throws(Violation) {
    let running = checker.replayed.catalog.bulks.running
    guard let record = running.randomElement(using: &random) else { return }
    try step(record, countMax: Int.random(in: 1...8, using: &random))
  }

  /// Reads the next of its tasks as the runner does: from an index that has all that was there at
  /// the start, and may be behind otherwise.
  private func step(_ record: BulkRecord, countMax: Int) throws(Violation) {
    guard let filter = try? TaskFilter(parsing: record.filter) else {
      throw Violation(description: "the filter of \(record.id) cannot be read")
    }
    let predicate = TaskPredicate(
      filter, in: checker.replayed.catalog, now: record.createTime)
    let query = BulkQuery(predicate, states: record.action.states)
      .page(after: record.through, through: record.last, countMax: countMax)
    let (page, asOf) = try storing { () throws(StoreFailure) in
      (try index.page(query), try index.appliedThrough())
    }
    guard let start = checker.model.bulkStarts[record.id], asOf >= start else { return }
    var candidates: [BulkSlice.Candidate] = []
    for row in page.rows {
      note(row.id, record.action)
      if record.action.isOnHistory {
        let history = try storing { () throws(StoreFailure) in try row.history(asOf: asOf) }
        candidates.append(.ended(history))
      } else {
        candidates.append(.live(row.id))
      }
    }
    let isLast = page.next == nil
    let through = isLast ? record.last : candidates.last?.task ?? record.through
    sendOrKeep(
      .bulk(
        .step(
          record.id, BulkSlice(candidates: candidates, through: through, isLast: isLast))))
  }

  private func note(_ task: TaskID, _ action: BulkAction) {
    switch action {
    case .cancel: checker.model.asked.cancels.insert(task)
    case .retry: checker.model.asked.retries.insert(task)
    case .delete: break
    case .update(let priority, let due):
      checker.model.asked.updates[task, default: []].append(
        TaskUpdate(priority: priority, due: due.map { .at($0) }))
    case .move: checker.model.asked.moves.insert(task)
    }
  }

  /// Carries on what runs to its end.
  func finishBulks() throws(Violation) {
    for _ in 0..<4_000 {
      try pump()
      node.seal()
      try flush()
      if !node.isClean || !node.backlog.isEmpty { continue }
      guard let record = checker.replayed.catalog.bulks.running.first else { return }
      while !node.toIndex.isEmpty { try catchUp() }
      try step(record, countMax: 20)
    }
    throw Violation(description: "operations do not come to their ends")
  }
}
