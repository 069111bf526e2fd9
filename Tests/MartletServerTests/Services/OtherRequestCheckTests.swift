import MartletAPI
import MartletCore
import Testing

@testable import MartletServer

@Suite("The check of a pool's requests")
struct PoolCheckTests {
  @Test("finds everything that is wrong with a new pool at once")
  func findsAll() {
    let request = API.CreatePoolRequest(
      name: "Digests",
      spec: .init(
        slots: 0, queueCapacity: 10_000_001, defaultRetryPolicy: .init(factor: 11),
        defaultRunTimeout: .init(), labels: ["": "x"], defaultQueueTimeout: .init(),
        defaultHeartbeatTimeout: .init(seconds: 30 * 86_400, nanos: 1),
        failureClassDelays: [
          "Net work": .init(seconds: 1), "age": .init(seconds: 3_653 * 86_400, nanos: 1),
          "network": .init(seconds: -1),
        ], priorityAgeing: .init(nanos: 999_999_999)))
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.create(request, limits: Limits())
      } == [
        "name", "spec.slots", "spec.queue_capacity", "spec.default_retry_policy.factor",
        "spec.default_run_timeout", "spec.default_queue_timeout",
        "spec.default_heartbeat_timeout", "spec.labels[\"\"]",
        "spec.failure_class_delays[\"Net work\"]", "spec.failure_class_delays[\"age\"]",
        "spec.failure_class_delays[\"network\"]", "spec.priority_ageing",
      ])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.create(API.CreatePoolRequest(name: "p"), limits: Limits())
      } == ["spec"])
  }

  @Test("takes a retention by outcome, and refuses what is out of range")
  func retention() throws {
    let wrong = API.Retention(
      succeeded: .init(maxAge: .init(seconds: 0), maxCount: -1),
      failed: .init(maxAge: .init(seconds: 3_653 * 86_400 + 1)),
      cancelled: .init(maxCount: 1_000_000_001))
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.create(
          API.CreatePoolRequest(name: "p", spec: .init(slots: 1, retention: wrong)),
          limits: Limits())
      } == [
        "spec.retention.succeeded.max_age", "spec.retention.succeeded.max_count",
        "spec.retention.failed.max_age", "spec.retention.cancelled.max_count",
      ])
    let given = API.Retention(
      succeeded: .init(maxAge: .init(seconds: 1), maxCount: 0), failed: .init(maxCount: 5))
    let (_, spec) = try RequestCheck.create(
      API.CreatePoolRequest(name: "p", spec: .init(slots: 1, retention: given)), limits: Limits())
    #expect(spec.retention.succeeded == .init(maxAge: .seconds(1), maxCount: 0))
    #expect(spec.retention.failed == .init(maxCount: 5))
    #expect(spec.retention.cancelled == .init())
    #expect(API.PoolSpec(spec).retention == given)
  }

  @Test("fills in the defaults of the server's limits")
  func fillsDefaults() throws {
    var limits = Limits()
    limits.queueCapacity = 7
    limits.runTimeoutSeconds = 9
    let (name, spec) = try RequestCheck.create(
      API.CreatePoolRequest(name: "p-1", spec: .init(slots: 4)), limits: limits)
    #expect(name == "p-1")
    #expect(
      spec == PoolSpec(slots: 4, queueCapacity: 7, retry: .default, runTimeout: .seconds(9)))
  }

  @Test(
    "takes names of pools by the contract's rule",
    arguments: [
      ("a", true), ("a-0", true), ("a" + String(repeating: "b", count: 62), true),
      ("", false), ("-a", false), ("0a", false), ("a_b", false), ("a.b", false), ("A", false),
      ("a\0", false), ("a\n", false), ("ä", false),
      ("a" + String(repeating: "b", count: 63), false),
    ])
  func checksNames(name: String, isGood: Bool) {
    #expect(NameRule.isPool(name) == isGood)
  }

  @Test("changes what the mask names, and looks at nothing else")
  func followsMask() throws {
    let request = API.UpdatePoolRequest(
      name: "p", spec: .init(slots: 8, queueCapacity: -1),
      updateMask: .init(paths: ["slots", "labels", "slots"]), etag: "v3-12")
    let update = try RequestCheck.update(request, limits: Limits())
    #expect(update.change == PoolSpecChange(slots: 8, labels: LabelSet.none))
    #expect(update.etag == PoolVersion(pool: PoolID(rawValue: 12), specVersion: 3))
  }

  @Test("takes delays for at most 32 classes of failures, from nothing to ten years")
  func failureClassDelays() throws {
    var spec = API.PoolSpec(
      slots: 1,
      failureClassDelays: ["network": .init(seconds: 30), "x": .init(seconds: 3_653 * 86_400)])
    spec.failureClassDelays["y-_9"] = .init()
    let (_, checked) = try RequestCheck.create(
      API.CreatePoolRequest(name: "p", spec: spec), limits: Limits())
    #expect(
      checked.failureClassDelays == [
        "network": .seconds(30), "x": .seconds(3_653 * 86_400), "y-_9": .zero,
      ])
    for number in 0..<33 { spec.failureClassDelays["c\(number)"] = .init() }
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.create(
          API.CreatePoolRequest(name: "p", spec: spec), limits: Limits())
      } == ["spec.failure_class_delays"])
  }

  @Test("takes limits of waiting and of silence up to 30 days, and ageing up to 7")
  func timers() throws {
    let (_, spec) = try RequestCheck.create(
      API.CreatePoolRequest(
        name: "p",
        spec: .init(
          slots: 1, defaultQueueTimeout: .init(nanos: 1_000_000),
          defaultHeartbeatTimeout: .init(seconds: 30 * 86_400),
          priorityAgeing: .init(seconds: 7 * 86_400))), limits: Limits())
    #expect(spec.queueTimeout == .milliseconds(1))
    #expect(spec.heartbeatTimeout == .seconds(30 * 86_400))
    #expect(spec.priorityAgeing == .seconds(7 * 86_400))
  }

  @Test("an update takes away what its spec does not set")
  func takesAway() throws {
    let paths = ["default_queue_timeout", "default_heartbeat_timeout", "priority_ageing"]
    let update = try RequestCheck.update(
      API.UpdatePoolRequest(name: "p", spec: .init(), updateMask: .init(paths: paths)),
      limits: Limits())
    var spec = PoolSpec(
      slots: 9, queueCapacity: 9, retry: .default, runTimeout: .seconds(9),
      queueTimeout: .seconds(9), heartbeatTimeout: .seconds(9), priorityAgeing: .seconds(9))
    update.change.apply(to: &spec)
    #expect(
      spec == PoolSpec(slots: 9, queueCapacity: 9, retry: .default, runTimeout: .seconds(9)))
  }

  @Test("replaces the delays of failure classes as a whole, also by none")
  func replacesDelays() throws {
    let update = try RequestCheck.update(
      API.UpdatePoolRequest(
        name: "p", spec: .init(), updateMask: .init(paths: ["failure_class_delays"])),
      limits: Limits())
    #expect(update.change == PoolSpecChange(failureClassDelays: [:]))
  }

  @Test("replaces the whole spec by `*`")
  func replacesAll() throws {
    let update = try RequestCheck.update(
      API.UpdatePoolRequest(
        name: "p", spec: .init(slots: 2), updateMask: .init(paths: ["*"])), limits: Limits())
    var spec = PoolSpec(
      slots: 9, queueCapacity: 9, retry: RetryPolicy(maxAttempts: 9), runTimeout: .seconds(9),
      queueTimeout: .seconds(9), heartbeatTimeout: .seconds(9), labels: LabelSet(["a": "b"]),
      failureClassDelays: ["network": .seconds(9)], priorityAgeing: .seconds(9))
    update.change.apply(to: &spec)
    #expect(
      spec
        == PoolSpec(
          slots: 2, queueCapacity: 100_000, retry: .default, runTimeout: .seconds(7_200)))
    #expect(update.etag == nil)
  }

  @Test("refuses an update without spec or mask, unknown paths and foreign etags")
  func refusesUpdates() {
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.update(API.UpdatePoolRequest(name: "p"), limits: Limits())
      } == ["spec", "update_mask"])
    for etag in ["v", "v1", "v1-", "v-1", "v01-1", "1-1", "v1-1-1", "v1-99999999999"] {
      let request = API.UpdatePoolRequest(
        name: "p", spec: .init(slots: 1),
        updateMask: .init(paths: ["slots", "state", "default_retry_policy.jitter"]), etag: etag)
      #expect(
        fields { () throws(InvalidRequest) in
          _ = try RequestCheck.update(request, limits: Limits())
        } == ["update_mask.paths[1]", "update_mask.paths[2]", "etag"])
    }
  }

  @Test("bounds reasons, of pools and of tasks")
  func boundsReasons() {
    let long = String(repeating: "r", count: 1_025)
    #expect(
      fields { () throws(InvalidRequest) in
        try RequestCheck.poolVerb(name: "", reason: long, limits: Limits())
      } == ["name", "reason"])
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.change(id: "?", reason: "a\0", limits: Limits())
      } == ["id", "reason"])
  }
}

@Suite("The check of reads and waits")
struct ReadCheckTests {
  static let id = TaskID(rawValue: 0x1234_5678_9ABC).description

  @Test("finds everything that is wrong with a look at a task")
  func checksGet() throws {
    let request = API.GetTaskRequest(id: "no", view: .unrecognized(9), minCursor: "c1")
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.get(request, limits: Limits())
      } == ["id", "view", "min_cursor"])
    let get = try RequestCheck.get(
      API.GetTaskRequest(id: Self.id, view: .full, minCursor: Cursor(Revision(5)).text),
      limits: Limits())
    #expect(get.id.rawValue == 0x1234_5678_9ABC)
    #expect(get.isFull)
    #expect(get.minimum == Revision(5))
  }

  @Test("finds everything that is wrong with a list")
  func checksList() {
    let request = API.ListTasksRequest(
      filter: "state = SLEEPING", orderBy: "name", pageSize: 1_001, pageToken: "p1",
      view: .unrecognized(3), minCursor: "zzz")
    #expect(
      Set(
        fields { () throws(InvalidRequest) in
          _ = try RequestCheck.list(request, limits: Limits())
        }) == ["filter", "order_by", "page_size", "page_token", "view", "min_cursor"])
  }

  @Test("tells a wrong filter and a foreign page token from other fields")
  func tellsReasons() {
    let filter = violations { () throws(InvalidRequest) in
      _ = try RequestCheck.count(.init(filter: "pool ="), limits: Limits())
    }
    #expect(filter.map(\.reason) == [.filter])
    let token = violations { () throws(InvalidRequest) in
      _ = try RequestCheck.list(API.ListPoolsRequest(pageToken: "x"), limits: Limits())
    }
    #expect(token.map(\.reason) == [.pageToken])
  }

  @Test("takes a page token for the very list that it came from, and for no other")
  func bindsTokens() throws {
    let request = API.ListTasksRequest(filter: "state = FAILED", orderBy: "finish_time desc")
    let list = try RequestCheck.list(request, limits: Limits())
    let position = TaskQueryPosition.at(id: 77, finished: -5)
    var next = request
    next.pageToken =
      PageToken(position: position.tokenBytes, first: Revision(9), listHash: list.listHash).text
    next.pageSize = 7
    let second = try RequestCheck.list(next, limits: Limits())
    #expect(second.after == position)
    #expect(second.first == Revision(9))
    for change in [
      { (list: inout API.ListTasksRequest) in list.filter = "state = CANCELLED" },
      { $0.orderBy = "finish_time" },
      { $0.orderBy = "" },
      { $0.pageToken.removeLast() },
      { $0.pageToken += "00" },
      { $0.pageToken = $0.pageToken.uppercased() },
    ] {
      var other = next
      change(&other)
      #expect(
        fields { () throws(InvalidRequest) in
          _ = try RequestCheck.list(other, limits: Limits())
        } == ["page_token"])
    }
  }

  @Test("takes each id of a wait once, and at most 10,000")
  func checksWaits() throws {
    let wait = try RequestCheck.wait(
      API.WaitTasksRequest(ids: [Self.id, Self.id], mode: .any), limits: Limits())
    #expect(wait.ids.count == 1)
    #expect(wait.endsWithFirst)
    #expect(
      fields { () throws(InvalidRequest) in
        _ = try RequestCheck.wait(
          API.WaitTasksRequest(ids: [Self.id, "x"], mode: .unrecognized(7)), limits: Limits())
      } == ["ids[1]", "mode"])
    for count in [0, 10_001] {
      let request = API.WaitTasksRequest(ids: [String](repeating: Self.id, count: count))
      #expect(
        fields { () throws(InvalidRequest) in
          _ = try RequestCheck.wait(request, limits: Limits())
        } == ["ids"])
    }
  }
}
