import MartletAPI
import MartletCore
import Testing

@testable import MartletServer

@Suite("What is kept of a request id")
struct RequestFingerprintTests {
  static let request = API.SubmitTaskRequest(
    pool: "p",
    spec: .init(
      kind: "k", payload: [1, 2, 3], contentType: "text/plain",
      labels: ["a": "1", "b": "2", "c": "3", "d": "4"], priority: 3,
      start: .delay(.init(seconds: 5)), retryPolicy: .init(maxAttempts: 2, factor: 1.5),
      runTimeout: .init(seconds: 9), deadline: .init(seconds: 10), traceParent: "t"),
    requestId: "order-1")

  @Test("is the same in every process and release: these numbers are on disks")
  func isStable() throws {
    let stamp = try #require(RequestFingerprint.stamp(Self.request))
    #expect(stamp.key.high == 0x7802_EEC9_580C_2D79)
    #expect(stamp.key.low == 0x530E_A0DA_EEB5_9494)
    #expect(stamp.fingerprint == 0xA983_DF3F_5239_FABE)
  }

  @Test("is nothing without an id")
  func needsID() {
    var request = Self.request
    request.requestId = ""
    #expect(RequestFingerprint.stamp(request) == nil)
  }

  @Test("does not depend on the id or on what is only checked")
  func coversBody() throws {
    var other = Self.request
    other.requestId = "order-2"
    other.validateOnly = true
    let one = try #require(RequestFingerprint.stamp(Self.request))
    let two = try #require(RequestFingerprint.stamp(other))
    #expect(one.fingerprint == two.fingerprint)
    #expect(one.key != two.key)
  }

  @Test("changes with every field of the body")
  func coversAll() throws {
    let changes: [(inout API.SubmitTaskRequest) -> Void] = [
      { $0.pool = "q" }, { $0.spec?.kind = "l" }, { $0.spec?.payload = [1, 2] },
      { $0.spec?.contentType = "" }, { $0.spec?.labels["a"] = "2" }, { $0.spec?.labels["e"] = "" },
      { $0.spec?.labels = ["a1": "", "b": "2", "c": "3", "d": "4"] }, { $0.spec?.priority = 4 },
      { $0.spec?.priority = nil }, { $0.spec?.start = nil },
      { $0.spec?.start = .scheduleTime(.init(seconds: 5)) },
      { $0.spec?.start = .delay(.init(seconds: 5, nanos: 1)) }, { $0.spec?.retryPolicy = nil },
      { $0.spec?.retryPolicy?.maxAttempts = nil }, { $0.spec?.retryPolicy?.factor = 2 },
      { $0.spec?.retryPolicy?.jitter = 0 }, { $0.spec?.retryPolicy?.nonRetryableCodes = [""] },
      { $0.spec?.runTimeout = nil }, { $0.spec?.deadline = .init(seconds: 11) },
      { $0.spec?.traceParent = "u" }, { $0.spec?.queueTimeout = .init(seconds: 9) },
      { $0.spec?.heartbeatTimeout = .init(seconds: 9) }, { $0.spec?.fairnessKey = "k" },
      { $0.spec?.fairnessWeight = 2 }, { $0.spec = nil },
    ]
    var seen: Set<UInt64> = [try #require(RequestFingerprint.stamp(Self.request)).fingerprint]
    for change in changes {
      var other = Self.request
      change(&other)
      seen.insert(try #require(RequestFingerprint.stamp(other)).fingerprint)
    }
    #expect(seen.count == changes.count + 1)
  }

  @Test("of a batch depends on the order of its tasks, and is not that of a single one")
  func coversBatches() throws {
    let specs = [API.TaskSpec(kind: "a"), API.TaskSpec(kind: "b")]
    func fingerprint(_ specs: [API.TaskSpec]) throws -> UInt64 {
      let request = API.BatchSubmitTasksRequest(pool: "p", specs: specs, requestId: "r")
      return try #require(RequestFingerprint.stamp(request)).fingerprint
    }
    #expect(try fingerprint(specs) != fingerprint(specs.reversed()))
    let single = API.SubmitTaskRequest(pool: "p", spec: specs[0], requestId: "r")
    #expect(
      try fingerprint([specs[0]]) != #require(RequestFingerprint.stamp(single)).fingerprint)
  }
}
