package import MartletAPI
import MartletCore
package import MartletRPC
import MartletStore

extension TaskService {
  package func waitTask(
    _ request: API.WaitTaskRequest, response: ResponseWriter<API.WaitTaskResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let wait = try RequestCheck.wait(request, limits: limits)
      // First watched, then looked at: whatever happens after the look is heard of.
      let ticket = node.waits.watch(wait.ids)
      defer { ticket.cancel() }
      let id = wait.ids[0]
      var (found, revision) = try await read(id, isFull: wait.isFull, on: context.loop)
      guard var task = found else { throw RPCStatus.taskNotFound(id) }
      found = nil
      try await response.write(
        .init(task: API.Task(task, isFull: wait.isFull), cursor: Cursor(revision).text))
      while !task.status.state.isTerminal {
        for change in try await news(of: ticket) where change.revision > revision {
          if task.submitted.pool != change.event.pool {
            task.poolName = try await desk.names.name(of: change.event.pool)
          }
          task.apply(change)
          revision = change.revision
          try await response.write(
            .init(task: API.Task(task, isFull: wait.isFull), cursor: Cursor(revision).text))
          if task.status.state.isTerminal { break }
        }
      }
    }
  }

  package func waitTasks(
    _ request: API.WaitTasksRequest, response: ResponseWriter<API.WaitTasksResponse>,
    context: CallContext
  ) async throws {
    try await desk.answer(context) {
      let wait = try RequestCheck.wait(request, limits: limits)
      let ticket = node.waits.watch(wait.ids)
      defer { ticket.cancel() }
      response.sendHeaders()
      var waiting = WaitList(wait)
      try await tellEnded(&waiting, response, context)
      while !waiting.isOver {
        try await tell(try await news(of: ticket), &waiting, response)
      }
    }
  }

  private func news(of ticket: WaitTicket) async throws -> [TaskChange] {
    if let changes = await ticket.next() { return changes }
    try Task.checkCancellation()
    throw Refusal.stopping
  }

  // MARK: - Waiting for many

  /// Tasks whose payloads are in memory at the same time.
  private static let chunkFull = 8
  private static let chunkBasic = 512
  private static let chunkOfNews = 32

  /// The first message, and as many more as those take that have ended before the call.
  private func tellEnded(
    _ waiting: inout WaitList, _ response: ResponseWriter<API.WaitTasksResponse>,
    _ context: CallContext
  ) async throws {
    let seen = try await node.see(.tasks(waiting.ids), on: context.loop)
    guard case .tasks(let views) = seen.value else {
      throw desk.fault("the engine answered a look at tasks with something else", in: context)
    }
    waiting.isAt = seen.revision
    for view in views { waiting.expect(view) }
    let others = waiting.ids.filter { !waiting.expects($0) }
    var isFirst = true
    for chunk in others.chunks(of: waiting.isFull ? Self.chunkFull : Self.chunkBasic) {
      let rows = try await node.rows(chunk, withContent: waiting.isFull, asOf: seen.revision)
      var ended: [API.Task] = []
      for row in rows {
        if row.status.state.isTerminal {
          ended.append(API.Task(try await record(of: row), isFull: waiting.isFull))
        } else {
          waiting.expect(row)
        }
      }
      let known = Set(rows.map(\.id))
      try await write(ended, unknown: chunk.filter { !known.contains($0) }, &waiting, response)
      isFirst = false
      if waiting.isOver { return }
    }
    if isFirst { try await write([], unknown: [], &waiting, response) }
  }

  private func tell(
    _ changes: [TaskChange], _ waiting: inout WaitList,
    _ response: ResponseWriter<API.WaitTasksResponse>
  ) async throws {
    let ends = changes.filter { waiting.ends(with: $0) }
    for chunk in ends.chunks(of: Self.chunkOfNews) {
      let submissions = try await node.freshSubmissions(
        chunk.map { ($0.event.task, waiting.submitRevision(of: $0.event.task)) })
      var ended: [API.Task] = []
      var gone: [TaskID] = []
      for change in chunk {
        guard let submitted = submissions[change.event.task] else {
          gone.append(change.event.task)
          continue
        }
        var task = TaskRecord(
          submitted: submitted, poolName: try await desk.names.name(of: submitted.pool),
          status: change.event.status, revision: change.revision)
        task.apply(change)
        ended.append(API.Task(task, isFull: waiting.isFull))
        waiting.isAt = change.revision
      }
      try await write(ended, unknown: gone, &waiting, response)
      if waiting.isOver { return }
    }
  }

  /// In messages of at most about 1 MiB; at least one.
  private func write(
    _ ended: [API.Task], unknown: [TaskID], _ waiting: inout WaitList,
    _ response: ResponseWriter<API.WaitTasksResponse>
  ) async throws {
    var message = API.WaitTasksResponse(unknownIds: unknown.map(\.description))
    waiting.remaining -= unknown.count
    var bytes = message.unknownIds.count * 16
    for task in ended {
      let size = task.roughByteCount
      if bytes + size > WaitList.messageBytesMax, bytes > 0 {
        try await send(&message, waiting, response)
        bytes = 0
      }
      bytes += size
      waiting.remaining -= 1
      message.tasks.append(task)
    }
    try await send(&message, waiting, response)
  }

  private func send(
    _ message: inout API.WaitTasksResponse, _ waiting: WaitList,
    _ response: ResponseWriter<API.WaitTasksResponse>
  ) async throws {
    message.remaining = Int32(clamping: waiting.remaining)
    message.cursor = Cursor(waiting.isAt).text
    try await response.write(message)
    message = .init()
  }
}

/// What a wait for many tasks has told its caller, and what not.
private struct WaitList {
  static let messageBytesMax = 1 << 20

  let ids: [TaskID]
  let isFull: Bool
  private let endsWithFirst: Bool
  /// Tasks that had not ended: where they were submitted, and the newest revision known of them.
  private var pending: [TaskID: (submitted: Revision, known: Revision)] = [:]
  var remaining: Int
  /// What has been told holds for this revision.
  var isAt = Revision.zero

  init(_ wait: CheckedWait) {
    ids = wait.ids
    isFull = wait.isFull
    endsWithFirst = wait.endsWithFirst
    remaining = wait.ids.count
  }

  var isOver: Bool { remaining == 0 || (endsWithFirst && remaining < ids.count) }

  mutating func expect(_ view: TaskView) {
    pending[view.id] = (view.submitRevision, isAt)
  }

  /// Reopened between the look at the live tasks and the one at the index.
  mutating func expect(_ row: TaskRow) {
    pending[row.id] = (row.submission.submitRevision, row.status.revision)
  }

  func expects(_ id: TaskID) -> Bool { pending[id] != nil }

  func submitRevision(of id: TaskID) -> Revision { pending[id]?.submitted ?? .zero }

  /// True once for each task: with the change that ends it.
  mutating func ends(with change: TaskChange) -> Bool {
    guard change.event.status.state.isTerminal, let entry = pending[change.event.task],
      change.revision > entry.known
    else { return false }
    pending[change.event.task] = (entry.submitted, Revision(.max))
    return true
  }
}

extension TaskRecord {
  /// Takes over what an event says of the task; it must be a newer one.
  fileprivate mutating func apply(_ change: TaskChange) {
    status = change.event.status
    submitted.labels = change.event.labels
    submitted.pool = change.event.pool
    revision = change.revision
    // It was what the task waited for before.
    cause = nil
    if case .succeeded(let result) = change.event.change { self.result = result }
  }
}

extension Array {
  fileprivate func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
  }
}
