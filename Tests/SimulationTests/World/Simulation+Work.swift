import MartletStore

@testable import MartletCore
@testable import MartletServer

/// What handlers and housekeeping do, and what clients make of replies.
extension Simulation {
  // MARK: - Handlers

  func finishAttempts() {
    let now = clock.elapsed
    for token in node.attemptsInOrder {
      guard let attempt = node.attempts[token], attempt.doneAt <= now else { continue }
      node.attempts[token] = nil
      if chance(1, of: 20) {
        release(token, delay: randomDelay())
        continue
      }
      checker.model.asked.finishes[token, default: []].append(attempt.outcome)
      send(.finish(token, attempt.outcome))
      // Some say it twice.
      if chance(1, of: 25) { send(.finish(token, attempt.outcome)) }
    }
  }

  func release(_ token: AttemptToken, delay: Span = .zero) {
    checker.model.asked.releases[token, default: []].insert(delay)
    send(.release(token, delay: delay))
  }

  func report() {
    guard let token = node.attemptsInOrder.randomElement(using: &random) else { return }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      node.attempts[token]?.reports += 1
      let progress = Progress(
        percent: Double(node.attempts[token]?.reports ?? 0), step: "step",
        counters: [.init(name: "n", value: 1)])
      checker.model.asked.progress[token, default: []].append(progress)
      send(.report(token, progress))
    }
  }

  // MARK: - What rests on the index

  func retry() throws(Violation) {
    if let late = clients.late.popLast(), chance(2, of: 3) { return send(late) }
    let query = TaskQuery(states: [.failed, .cancelled, .succeeded, .running], countMax: 30)
    let (page, asOf) = try storing { () throws(StoreFailure) in
      (try index.page(query), try index.appliedThrough())
    }
    guard let row = page.rows.randomElement(using: &random) else { return }
    checker.model.asked.retries.insert(row.id)
    let history = try storing { () throws(StoreFailure) in try row.history(asOf: asOf) }
    sendOrKeep(.retry(history, origin: .client))
  }

  func purgeTasks() throws(Violation) {
    let before = clock.wall + .milliseconds(-Int64.random(in: 0...20_000, using: &random))
    let limit = Int.random(in: 1...20, using: &random)
    if chance(1, of: 2) { return try purgePool(before: before, limit: limit) }
    let (rows, asOf) = try storing { () throws(StoreFailure) in
      (try index.finished(before: before, limit: limit), try index.appliedThrough())
    }
    let entries = rows.map {
      TasksPurged.Entry(
        task: $0.id, pool: $0.submission.pool, kind: $0.submission.kind, state: $0.status.state)
    }
    sendOrKeep(.purgeTasks(rows: entries, asOf: asOf))
  }

  /// What a pool keeps no longer of its tasks of one outcome.
  private func purgePool(before: WallTime, limit: Int) throws(Violation) {
    guard let pool = checker.model.names[randomPool()] else { return }
    let outcomes: [TaskState] = [.succeeded, .failed, .cancelled]
    let outcome = outcomes.randomElement(using: &random) ?? .failed
    let (entries, asOf) = try storing { () throws(StoreFailure) in
      (
        try index.finished(in: pool, as: outcome, before: before, limit: limit),
        try index.appliedThrough()
      )
    }
    sendOrKeep(.purgeTasks(rows: entries, asOf: asOf))
  }

  func sendOrKeep(_ command: Command) {
    if chance(1, of: 4) {
      clients.late.append(command)
    } else {
      send(command)
      // Two that read the same.
      if chance(1, of: 8) { send(command) }
    }
  }

  /// Only what the index has synced may go.
  func purgeEvents() throws(Violation) {
    let synced = try storing { () throws(StoreFailure) in try index.checkpoint() }
    let oldest = checker.model.oldestEvent.rawValue
    guard synced.rawValue >= oldest else { return }
    send(
      .purgeEvents(
        before: Revision(UInt64.random(in: oldest...synced.rawValue + 1, using: &random))))
  }

  // MARK: - Replies

  func heard(_ reply: Reply, to call: Call) throws(Violation) {
    guard case .command(let command) = call else { return }
    switch (command, reply.content) {
    case (.worker(let change), let content): heard(content, to: change)
    case (.lock(let change), .answer(.lock(let view))): heard(view, to: change)
    case (.permits(let change), .answer(.permits(let view))): heard(view, to: change)
    case (.submit(_, _, let stamp?, _, _), .answer(.submitted(let tasks, _))):
      heard(tasks, for: stamp)
    case (.submit(_, _, let stamp?, _, _), .refusal(.staleHistory)):
      // The client asks again once the index has caught up.
      if let number = clients.requests.firstIndex(where: { $0.stamp == stamp }) {
        while !node.toIndex.isEmpty { try catchUp() }
        send(number, withHistory: true)
      }
    case (.purgeEvents(let before), .answer):
      if before <= checker.model.oldestEvent {
        _ = try storing { () throws(StoreFailure) in try log.trim(before: before) }
      }
    default: break
    }
  }

  /// That they are the tasks of this request, and that none was forgotten before its time, the
  /// model has seen.
  private func heard(_ tasks: [AnsweredTask], for stamp: RequestStamp) {
    guard let number = clients.requests.firstIndex(where: { $0.stamp.key == stamp.key }) else {
      return
    }
    clients.requests[number].tasks = tasks
  }

  /// The index applies all it has, without failing.
  func catchUp() throws(Violation) {
    for segment in node.toIndex { node.fold.apply(segment) }
    node.toIndex = []
    let batch = node.fold.take()
    try storing { () throws(StoreFailure) in try index.apply(batch) }
    node.pipeline.inform { $0.indexApplied(through: batch.appliedThrough) }
  }

  // MARK: - The end

  /// Nobody asks for anything more: all that can run does, and everybody has seen everything.
  func comeToRest() throws(Violation) {
    node.pipeline.inform { engine in
      engine.setDiskIsLow(false)
      engine.setMemoryIsTight(false)
    }
    try finishBulks()
    pauseSchedules()
    var turns = 0
    while try turn() {
      turns += 1
      try require(turns < 20_000, "the world does not come to rest")
    }
    try checkRest()
    while !node.toIndex.isEmpty { try catchUp() }
    for number in subscribers.indices {
      for _ in 0..<200 where subscribers[number].cursor < checker.model.revision {
        try subscribers[number].read(log, bytesMax: 1 << 20, flushes: true, checker: &checker)
      }
      try require(
        subscribers[number].cursor == checker.model.revision, "a subscriber was left behind")
    }
    try checker.compareModel()
    try checker.compareRows(in: index)
    try node.durableState.compare(with: checker.replayed, what: "the live state")
  }

  /// False if nothing is left to do.
  private func turn() throws(Violation) -> Bool {
    try pump()
    node.seal()
    try flush()
    if !node.isClean || !node.backlog.isEmpty || node.pipeline.engine.isUnsettled { return true }
    let moments =
      node.attempts.values.map(\.doneAt)
      + [node.pipeline.engine.nextDeadline]
      .compactMap { $0 }
    guard let next = moments.min() else { return false }
    clock.pass(max(next - clock.elapsed, Span(nanoseconds: 1)))
    finishAttempts()
    return true
  }

  private func checkRest() throws(Violation) {
    for task in checker.model.tasks.values {
      let pool = checker.model.pools[task.pool]
      let kind = checker.model.kindName(task.kind)
      let mayWait =
        task.status.state == .pending && task.submission.policy.queueTimeout == nil
        && (pool?.state == .paused || !checker.model.served.contains(kind)
          || !task.submission.policy.selector.isEmpty)
      try require(
        task.status.state.isTerminal || mayWait || task.status.state == .paused
          || task.status.state == .blocked && mayStayBlocked(task),
        "\(task.id) of kind \(kind) rests as \(task.status.state) in a pool \(String(describing: pool))"
      )
    }
    for record in checker.replayed.catalog.workflows.all {
      try require(
        (record.state == .running) == (record.live > 0),
        "workflow \(record.id) rests as \(record.state) with \(record.live) live tasks")
    }
    try checkSchedulesRest()
    try checkLocksRest()
    try checkLimitsRest()
    for pool in checker.model.pools.values {
      let isStuck = pool.state == .deleting || pool.state == .draining && pool.unfinished == 0
      try require(!isStuck, "pool \(pool.name) rests as \(pool.state)")
    }
  }
}
