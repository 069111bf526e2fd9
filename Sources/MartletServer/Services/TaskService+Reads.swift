package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

extension TaskService {
  package func getTask(
    _ request: API.GetTaskRequest, context: CallContext
  ) async throws -> API.GetTaskResponse {
    try await desk.answer(context) {
      let get = try RequestCheck.get(request, limits: limits)
      try desk.check(get.minimum)
      let (found, revision) = try await read(get.id, isFull: get.isFull, on: context.loop)
      guard var task = found else { throw RPCStatus.taskNotFound(get.id) }
      if get.isFull, let mark = task.status.notes?.checkpoint {
        task.checkpoint = try await node.checkpoints([(get.id, mark)])[get.id]
      }
      return .init(task: API.Task(task, isFull: get.isFull), cursor: Cursor(revision).text)
    }
  }

  // MARK: - One task

  /// The task as it is now, and the revision it was looked for at; nil if there is none.
  func read(
    _ id: TaskID, isFull: Bool, on loop: CallLoop
  ) async throws -> (task: TaskRecord?, revision: Revision) {
    let seen = try await node.see(.task(id), on: loop)
    if case .task(let view?) = seen.value, let task = try await record(of: view) {
      return (task, seen.revision)
    }
    let rows = try await node.rows([id], withContent: isFull, asOf: seen.revision)
    guard let row = rows.first else { return (nil, seen.revision) }
    return (try await record(of: row), max(seen.revision, row.status.revision))
  }

  /// A live task with its fixed half; nil if that has just gone.
  func record(of view: TaskView) async throws -> TaskRecord? {
    let found = try await node.freshSubmissions([(view.id, view.submitRevision)])
    guard var submitted = found[view.id] else { return nil }
    submitted.labels = view.labels
    submitted.pool = view.pool
    return TaskRecord(
      submitted: submitted, poolName: try await desk.names.name(of: submitted.pool),
      status: view.status, revision: view.revision, cause: view.cause)
  }

  func record(of row: TaskRow) async throws -> TaskRecord {
    let poolName = try await desk.names.name(of: row.submission.pool)
    let kindName = try await desk.names.name(of: row.submission.kind)
    guard let record = TaskRecord(row, poolName: poolName, kindName: kindName) else {
      throw StoreFailure.corrupted(file: "index.db", reason: "the row of \(row.id) is damaged")
    }
    return record
  }
}

// MARK: - Fixed halves

extension Node {
  /// As `submissions`, also for events so new that the feed has not been told of them: a reply
  /// leaves the engine's thread before they are published.
  func freshSubmissions(
    _ keys: [(task: TaskID, submitRevision: Revision)]
  ) async throws(StoreFailure) -> [TaskID: SubmittedTask] {
    if let newest = keys.map(\.submitRevision).max(), newest > durableRevision {
      _ = await waitDurable(newest)
    }
    return try await submissions(keys)
  }

  /// A submission whose reply came at `revision`: its event is there or shortly before, in the same
  /// segment. nil if that is no longer in memory.
  func submission(of task: TaskID, by revision: Revision) async -> SubmittedTask? {
    if revision > durableRevision { _ = await waitDurable(revision) }
    guard let segment = feed.segment(holding: revision) else { return nil }
    var index = Int(revision.rawValue - segment.firstRevision.rawValue)
    while index >= 0 {
      let entry = segment.entry(index)
      if entry.task == task.rawValue, entry.isSubmission {
        return SubmittedTask(
          task, in: segment, at: segment.firstRevision.advanced(by: index))
      }
      index -= 1
    }
    return nil
  }
}

extension SegmentFormat.Entry {
  fileprivate var isSubmission: Bool {
    type == UInt32(bitPattern: API.EventType.taskSubmitted.rawValue)
  }
}
