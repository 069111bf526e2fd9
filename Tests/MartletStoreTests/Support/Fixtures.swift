import MartletCore
import MartletStore

/// The same numbers for the same seed, everywhere (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension WallTime {
  static func seconds(_ seconds: Int64) -> WallTime {
    WallTime(nanoseconds: seconds * 1_000_000_000)
  }
}

extension StoredSegment {
  /// Bytes and times follow from the first revision, so that a reader can check them.
  static func numbered(
    _ first: UInt64, count: Int = 1, byteCount: Int = 100, second: Int64? = nil
  ) -> StoredSegment {
    var generator = SeededGenerator(seed: first)
    return StoredSegment(
      firstRevision: Revision(first), count: count,
      elapsed: Elapsed(nanoseconds: Int64(first) * 1_000),
      feedTime: .seconds(second ?? Int64(first)),
      bytes: (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
  }
}

extension EventLog {
  /// Appends segments of `count` events, from where the log ends.
  func append(segments: Int, count: Int = 1, byteCount: Int = 100) throws {
    for _ in 0..<segments {
      let first = try bounds().newest.next.rawValue
      try append(.numbered(first, count: count, byteCount: byteCount))
    }
  }
}

extension TaskRow {
  static func numbered(
    _ id: UInt64, pool: UInt32 = 1, kind: UInt32 = 1, state: TaskState = .pending,
    priority: UInt8 = 5, labels: [String: String] = [:], payload: [UInt8] = [1, 2, 3],
    second: Int64? = nil
  ) -> TaskRow {
    let second = second ?? Int64(id)
    return TaskRow(
      submission: TaskSubmissionRow(
        id: TaskID(rawValue: id), pool: PoolID(rawValue: pool), kind: KindID(rawValue: kind),
        priority: priority, createTime: .seconds(second), submitRevision: Revision(id),
        deadline: .never, labels: LabelSet(labels), policy: [9, 9], spec: [7, 7, 7],
        payload: payload),
      status: .at(state, second: second, revision: id))
  }
}

extension TaskStatusRow {
  static func at(
    _ state: TaskState, second: Int64, revision: UInt64, attempt: UInt32 = 1,
    result: [UInt8]? = nil
  ) -> TaskStatusRow {
    TaskStatusRow(
      state: state, attempt: attempt, attemptsForgiven: 0, revision: Revision(revision),
      due: Elapsed(nanoseconds: second), dueTime: .seconds(second),
      startTime: state == .running || state.isTerminal ? .seconds(second + 1) : nil,
      finishTime: state.isTerminal ? .seconds(second + 2) : nil,
      status: state == .failed ? [4, 5] : [], result: result)
  }
}

extension TaskIndex {
  func apply(
    through revision: UInt64, inserts: [TaskRow] = [],
    updates: [(id: TaskID, status: TaskStatusRow)] = [], deletes: [UInt64] = [],
    turns: [TurnRow] = [], turnsKept: Int = 3, requests: [RememberedRequest] = [],
    facts: [String: [UInt8]?] = [:]
  ) throws {
    var batch = IndexBatch(appliedThrough: Revision(revision), turnsKept: turnsKept)
    batch.turns = turns
    batch.inserts = inserts
    batch.updates = updates
    batch.deletes = deletes.map(TaskID.init(rawValue:))
    batch.requests = requests
    batch.facts = facts
    try apply(batch)
  }

  var liveRows: [TaskRow] {
    get throws {
      var rows: [TaskRow] = []
      try forEachLive { rows.append($0) }
      return rows
    }
  }

  /// The pages of a query, one after the other, at most six.
  func pages(_ query: TaskQuery) throws -> [TaskPage] {
    var query = query
    var pages: [TaskPage] = []
    repeat {
      let page = try page(query)
      pages.append(page)
      query.after = page.next
    } while query.after != nil && pages.count < 6
    return pages
  }
}
