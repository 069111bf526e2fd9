import MartletCore
import MartletStore
import Testing

@Suite("Every task index")
struct TaskIndexConformanceTests {
  @Test("an empty index has applied nothing", arguments: StoreKind.allCases)
  func empty(kind: StoreKind) throws {
    let index = try kind.empty().index
    #expect(try index.appliedThrough() == .zero)
    #expect(try index.facts() == [:])
    #expect(try index.liveRows == [])
    #expect(try index.page(TaskQuery()) == TaskPage(rows: [], next: nil))
    #expect(try index.count(TaskQuery()) == 0)
    #expect(try index.checkpoint() == .zero)
    #expect(try index.finishTime(keepingNewest: 1) == nil)
  }

  @Test("a row comes back as it was written", arguments: StoreKind.allCases)
  func roundTrip(kind: StoreKind) throws {
    let index = try kind.empty().index
    var whole = TaskRow.numbered(
      7, pool: .max, kind: .max, state: .succeeded, priority: 10,
      labels: ["a": "1", "zone": "", "": "empty", "é": "ü"],
      payload: [UInt8](repeating: 42, count: 100_000))
    whole.status.result = [UInt8](repeating: 43, count: 5000)
    whole.submission.deadline = Elapsed(nanoseconds: 77)
    whole.status.attemptsForgiven = .max
    var bare = TaskRow.numbered(8, payload: [])
    bare.submission.policy = []
    bare.submission.spec = []
    try index.apply(through: 9, inserts: [whole, bare])
    #expect(try index.tasks([bare.id, whole.id], withContent: true) == [bare, whole])
    #expect(try index.tasks([whole.id], withContent: false) == [whole.withoutContent])
    #expect(try index.tasks([TaskID(rawValue: 1)], withContent: true) == [])
    #expect(try index.page(TaskQuery(withContent: true)).rows == [bare, whole])
    #expect(try index.appliedThrough() == Revision(9))
  }

  @Test("a new status replaces the old one as a whole", arguments: StoreKind.allCases)
  func updates(kind: StoreKind) throws {
    let index = try kind.empty().index
    var row = TaskRow.numbered(1, payload: [UInt8](repeating: 1, count: 9000))
    try index.apply(through: 1, inserts: [row])
    for state in [TaskState.running, .scheduled, .pending, .failed, .pending, .cancelled] {
      row.status = .at(
        state, second: 50, revision: 2, attempt: 3, result: state == .failed ? [1] : nil)
      try index.apply(through: 2, updates: [(row.id, row.status)])
      #expect(try index.tasks([row.id], withContent: true) == [row])
      #expect(try index.count(TaskQuery(states: [state])) == 1)
      #expect(try index.liveRows.count == (state.isTerminal ? 0 : 1))
    }
  }

  @Test("what it keeps to write faster may be freed at any time", arguments: StoreKind.allCases)
  func release(kind: StoreKind) throws {
    let index = try kind.empty().index
    let rows = (1...2_000).map {
      TaskRow.numbered(UInt64($0), payload: [UInt8](repeating: UInt8($0 & 0xff), count: 100))
    }
    index.releaseMemory()
    try index.apply(through: 1, inserts: Array(rows[..<1_000]))
    index.releaseMemory()
    try index.apply(through: 2, inserts: Array(rows[1_000...]))
    index.releaseMemory()
    #expect(try index.tasks(rows.map(\.id), withContent: true) == rows)
    #expect(try index.count(TaskQuery()) == 2_000)
  }

  @Test("an edit changes what it names, of tasks old and new", arguments: StoreKind.allCases)
  func edits(kind: StoreKind) throws {
    let index = try kind.empty().index
    var (old, other) = (TaskRow.numbered(1, labels: ["a": "1"]), TaskRow.numbered(2))
    try index.apply(through: 1, inserts: [old, other])
    old.submission.priority = 9
    other.submission.labels = LabelSet(["b": "2"])
    var batch = IndexBatch(appliedThrough: Revision(2))
    batch.edits = [
      old.id: TaskEdit(priority: 9), other.id: TaskEdit(labels: LabelSet(["b": "2"])),
    ]
    try index.apply(batch)
    #expect(try index.tasks([old.id, other.id], withContent: true) == [old, other])
    old.submission.labels = .none
    batch = IndexBatch(appliedThrough: Revision(3))
    batch.edits = [old.id: TaskEdit(labels: LabelSet.none)]
    try index.apply(batch)
    #expect(try index.tasks([old.id], withContent: true) == [old])
    func labelled(_ filter: String) throws -> [TaskID] {
      let filter = TaskPredicate(
        try TaskFilter(parsing: filter), in: Catalog(), now: .seconds(0))
      return try index.page(TaskQuery(filter: filter)).rows.map(\.id)
    }
    #expect(try labelled("labels.a:*") == [])
    #expect(try labelled("labels.b = 2") == [other.id])
    batch = IndexBatch(appliedThrough: Revision(4))
    batch.edits = [TaskID(rawValue: 99): TaskEdit(priority: 1)]
    #expect(throws: StoreFailure.self) { try index.apply(batch) }
  }

  @Test("deleted tasks are gone, and need not be there", arguments: StoreKind.allCases)
  func deletes(kind: StoreKind) throws {
    let index = try kind.empty().index
    try index.apply(
      through: 1, inserts: [.numbered(1, state: .failed), .numbered(2), .numbered(3)])
    try index.apply(through: 2, deletes: [1, 3, 99])
    #expect(try index.page(TaskQuery()).rows.map(\.id.rawValue) == [2])
    #expect(try index.page(TaskQuery(order: .lastFinishedFirst)).rows == [])
    #expect(try index.count(TaskQuery(pools: [PoolID(rawValue: 1)])) == 1)
  }

  @Test("an update of an unknown task is corruption", arguments: StoreKind.allCases)
  func unknownUpdate(kind: StoreKind) throws {
    let index = try kind.empty().index
    let update = (
      id: TaskID(rawValue: 5), status: TaskStatusRow.at(.running, second: 1, revision: 1)
    )
    #expect(throws: StoreFailure.self) {
      try index.apply(through: 1, inserts: [.numbered(1)], updates: [update])
    }
  }

  @Test("facts are set, replaced and removed", arguments: StoreKind.allCases)
  func facts(kind: StoreKind) throws {
    let index = try kind.empty().index
    try index.apply(through: 1, facts: ["pool/1": [1], "pool/2": [], "clock": [5, 5]])
    try index.apply(through: 2, facts: ["pool/1": [2, 2], "clock": nil, "none": nil])
    #expect(try index.facts() == ["pool/1": [2, 2], "pool/2": []])
  }

  @Test("live tasks come by rising id without what only people read", arguments: StoreKind.allCases)
  func live(kind: StoreKind) throws {
    let index = try kind.empty().index
    let states: [TaskState] = [.blocked, .succeeded, .running, .failed, .paused, .cancelled]
    let rows = zip(1..., states).map { id, state in
      TaskRow.numbered(UInt64(id), pool: UInt32(7 - id), state: state, labels: ["n": "\(id)"])
    }
    try index.apply(through: 1, inserts: rows)
    let expected = [rows[0], rows[2], rows[4]].map { row in
      var row = row.withoutContent
      row.submission.spec = []
      return row
    }
    #expect(try index.liveRows == expected)
  }

  @Test("the number of finished tasks to keep gives a time", arguments: StoreKind.allCases)
  func finishedTasks(kind: StoreKind) throws {
    let index = try kind.empty().index
    let rows = (1...10).map { TaskRow.numbered(UInt64($0), state: .succeeded, second: 100 - $0) }
    try index.apply(through: 1, inserts: rows + [.numbered(11)])
    #expect(try index.finishTime(keepingNewest: 10) == nil)
    #expect(try index.finishTime(keepingNewest: 9) == .seconds(93))
    #expect(try index.finishTime(keepingNewest: 1) == .seconds(101))
    let old = try index.finished(before: .seconds(95), limit: 10)
    #expect(old.map(\.id.rawValue) == [10, 9, 8])
    #expect(old.allSatisfy { $0.submission.payload.isEmpty })
    #expect(try index.finished(before: .seconds(95), limit: 2).map(\.id.rawValue) == [10, 9])
    try index.apply(
      through: 2, updates: [(TaskID(rawValue: 10), .at(.pending, second: 1, revision: 2))],
      deletes: [9])
    #expect(try index.finishTime(keepingNewest: 8) == nil)
    #expect(try index.finishTime(keepingNewest: 7) == .seconds(95))
  }

  @Test(
    "of a task's turns the first and the newest are kept, and the others counted",
    arguments: StoreKind.allCases)
  func turns(kind: StoreKind) throws {
    let index = try kind.empty().index
    let (id, other) = (TaskID(rawValue: 1), TaskID(rawValue: 2))
    func turn(_ revision: UInt64, of task: TaskID = TaskID(rawValue: 1)) -> TurnRow {
      TurnRow(task: task, revision: Revision(revision), bytes: [UInt8(revision)])
    }
    func kept(_ id: TaskID) throws -> [UInt64]? {
      try index.story(id)?.turns.map(\.revision.rawValue)
    }
    #expect(try index.story(id) == nil)
    try index.apply(through: 1, inserts: [.numbered(1), .numbered(2)])
    #expect(
      try index.story(id)
        == TaskStory(row: TaskRow.numbered(1).withoutContent, turns: [], omitted: 0))
    try index.apply(through: 9, turns: [turn(3), turn(5), turn(6, of: other), turn(9)])
    #expect(try index.story(id)?.turns == [turn(3), turn(5), turn(9)])
    #expect(try index.story(id)?.omitted == 0)
    try index.apply(through: 11, turns: [turn(10), turn(11)])
    #expect(try kept(id) == [3, 10, 11])
    #expect(try index.story(id)?.omitted == 2)
    try index.apply(through: 12, turns: [turn(12)])
    #expect(try kept(id) == [3, 11, 12])
    #expect(try index.story(id)?.omitted == 3)
    #expect(try kept(other) == [6])
    try index.apply(through: 13, deletes: [1])
    #expect(try index.story(id) == nil)
    // Nothing of them is left for another task of that number.
    try index.apply(through: 14, inserts: [.numbered(1)])
    #expect(try kept(id) == [])
    #expect(try kept(other) == [6])
  }

  @Test(
    "finished tasks of a pool come by outcome, first ended first", arguments: StoreKind.allCases)
  func outcomes(kind: StoreKind) throws {
    let index = try kind.empty().index
    try index.apply(
      through: 1,
      inserts: [
        .numbered(1, pool: 1, kind: 7, state: .succeeded, second: 50),
        .numbered(2, pool: 1, kind: 8, state: .succeeded, second: 10),
        .numbered(3, pool: 1, state: .failed, second: 20),
        .numbered(4, pool: 2, state: .succeeded, second: 30),
        .numbered(5, pool: 1, state: .succeeded, second: 40), .numbered(6, pool: 1, second: 5),
      ])
    func found(
      _ pool: UInt32 = 1, _ state: TaskState = .succeeded, before second: Int64 = 1_000,
      limit: Int = 10
    ) throws -> [UInt64] {
      try index.finished(
        in: PoolID(rawValue: pool), as: state, before: .seconds(second), limit: limit
      ).map(\.task.rawValue)
    }
    #expect(try found() == [2, 5, 1])
    #expect(try found(before: 42) == [2])
    #expect(try found(before: 43) == [2, 5])
    #expect(try found(limit: 2) == [2, 5])
    #expect(try found(limit: 0) == [])
    #expect(try found(1, .failed) == [3] && found(1, .cancelled) == [] && found(2) == [4])
    #expect(
      try index.finished(
        in: PoolID(rawValue: 1), as: .succeeded, before: .seconds(43), limit: 1)
        == [
          TasksPurged.Entry(
            task: TaskID(rawValue: 2), pool: PoolID(rawValue: 1), kind: KindID(rawValue: 8),
            state: .succeeded)
        ])
    try index.apply(
      through: 2, updates: [(TaskID(rawValue: 2), .at(.pending, second: 1, revision: 2))],
      deletes: [5])
    #expect(try found() == [1])
  }

  @Test("the newest end that counts is found by its mark", arguments: StoreKind.allCases)
  func lastEnds(kind: StoreKind) throws {
    let index = try kind.empty().index
    func row(_ id: UInt64, _ state: TaskState, second: Int64, _ key: String?) -> TaskRow {
      var row = TaskRow.numbered(id, state: state, second: second)
      row.submission.unique = key.map { UniqueMark(key: $0, pool: nil) }
      return row
    }
    let rows = [
      row(1, .succeeded, second: 10, "a"), row(2, .failed, second: 20, "a"),
      row(3, .cancelled, second: 30, "a"), row(4, .pending, second: 40, "a"),
      row(5, .succeeded, second: 50, nil), row(6, .succeeded, second: 60, "b"),
    ]
    try index.apply(through: 1, inserts: rows)
    #expect(try index.tasks(rows.map(\.id), withContent: true) == rows)
    #expect(try index.liveRows.map(\.submission.unique) == [rows[3].submission.unique])
    let (a, b) = (UniqueMark(key: "a", pool: nil), UniqueMark(key: "b", pool: nil))
    let c = UniqueMark(key: "c", pool: nil)
    func found() throws -> [UniqueMark: UInt64] {
      try index.lastEnds([a, b, c]).mapValues(\.task.rawValue)
    }
    #expect(try found() == [a: 2, b: 6])
    #expect(
      try index.lastEnds([a])
        == [a: UniqueEnd(task: rows[1].id, state: .failed, finishTime: .seconds(22))])
    try index.apply(through: 2, deletes: [2])
    #expect(try found() == [a: 1, b: 6])
  }

  @Test("requests are remembered until their hour is forgotten", arguments: StoreKind.allCases)
  func requests(kind: StoreKind) throws {
    let index = try kind.empty().index
    let hour: Int64 = 3600
    let requests = [-1, 0, hour - 1, hour, 5 * hour].map { second in
      RememberedRequest(
        key: .init(high: .max, low: UInt64(bitPattern: second)), fingerprint: .max,
        tasks: [5, 6, 9, 8].map { AnsweredTask(TaskID(rawValue: $0), existed: $0 == 9) },
        revision: Revision(3),
        time: .seconds(second))
    }
    try index.apply(through: 1, requests: requests)
    let unknown = RememberedRequest.Key(high: 1, low: 1)
    func found() throws -> Set<RememberedRequest> {
      try Set(index.requests(requests.map(\.key) + [unknown]).values)
    }
    #expect(try found() == Set(requests))
    try index.forgetRequests(before: .seconds(hour - 1))
    #expect(try found() == Set(requests[1...]))
    try index.forgetRequests(before: .seconds(2 * hour))
    #expect(try found() == Set(requests[4...]))
    var newer = requests[4]
    newer.time = .seconds(7 * hour)
    newer.fingerprint = 1
    try index.apply(through: 2, requests: [newer])
    #expect(try found() == [newer])
  }
}
