import MartletCore

/// A task as the events so far tell it, kept in the plainest way.
struct ModelTask {
  var id: TaskID
  var pool: PoolID
  var kind: KindID
  /// As they are now.
  var labels: LabelSet
  var priority: UInt8
  /// Where it stands in its queue.
  var joined: Revision
  /// How often somebody changed until when it waits.
  var dueChanges = 0
  var submission: TaskSubmission
  var submitRevision: Revision
  var createTime: WallTime
  var deadline: Elapsed
  var status: TaskStatus
  var revision: Revision
  var result: TaskResult?
  /// What attempts saved last.
  var checkpoint: Checkpoint?
  /// Every status that it ever had, with the revision from which on.
  var history: [(revision: Revision, time: WallTime, status: TaskStatus)]

  var token: AttemptToken { AttemptToken(task: id, attempt: status.attempt) }
}

struct ModelPool {
  var id: PoolID
  var name: String
  var state: PoolState
  var spec: PoolSpec
  var specVersion: UInt32
  /// Every form that its owner gave it.
  var history: [(revision: Revision, state: PoolState, spec: PoolSpec)]
  var running = 0
  var waiting = 0
  var pending: Set<TaskID> = []
  /// How many slots there are, and since when.
  var slotLimit: Int
  var scaledAt: Elapsed

  /// Of the forced deletion that is under way.
  var deletion: Origin?
  /// What the index keeps of its history: all but suggestions.
  var changes: [PoolEvent.Change] = []

  var unfinished: Int { running + waiting }
  var version: PoolVersion { PoolVersion(pool: id, specVersion: specVersion) }
}

/// What handlers and clients asked for: events must have a reason.
struct Asked {
  var finishes: [AttemptToken: [AttemptOutcome]] = [:]
  /// With the waits that were asked for: 0 for an ordinary one.
  var releases: [AttemptToken: Set<Span>] = [:]
  /// Offers that their workers said they take.
  var accepts: Set<Lease> = []
  /// When each attempt was heard for certain: its words were acknowledged, or it need not pause
  /// after all.
  var heard: [AttemptToken: Elapsed] = [:]
  /// When the last renewal that was acknowledged was sent.
  var renewed: [AttemptToken: Elapsed] = [:]
  /// Attempts that their workers said nothing of when they came back.
  var forgotten: Set<AttemptToken> = []
  var progress: [AttemptToken: [Progress]] = [:]
  /// How many of them were acknowledged.
  var progressHeard: [AttemptToken: Int] = [:]
  var cancels: Set<TaskID> = []
  var pauses: Set<TaskID> = []
  var resumes: Set<TaskID> = []
  var checkpoints: [AttemptToken: Set<Checkpoint>] = [:]
  var retries: Set<TaskID> = []
  var moves: Set<TaskID> = []
  var updates: [TaskID: [TaskUpdate]] = [:]
  var workflowCancels: Set<WorkflowID> = []
  var workflowRetries: Set<WorkflowID> = []
  /// Names of schedules that somebody wanted something of.
  var schedules: Set<String> = []
  /// With the policies that they named.
  var triggers: [String: [OverlapPolicy?]] = [:]
  /// Times that submissions gave to who waits under their key.
  var debounces: [String: [TaskSubmission.Start]] = [:]
}

/// The rules of the engine as a checker knows them: it takes the events of the log one by one and
/// objects to whatever may not happen.
struct Model {
  struct Request {
    var fingerprint: UInt64
    var tasks: [AnsweredTask]
    var time: WallTime
    /// The commit that submitted them.
    var commit: Int
  }

  /// What a commit may add to a queue.
  struct Room {
    var before: Int
    var capacity: Int
    var extra = 0
  }

  private(set) var revision = Revision.zero
  private(set) var stamp = Stamp(elapsed: .zero, time: WallTime(nanoseconds: 0))
  var tasks: [TaskID: ModelTask] = [:]
  private(set) var purged: [TaskID: Revision] = [:]
  var pools: [PoolID: ModelPool] = [:]
  var names: [String: PoolID] = [:]
  var lastPool = PoolID(rawValue: 0)
  var lastTask = TaskID(rawValue: 0)
  var kinds: [String] = []
  var requests: [RememberedRequest.Key: Request] = [:]
  private(set) var oldestEvent = Revision(1)
  var rooms: [PoolID: Room] = [:]
  var bulks: [BulkID: BulkRecord] = [:]
  var bulkStarts: [BulkID: Revision] = [:]
  var lastBulk = BulkID(rawValue: 0)
  var workflows: [WorkflowID: WorkflowRecord] = [:]
  var lastWorkflow = WorkflowID(rawValue: 0)
  var groups: [String: GroupRecord] = [:]
  var lastGroup = GroupID(rawValue: 0)
  var schedules: [ScheduleID: ModelSchedule] = [:]
  var locks: [String: ModelLock] = [:]
  /// Every grant that there was, by its token.
  var lockGrants: [Revision: LockGrant] = [:]
  var askedLocks = AskedLocks()
  var limits = ModelLimits()
  /// The newest moment that the process that runs may have decided at.
  var lockNow = Elapsed.zero
  /// Tasks that runs of schedules are to submit in this commit, with the schedules' names.
  var expectedRuns: [TaskID: String] = [:]
  /// Every task that was ever of a workflow.
  var members: [TaskID: ModelMember] = [:]
  /// In this commit.
  var submitted: [TaskID] = []
  private(set) var commits = 0
  /// Tasks that were cancelled in this commit for others, by the ids of those.
  var replaced: [String: [ModelTask]] = [:]
  var progressAt: [AttemptToken: Elapsed] = [:]
  var asked = Asked()
  /// Kinds with a handler in the process that runs.
  private(set) var served: Set<String> = []
  /// Attempts of the process before, which the recovery must end first of all.
  private(set) var orphans: Set<AttemptToken> = []
  private var bootedAt = Elapsed.zero
  private var leaseLength = Span.zero
  /// The largest epoch that each task's leases had.
  var epochs: [TaskID: UInt64] = [:]
  /// Of the whole log.
  var recount = Recount()

  // MARK: - Life of a process

  mutating func booted(serving kinds: Set<String>, at now: Elapsed, leaseLength: Span) {
    served = kinds
    bootedAt = now
    self.leaseLength = leaseLength
    lostLockCalls(at: now)
    lostPermitCalls(at: now)
    let running = tasks.values.filter { $0.status.state == .running }
    orphans = Set(running.filter { $0.status.notes?.assignment == nil }.map(\.token))
  }

  /// Whether a worker's attempt may be given up: no sign of life for the length of a lease, also
  /// counted from the start of the process.
  func mayBeLost(_ task: ModelTask) -> Bool {
    guard task.status.notes?.assignment != nil else { return orphans.contains(task.token) }
    if asked.forgotten.contains(task.token) { return true }
    let heard = asked.renewed[task.token] ?? task.status.notes?.startElapsed ?? .zero
    return stamp.elapsed >= max(heard, bootedAt) + leaseLength
  }

  /// When the handler of the attempt that runs was heard last, as far as anybody was told; a
  /// process that starts gives each attempt of a worker its full time.
  func heardAt(_ task: ModelTask) -> Elapsed {
    let moments = [
      task.status.notes?.startElapsed, asked.heard[task.token],
      task.status.notes?.assignment == nil ? nil : bootedAt,
    ]
    return moments.lazy.compactMap { $0 }.max() ?? .zero
  }

  /// The handler of this attempt said something at this commit's instant or later.
  mutating func heard(_ token: AttemptToken) { asked.heard[token] = stamp.elapsed }

  // MARK: - Events

  mutating func begin(_ stamp: Stamp) throws(Violation) {
    try require(
      stamp.elapsed >= self.stamp.elapsed && stamp.time >= self.stamp.time,
      "the log's time went back")
    self.stamp = stamp
    commits += 1
  }

  mutating func apply(_ event: Event) throws(Violation) {
    try require(event.revision == revision.next, "event \(event.revision) follows \(revision)")
    revision = event.revision
    switch event.body {
    case .task(let change):
      try recount(change, of: tasks[change.task])
      try apply(change)
    case .pool(let change): try apply(change)
    case .tasksPurged(let purge): try apply(purge)
    case .bulk(let change):
      try apply(change)
      if change.change == .started { bulkStarts[change.record.id] = revision }
    case .workflow(let change): try apply(change)
    case .group(let change): try apply(change)
    case .schedule(let change): try apply(change)
    case .lock(let change): try apply(change)
    case .limit(let change): try apply(change)
    case .eventsPurged(let before, let count):
      try require(
        before > oldestEvent && before <= revision
          && count == Int64(before.rawValue - oldestEvent.rawValue),
        "events are purged up to \(before), kept from \(oldestEvent) on")
      oldestEvent = before
    }
  }

  /// A commit is whole: what must hold between commits holds.
  mutating func end() throws(Violation) {
    for (id, room) in rooms {
      guard let pool = pools[id] else { continue }
      try require(
        pool.waiting <= max(room.before, room.capacity) + room.extra,
        "\(pool.waiting) tasks wait in \(pool.name), which takes \(room.capacity)")
    }
    rooms = [:]
    try checkBlocked()
    submitted = []
    try require(expectedRuns.isEmpty, "runs without tasks: \(expectedRuns)")
    try require(replaced.isEmpty, "tasks were replaced by none: \(replaced.keys)")
  }

  /// Nothing that an earlier process ran is taken to run.
  mutating func recovered() throws(Violation) {
    for token in orphans {
      let task = tasks[token.task]
      try require(
        task?.status.state != .running || task?.token != token,
        "attempt \(token) of the process before is still RUNNING after the recovery")
    }
    orphans = []
  }

  private mutating func apply(_ purge: TasksPurged) throws(Violation) {
    for entry in purge.entries {
      guard let task = tasks[entry.task] else {
        throw Violation(description: "task \(entry.task) is purged and is not there")
      }
      try require(
        task.status.state == entry.state && entry.state.isTerminal && task.pool == entry.pool
          && task.kind == entry.kind,
        "task \(entry.task) is purged as \(entry.state) and is \(task.status.state)")
      try checkUnneeded(task)
      tasks[entry.task] = nil
      purged[entry.task] = revision
      forgetIfEmpty(entry.pool)
    }
  }

  mutating func forgetIfEmpty(_ pool: PoolID) {
    guard pools[pool]?.state == .retired, !tasks.values.contains(where: { $0.pool == pool }) else {
      return
    }
    pools[pool] = nil
  }

  // MARK: - What the checker asks

  func pool(named name: String) -> ModelPool? { names[name].flatMap { pools[$0] } }

  /// What the task was as of a revision; nil if it was not there.
  func status(of id: TaskID, asOf revision: Revision) -> TaskStatus? {
    tasks[id]?.history.last { $0.revision <= revision }?.status
  }

  func kindName(_ kind: KindID) -> String {
    Int(kind.rawValue) < kinds.count ? kinds[Int(kind.rawValue)] : "?"
  }
}
