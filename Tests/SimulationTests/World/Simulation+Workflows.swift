import MartletStore

@testable import MartletCore
@testable import MartletServer

/// Tasks that wait for others, alone and as workflows.
extension Simulation {
  /// Tasks of which some wait for others of the batch, before or behind them, or for known ones.
  func submitDependent() {
    let count = Int.random(in: 2...9, using: &random)
    let pool = randomPool()
    let drafts = entangled((0..<count).map { _ in randomDraft() })
    send(
      .submit(
        pool: pool, tasks: informed(drafts, in: pool), request: nil, history: nil,
        origin: .client))
  }

  func submitWorkflow() {
    let levels = (0..<Int.random(in: 1...3, using: &random)).map {
      WorkflowLevel(name: "l\($0)", weight: UInt32.random(in: 1...9, using: &random))
    }
    var drafts = (0..<Int.random(in: 1...10, using: &random)).map { _ in randomDraft() }
    for index in drafts.indices { drafts[index].unique = nil }
    let tasks = entangled(drafts).map { draft in
      WorkflowDraft.Task(
        pool: chance(1, of: 60) ? "nowhere" : randomPool(), draft: draft,
        level: UInt8.random(in: 0..<UInt8(levels.count), using: &random),
        weight: UInt32.random(in: 1...5, using: &random))
    }
    let number = UInt64.random(in: 1...20, using: &random)
    let draft = WorkflowDraft(
      name: "flow", levels: levels, toleratesFailures: chance(1, of: 3),
      requestID: chance(1, of: 4) ? "flow-\(number)" : "",
      fingerprint: chance(1, of: 8) ? 0 : number, tasks: tasks)
    send(.workflow(.submit(draft, origin: .client)))
  }

  func steerWorkflow() throws(Violation) {
    let known = checker.model.workflows.keys.sorted().randomElement(using: &random)
    let id = chance(1, of: 20) ? WorkflowID(rawValue: 999) : known ?? WorkflowID(rawValue: 1)
    if chance(1, of: 3) {
      checker.model.asked.workflowCancels.insert(id)
      for task in checker.model.tasks.values
      where task.submission.policy.flow?.member?.workflow == id {
        checker.model.asked.cancels.insert(task.id)
      }
      return send(.workflow(.cancel(id, origin: .client)))
    }
    let tasks = checker.model.tasks.values.filter {
      $0.submission.policy.flow?.member?.workflow == id
    }.map(\.id).sorted()
    let (rows, asOf) = try storing { () throws(StoreFailure) in
      (try index.tasks(tasks, withContent: false), try index.appliedThrough())
    }
    var histories: [TaskHistory] = []
    for row in rows where [.failed, .cancelled].contains(row.status.state) {
      histories.append(try storing { () throws(StoreFailure) in try row.history(asOf: asOf) })
      checker.model.asked.retries.insert(row.id)
    }
    checker.model.asked.workflowRetries.insert(id)
    sendOrKeep(.workflow(.retry(id, histories, origin: .client)))
  }

  /// With random dependencies, but no circle: who waits for whom follows a random order.
  private func entangled(_ drafts: [TaskDraft]) -> [TaskDraft] {
    var drafts = drafts
    let order = drafts.indices.shuffled(using: &random)
    for (place, index) in order.enumerated() where place > 0 && chance(2, of: 3) {
      let count = Int.random(in: 1...3, using: &random)
      var chosen: Set<DraftDependency> = []
      for _ in 0..<count {
        if chance(1, of: 6), let known = knownTask() {
          chosen.insert(.task(known))
        } else {
          chosen.insert(.batch(order[Int.random(in: 0..<place, using: &random)]))
        }
      }
      drafts[index].dependencies = chosen.sorted { "\($0)" < "\($1)" }
      drafts[index].onDependencyFailure =
        DependencyRule.allCases.randomElement(using: &random) ?? .cancel
      drafts[index].dependencyHistory = dependencyHistory(of: drafts[index])
    }
    return drafts
  }

  /// What the index says of them, as the service asks it; or, rarely, nothing.
  private func dependencyHistory(of draft: TaskDraft) -> DependencyHistory? {
    guard draft.needsDependencyEnds, !chance(1, of: 20), let asOf = try? index.appliedThrough()
    else { return nil }
    let ids = draft.dependencies.compactMap { if case .task(let id) = $0 { id } else { nil } }
    let rows = (try? index.tasks(ids, withContent: false)) ?? []
    return DependencyHistory(
      states: Dictionary(
        rows.map { ($0.id, $0.status.state) }, uniquingKeysWith: { first, _ in first }),
      asOf: asOf)
  }

  /// What may stay BLOCKED for ever: held by one that did not succeed, or waiting for what rests.
  func mayStayBlocked(_ task: ModelTask) -> Bool {
    checker.model.standing(of: task) == .waits
  }
}
