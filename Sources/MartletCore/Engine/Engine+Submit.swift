extension Engine {
  func decideSubmit(
    _ drafts: [TaskDraft], pool name: String, request: RequestStamp?, history: RequestHistory?,
    origin: Origin, at now: Instant
  ) throws(Refusal) -> Decision {
    if let request, !breaks(.requests),
      let known = try recall(request, history: history, at: now)
    {
      return Decision([], .submitted(known.tasks, repeated: true))
    }
    let pool = try pool(named: name)
    try pool.requireOpen()
    if drafts.contains(where: { $0.unique != nil }) {
      return try decideUnique(drafts, pool: pool, request: request, origin: origin, at: now)
    }
    try checkRoom(for: drafts, in: pool, at: now)
    var ids = TaskIDs(last: catalog.lastTask, wall: now.wall)
    var kinds = NewKinds(table: catalog.kinds)
    var events: [Event.Body] = []
    events.reserveCapacity(drafts.count)
    let tasks = drafts.map { _ in ids.next() }
    for (index, draft) in drafts.enumerated() {
      events.append(
        .task(
          submission(
            of: draft, id: tasks[index], kind: kinds.number(of: draft.kind), pool: pool,
            request: request,
            dependencies: try dependencies(of: draft, index: index, ids: tasks), origin: origin,
            at: now)))
    }
    try checkKinds(kinds)
    return Decision(events, .submitted(tasks.map { AnsweredTask($0) }, repeated: false))
  }

  func checkKinds(_ kinds: NewKinds) throws(Refusal) {
    if kinds.count > state.session.limits.kinds {
      throw .memoryPressure(what: "kinds", limit: state.session.limits.kinds)
    }
  }

  /// The first answer to this request id, if there was one. A refusal if its body was another.
  private func recall(
    _ request: RequestStamp, history: RequestHistory?, at now: Instant
  ) throws(Refusal) -> RememberedRequest? {
    let memory = durable.requests
    var known = memory[request.key]
    if known == nil, memory.completeAfter > .zero {
      guard let history, history.asOf >= memory.completeAfter else { throw .staleHistory }
      known = history.found
    }
    let span = Span.seconds(Int64(state.session.limits.requestMemoryHours) * 3600)
    guard let known, max(now.wall, catalog.stamp.time) < known.time + span else { return nil }
    if known.fingerprint != request.fingerprint { throw .requestIDReused(request.id) }
    return known
  }

  /// `leaving`: tasks of the pool that wait, and make room at the same instant; `joining`: those
  /// that do not wait for their time any more from then on.
  func checkRoom(
    for drafts: [TaskDraft], leaving: Int = 0, joining: Int = 0, in pool: PoolRecord,
    at now: Instant
  ) throws(Refusal) {
    if drafts.isEmpty { return }
    if state.session.diskIsLow { throw .diskLow }
    if state.session.memoryIsTight {
      throw .memoryPressure(what: "bytes", limit: state.session.limits.memoryBytes)
    }
    let limit = state.session.limits.liveTasks
    if durable.tasks.count + drafts.count - leaving > limit {
      throw .memoryPressure(what: "tasks", limit: limit)
    }
    let waiting = catalog.counters.waiting(pool: pool.id)
    let capacity = pool.spec.queueCapacity
    let excess = waiting + Int64(drafts.count - leaving) - Int64(capacity)
    if excess > 0 && !breaks(.queueCapacity)
      && excess > freeSlotsForNow(in: pool, drafts, joining: joining, at: now)
    {
      throw .queueFull(pool: pool.name, capacity: capacity, waiting: waiting)
    }
  }

  /// Slots that tasks of this submission go to at once, so that they never wait.
  private func freeSlotsForNow(
    in pool: PoolRecord, _ drafts: [TaskDraft], joining: Int, at now: Instant
  ) -> Int64 {
    // In a group others may come first, and within limits others may go on.
    guard obstacle(in: pool) == nil, state.session.decided.isEmpty, pool.spec.group.isEmpty,
      !catalog.limits.mayCover(pool: pool.name)
    else { return 0 }
    // A step that leaves timers for the next one starts nothing. A task may become due and have
    // waited too long in one step.
    let steps = state.session.timersPerStep
    let passed = drafts.lazy.filter { $0.deadline.map { $0 <= now.wall } ?? false }.count
    guard 2 * durable.tasks.dueCount(at: now.elapsed, upTo: steps + 1) + passed <= steps else {
      return 0
    }
    var free = freeSlots(in: pool)
    guard free > 0 else { return 0 }
    if !state.session.roster.isEmpty || state.session.leases.nextDeadline != nil {
      // What is offered to workers first waits on with a slot taken.
      guard isSettled(at: now) else { return 0 }
      free -= durable.tasks.dueCount(at: now.elapsed, upTo: free)
      free -= drafts.lazy.filter { !isServedHere($0) }.count + joining
    }
    guard free > 0 else { return 0 }
    let starting = drafts.lazy.filter { $0.start == .now && isServedHere($0) }.prefix(free).count
    return Int64(starting)
  }

  private func isServedHere(_ draft: TaskDraft) -> Bool {
    draft.selector.isEmpty && draft.dependencies.isEmpty
      && state.session.servedKinds.contains(draft.kind)
  }

  /// No step before has left anything over, and no lease ends now.
  private func isSettled(at now: Instant) -> Bool {
    state.session.unsettled.isEmpty
      && state.session.leases.nextDeadline.map { $0 > now.elapsed } ?? true
  }

  func submission(
    of draft: TaskDraft, id: TaskID, kind: KindID, pool: PoolRecord, request: RequestStamp?,
    dependencies: TaskDependencies? = nil, member: WorkflowMember? = nil, level: String = "",
    origin: Origin, at now: Instant
  ) -> TaskEvent {
    let submission = TaskSubmission(
      kindName: draft.kind, priority: draft.priority,
      policy: draft.policy(in: pool.spec, member: member),
      deadline: draft.deadline.map { now.elapsed + max($0 - now.wall, .zero) } ?? .never,
      deadlineTime: draft.deadline, start: draft.start, payload: draft.payload,
      contentType: draft.contentType, traceParent: draft.traceParent, actor: origin.actor,
      request: request, unique: draft.unique?.rule, ref: draft.ref,
      dependencies: dependencies, level: level)
    let wait = draft.start.wait(at: now)
    let isBlocked = dependencies?.blocks(rule: draft.onDependencyFailure) ?? false
    let status = TaskStatus(
      state: isBlocked ? .blocked : wait > .zero ? .scheduled : .pending, due: now.elapsed + wait,
      dueTime: now.wall + wait)
    return TaskEvent(
      task: id, pool: pool.id, kind: kind, labels: draft.labels, from: nil, status: status,
      change: .submitted(submission), member: member)
  }
}

extension TaskSubmission.Start {
  /// How long a task that is submitted now waits for its time.
  func wait(at now: Instant) -> Span {
    switch self {
    case .now: .zero
    case .delay(let span): span
    case .at(let time): max(time - now.wall, .zero)
    }
  }
}

extension TaskID {
  /// When the task was submitted, to about a millisecond.
  package var roughCreateTime: WallTime {
    let milliseconds = Int64(rawValue >> (TaskIDs.shardBits + TaskIDs.counterBits))
    return WallTime(nanoseconds: (milliseconds + TaskIDs.epochMilliseconds) &* 1_000_000)
  }
}

/// Gives out task ids: those of the current millisecond, then borrowed ones; never going back.
struct TaskIDs {
  /// 2025-01-01T00:00:00Z.
  static let epochMilliseconds: Int64 = 1_735_689_600_000
  static let shardBits: UInt64 = 10
  static let counterBits: UInt64 = 12

  private var last: TaskID
  private let first: UInt64

  init(last: TaskID, wall: WallTime, shard: UInt64 = 0) {
    self.last = last
    let milliseconds = max(wall.nanoseconds / 1_000_000 - Self.epochMilliseconds, 1)
    first =
      UInt64(milliseconds) << (Self.shardBits + Self.counterBits) | shard << Self.counterBits
  }

  /// What `next` will give out.
  var upcoming: TaskID {
    var copy = self
    return copy.next()
  }

  mutating func next() -> TaskID {
    let following = Self.following(last)
    last = following.rawValue > first ? following : TaskID(rawValue: first)
    return last
  }

  /// The next id of the same shard.
  static func following(_ id: TaskID) -> TaskID {
    let value = id.rawValue &+ 1
    let counterMask: UInt64 = 1 << counterBits - 1
    guard value & counterMask == 0 else { return TaskID(rawValue: value) }
    // The counter ran into the shard's bits: go on in the next millisecond.
    let shard = id.rawValue & ((1 << shardBits - 1) << counterBits)
    let millisecond = id.rawValue >> (shardBits + counterBits) + 1
    return TaskID(rawValue: millisecond << (shardBits + counterBits) | shard)
  }
}

/// Numbers for the kinds of a submission, those included that are new with it.
struct NewKinds {
  let table: KindTable
  var new: [String: KindID] = [:]

  init(table: KindTable) { self.table = table }

  var count: Int { table.names.count + new.count }

  mutating func number(of name: String) -> KindID {
    if let known = table[name] ?? new[name] { return known }
    let id = KindID(rawValue: UInt32(count))
    new[name] = id
    return id
  }
}
