import MartletCore
import MartletServer
import MartletStore

/// A fold of statistics with its catalog and an index, fed with events that the test makes up.
struct StatsWorld {
  static let start = WallTime(nanoseconds: 1_767_225_600_000_000_000)

  var fold = IndexFold(catalog: Catalog(), turnsKept: 10)
  let index = MemoryTaskIndex()
  private(set) var segments: [SealedSegment] = []
  /// Since the start.
  var seconds = 0.0
  private var revision: UInt64 = 0
  private var lastTask: UInt64 = 0
  private var running: [TaskID: TaskEvent] = [:]

  init() {
    let spec = PoolSpec(slots: 4, queueCapacity: 100, retry: .default, runTimeout: .seconds(60))
    add(
      .pool(
        PoolEvent(
          change: .created, pool: PoolID(rawValue: 1), name: "p", spec: spec, state: .active,
          specVersion: 1, origin: .server)))
  }

  var now: WallTime { Self.start + Span(nanoseconds: Int64((seconds * 1e9).rounded())) }
  private var elapsed: Elapsed {
    Elapsed(nanoseconds: 5_000_000_000 + Int64((seconds * 1e9).rounded()))
  }
  var catalog: Catalog { fold.catalog }

  mutating func add(_ body: Event.Body) {
    revision += 1
    let segment = SealedSegment(
      events: [Event(revision: Revision(revision), body: body)],
      stamp: Stamp(elapsed: elapsed, time: now))
    segments.append(segment)
    fold.apply(segment)
  }

  mutating func submit(_ kind: String = "work") -> TaskID {
    lastTask += 1
    let task = TaskID(rawValue: lastTask)
    let submission = TaskSubmission(
      kindName: kind, priority: 5,
      policy: TaskPolicy(retry: .default, runTimeout: .seconds(60)), deadline: .never,
      deadlineTime: nil, start: .now, payload: [], contentType: "", traceParent: "", actor: "",
      request: nil)
    let number = catalog.kinds[kind]?.rawValue ?? UInt32(catalog.kinds.names.count)
    let event = TaskEvent(
      task: task, pool: PoolID(rawValue: 1), kind: KindID(rawValue: number), labels: .none,
      from: nil,
      status: TaskStatus(state: .pending, due: elapsed, dueTime: now),
      change: .submitted(submission), createTime: now)
    running[task] = event
    add(.task(event.without(createTime: true)))
    return task
  }

  mutating func start(_ task: TaskID) {
    guard var event = running[task] else { return }
    event.from = event.status.state
    event.status.state = .running
    event.status.attempt += 1
    var facts = TaskNotes.Facts()
    facts.startTime = now
    facts.startElapsed = elapsed
    event.status.notes = TaskNotes(facts)
    event.change = .started
    running[task] = event
    add(.task(event.without(createTime: true)))
  }

  mutating func succeed(_ task: TaskID, counters: [String: Int64] = [:]) {
    let progress = Progress(
      percent: nil, step: "",
      counters: counters.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) })
    end(task, .succeeded, .succeeded(TaskResult(data: [], contentType: ""))) { facts in
      if !counters.isEmpty { facts.progress = progress }
    }
  }

  mutating func fail(_ task: TaskID, code: String = "", _ message: String, retries: Bool = false) {
    let attempt = running[task]?.status.attempt ?? 0
    let failure = Failure(
      kind: .handler, code: code, message: message, attempt: attempt, retryable: retries)
    end(task, retries ? .scheduled : .failed, retries ? .retryScheduled : .failed) { facts in
      facts.failure = failure
    }
  }

  private mutating func end(
    _ task: TaskID, _ state: TaskState, _ change: TaskEvent.Change,
    _ note: (inout TaskNotes.Facts) -> Void
  ) {
    guard var event = running[task] else { return }
    event.from = event.status.state
    event.status.state = state
    if state.isTerminal { event.status.finishTime = now }
    event.status.notes = (event.status.notes ?? TaskNotes()).with(note)
    event.change = change
    running[task] = event
    add(.task(event.without(createTime: !state.isTerminal)))
  }

  /// A whole task that waits and runs for so long.
  mutating func live(_ kind: String = "work", wait: Double, run: Double) {
    let task = submit(kind)
    seconds += wait
    start(task)
    seconds += run
    succeed(task)
  }

  // MARK: - What comes of it

  mutating func apply() throws { try index.apply(fold.take()) }

  func look<Value>(_ body: (StatsLook) throws(StoreFailure) -> Value) throws -> Value {
    try index.readStats { (reader) throws(StoreFailure) in try body(try StatsLook(reader)) }
  }

  func overview(
    last: Int64, step: Int64? = nil, by grouping: StatsSelection.Grouping = .none
  ) throws -> StatsOverview {
    let selection = try StatsSelection(pools: [], kinds: [], by: grouping, in: catalog)
    let span = StatsSpan(
      from: WallTime(nanoseconds: now.nanoseconds - last * 1_000_000_000), to: now, step: step,
      now: now)
    return try look { (look) throws(StoreFailure) in
      try StatsOverview(look, span, selection, points: true, now: now)
    }
  }

  /// All rows of statistics that the index has.
  func rows() throws -> [StatsRow] {
    try index.readStats { (reader) throws(StoreFailure) in
      var rows: [StatsRow] = []
      for part in StatsPart.allCases {
        for resolution in StatsResolution.allCases {
          rows += try reader.rows(part, resolution, .min..<(.max))
        }
      }
      return rows
    }
  }
}

extension TaskEvent {
  fileprivate func without(createTime: Bool) -> TaskEvent {
    var event = self
    if createTime { event.createTime = nil }
    return event
  }
}
