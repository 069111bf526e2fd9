import MartletStore

@testable import MartletCore
@testable import MartletServer

/// What clients remember between their calls.
struct PretendClients {
  struct Request {
    var stamp: RequestStamp
    var pool: String
    var drafts: [TaskDraft]
    /// The newest answer.
    var tasks: [AnsweredTask]?
  }

  var requests: [Request] = []
  /// Commands that rest on something read a while ago.
  var late: [Command] = []
  var nextNumber: UInt64 = 1
  /// Renewals of leases that were sent and not answered, with the moment of sending.
  var renewals: [(at: Elapsed, leases: [Lease])] = []

  /// Numbers calls that want locks.
  var lastWaiter: UInt64 = 0
  var lockCalls: [(waiter: LockWaiter, name: String)] = []
  /// By which somebody holds a lock, or did.
  var grants: [LockGrant] = []
  var permitCalls: [PermitWaiter] = []
  var permits: [PermitGrant] = []

  /// Calls of the process before got no answer, and what was read from it is not used any more.
  mutating func restarted() {
    late = []
    lockCalls = []
    permitCalls = []
  }
}

extension Simulation {
  func send(_ command: Command) { node.add(.command(command)) }

  func knownTask() -> TaskID? {
    let tasks = checker.model.tasks
    if tasks.isEmpty || chance(1, of: 20) { return TaskID(rawValue: 77) }
    let ids = tasks.keys.sorted()
    // Most interest is in the newest.
    let first = chance(1, of: 3) ? 0 : max(0, ids.count - 25)
    return ids[Int.random(in: first..<ids.count, using: &random)]
  }

  func randomPool() -> String { habits.pools.randomElement(using: &random) ?? "a" }

  // MARK: - Pools

  func randomSpec() -> PoolSpec {
    let slots = Int.random(in: 1...4, using: &random)
    let isShared = chance(1, of: 2)
    return PoolSpec(
      slots: slots,
      queueCapacity: [2, 10, 100].randomElement(using: &random) ?? 10, retry: randomPolicy(),
      runTimeout: .milliseconds(Int64.random(in: 1_000...40_000, using: &random)),
      queueTimeout: randomTimeout(one: 4), heartbeatTimeout: randomTimeout(one: 4),
      failureClassDelays: chance(1, of: 2) ? ["network": randomDelay(), "disk": .zero] : [:],
      priorityAgeing: chance(1, of: 3)
        ? .milliseconds(Int64.random(in: 1...2_000, using: &random)) : nil,
      retention: randomRetention(), scaling: randomScaling(),
      group: isShared ? randomGroup() : "",
      groupMinimum: isShared ? Int.random(in: 0...min(2, slots), using: &random) : 0,
      fairness: [.priorityFirst, .priorityFirst, .shareFirst, .off].randomElement(using: &random)
        ?? .priorityFirst,
      permitGrace: chance(1, of: 3)
        ? .milliseconds(Int64.random(in: 1...9_000, using: &random)) : nil)
  }

  private func randomRetention() -> Retention {
    var retention = Retention()
    if chance(1, of: 3) {
      retention.succeeded.maxCount = Int.random(in: 0...5, using: &random)
      retention.failed.maxAge = .seconds(Int64.random(in: 1...9, using: &random))
    }
    return retention
  }

  /// None but for one in so many.
  private func randomTimeout(one share: Int) -> Span? {
    chance(1, of: share) ? .milliseconds(Int64.random(in: 1...9_000, using: &random)) : nil
  }

  func randomDelay() -> Span { .milliseconds(Int64.random(in: 0...5_000, using: &random)) }

  private func randomPolicy() -> RetryPolicy {
    RetryPolicy(
      maxAttempts: Int.random(in: 1...4, using: &random),
      initialBackoff: .milliseconds(Int64.random(in: 0...3_000, using: &random)),
      maxBackoff: .seconds(20), jitter: Double(Int.random(in: 0...2, using: &random)) / 2,
      nonRetryableCodes: chance(1, of: 3) ? ["BAD"] : [])
  }

  func changePool() {
    let name = chance(1, of: 15) ? "nowhere" : randomPool()
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<5: send(.createPool(name: name, spec: randomSpec(), origin: .client))
    case 5..<10:
      let spec = chance(1, of: 4) ? nil : randomSpec()
      let expected = chance(1, of: 2) ? nil : checker.model.pool(named: name)?.version
      send(
        .updatePool(
          name: name, expected: expected, change: { $0 = spec ?? $0 }, origin: .client))
    case 10..<12: send(.pausePool(name: name, origin: .client))
    case 12..<16: send(.resumePool(name: name, origin: .client))
    case 16: send(.drainPool(name: name, origin: .client))
    default: send(.deletePool(name: name, force: chance(1, of: 2), origin: .client))
    }
  }

  /// With so much in its queue that the engine empties it in slices, some of them after a crash.
  func deleteFullPool() {
    let name = randomPool()
    let drafts = (0..<Int.random(in: 5...40, using: &random)).map { _ in randomDraft() }
    if chance(1, of: 2) { send(.pausePool(name: name, origin: .client)) }
    send(
      .submit(
        pool: name, tasks: informed(drafts, in: name), request: nil, history: nil,
        origin: .client))
    send(.deletePool(name: name, force: true, origin: .client))
  }

  // MARK: - Tasks

  func submit(count: Int) {
    let drafts = (0..<count).map { _ in randomDraft() }
    let pool = chance(1, of: 30) ? "nowhere" : randomPool()
    guard chance(1, of: 2) else {
      let command = Command.submit(
        pool: pool, tasks: informed(drafts, in: pool), request: nil, history: nil,
        origin: .client)
      if chance(1, of: 10) { node.add(.query(.rehearsal(command))) }
      return send(command)
    }
    let number = clients.nextNumber
    clients.nextNumber += 1
    let stamp = RequestStamp(
      id: "request-\(number)", key: .init(high: 1, low: number), fingerprint: number)
    clients.requests.append(
      PretendClients.Request(stamp: stamp, pool: pool, drafts: drafts))
    send(clients.requests.count - 1, withHistory: chance(3, of: 4))
  }

  func randomDraft() -> TaskDraft {
    let start: TaskSubmission.Start
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: start = .delay(.milliseconds(Int64.random(in: 1...5_000, using: &random)))
    case 2:
      start = .at(clock.wall + .milliseconds(Int64.random(in: -2_000...5_000, using: &random)))
    default: start = .now
    }
    let isLimited = chance(1, of: 6)
    var draft = TaskDraft(
      kind: habits.kinds.randomElement(using: &random) ?? "work",
      payload: (0..<Int.random(in: 0...20, using: &random)).map { UInt8($0) },
      contentType: chance(1, of: 2) ? "a/b" : "",
      labels: chance(1, of: 3) ? randomLabels() : .none,
      priority: [5, 5, 5, 0, 3, 7, 10].randomElement(using: &random) ?? 5, start: start,
      retry: chance(1, of: 4) ? randomPolicy() : nil,
      runTimeout: chance(1, of: 6)
        ? .milliseconds(Int64.random(in: 1...3_000, using: &random)) : nil,
      queueTimeout: randomTimeout(one: 6), heartbeatTimeout: randomTimeout(one: 6),
      deadline: isLimited
        ? clock.wall + .milliseconds(Int64.random(in: -100...20_000, using: &random)) : nil,
      traceParent: chance(1, of: 9) ? "00-1" : "",
      selector: chance(1, of: 8) ? LabelSet(["zone": "a"]) : .none, unique: randomClaim(start))
    draft.fairness = randomFairness()
    return draft
  }

  /// In one world in three nobody has a key.
  private func randomFairness() -> TaskFairness? {
    guard !seed.isMultiple(of: 3), chance(2, of: 3) else { return nil }
    return TaskFairness(
      key: ["", "x", "y", "z"].randomElement(using: &random) ?? "x",
      weight: [1, 1, 2, 7].randomElement(using: &random) ?? 1
    ).unlessPlain
  }

  private func randomClaim(_ start: TaskSubmission.Start) -> UniqueClaim? {
    guard chance(1, of: 4) else { return nil }
    let rule = UniqueRule(
      key: ["x", "y", "z"].randomElement(using: &random) ?? "x",
      scope: chance(1, of: 3) ? .namespace : .pool,
      finishedWithin: chance(1, of: 3)
        ? .milliseconds(Int64.random(in: 1...30_000, using: &random)) : nil,
      waitingOnly: chance(1, of: 3),
      onConflict: UniqueRule.Conflict.allCases.randomElement(using: &random) ?? .reject)
    if rule.onConflict == .debounce {
      checker.model.asked.debounces[rule.key, default: []].append(start)
    }
    return UniqueClaim(rule: rule)
  }

  /// With what the index says of their keys, as the runner asks it; or, rarely, not.
  func informed(_ drafts: [TaskDraft], in pool: String) -> [TaskDraft] {
    guard let pool = checker.model.names[pool], !chance(1, of: 20),
      let asOf = try? index.appliedThrough()
    else { return drafts }
    var drafts = drafts
    for place in drafts.indices {
      guard let rule = drafts[place].unique?.rule, rule.finishedWithin != nil else { continue }
      let mark = rule.mark(in: pool)
      let found = try? index.lastEnds([mark])
      drafts[place].unique?.history = UniqueHistory(mark: mark, found: found?[mark], asOf: asOf)
    }
    return drafts
  }

  /// Sends a request, the first time or again, with what the index says about its id, or without.
  func send(_ number: Int, withHistory: Bool, body: UInt64? = nil) {
    let request = clients.requests[number]
    var stamp = request.stamp
    if let body { stamp.fingerprint = body }
    var history: RequestHistory?
    if withHistory, let asOf = try? index.appliedThrough(),
      let found = try? index.requests([stamp.key])
    {
      history = RequestHistory(found: found[stamp.key], asOf: asOf)
    }
    send(
      .submit(
        pool: request.pool, tasks: informed(request.drafts, in: request.pool), request: stamp,
        history: history, origin: .client))
  }

  /// Most often one that got no answer, as a client does after a crash.
  func repeatRequest() {
    guard !clients.requests.isEmpty else { return }
    let unanswered = clients.requests.indices.filter { clients.requests[$0].tasks == nil }
    let number =
      chance(2, of: 3) ? unanswered.randomElement(using: &random) : nil
    let any = Int.random(in: 0..<clients.requests.count, using: &random)
    send(number ?? any, withHistory: chance(3, of: 4), body: chance(1, of: 12) ? 0 : nil)
  }

  func cancel() {
    guard let task = knownTask() else { return }
    checker.model.asked.cancels.insert(task)
    send(.cancel(task, origin: .client))
  }

  func pause() {
    guard let task = knownTask() else { return }
    checker.model.asked.pauses.insert(task)
    send(.pause(task, origin: .client))
  }

  func resume() {
    let paused = checker.model.tasks.values.filter { $0.status.notes?.pause != nil }.map(\.id)
    guard let task = paused.sorted().randomElement(using: &random) ?? knownTask() else { return }
    checker.model.asked.resumes.insert(task)
    send(.resume(task, origin: .client))
  }

  func update() {
    guard let task = knownTask() else { return }
    var change = TaskUpdate()
    if chance(1, of: 2) { change.priority = [0, 5, 10].randomElement(using: &random) }
    if chance(1, of: 2) { change.labels = chance(1, of: 3) ? LabelSet.none : randomLabels() }
    switch Int.random(in: 0..<6, using: &random) {
    case 0: change.due = .now
    case 1...2:
      let wait = Span.milliseconds(Int64.random(in: -500...6_000, using: &random))
      change.due = .at(clock.wall + wait)
    default: break
    }
    let known = checker.model.tasks[task]?.revision
    checker.model.asked.updates[task, default: []].append(change)
    send(.update(task, change, expected: chance(1, of: 4) ? known : nil, origin: .client))
  }

  private func randomLabels() -> LabelSet { LabelSet(["team": randomPool(), "ä": ""]) }

  func cancelAll() {
    let pool = checker.model.names[randomPool()]
    for task in checker.model.tasks.values.filter({ $0.pool == pool }).map(\.id).sorted() {
      checker.model.asked.cancels.insert(task)
      send(.cancel(task, origin: .client))
    }
  }

  func look() {
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: node.add(.query(.pool(randomPool())))
    case 2: node.add(.query(.pools))
    case 3, 4: if let task = knownTask() { node.add(.query(.task(task))) }
    case 5, 6: node.add(.query(.tasks((0..<5).compactMap { _ in knownTask() })))
    default: node.add(.query(.catalog))
    }
  }
}
