/// A task that has not ended, as small as it can be: a million of these must fit.
package struct LiveTask: Hashable, Sendable {
  package var id: TaskID
  package var submitRevision: Revision
  /// Of the last change; among PENDING tasks also the order in which they queued.
  package var revision: Revision
  package var due: Elapsed
  package var dueTime: WallTime
  package var deadline: Elapsed
  package var createTime: WallTime
  package var notes: TaskNotes?
  package var pool: PoolID
  package var kind: KindID
  package var labels: InternTable<LabelSet>.Reference
  package var policy: InternTable<TaskPolicy>.Reference
  package var attempt: UInt32
  package var attemptsForgiven: UInt32
  package var state: TaskState
  package var priority: UInt8

  var status: TaskStatus {
    TaskStatus(
      state: state, attempt: attempt, attemptsForgiven: attemptsForgiven, due: due,
      dueTime: dueTime, notes: notes)
  }

  /// The order in which tasks queued.
  var joined: Revision { revision }

  var isReopened: Bool { notes?.isReopened ?? false }

  var knownNotes: TaskNotes { notes ?? TaskNotes() }
}

/// Every task that has not ended, with the queues and timers that lead to it.
///
/// Tasks lie in slots; lists and the timer heap link them by place.
package struct TaskTable: Sendable {
  typealias Place = Int32
  static let nowhere: Place = -1

  var slots = TaskSlots()
  var places = PlaceMap()
  var labels = InternTable<LabelSet>()
  var policies = InternTable<TaskPolicy>()
  var queues: [PoolID: PoolQueues] = [:]
  var timers: ContiguousArray<TimerEntry> = []

  package init() {}

  package var count: Int { places.count }

  package func contains(_ id: TaskID) -> Bool { places[id] != nil }

  package subscript(id: TaskID) -> LiveTask? {
    places[id].map { self[$0].task }
  }

  package func labels(of task: LiveTask) -> LabelSet { labels[task.labels] }
  package func policy(of task: LiveTask) -> TaskPolicy { policies[task.policy] }

  subscript(place: Place) -> TaskSlots.Slot {
    _read { yield slots[place] }
    _modify { yield &slots[place] }
  }

  // MARK: - Changes

  package mutating func insert(
    _ event: TaskEvent, priority: UInt8, policy: TaskPolicy, deadline: Elapsed,
    createTime: WallTime, submitRevision: Revision, revision: Revision
  ) {
    let task = LiveTask(
      id: event.task, submitRevision: submitRevision, revision: revision, due: event.status.due,
      dueTime: event.status.dueTime, deadline: deadline, createTime: createTime,
      notes: event.status.notes, pool: event.pool, kind: event.kind,
      labels: labels.retain(event.labels), policy: policies.retain(policy),
      attempt: event.status.attempt, attemptsForgiven: event.status.attemptsForgiven,
      state: event.status.state, priority: priority)
    let place = slots.allocate(task)
    places.insert(event.task, at: place)
    link(place)
    setTimer(place)
  }

  package mutating func update(_ id: TaskID, to status: TaskStatus, revision: Revision) {
    guard let place = places[id] else { return }
    let moves = self[place].task.state != status.state || status.state == .pending
    if moves {
      unlink(place)
      self[place].isOffered = false
    }
    self[place].task.state = status.state
    self[place].task.attempt = status.attempt
    self[place].task.attemptsForgiven = status.attemptsForgiven
    self[place].task.due = status.due
    self[place].task.dueTime = status.dueTime
    self[place].task.notes = status.notes
    self[place].task.revision = revision
    if moves { link(place) }
    setTimer(place)
  }

  package mutating func remove(_ id: TaskID) {
    guard let place = places[id] else { return }
    unlink(place)
    removeTimer(place)
    labels.release(self[place].task.labels)
    policies.release(self[place].task.policy)
    places.remove(id)
    slots.release(place)
  }

  package mutating func removeQueues(of pool: PoolID) {
    queues[pool] = nil
  }
}
