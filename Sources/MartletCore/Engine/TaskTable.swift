/// A task that has not ended, as small as it can be: a million of these must fit.
package struct LiveTask: Hashable, Sendable {
  package var id: TaskID
  package var submitRevision: Revision
  /// Of the last change.
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
  var joined: Revision { notes?.joined ?? revision }

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
  package internal(set) var unique = UniqueMarks()
  package internal(set) var dependencies = DependencyTable()
  private var members: [WorkflowID: Set<TaskID>] = [:]
  var queues: [PoolID: PoolQueues] = [:]
  var timers: ContiguousArray<TimerEntry> = []
  /// Those in which a live task has a fairness key or a weight.
  var fairPools: Set<PoolID> = []

  package init() {}

  package var count: Int { places.count }

  func place(of id: TaskID) -> Place? { places.find(id) { self[$0].task.id == id } }

  package func contains(_ id: TaskID) -> Bool { place(of: id) != nil }

  package subscript(id: TaskID) -> LiveTask? {
    place(of: id).map { self[$0].task }
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
    unique mark: UniqueMark?, createTime: WallTime, submitRevision: Revision, revision: Revision
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
    if let mark { unique.insert(event.task, mark) }
    if let member = policy.flow?.member {
      members[member.workflow, default: []].insert(event.task)
    }
    joinShares(place, policy.fairness)
    link(place)
    setTimer(place)
  }

  package mutating func update(_ id: TaskID, to status: TaskStatus, revision: Revision) {
    guard let place = place(of: id) else { return }
    let moves = self[place].task.state != status.state || status.state == .pending
    if moves {
      unlink(place)
      self[place].isOffered = false
      slots.setLine(-1, of: place)
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

  /// Somebody changed a task that waits: it goes to the tail of its queue, unless its notes say
  /// when it joined.
  package mutating func update(_ event: TaskEvent, priority: UInt8, revision: Revision) {
    guard let place = place(of: event.task) else { return }
    setOffered(false, event.task)
    setParked(nil, event.task)
    let status = event.status
    let moves = status.notes?.joined == nil
    if moves { unlink(place) }
    self[place].task.state = status.state
    self[place].task.priority = priority
    self[place].task.due = status.due
    self[place].task.dueTime = status.dueTime
    self[place].task.notes = status.notes
    self[place].task.revision = revision
    let labels = labels.retain(event.labels)
    self.labels.release(self[place].task.labels)
    self[place].task.labels = labels
    if moves { link(place) }
    setTimer(place)
  }

  /// A task that waits goes to the tail of its queue in another pool.
  package mutating func move(_ event: TaskEvent, from old: PoolID, revision: Revision) {
    guard let place = place(of: event.task) else { return }
    setOffered(false, event.task)
    setParked(nil, event.task)
    unlink(place)
    leaveShares(place)
    self[place].task.pool = event.pool
    self[place].task.notes = event.status.notes
    self[place].task.revision = revision
    unique.move(event.task, from: old, to: event.pool)
    joinShares(place, policies.fairness(self[place].task.policy))
    link(place)
    setTimer(place)
  }

  package mutating func remove(_ id: TaskID) {
    guard let place = place(of: id) else { return }
    unlink(place)
    leaveShares(place)
    removeTimer(place)
    leaveWorkflow(self[place].task)
    labels.release(self[place].task.labels)
    policies.release(self[place].task.policy)
    dependencies.remove(id)
    places.remove(id, from: place)
    unique.remove(id)
    slots.release(place)
  }

  private mutating func leaveWorkflow(_ task: LiveTask) {
    if members.isEmpty { return }
    guard let member = member(of: task) else { return }
    members[member.workflow]?.remove(task.id)
    if members[member.workflow]?.isEmpty == true { members[member.workflow] = nil }
  }

  /// Live tasks of a workflow, by rising id.
  func members(of workflow: WorkflowID) -> [LiveTask] {
    (members[workflow] ?? []).sorted().compactMap { self[$0] }
  }

  /// The place of a task in its workflow.
  func member(of task: LiveTask) -> WorkflowMember? {
    members.isEmpty ? nil : policies.read(task.policy) { $0.flow?.member }
  }

  package mutating func removeQueues(of pool: PoolID) {
    queues[pool] = nil
    fairPools.remove(pool)
  }
}
