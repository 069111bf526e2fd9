import MartletAPI
import MartletCore
import MartletProtobuf
import MartletStore
import Testing

@testable import MartletServer

@Suite("What filters find in encoded values")
struct FilteredValuesTests {
  @Test("a row's status is read where the server's encoding has it")
  func noteFields() {
    var facts = TaskNotes.Facts()
    facts.startTime = WallTime(nanoseconds: 12)
    facts.progress = Progress(
      percent: 12.5, step: "half", counters: [.init(name: "bytes", value: 7)])
    facts.failure = Failure(
      kind: .runTimeout, code: "slow", message: "too slow", attempt: 2, retryable: true)
    facts.assignment = Assignment(worker: WorkerIdentity(name: "w1", instance: "i"), epoch: 9)
    let full = row(LogAPI.Notes(TaskNotes(facts)).protobufBytes())
    #expect(full.percent == 12.5)
    #expect(full.text(.progressStep) == "half")
    #expect(full.failureKind == .runTimeout)
    #expect(full.text(.failureCode) == "slow")
    #expect(full.text(.failureMessage) == "too slow")
    #expect(full.text(.worker) == "w1")

    facts = TaskNotes.Facts()
    facts.progress = Progress(percent: 0, step: "", counters: [])
    facts.failure = Failure(kind: .handler, message: "", attempt: 0, retryable: false)
    let bare = row(LogAPI.Notes(TaskNotes(facts)).protobufBytes())
    #expect(bare.percent == 0)
    #expect(bare.text(.progressStep) == nil)
    #expect(bare.failureKind == .handler)
    #expect(bare.text(.failureCode) == nil)
    #expect(bare.text(.worker) == nil)
    #expect(row([]).failureKind == nil)
    #expect(row([34, 200]).failureKind == nil)
  }

  private func row(_ status: [UInt8]) -> TaskRow {
    TaskRow(
      submission: TaskSubmissionRow(
        id: TaskID(rawValue: 1), pool: PoolID(rawValue: 1), kind: KindID(rawValue: 0),
        priority: 5, createTime: WallTime(nanoseconds: 0), submitRevision: .zero,
        deadline: .never, labels: .none, policy: [], spec: [], payload: []),
      status: TaskStatusRow(
        state: .failed, attempt: 1, attemptsForgiven: 0, revision: .zero, due: .zero,
        dueTime: WallTime(nanoseconds: 0), startTime: nil, finishTime: nil, status: status,
        result: nil))
  }

  @Test(
    "an event is chosen by what it has",
    arguments: [
      ("", true), ("type = TASK_FAILED", true), ("type = \"TASK_F*\"", true),
      ("type != TASK_FAILED", false), ("pool = mail AND kind = \"s*\"", true),
      ("state = FAILED", true), ("labels.a = x", true), ("labels.b:*", false),
      ("NOT labels.b = y", true), ("task_id = 0000000000007", true), ("attempt >= 2", true),
      ("time > 1970-01-01T00:00:01Z", true), ("time > 1970-01-01T00:00:03Z", false),
      ("failure.kind = HANDLER", true), ("failure.code = \"n*t\"", true), ("actor:*", false),
      ("progress.percent:*", false), ("due_time:*", false),
      ("pool = other OR (state = FAILED labels:a)", true),
    ])
  func events(text: String, passes: Bool) throws {
    var event = API.Event()
    event.type = .taskFailed
    event.time = .init(seconds: 2, nanos: 0)
    event.pool = "mail"
    event.kind = "send"
    event.taskId = TaskID(rawValue: 7).description
    event.labels = ["a": "x"]
    event.state = .failed
    event.attempt = 2
    event.failure = .init(kind: .handler, code: "net")
    let filter = try EventPredicate(parsing: text, types: API.EventType.filterNames)
    #expect(filter.matches(FilteredEvent(event: event)) == passes, "\(text)")
  }

  @Test("an event of a pool has no task")
  func poolEvents() throws {
    var event = API.Event()
    event.type = .poolPaused
    event.pool = "mail"
    event.actor = "ci"
    for (text, passes) in [
      ("pool:* actor = ci", true), ("state:*", false), ("state != RUNNING", true),
      ("task_id:*", false), ("attempt = 0", false), ("kind:*", false),
    ] {
      let filter = try EventPredicate(parsing: text, types: API.EventType.filterNames)
      #expect(filter.matches(FilteredEvent(event: event)) == passes, "\(text)")
    }
  }
}
