import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore
import Testing

@testable import MartletServer

/// A task with every field set, as the index keeps it.
private enum Stored {
  static let policy = TaskPolicy(
    retry: RetryPolicy(maxAttempts: 7, nonRetryableCodes: ["NO"]), runTimeout: .seconds(90))

  static let submission = TaskSubmission(
    kindName: "file.digest", priority: 9, policy: policy, deadline: Elapsed(nanoseconds: 5),
    deadlineTime: WallTime(nanoseconds: 6_000_000_007), start: .delay(.seconds(3)),
    payload: [1, 2, 3], contentType: "text/plain", traceParent: "00-1-2-3", actor: "me",
    request: RequestStamp(id: "r", key: .init(high: 1, low: 2), fingerprint: 3))

  static func row(
    _ state: TaskState, notes: TaskNotes? = nil, result: TaskResult? = nil
  ) -> TaskRow {
    TaskRow(
      submission: TaskSubmissionRow(
        id: TaskID(rawValue: 77), pool: PoolID(rawValue: 1), kind: KindID(rawValue: 0), priority: 9,
        createTime: WallTime(nanoseconds: 1_500_000_000), submitRevision: Revision(4),
        deadline: Elapsed(nanoseconds: 5), labels: LabelSet(["a": "b"]),
        policy: LogAPI.Policy(policy).protobufBytes(),
        spec: LogAPI.Spec(submission).protobufBytes(), payload: [1, 2, 3]),
      status: TaskStatusRow(
        state: state, attempt: 2, attemptsForgiven: 0, revision: Revision(8),
        due: Elapsed(nanoseconds: 1), dueTime: WallTime(nanoseconds: 4_500_000_000),
        startTime: notes?.startTime,
        finishTime: state.isTerminal ? WallTime(nanoseconds: 9_000_000_000) : nil,
        status: notes.map { LogAPI.Notes($0).protobufBytes() } ?? [],
        result: result.map { LogAPI.Result($0).protobufBytes() }))
  }

  static func message(_ row: TaskRow, isFull: Bool) throws -> API.Task {
    API.Task(
      try #require(TaskRecord(row, poolName: "digests", kindName: "file.digest")), isFull: isFull)
  }
}

@Suite("A task in a reply")
struct TaskMessageTests {
  @Test("says all that the submitter said, and what the pool added")
  func showsSpec() throws {
    let task = try Stored.message(Stored.row(.pending), isFull: true)
    #expect(task.id == TaskID(rawValue: 77).description)
    #expect(task.pool == "digests")
    #expect(task.actor == "me")
    #expect(task.requestId == "r")
    #expect(task.revision == 8)
    #expect(task.createTime == .init(seconds: 1, nanos: 500_000_000))
    #expect(task.dueTime == .init(seconds: 4, nanos: 500_000_000))
    #expect(task.finishTime == nil)
    #expect(
      task.spec
        == API.TaskSpec(
          kind: "file.digest", payload: [1, 2, 3], contentType: "text/plain", labels: ["a": "b"],
          priority: 9, start: .delay(.init(seconds: 3)),
          retryPolicy: .init(
            maxAttempts: 7, initialBackoff: .init(seconds: 1), factor: 2,
            maxBackoff: .init(seconds: 60), jitter: 0.2, nonRetryableCodes: ["NO"]),
          runTimeout: .init(seconds: 90), deadline: .init(seconds: 6, nanos: 7),
          traceParent: "00-1-2-3"))
  }

  @Test("has payload and result in the FULL view only")
  func followsView() throws {
    let row = Stored.row(.succeeded, result: TaskResult(data: [9], contentType: "x/y"))
    let full = try Stored.message(row, isFull: true)
    #expect(full.result == .init(data: [9], contentType: "x/y"))
    #expect(full.finishTime == .init(seconds: 9))
    let basic = try Stored.message(row, isFull: false)
    #expect(basic.result == nil)
    #expect(basic.spec?.payload == [])
    #expect(basic.spec?.contentType == "text/plain")
  }

  @Test("shows failure, progress and start")
  func showsNotes() throws {
    let notes = TaskNotes().with { facts in
      facts.startTime = WallTime(nanoseconds: 2_000_000_000)
      facts.startElapsed = .zero
      facts.progress = Progress(
        percent: 40, step: "reading", counters: [.init(name: "bytes", value: 5)])
      facts.failure = Failure(
        kind: .handler, code: "NOT_A_FILE", message: "no", attempt: 2, retryable: true)
    }
    let task = try Stored.message(Stored.row(.scheduled, notes: notes), isFull: false)
    #expect(task.startTime == .init(seconds: 2))
    #expect(task.progress == .init(percent: 40, step: "reading", counters: ["bytes": 5]))
    #expect(
      task.failure
        == .init(kind: .handler, code: "NOT_A_FILE", message: "no", attempt: 2, retryable: true))
  }

  @Test("says when it was asked to stop while it runs, and why even after its end")
  func showsCancel() throws {
    let notes = TaskNotes().with { $0.cancel = Self.wish }
    let running = try Stored.message(Stored.row(.running, notes: notes), isFull: false)
    #expect(running.cancelRequestTime == .init(seconds: 3))
    #expect(running.cancelReason == "enough")
    let ended = try Stored.message(Stored.row(.cancelled, notes: notes), isFull: false)
    #expect(ended.cancelRequestTime == nil)
    #expect(ended.cancelReason == "enough")
  }

  @Test("says that it is to pause while it runs, and why as long as it is PAUSED")
  func showsPause() throws {
    let notes = TaskNotes().with { $0.pause = Self.wish }
    let running = try Stored.message(Stored.row(.running, notes: notes), isFull: false)
    #expect(running.pauseRequestTime == .init(seconds: 3))
    #expect(running.pauseReason == "enough")
    let paused = try Stored.message(Stored.row(.paused, notes: notes), isFull: false)
    #expect(paused.pauseRequestTime == nil)
    #expect(paused.pauseReason == "enough")
  }

  private static let wish = TaskNotes.StopRequest(
    time: WallTime(nanoseconds: 3_000_000_000), graceEnd: .zero,
    origin: Origin(actor: "boss", reason: "enough"))

  @Test("shows which checkpoint there is, but not what is in it unless that was read")
  func showsCheckpoint() throws {
    let notes = TaskNotes().with {
      $0.checkpoint = CheckpointMark(sequence: 7, attempt: 1, revision: Revision(9))
    }
    var record = try #require(
      TaskRecord(Stored.row(.running, notes: notes), poolName: "", kindName: "file.digest"))
    #expect(API.Task(record, isFull: true).checkpoint == .init(sequence: 7))
    record.checkpoint = Checkpoint(sequence: 7, data: [1, 2], contentType: "a/b")
    #expect(API.Task(record, isFull: false).checkpoint == .init(sequence: 7))
    #expect(
      API.Task(record, isFull: true).checkpoint
        == .init(data: [1, 2], sequence: 7, contentType: "a/b"))
  }

  @Test("is not made from a damaged row")
  func refusesDamage() {
    var row = Stored.row(.pending)
    row.status.status = [0xFF]
    #expect(TaskRecord(row, poolName: "", kindName: "") == nil)
    row = Stored.row(.pending)
    row.submission.policy = []
    #expect(TaskRecord(row, poolName: "", kindName: "") == nil)
  }

  @Test("never takes more bytes than its rough size says")
  func estimatesSize() throws {
    let wish = TaskNotes.StopRequest(
      time: WallTime(nanoseconds: .max), graceEnd: .zero,
      origin: Origin(actor: "a", reason: String(repeating: "r", count: 1_024)))
    let notes = TaskNotes().with { facts in
      facts.startTime = WallTime(nanoseconds: .max)
      facts.startElapsed = .zero
      facts.progress = Progress(
        percent: 1, step: String(repeating: "s", count: 255),
        counters: (0..<32).map { .init(name: "counter\($0)", value: -1) })
      facts.failure = Failure(
        kind: .handler, code: "C", message: String(repeating: "m", count: 4_096), attempt: .max,
        retryable: true)
      facts.cancel = wish
      facts.pause = wish
      facts.checkpoint = CheckpointMark(sequence: .max, attempt: .max, revision: Revision(.max))
    }
    let row = Stored.row(
      .running, notes: notes,
      result: TaskResult(data: [UInt8](repeating: 0, count: 5_000), contentType: "x"))
    let task = try Stored.message(row, isFull: true)
    let bytes = task.protobufBytes().count
    #expect(bytes <= task.roughByteCount)
    #expect(task.roughByteCount < bytes + 1_024)
  }

  @Test("that has just been submitted is as the submission left it")
  func showsNew() throws {
    let row = Stored.row(.running)
    var submitted = try #require(SubmittedTask(row, kindName: "file.digest"))
    var record = TaskRecord(new: submitted, poolName: "p")
    #expect(record.status.state == .scheduled)
    #expect(record.status.attempt == 0)
    #expect(record.status.dueTime == WallTime(nanoseconds: 4_500_000_000))
    #expect(record.revision == Revision(4))
    submitted.submission.start = .at(WallTime(nanoseconds: 1))
    record = TaskRecord(new: submitted, poolName: "p")
    #expect(record.status.state == .pending)
    #expect(record.status.dueTime == submitted.createTime)
  }
}

@Suite("A pool in a reply")
struct PoolMessageTests {
  @Test("shows spec, state, slots and totals")
  func shows() {
    let view = PoolView(
      record: PoolRecord(
        id: PoolID(rawValue: 3), name: "p",
        spec: PoolSpec(slots: 2, queueCapacity: 10, retry: .default, runTimeout: .seconds(1)),
        state: .draining, specVersion: 5, revision: Revision(6),
        createTime: WallTime(nanoseconds: -1), updateTime: WallTime(nanoseconds: 1),
        totals: PoolTotals(submitted: 1, succeeded: 2, failed: 3, cancelled: 4, retried: 5)),
      inUse: 3, waiting: 8, oldestAge: .milliseconds(1_500))
    let pool = API.Pool(view)
    #expect(pool.state == .draining)
    #expect(pool.etag == "v5-3")
    #expect(pool.revision == 6)
    #expect(pool.createTime == .init(seconds: -1, nanos: 999_999_999))
    #expect(
      pool.status
        == .init(
          slotsLimit: 2, slotsInUse: 3, slotsFree: 0, queued: 8,
          oldestQueuedAge: .init(seconds: 1, nanos: 500_000_000), totalSubmitted: 1,
          totalSucceeded: 2, totalFailed: 3, totalCancelled: 4, totalRetried: 5))
  }
}
