import MartletAPI
import MartletProtobuf
import MartletStore

@testable import MartletCore
@testable import MartletServer

extension Checker {
  /// The index, having caught up, holds a row for every task that is kept, and says what the log
  /// says.
  func compareRows(in index: any TaskIndex) throws(Violation) {
    let ids = model.tasks.keys.sorted()
    let keys = Array(model.requests.keys)
    let (applied, rows, count, requests) = try storing { () throws(StoreFailure) in
      (
        try index.appliedThrough(), try index.tasks(ids, withContent: true),
        try index.count(TaskQuery()), try index.requests(keys)
      )
    }
    try require(applied == model.revision, "the index has not caught up")
    try require(rows.map(\.id) == ids, "the index has other tasks")
    try require(count == ids.count, "the index has more tasks")
    try compareSavedWork(in: index)
    try compareStories(in: index)
    try compareEnds(in: index)
    try compareHistories(in: index, kept: poolRevisionsKept)
    for row in rows { if let task = model.tasks[row.id] { try compare(row, with: task) } }
    try compareRequests(requests)
  }

  private func compare(_ row: TaskRow, with task: ModelTask) throws(Violation) {
    // Writing it out takes longer than all that is compared.
    var different: String { "the row of task \(row.id) is \(row), the log says \(task)" }
    try require(TaskStatus(row.status) == task.status, different)
    try require(
      row.status.revision == task.revision
        && row.status.startTime == task.status.notes?.startTime, different)
    let result = row.status.result.flatMap { try? LogAPI.Result(protobufBytes: $0) }?.value
    try require(result == task.result, different)
    guard let read = SubmittedTask(row, kindName: model.kindName(row.submission.kind)) else {
      throw Violation(description: different)
    }
    var submission = task.submission
    submission.request = nil
    submission.priority = task.priority
    var readSubmission = read.submission
    try require(readSubmission.request?.id == task.submission.request?.id, different)
    readSubmission.request = nil
    // Only the event says which had ended already.
    submission.dependencies?.ended = []
    try require(
      readSubmission == submission && read.pool == task.pool && read.kind == task.kind
        && read.labels == task.labels
        && row.submission.unique == task.submission.unique?.mark(in: task.pool)
        && read.createTime == task.createTime
        && read.submitRevision == task.submitRevision, different)
  }

  /// The newest end of each key that was ever used.
  private func compareEnds(in index: any TaskIndex) throws(Violation) {
    var wanted: [UniqueMark: UniqueEnd] = [:]
    var marks: Set<UniqueMark> = []
    for task in model.tasks.values {
      guard let mark = task.submission.unique?.mark(in: task.pool) else { continue }
      marks.insert(mark)
      guard let time = task.status.finishTime, task.status.state != .cancelled else { continue }
      if let other = wanted[mark], (other.finishTime, other.task) > (time, task.id) { continue }
      wanted[mark] = UniqueEnd(task: task.id, state: task.status.state, finishTime: time)
    }
    let found = try storing { () throws(StoreFailure) in try index.lastEnds(marks) }
    try require(found == wanted, "the index has other ends: \(found), not \(wanted)")
  }

  /// The newest checkpoint of each task that may need it again.
  private func compareSavedWork(in index: any TaskIndex) throws(Violation) {
    let ids = model.tasks.keys.sorted()
    let found = try storing { () throws(StoreFailure) in try index.savedWork(ids) }
    for task in model.tasks.values {
      let kept = try? found[task.id].map { try LogAPI.Checkpoint(protobufBytes: $0).value }
      let wanted = task.status.state == .succeeded ? nil : task.checkpoint
      try require(kept == wanted, "the index has the wrong checkpoint of \(task.id)")
    }
  }

  private func compareRequests(
    _ found: [RememberedRequest.Key: RememberedRequest]
  ) throws(Violation) {
    for (key, request) in model.requests {
      let row = found[key]
      try require(
        row?.tasks == request.tasks && row?.fingerprint == request.fingerprint
          && row?.time == request.time,
        "the index remembers request \(key) as \(String(describing: row)), not \(request)")
    }
  }
}
