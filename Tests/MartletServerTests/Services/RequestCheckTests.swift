import MartletAPI
import MartletCore
import MartletRPC
import Testing

@testable import MartletServer

/// One way to break one rule of a task's spec.
struct BrokenSpec: Sendable, CustomTestStringConvertible {
  var field: String
  var breakIt: @Sendable (inout API.TaskSpec) -> Void

  init(_ field: String, _ breakIt: @escaping @Sendable (inout API.TaskSpec) -> Void) {
    self.field = field
    self.breakIt = breakIt
  }

  var testDescription: String { field }
}

@Suite("The check of a submission")
struct SubmissionCheckTests {
  static let good = API.TaskSpec(kind: "file.digest")

  static let broken: [BrokenSpec] = [
    BrokenSpec("kind") { $0.kind = "" },
    BrokenSpec("kind") { $0.kind = "Upper" },
    BrokenSpec("kind") { $0.kind = "9lives" },
    BrokenSpec("kind") { $0.kind = "a\0b" },
    BrokenSpec("kind") { $0.kind = "größe" },
    BrokenSpec("kind") { $0.kind = "a" + String(repeating: "b", count: 127) },
    BrokenSpec("payload") { $0.payload = [UInt8](repeating: 0, count: 1 << 20 + 1) },
    BrokenSpec("content_type") { $0.contentType = String(repeating: "x", count: 128) },
    BrokenSpec("content_type") { $0.contentType = "a\0" },
    BrokenSpec("labels") { spec in for n in 0..<33 { spec.labels["k\(n)"] = "" } },
    BrokenSpec("labels[\"\"]") { $0.labels = ["": "v"] },
    BrokenSpec("labels[\"k\"]") { $0.labels = ["k": String(repeating: "v", count: 256)] },
    BrokenSpec("labels[\"k\u{FFFD}\"]") { $0.labels = ["k\0": "v"] },
    BrokenSpec("labels[\"\(String(repeating: "k", count: 64))\"]") {
      $0.labels = [String(repeating: "k", count: 64): "v"]
    },
    BrokenSpec("priority") { $0.priority = -1 },
    BrokenSpec("priority") { $0.priority = 11 },
    BrokenSpec("delay") { $0.start = .delay(.init(seconds: -1)) },
    BrokenSpec("delay") { $0.start = .delay(.init(seconds: 3_653 * 86_400, nanos: 1)) },
    BrokenSpec("delay") { $0.start = .delay(.init(seconds: 1, nanos: -1)) },
    BrokenSpec("delay") { $0.start = .delay(.init(seconds: 1, nanos: 1_000_000_000)) },
    BrokenSpec("delay") { $0.start = .delay(.init(seconds: .max)) },
    BrokenSpec("schedule_time") { $0.start = .scheduleTime(.init(seconds: 9_214_646_400)) },
    BrokenSpec("schedule_time") { $0.start = .scheduleTime(.init(seconds: 1, nanos: -1)) },
    BrokenSpec("schedule_time") { $0.start = .scheduleTime(.init(seconds: .min)) },
    BrokenSpec("run_timeout") { $0.runTimeout = .init(nanos: 999_999) },
    BrokenSpec("run_timeout") { $0.runTimeout = .init(seconds: 30 * 86_400, nanos: 1) },
    BrokenSpec("queue_timeout") { $0.queueTimeout = .init() },
    BrokenSpec("queue_timeout") { $0.queueTimeout = .init(seconds: 30 * 86_400, nanos: 1) },
    BrokenSpec("heartbeat_timeout") { $0.heartbeatTimeout = .init(seconds: -1) },
    BrokenSpec("heartbeat_timeout") {
      $0.heartbeatTimeout = .init(seconds: 30 * 86_400, nanos: 1)
    },
    BrokenSpec("deadline") { $0.deadline = .init(nanos: 1_000_000_000) },
    BrokenSpec("trace_parent") { $0.traceParent = String(repeating: "0", count: 256) },
    BrokenSpec("retry_policy.max_attempts") { $0.retryPolicy = .init(maxAttempts: 0) },
    BrokenSpec("retry_policy.max_attempts") { $0.retryPolicy = .init(maxAttempts: 1_001) },
    BrokenSpec("retry_policy.initial_backoff") { $0.retryPolicy = .init(initialBackoff: .init()) },
    BrokenSpec("retry_policy.initial_backoff") {
      $0.retryPolicy = .init(
        initialBackoff: .init(seconds: 86_401), maxBackoff: .init(seconds: 86_401))
    },
    BrokenSpec("retry_policy.factor") { $0.retryPolicy = .init(factor: 0.99) },
    BrokenSpec("retry_policy.factor") { $0.retryPolicy = .init(factor: 10.01) },
    BrokenSpec("retry_policy.factor") { $0.retryPolicy = .init(factor: .nan) },
    BrokenSpec("retry_policy.max_backoff") { $0.retryPolicy = .init(maxBackoff: .init(nanos: 1)) },
    BrokenSpec("retry_policy.max_backoff") {
      $0.retryPolicy = .init(maxBackoff: .init(seconds: 7 * 86_400 + 1))
    },
    BrokenSpec("retry_policy.max_backoff") {
      $0.retryPolicy = .init(initialBackoff: .init(seconds: 61))
    },
    BrokenSpec("retry_policy.jitter") { $0.retryPolicy = .init(jitter: -0.1) },
    BrokenSpec("retry_policy.jitter") { $0.retryPolicy = .init(jitter: 1.1) },
    BrokenSpec("retry_policy.non_retryable_codes") {
      $0.retryPolicy = .init(nonRetryableCodes: [String](repeating: "C", count: 33))
    },
    BrokenSpec("retry_policy.non_retryable_codes[1]") {
      $0.retryPolicy = .init(nonRetryableCodes: ["OK", String(repeating: "C", count: 64)])
    },
  ]

  @Test("finds each broken rule of a spec, and names the field by its path", arguments: broken)
  func findsEachRule(_ rule: BrokenSpec) {
    var spec = Self.good
    rule.breakIt(&spec)
    let request = API.SubmitTaskRequest(pool: "digests", spec: spec)
    let batch = API.BatchSubmitTasksRequest(pool: "digests", specs: [Self.good, spec])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.submission(request, limits: Limits())
      } == ["spec.\(rule.field)"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.submission(batch, limits: Limits())
      } == ["specs[1].\(rule.field)"])
  }

  @Test("finds everything that is wrong at once, in the order of the fields")
  func findsAll() {
    let request = API.SubmitTaskRequest(
      pool: "No Pool",
      spec: .init(
        kind: "", priority: 77, start: .delay(.init(seconds: -5)),
        retryPolicy: .init(maxAttempts: 0, jitter: 2)),
      requestId: String(repeating: "r", count: 128))
    let found = violations { () throws(InvalidRequest) in
      _ = try RequestCheck.submission(request, limits: Limits())
    }
    #expect(
      found.map(\.field) == [
        "pool", "spec.kind", "spec.priority", "spec.delay", "spec.retry_policy.max_attempts",
        "spec.retry_policy.jitter", "request_id",
      ])
    #expect(found.allSatisfy { $0.description.hasPrefix("must be") })
    #expect(found[2].description == "must be 0 to 10, not 77")
    #expect(found[4].description == "must be 1 to 1,000, not 0")
  }

  @Test("wants a spec, and 1 to 10,000 of them in a batch")
  func wantsSpecs() {
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.submission(API.SubmitTaskRequest(pool: "p"), limits: Limits())
      } == ["spec"])
    for count in [0, 10_001] {
      let batch = API.BatchSubmitTasksRequest(
        pool: "p", specs: [API.TaskSpec](repeating: .init(), count: count))
      #expect(
        fields { () throws(InvalidRequest) in
          _ = try RequestCheck.submission(batch, limits: Limits())
        } == ["specs"])
    }
  }

  @Test("says no more than fits into the trailers of a reply, and how much it left out")
  func isBounded() {
    let batch = API.BatchSubmitTasksRequest(
      pool: "p", specs: [API.TaskSpec](repeating: .init(kind: "NO"), count: 10_000))
    do throws(InvalidRequest) {
      _ = try RequestCheck.submission(batch, limits: Limits())
      Issue.record("nothing was found")
    } catch {
      #expect(error.violations.count > 20)
      #expect(error.violations.count + error.omitted == 10_000)
      #expect(RPCStatusSize.trailers(of: error) < 8_192)
    }
  }

  @Test("takes every value at the edge of what is allowed")
  func takesEdges() throws {
    let long = String(repeating: "x", count: 62)
    let spec = API.TaskSpec(
      kind: "a._-0", payload: [UInt8](repeating: 1, count: 1 << 20),
      contentType: String(repeating: "c", count: 127),
      labels: [long + "x": String(repeating: "v", count: 255)], priority: 10,
      start: .delay(.init(seconds: 3_653 * 86_400)),
      retryPolicy: .init(
        maxAttempts: 1_000, initialBackoff: .init(seconds: 86_400), factor: 10,
        maxBackoff: .init(seconds: 7 * 86_400), jitter: 1,
        nonRetryableCodes: [String](repeating: "C", count: 32)),
      runTimeout: .init(seconds: 30 * 86_400),
      deadline: .init(seconds: 9_214_646_399, nanos: 999_999_999),
      traceParent: String(repeating: "0", count: 255),
      queueTimeout: .init(nanos: 1_000_000), heartbeatTimeout: .init(seconds: 30 * 86_400))
    let checked = try RequestCheck.submission(
      API.SubmitTaskRequest(
        pool: "p" + long, spec: spec, requestId: String(repeating: "r", count: 127)),
      limits: Limits())
    let draft = try #require(checked.drafts.first)
    #expect(draft.priority == 10)
    #expect(draft.start == .delay(.seconds(3_653 * 86_400)))
    #expect(draft.retry?.maxAttempts == 1_000)
    #expect(draft.runTimeout == .seconds(30 * 86_400))
    #expect(draft.queueTimeout == .milliseconds(1))
    #expect(draft.heartbeatTimeout == .seconds(30 * 86_400))
    #expect(draft.deadline == WallTime(nanoseconds: 9_214_646_399_999_999_999))
    #expect(checked.request?.id.utf8.count == 127)
  }

  @Test("fills in the contract's defaults where nothing is said")
  func fillsDefaults() throws {
    let checked = try RequestCheck.submission(
      API.SubmitTaskRequest(
        pool: "p", spec: .init(kind: "k", start: .delay(.init()), retryPolicy: .init())),
      limits: Limits())
    #expect(checked.drafts == [TaskDraft(kind: "k", retry: .default)])
    #expect(checked.request == nil)
  }

  @Test("takes any past time, however long ago")
  func takesPast() throws {
    for seconds in [Int64(-62_135_596_800), -1, 0, 1] {
      let checked = try RequestCheck.submission(
        API.SubmitTaskRequest(
          pool: "p", spec: .init(kind: "k", start: .scheduleTime(.init(seconds: seconds)))),
        limits: Limits())
      guard case .at(let time) = checked.drafts.first?.start else {
        Issue.record("\(seconds) is no start time")
        continue
      }
      #expect(time <= WallTime(nanoseconds: 1_000_000_000))
      #expect(time.nanoseconds != 0)
    }
  }
}

/// How large a status is in the trailers that carry it.
enum RPCStatusSize {
  static func trailers(of request: InvalidRequest) -> Int {
    let status = RPCStatus(request)
    return status.details.count * 4 / 3 + status.message.utf8.count * 3
  }
}

func violations(
  _ body: () throws(InvalidRequest) -> Void
) -> [FieldViolation] {
  do throws(InvalidRequest) {
    try body()
    return []
  } catch {
    return error.violations
  }
}

func fields(_ body: () throws(InvalidRequest) -> Void) -> [String] {
  violations(body).map(\.field)
}
