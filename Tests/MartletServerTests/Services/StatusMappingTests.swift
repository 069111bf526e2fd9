import MartletAPI
import MartletCore
import MartletProtobuf
import MartletRPC
import MartletStore
import Testing

@testable import MartletServer

struct StatusCase: Sendable, CustomTestStringConvertible {
  var refusal: Refusal
  var code: StatusCode
  var reason: String
  var metadata: [String: String] = [:]
  var retries = false
  var hasQuota = false

  var testDescription: String { reason }
}

@Suite("The status of an error")
struct StatusMappingTests {
  static let task = TaskID(rawValue: 99)
  static let taskText = task.description
  static let heldLock = LockView(
    record: LockRecord(name: "l", owner: "o", token: Revision(7), lease: .seconds(15)),
    expires: Elapsed(nanoseconds: 9_000_000_000), left: .seconds(9), waiters: 1)

  static let table: [StatusCase] = [
    .init(
      refusal: .poolNotFound("p"), code: .notFound, reason: "POOL_NOT_FOUND",
      metadata: ["pool": "p"]),
    .init(
      refusal: .poolExists("p"), code: .alreadyExists, reason: "POOL_EXISTS",
      metadata: ["pool": "p"]),
    .init(
      refusal: .poolNotEmpty("p", unfinished: 3), code: .failedPrecondition,
      reason: "POOL_NOT_EMPTY", metadata: ["pool": "p", "unfinished": "3"]),
    .init(
      refusal: .poolDraining("p"), code: .failedPrecondition, reason: "POOL_DRAINING",
      metadata: ["pool": "p"]),
    .init(
      refusal: .poolClosed("p"), code: .failedPrecondition, reason: "POOL_CLOSED",
      metadata: ["pool": "p"]),
    .init(
      refusal: .queueFull(pool: "p", capacity: 5, waiting: 4), code: .resourceExhausted,
      reason: "QUEUE_FULL", metadata: ["pool": "p", "capacity": "5", "waiting": "4"],
      retries: true, hasQuota: true),
    .init(
      refusal: .memoryPressure(what: "tasks", limit: 9), code: .resourceExhausted,
      reason: "MEMORY_PRESSURE", metadata: ["what": "tasks", "limit": "9"], retries: true,
      hasQuota: true),
    .init(
      refusal: .diskLow, code: .resourceExhausted, reason: "DISK_LOW", retries: true,
      hasQuota: true),
    .init(
      refusal: .taskNotLive(task), code: .notFound, reason: "TASK_NOT_FOUND",
      metadata: ["task_id": taskText]),
    .init(
      refusal: .taskTerminal(task, .failed), code: .failedPrecondition, reason: "TASK_TERMINAL",
      metadata: ["task_id": taskText, "state": "FAILED"]),
    .init(
      refusal: .taskNotRetryable(task, .running), code: .failedPrecondition,
      reason: "TASK_NOT_RETRYABLE", metadata: ["task_id": taskText, "state": "RUNNING"]),
    .init(
      refusal: .duplicateTask(task, .pending, index: 3), code: .alreadyExists,
      reason: "DUPLICATE_TASK",
      metadata: ["task_id": taskText, "state": "PENDING", "index": "3"]),
    .init(
      refusal: .duplicateInBatch(index: 3, first: 1), code: .alreadyExists,
      reason: "DUPLICATE_TASK", metadata: ["index": "3", "first_index": "1"]),
    .init(
      refusal: .taskRunning(task), code: .failedPrecondition, reason: "TASK_RUNNING",
      metadata: ["task_id": taskText, "state": "RUNNING"]),
    .init(
      refusal: .revisionMismatch(task, Revision(7)), code: .aborted, reason: "REVISION_MISMATCH",
      metadata: ["task_id": taskText, "revision": "7"]),
    .init(
      refusal: .taskNotPausable(task), code: .failedPrecondition, reason: "TASK_NOT_PAUSABLE",
      metadata: ["task_id": taskText]),
    .init(
      refusal: .taskNotPaused(task, .pending), code: .failedPrecondition,
      reason: "TASK_NOT_PAUSED", metadata: ["task_id": taskText, "state": "PENDING"]),
    .init(
      refusal: .checkpointOutOfOrder(task, kept: 3), code: .invalidArgument,
      reason: "FIELD_INVALID", metadata: ["task_id": taskText]),
    .init(
      refusal: .leaseLost(task, attempt: 2), code: .failedPrecondition, reason: "LEASE_LOST",
      metadata: ["task_id": taskText, "attempt": "2"]),
    .init(
      refusal: .workerNotFound(WorkerID(rawValue: 35)), code: .notFound,
      reason: "WORKER_NOT_FOUND", metadata: ["worker_id": "wz"]),
    .init(
      refusal: .bulkNotFound(BulkID(rawValue: 7)), code: .notFound,
      reason: "BULK_NOT_FOUND", metadata: ["bulk_id": "b7"]),
    .init(
      refusal: .dependencyNotFound(task, index: 3), code: .notFound,
      reason: "DEPENDENCY_NOT_FOUND", metadata: ["task_id": taskText, "index": "3"]),
    .init(
      refusal: .taskNeeded(task), code: .failedPrecondition, reason: "TASK_NEEDED",
      metadata: ["task_id": taskText]),
    .init(
      refusal: .workflowNotFound(WorkflowID(rawValue: 7)), code: .notFound,
      reason: "WORKFLOW_NOT_FOUND", metadata: ["workflow_id": "w7"]),
    .init(
      refusal: .workflowNotRetryable(WorkflowID(rawValue: 7), .succeeded),
      code: .failedPrecondition, reason: "WORKFLOW_NOT_RETRYABLE",
      metadata: ["workflow_id": "w7", "state": "SUCCEEDED"]),
    .init(
      refusal: .scheduleNotFound("s"), code: .notFound, reason: "SCHEDULE_NOT_FOUND",
      metadata: ["schedule": "s"]),
    .init(
      refusal: .scheduleExists("s"), code: .alreadyExists, reason: "SCHEDULE_EXISTS",
      metadata: ["schedule": "s"]),
    .init(
      refusal: .scheduleNeverFires("s"), code: .invalidArgument, reason: "SCHEDULE_NEVER_FIRES",
      metadata: ["schedule": "s"]),
    .init(
      refusal: .scheduleEtagMismatch("s"), code: .aborted, reason: "ETAG_MISMATCH",
      metadata: ["schedule": "s"]),
    .init(
      refusal: .lockHeld("l", by: heldLock), code: .aborted, reason: "LOCK_HELD",
      metadata: ["lock": "l", "owner": "o", "token": "7"], retries: true),
    .init(
      refusal: .lockNotHeld("l", Revision(7)), code: .failedPrecondition,
      reason: "LOCK_NOT_HELD", metadata: ["lock": "l", "token": "7"]),
    .init(
      refusal: .limitNotFound("m"), code: .notFound, reason: "LIMIT_NOT_FOUND",
      metadata: ["limit": "m"]),
    .init(
      refusal: .limitExists("m"), code: .alreadyExists, reason: "LIMIT_EXISTS",
      metadata: ["limit": "m"]),
    .init(
      refusal: .limitEtagMismatch("m"), code: .aborted, reason: "ETAG_MISMATCH",
      metadata: ["limit": "m"]),
    .init(
      refusal: .limitSortFixed("m"), code: .failedPrecondition, reason: "LIMIT_SORT_FIXED",
      metadata: ["limit": "m"]),
    .init(
      refusal: .limitNotHeld("m"), code: .failedPrecondition, reason: "LIMIT_NOT_HELD",
      metadata: ["limit": "m"]),
    .init(
      refusal: .limitTooSmall("m", units: 5, most: 3), code: .failedPrecondition,
      reason: "LIMIT_TOO_SMALL", metadata: ["limit": "m", "most": "3"]),
    .init(
      refusal: .limitExceeded(
        LimitShortage(limit: "m", key: "k", units: 2, available: 1, retryAfter: .seconds(3))),
      code: .resourceExhausted, reason: "LIMIT_EXCEEDED",
      metadata: ["limit": "m", "key": "k", "available": "1"], retries: true),
    .init(
      refusal: .permitsNotHeld("m", Revision(7)), code: .failedPrecondition,
      reason: "PERMITS_NOT_HELD", metadata: ["limit": "m", "token": "7"]),
    .init(
      refusal: .lockNotFound("l"), code: .notFound, reason: "LOCK_NOT_FOUND",
      metadata: ["lock": "l"]),
    .init(
      refusal: .timeZoneUnknown("Mars/Olympus"), code: .invalidArgument,
      reason: "TIME_ZONE_UNKNOWN", metadata: ["time_zone": "Mars/Olympus"]),
    .init(
      refusal: .etagMismatch(pool: "p"), code: .aborted, reason: "ETAG_MISMATCH",
      metadata: ["pool": "p"]),
    .init(
      refusal: .poolSpecInvalid(PoolSpecProblem(field: "group_minimum", text: "must be 0")),
      code: .invalidArgument, reason: "FIELD_INVALID", metadata: ["violations": "1"]),
    .init(
      refusal: .poolRevisionNotFound(pool: "p", Revision(7)), code: .notFound,
      reason: "POOL_REVISION_NOT_FOUND", metadata: ["pool": "p", "revision": "7"]),
    .init(
      refusal: .groupNotFound("g"), code: .notFound, reason: "GROUP_NOT_FOUND",
      metadata: ["group": "g"]),
    .init(
      refusal: .groupExists("g"), code: .alreadyExists, reason: "GROUP_EXISTS",
      metadata: ["group": "g"]),
    .init(
      refusal: .groupNotEmpty("g", pools: ["a", "b"], count: 3), code: .failedPrecondition,
      reason: "GROUP_NOT_EMPTY", metadata: ["group": "g", "pools": "3"]),
    .init(
      refusal: .groupBudgetExceeded("g", budget: 5, guaranteed: 6), code: .failedPrecondition,
      reason: "GROUP_BUDGET_EXCEEDED",
      metadata: ["group": "g", "budget": "5", "guaranteed": "6"]),
    .init(
      refusal: .groupEtagMismatch("g"), code: .aborted, reason: "ETAG_MISMATCH",
      metadata: ["group": "g"]),
    .init(
      refusal: .requestIDReused("r"), code: .alreadyExists, reason: "REQUEST_ID_REUSED",
      metadata: ["request_id": "r"]),
    .init(refusal: .staleHistory, code: .unavailable, reason: "INDEX_BEHIND", retries: true),
    .init(refusal: .stopping, code: .unavailable, reason: "SERVER_STOPPING", retries: true),
  ]

  @Test("has the code, reason and details that the contract names", arguments: table)
  func mapsRefusals(_ row: StatusCase) throws {
    let status = RPCStatus(row.refusal)
    #expect(status.code == row.code)
    let details = try Details(status)
    #expect(details.info == .init(reason: row.reason, domain: "martlet", metadata: row.metadata))
    #expect((details.retry?.retryDelay != nil) == row.retries)
    #expect((details.quota?.violations.count == 1) == row.hasQuota)
    #expect(details.status.code == Int32(row.code.rawValue))
    #expect(details.status.message == status.message)
  }

  @Test("is a sentence that says what to do", arguments: table)
  func saysWhatToDo(_ row: StatusCase) {
    let message = RPCStatus(row.refusal).message
    #expect(message.hasSuffix("."))
    #expect(message.contains(": "))
    #expect(message.first?.isUppercase == true)
    #expect(!message.contains("\n"))
  }

  @Test("has every violation, and the first one in its message")
  func mapsViolations() throws {
    let status = RPCStatus(
      InvalidRequest(violations: [
        FieldViolation(field: "spec.kind", description: "must be set"),
        FieldViolation(field: "pool", description: "must be set"),
      ]))
    #expect(status.code == .invalidArgument)
    #expect(status.message == "spec.kind must be set (and 1 more: see the field violations).")
    let details = try Details(status)
    #expect(details.info?.reason == "FIELD_INVALID")
    #expect(details.badRequest?.fieldViolations.map(\.field) == ["spec.kind", "pool"])
  }

  @Test("names a filter or a page token as the reason only if nothing else is wrong")
  func choosesReasons() throws {
    let filter = FieldViolation(FilterError(message: "expected a value", offset: 4))
    let token = FieldViolation(field: "page_token", description: "x", reason: .pageToken)
    let field = FieldViolation(field: "page_size", description: "x")
    func reason(_ violations: [FieldViolation]) throws -> String? {
      try Details(RPCStatus(InvalidRequest(violations: violations))).info?.reason
    }
    #expect(try reason([filter]) == "FILTER_INVALID")
    #expect(try reason([token]) == "PAGE_TOKEN_INVALID")
    #expect(try reason([field]) == "FIELD_INVALID")
    #expect(try reason([filter, field]) == "FIELD_INVALID")
    #expect(filter.description == "is wrong at character 5: expected a value")
  }

  @Test("of a store's failure tells no file names, and of a broken invariant nothing")
  func mapsStores() throws {
    let file = "/var/lib/martlet/log.db"
    let failures: [StoreFailure] = [
      .writeFailed(file: file, reason: "disk"), .readFailed(file: file, reason: "disk"),
      .corrupted(file: file, reason: "disk"),
    ]
    for failure in failures {
      let status = try #require(RPCStatus(failure))
      #expect(!status.message.contains("/var"))
      #expect(try Details(status).info?.reason == "LOG_UNAVAILABLE")
    }
    #expect(RPCStatus(StoreFailure.notConsecutive(expected: .zero, got: .zero)) == nil)
    #expect(RPCStatus(StoreFailure.inUse(directory: file, owner: "1")) == nil)
    #expect(RPCStatus(StoreFailure.newerFormat(file: file, found: 2, known: 1)) == nil)
    #expect(RPCStatus.fault(7).code == .internalError)
    #expect(RPCStatus.fault(7).details.isEmpty)
  }

  @Test("of events that are gone says where to start from")
  func mapsCompaction() throws {
    let status = try #require(RPCStatus(StoreFailure.compacted(oldest: Revision(10))))
    #expect(status.code == .outOfRange)
    let info = try #require(try Details(status).info)
    #expect(info.reason == "REVISION_COMPACTED")
    #expect(info.metadata == ["oldest_cursor": Cursor(Revision(9)).text])
  }
}

/// What a client finds in `grpc-status-details-bin`.
private struct Details {
  var status: GoogleRPC.Status
  var info: GoogleRPC.ErrorInfo?
  var retry: GoogleRPC.RetryInfo?
  var quota: GoogleRPC.QuotaFailure?
  var badRequest: GoogleRPC.BadRequest?

  init(_ status: RPCStatus) throws {
    self.status = try GoogleRPC.Status(protobufBytes: status.details)
    for detail in self.status.details {
      switch detail.typeUrl {
      case "type.googleapis.com/google.rpc.ErrorInfo": info = try .init(protobufBytes: detail.value)
      case "type.googleapis.com/google.rpc.RetryInfo":
        retry = try .init(protobufBytes: detail.value)
      case "type.googleapis.com/google.rpc.QuotaFailure":
        quota = try .init(protobufBytes: detail.value)
      case "type.googleapis.com/google.rpc.BadRequest":
        badRequest = try .init(protobufBytes: detail.value)
      default: Issue.record("unexpected detail \(detail.typeUrl)")
      }
    }
  }
}
