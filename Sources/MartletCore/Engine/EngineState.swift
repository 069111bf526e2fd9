/// What the engine knows, in two halves.
package struct EngineState: Sendable {
  /// The fold of events: a replay of the log gives exactly this.
  package internal(set) var durable: DurableState
  /// What a restart may forget.
  package internal(set) var session: SessionState

  package init(durable: DurableState, session: SessionState) {
    self.durable = durable
    self.session = session
  }
}

package struct DurableState: Sendable {
  package internal(set) var catalog: Catalog
  package internal(set) var tasks: TaskTable
  package internal(set) var requests: RequestMemory

  /// An empty log's state.
  package init() { self.init(catalog: Catalog()) }

  /// The state at a snapshot, before its live tasks are put in with `restore`.
  package init(catalog: Catalog) {
    self.catalog = catalog
    tasks = TaskTable()
    requests = RequestMemory(completeAfter: catalog.revision)
  }

  package mutating func evolve(_ event: Event, at stamp: Stamp) {
    catalog.evolve(event, at: stamp)
    switch event.body {
    case .task(let change): evolve(change, revision: event.revision, at: stamp)
    case .pool(let pool):
      if pool.change == .deleted { tasks.removeQueues(of: pool.pool) }
    case .tasksPurged, .eventsPurged, .bulk, .workflow, .group, .schedule, .lock, .limit: break
    }
  }

  private mutating func evolve(_ event: TaskEvent, revision: Revision, at stamp: Stamp) {
    switch event.change {
    case .submitted(let submission):
      tasks.insert(
        event, priority: submission.priority, policy: submission.policy,
        deadline: submission.deadline, unique: submission.unique?.mark(in: event.pool),
        createTime: stamp.time, submitRevision: revision, revision: revision)
      if let dependencies = submission.dependencies {
        tasks.dependencies.insert(
          event.task, on: dependencies.tasks, ended: dependencies.ended,
          rule: submission.policy.flow?.onFailure ?? .cancel)
      }
      if let request = submission.request {
        requests.note(request, task: event.task, revision: revision, time: stamp.time)
      }
    case .reopened(let revival, _):
      tasks.insert(
        event, priority: revival.priority, policy: revival.policy, deadline: .never,
        unique: revival.unique, createTime: revival.createTime,
        submitRevision: revival.submitRevision, revision: revision)
      tasks.dependencies.reopened(event.task)
      tasks.dependencies.insert(
        event.task, on: event.status.notes?.waitsFor ?? [], ended: [],
        rule: revival.policy.flow?.onFailure ?? .cancel)
    case .updated(let priority, _):
      tasks.update(event, priority: priority, revision: revision)
    case .unblocked:
      // One that was reopened waits for what had not ended then, and now for none.
      if event.status.notes?.waitsFor != nil { tasks.dependencies.remove(event.task) }
      tasks.update(event.task, to: event.status, revision: revision)
    case .moved(let pool, _):
      tasks.move(event, from: pool, revision: revision)
    default:
      if event.status.state.isTerminal {
        tasks.remove(event.task)
        tasks.dependencies.ended(event.task, as: event.status.state)
      } else {
        tasks.update(event.task, to: event.status, revision: revision)
      }
    }
  }

  /// Puts back a live task of a snapshot. Tasks may come in any order; call `sortQueues` after the
  /// last one.
  package mutating func restore(_ task: RestoredTask) {
    let event = TaskEvent(
      task: task.task, pool: task.pool, kind: task.kind, labels: task.labels, from: nil,
      status: task.status, change: .due)
    tasks.insert(
      event, priority: task.revival.priority, policy: task.revival.policy,
      deadline: task.deadline, unique: task.revival.unique,
      createTime: task.revival.createTime, submitRevision: task.revival.submitRevision,
      revision: task.revision)
    if task.status.state == .running, let permits = task.status.notes?.permits {
      catalog.restore(permits, of: task.task)
    }
  }

  /// Puts back what live tasks wait for; call it after the last `restore`.
  ///
  /// - Parameter ended: Of those that are waited for, how those have ended that are kept; of the
  ///   rest what is not live is long done.
  package mutating func restoreDependencies(
    _ waits: [(task: TaskID, on: [TaskID])], ended: [TaskID: TaskState]
  ) {
    for (task, on) in waits {
      guard let live = tasks[task] else { continue }
      let over = on.filter { !tasks.contains($0) }
        .map { TaskDependencies.Ended(task: $0, state: ended[$0] ?? .succeeded) }
      tasks.dependencies.insert(
        task, on: on, ended: over, rule: tasks.policy(of: live).flow?.onFailure ?? .cancel)
    }
  }

  /// Brings queues into the order in which their tasks joined.
  package mutating func sortQueues() { tasks.sortQueues() }
}

/// A live task as a snapshot keeps it.
package struct RestoredTask: Sendable {
  package var task: TaskID
  package var pool: PoolID
  package var kind: KindID
  package var labels: LabelSet
  package var status: TaskStatus
  package var revision: Revision
  package var deadline: Elapsed
  package var revival: TaskRevival

  package init(
    task: TaskID, pool: PoolID, kind: KindID, labels: LabelSet, status: TaskStatus,
    revision: Revision, deadline: Elapsed, revival: TaskRevival
  ) {
    self.task = task
    self.pool = pool
    self.kind = kind
    self.labels = labels
    self.status = status
    self.revision = revision
    self.deadline = deadline
    self.revival = revival
  }
}

package struct SessionState: Sendable {
  package var limits: Limits
  /// Kinds that handlers of this process serve.
  package var servedKinds: Set<String>
  /// Waiting tasks of a deleted pool that one step cancels: a longer step would hold up commits.
  package var cancelsPerStep = 2_000
  /// Timers that one step fires: as many tasks as there are may be due at the same moment.
  package var timersPerStep = 2_000
  /// Set while the disk is almost full.
  package var diskIsLow = false
  /// Set while the process holds more memory than it may.
  package var memoryIsTight = false
  /// Set when the server is stopping: nothing is started any more.
  package var startsTasks = true
  /// Set from a start on top of a log to the first `recover`: nothing is started, since it would
  /// be taken for an attempt of the process that is gone.
  var awaitsRecovery = false
  /// The index holds everything up to here.
  package var appliedThrough: Revision = .zero
  /// Served kinds by number, as far as the numbers were needed.
  var served: [Bool] = []
  /// Pools in which a task may have become startable.
  var unsettled: [PoolID] = []
  /// Tasks that ended after what the index held some while ago, with their last revision.
  var departed = DepartedTasks()
  /// Of them those that had a mark and may count still.
  var endedMarks = EndedMarks(floor: .zero)
  var progress = ProgressThrottle()
  var silences = SilenceWatch()
  /// BLOCKED tasks that wait no more: they go on, or are to be cancelled.
  var decided: [TaskID] = []
  /// Workflows of which a task has ended or been reopened.
  var touchedWorkflows: [WorkflowID] = []
  /// When schedules fire.
  var schedules = ScheduleClock()
  /// Fires that one step may decide: any number may be due at the same moment.
  package var firesPerStep = 1_000
  /// What fires have brought into the log since the pipeline asked.
  var firedBytes = 0
  /// Those that schedules name, as far as they are known.
  package var zones: TimeZoneTable
  /// Pools with free slots and tasks that nobody takes.
  var starved: Set<PoolID> = []
  var roster = WorkerRoster()
  var leases = LeaseBook()
  /// Leases of locks, and who waits for one.
  var locks = LockBook()
  /// For calls that stood in line, in order; whoever drives the engine takes them.
  var lockNotices: [LockNotice] = []
  /// Who stands in line for limits, and who holds what of them.
  var limitBook = LimitBook()
  /// For calls that stood in line, in order; whoever drives the engine takes them.
  var permitNotices: [PermitNotice] = []
  /// Pools that scale.
  var scaling = ScalingBook()
  /// What pools in groups use and are owed.
  var shares = ShareBook()
  /// Of attempts that have written lines.
  var lineAllowances: [TaskID: LineAllowance] = [:]
  /// For workers, in order; whoever drives the engine takes them.
  var notices: [WorkerNotice] = []
  #if DEBUG
    package var brokenRule: BrokenRule?
  #endif

  package init(
    limits: Limits = Limits(), servedKinds: Set<String> = [], zones: TimeZoneTable = [:]
  ) {
    self.limits = limits
    self.servedKinds = servedKinds
    self.zones = zones
  }
}

/// Remembers which tasks left the engine's memory lately, so that history fetched before that is
/// known to be stale.
///
/// They are kept in the order of their ends, in parts that are dropped whole: what the index has
/// applied is thousands of tasks at once, and the engine must not stop for each of them.
struct DepartedTasks: Sendable {
  private struct Part: Sendable {
    var revisions: [TaskID: Revision]
    /// The newest in it.
    var last: Revision
  }

  private var parts: [Part] = []
  /// History at or after this is enough.
  private(set) var floor: Revision = .zero

  /// Departures are kept until the index has been past them for this many events.
  static let slack = 100_000
  private static let tasksPerPart = 1_024

  mutating func note(_ task: TaskID, at revision: Revision) {
    if parts.last.map({ $0.revisions.count >= Self.tasksPerPart }) ?? true {
      parts.append(
        Part(revisions: Dictionary(minimumCapacity: Self.tasksPerPart), last: revision))
    }
    parts[parts.count - 1].revisions[task] = revision
    parts[parts.count - 1].last = revision
  }

  func isStale(_ task: TaskID, asOf: Revision) -> Bool {
    if asOf < floor { return true }
    for part in parts.reversed() {
      if part.last <= asOf { return false }
      if let revision = part.revisions[task] { return asOf < revision }
    }
    return false
  }

  mutating func forget(applied: Revision) {
    guard applied.rawValue > UInt64(Self.slack) else { return }
    floor = max(floor, Revision(applied.rawValue - UInt64(Self.slack)))
    let count = parts.prefix { $0.last <= floor }.count
    if count > 0 { parts.removeFirst(count) }
  }
}
