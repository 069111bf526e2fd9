/// Submissions of which some ask that there is no other task like them.
extension Engine {
  /// Tasks are taken one after another: each meets those before it in the batch as if they had been
  /// submitted before.
  func decideUnique(
    _ drafts: [TaskDraft], pool: PoolRecord, request: RequestStamp?, origin: Origin,
    at now: Instant
  ) throws(Refusal) -> Decision {
    var batch = UniqueBatch(ids: TaskIDs(last: catalog.lastTask, wall: now.wall))
    var kinds = NewKinds(table: catalog.kinds)
    for (index, draft) in drafts.enumerated() {
      let mark = draft.unique?.rule.mark(in: pool.id)
      if let claim = draft.unique, let mark,
        let existing = try meet(
          claim, mark, draft, index: index, in: &batch, origin: origin, at: now)
      {
        batch.answer.append(AnsweredTask(existing, existed: true))
        continue
      }
      let id = batch.ids.next()
      var event = submission(
        of: draft, id: id, kind: kinds.number(of: draft.kind), pool: pool, request: request,
        origin: origin, at: now)
      if !draft.dependencies.isEmpty { event.status.state = .blocked }
      // Nobody of the batch meets its last one.
      let isMet = index + 1 < drafts.count
      batch.submit(event, draft, isMet ? mark : nil, index: index)
    }
    try setDependencies(of: drafts, in: &batch)
    try checkKinds(kinds)
    try checkRoom(
      for: batch.waiting(at: now), leaving: batch.leaving(pool.id),
      joining: batch.joining(pool.id), in: pool, at: now)
    if let request { batch.remember(request) }
    return Decision(batch.events.map(Event.Body.task), .submitted(batch.answer, repeated: false))
  }

  /// Once it is known which task stands for each of the batch.
  private func setDependencies(
    of drafts: [TaskDraft], in batch: inout UniqueBatch
  ) throws(Refusal) {
    guard drafts.contains(where: { !$0.dependencies.isEmpty }) else { return }
    let ids = batch.answer.map(\.task)
    var places: [TaskID: Int] = [:]
    for (index, draft) in drafts.enumerated()
    where !draft.dependencies.isEmpty && !batch.answer[index].existed {
      places[ids[index]] = index
    }
    var ends = batch.ends
    for place in batch.events.indices {
      let event = batch.events[place]
      if event.status.state.isTerminal { ends[event.task] = event.status.state }
      guard case .submitted(var submission) = event.change, let index = places[event.task] else {
        continue
      }
      submission.dependencies = try dependencies(
        of: drafts[index], index: index, ids: ids, ends: ends)
      batch.events[place].change = .submitted(submission)
    }
  }

  /// What becomes of a newcomer's rivals, and which of them stands for it; nil: it is submitted.
  private func meet(
    _ claim: UniqueClaim, _ mark: UniqueMark, _ draft: TaskDraft, index: Int,
    in batch: inout UniqueBatch, origin: Origin, at now: Instant
  ) throws(Refusal) -> TaskID? {
    let rivals = rivals(of: mark, in: batch)
    let waiting = rivals.filter { $0.status.state.isWaiting }
    let running =
      claim.rule.waitingOnly || breaks(.uniqueness)
      ? nil : rivals.first { $0.status.state == .running }
    let finished = try finished(mark, claim, in: batch, at: now)
    guard let first = waiting.first?.task ?? running?.task ?? finished?.task else { return nil }
    let mayChange = running == nil && finished == nil
    switch claim.rule.onConflict {
    case .returnExisting:
      if first == finished?.task { batch.ends[first] = finished?.state }
      return first
    case .replace where mayChange:
      let reason = Origin(actor: origin.actor, reason: "replaced by \(batch.ids.upcoming)")
      for var rival in waiting {
        let from = rival.status.state
        rival.status = cancelledWaiting(rival.status, by: reason, at: now)
        batch.change(rival, from: from, .cancelled(reason))
      }
      return nil
    case .debounce where mayChange:
      var rival = waiting[0]
      let before = rival.status
      setDue(after: draft.start.wait(at: now), of: &rival.status, at: now)
      if rival.status != before {
        rival.status.notes = rival.status.notes?.with { $0.joined = nil }.unlessEmpty
        batch.change(
          rival, from: before.state, .updated(priority: rival.priority, origin))
      }
      return rival.task
    case .reject, .replace, .debounce:
      if let place = batch.indexes[first] { throw .duplicateInBatch(index: index, first: place) }
      let state = rivals.first { $0.task == first }?.status.state ?? finished?.state
      throw .duplicateTask(first, state ?? .succeeded, index: index)
    }
  }

  /// Live ones, and those of the batch, by rising id, as they are after the events of the batch.
  private func rivals(of mark: UniqueMark, in batch: UniqueBatch) -> [UniqueRival] {
    let live = durable.tasks.unique.tasks(of: mark).compactMap { id in
      batch.rivals[id] ?? durable.tasks[id].map { rival($0) }
    }
    return (live + (batch.marks[mark] ?? []).compactMap { batch.rivals[$0] })
      .filter { !$0.status.state.isTerminal }
  }

  private func rival(_ task: LiveTask) -> UniqueRival {
    UniqueRival(
      task: task.id, pool: task.pool, kind: task.kind, labels: durable.tasks.labels(of: task),
      priority: task.priority, status: task.status, member: durable.tasks.member(of: task))
  }

  /// The newest of those that SUCCEEDED or FAILED, if it counts still.
  private func finished(
    _ mark: UniqueMark, _ claim: UniqueClaim, in batch: UniqueBatch, at now: Instant
  ) throws(Refusal) -> UniqueEnd? {
    guard let window = claim.rule.finishedWithin else { return nil }
    // A pool of that name may be another one than when the index was asked.
    guard let history = claim.history, history.mark == mark,
      history.asOf >= state.session.endedMarks.floor
    else { throw .staleHistory }
    let time = max(now.wall, catalog.stamp.time)
    var ends = state.session.endedMarks.ends(of: mark)
    if let found = history.found, !ends.contains(where: { $0.task == found.task }) {
      // Reopened or purged since; what the index would say now may be another one.
      let isStale =
        durable.tasks.contains(found.task)
        || state.session.departed.isStale(found.task, asOf: history.asOf)
      if isStale { throw .staleHistory }
      ends.append(found)
    }
    return ends.filter { time < $0.finishTime + window }
      .max { ($0.finishTime, $0.task) < ($1.finishTime, $1.task) }
  }

  /// A live task of the other pool that has the mark which the task would have there.
  func rival(of task: LiveTask, movedTo pool: PoolID) -> TaskID? {
    guard let mark = durable.tasks.unique.mark(of: task.id)?.moved(from: task.pool, to: pool) else {
      return nil
    }
    return durable.tasks.unique.tasks(of: mark).first { $0 != task.id }
  }

  // MARK: - What is remembered of those that ended

  /// Called before the event is applied: then the task is there still.
  mutating func noteMark(of body: Event.Body, revision: Revision) {
    guard case .task(let event) = body else { return }
    if case .reopened = event.change { return state.session.endedMarks.forget(event.task) }
    guard event.status.state.isTerminal, let mark = durable.tasks.unique.mark(of: event.task),
      let time = event.status.finishTime, event.status.state != .cancelled
    else { return }
    state.session.endedMarks.note(
      UniqueEnd(task: event.task, state: event.status.state, finishTime: time), of: mark,
      at: revision)
  }
}

/// A task that a newcomer meets.
private struct UniqueRival {
  var task: TaskID
  var pool: PoolID
  var kind: KindID
  var labels: LabelSet
  var priority: UInt8
  var status: TaskStatus
  var member: WorkflowMember?
}

/// What has been decided of a batch so far.
private struct UniqueBatch {
  var ids: TaskIDs
  var events: [TaskEvent] = []
  var answer: [AnsweredTask] = []
  /// Tasks that the batch submits, with their place in it.
  var added: [(task: TaskID, draft: TaskDraft)] = []
  var indexes: [TaskID: Int] = [:]
  var marks: [UniqueMark: [TaskID]] = [:]
  /// Tasks that it submits or changes, as they are after it.
  var rivals: [TaskID: UniqueRival] = [:]
  /// Of tasks that had ended and stand for one of the batch.
  var ends: [TaskID: TaskState] = [:]

  init(ids: TaskIDs) { self.ids = ids }

  mutating func submit(_ event: TaskEvent, _ draft: TaskDraft, _ mark: UniqueMark?, index: Int) {
    events.append(event)
    answer.append(AnsweredTask(event.task))
    added.append((event.task, draft))
    guard let mark else { return }
    indexes[event.task] = index
    marks[mark, default: []].append(event.task)
    rivals[event.task] = UniqueRival(
      task: event.task, pool: event.pool, kind: event.kind, labels: event.labels,
      priority: draft.priority, status: event.status)
  }

  mutating func change(
    _ rival: UniqueRival, from: TaskState, _ change: TaskEvent.Change
  ) {
    rivals[rival.task] = rival
    events.append(
      TaskEvent(
        task: rival.task, pool: rival.pool, kind: rival.kind, labels: rival.labels,
        from: from, status: rival.status, change: change, member: rival.member))
  }

  /// Those of the batch that wait after it, as if they had been submitted like that.
  func waiting(at now: Instant) -> [TaskDraft] {
    added.compactMap { task, draft in
      guard let status = rivals[task]?.status else { return draft }
      if status.state == .cancelled { return nil }
      var draft = draft
      draft.start = status.state == .pending ? .now : .delay(status.due - now.elapsed)
      return draft
    }
  }

  /// Tasks of the pool that waited before, and that the batch cancels.
  func leaving(_ pool: PoolID) -> Int {
    rivals.values.count {
      $0.pool == pool && $0.status.state == .cancelled && indexes[$0.task] == nil
    }
  }

  /// Tasks of the pool that the batch makes PENDING: they may take a slot before its own.
  func joining(_ pool: PoolID) -> Int {
    rivals.values.count {
      $0.pool == pool && $0.status.state == .pending && indexes[$0.task] == nil
    }
  }

  /// An answer that names tasks of before cannot be read off the submissions.
  mutating func remember(_ request: RequestStamp) {
    guard answer.contains(where: \.existed) else { return }
    var stamp = request
    stamp.answer = .whole(answer)
    for index in events.indices {
      guard case .submitted(var submission) = events[index].change else { continue }
      submission.request = stamp
      events[index].change = .submitted(submission)
      stamp.answer = .elsewhere
    }
  }
}
