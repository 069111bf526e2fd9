import MartletCore
import MartletStore

/// Reads rows of the table `task`. What many tasks have alike (labels, policy, status) is read
/// once and shared.
struct TaskRowReader {
  enum Extent {
    /// What the engine keeps of a live task: without spec, payload and result.
    case live
    case withoutContent
    case whole

    var columns: String {
      let common = """
        id, pool, kind, priority, create_time, submit_revision, deadline, state, attempt,
        attempts_forgiven, revision, due, due_time, start_time, finish_time, labels, policy, status,
        unique_mark
        """
      switch self {
      case .live: return common
      case .withoutContent: return "\(common), spec"
      case .whole: return "\(common), spec, payload, result"
      }
    }
  }

  let extent: Extent
  private let connection: Connection
  private var labelSets: Interner<LabelSet>
  private var policies: Interner<[UInt8]>
  private var statuses: Interner<[UInt8]>

  init(_ connection: Connection, _ extent: Extent) {
    self.connection = connection
    self.extent = extent
    labelSets = Interner { LabelSet(encoded: $0) }
    policies = Interner { Array($0) }
    statuses = Interner { Array($0) }
  }

  /// The current row of a query of `extent.columns`.
  mutating func row(_ statement: Statement) throws(StoreFailure) -> TaskRow {
    let id = TaskID(rawValue: UInt64(bitPattern: statement.int64(0)))
    guard let state = UInt8(exactly: statement.int64(7)).flatMap(TaskState.init(rawValue:)),
      let pool = UInt32(exactly: statement.int64(1)),
      let kind = UInt32(exactly: statement.int64(2)),
      let priority = UInt8(exactly: statement.int64(3)),
      let attempt = UInt32(exactly: statement.int64(8)),
      let attemptsForgiven = UInt32(exactly: statement.int64(9)),
      let labels = statement.withBytes(15, { labelSets.value($0) }),
      let policy = statement.withBytes(16, { policies.value($0) }),
      let status = statement.withBytes(17, { statuses.value($0) })
    else { throw .corrupted(file: connection.path, reason: "task \(id) is not a task") }
    return TaskRow(
      submission: TaskSubmissionRow(
        id: id, pool: PoolID(rawValue: pool), kind: KindID(rawValue: kind), priority: priority,
        createTime: WallTime(nanoseconds: statement.int64(4)),
        submitRevision: Revision(UInt64(bitPattern: statement.int64(5))),
        deadline: Elapsed(nanoseconds: statement.int64(6)), labels: labels,
        unique: try unique(statement, id), policy: policy,
        spec: extent == .live ? [] : statement.bytes(19),
        payload: extent == .whole ? try payload(statement, id) : []),
      status: TaskStatusRow(
        state: state, attempt: attempt, attemptsForgiven: attemptsForgiven,
        revision: Revision(UInt64(bitPattern: statement.int64(10))),
        due: Elapsed(nanoseconds: statement.int64(11)),
        dueTime: WallTime(nanoseconds: statement.int64(12)),
        startTime: statement.optionalInt64(13).map(WallTime.init(nanoseconds:)),
        finishTime: statement.optionalInt64(14).map(WallTime.init(nanoseconds:)),
        status: status, result: extent == .whole ? statement.optionalBytes(21) : nil))
  }

  private func unique(_ statement: Statement, _ id: TaskID) throws(StoreFailure) -> UniqueMark? {
    statement.withBytes(18) { UniqueMark(encoded: $0) }
  }

  private func payload(_ statement: Statement, _ id: TaskID) throws(StoreFailure) -> [UInt8] {
    if let payload = statement.optionalBytes(20) { return payload }
    let large = try connection.statement("SELECT bytes FROM payload WHERE id = ?1")
    defer { large.reset() }
    large.bind(1, Int64(bitPattern: id.rawValue))
    guard try large.step() else {
      throw .corrupted(file: connection.path, reason: "the payload of task \(id) is missing")
    }
    return large.bytes(0)
  }
}
