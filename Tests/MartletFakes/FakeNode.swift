package import MartletAPI
package import MartletRPC
import MartletRPCServices
import Synchronization

/// A server of the contract in memory, for tests of clients: it runs each task at once, keeps all
/// events, and fails when it is told to.
package final class FakeNode: Sendable {
  /// What a task's handler would do.
  package enum Outcome: Sendable {
    case succeed([UInt8])
    case fail(API.Failure)
    /// Stay RUNNING until `finish` or a cancellation.
    case hang
  }

  struct State {
    var pools: [String: API.Pool] = [:]
    var tasks: [String: API.Task] = [:]
    var events: [API.Event] = []
    var requests: [String: [String]] = [:]
    var requestIDs: [String] = []
    var actors: [String?] = []
    /// Thrown by the next unary calls, one each.
    var failures: [RPCStatus] = []
    /// Thrown by all submits.
    var refusal: RPCStatus?
    var calls = 0
    var oldestRevision: UInt64 = 1
    var random: SeededGenerator?
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    var waitingNext = 0
  }

  let state = Mutex(State())
  private let handler: @Sendable (API.TaskSpec) -> Outcome

  package init(
    handler: @escaping @Sendable (API.TaskSpec) -> Outcome = { .succeed($0.payload) }
  ) {
    self.handler = handler
  }

  package var router: ServerRouter {
    var router = ServerRouter()
    router.add(FakePoolService(node: self))
    router.add(FakeTaskService(node: self))
    router.add(FakeEventService(node: self))
    router.add(FakeServerService(node: self))
    let health = HealthBoard()
    health.setAll(.serving)
    router.add(HealthService(board: health))
    return router
  }

  // MARK: What a test says

  /// The next unary calls fail so, one each.
  package func failNext(_ failures: RPCStatus...) { state.withLock { $0.failures += failures } }

  /// All submits fail so.
  package func refuseSubmits(_ refusal: RPCStatus) { state.withLock { $0.refusal = refusal } }

  /// From now on streams break at random places.
  package func breakStreams(seed: UInt64) {
    state.withLock { $0.random = SeededGenerator(seed: seed) }
  }

  /// Events before a revision are no longer kept.
  package func forgetEvents(before revision: UInt64) {
    state.withLock { $0.oldestRevision = revision }
  }

  /// Adds events of a type without any task behind them.
  package func happen(_ type: API.EventType, count: Int = 1, pool: String = "p") {
    change { state in
      for _ in 0..<count { state.append(API.Event(type: type, pool: pool)) }
    }
  }

  /// Ends a task that hangs.
  package func finish(_ id: String, _ outcome: Outcome) {
    change { $0.end(id, outcome) }
  }

  // MARK: What a test sees

  package var eventCount: Int { state.withLock { $0.events.count } }
  package var taskCount: Int { state.withLock { $0.tasks.count } }
  /// Of the submits, repeats included.
  package var requestIDs: [String] { state.withLock { $0.requestIDs } }
  /// Of all unary calls.
  package var actors: [String?] { state.withLock { $0.actors } }
  package var unaryCalls: Int { state.withLock { $0.calls } }

  // MARK: What services do

  /// Counts a unary call; throws what was asked for.
  func enter(_ context: CallContext) throws {
    try state.withLock { state in
      state.calls += 1
      state.actors.append(context.metadata["martlet-actor"])
      if !state.failures.isEmpty { throw state.failures.removeFirst() }
    }
  }

  func change<Result: Sendable>(
    _ body: (inout State) throws -> Result
  ) rethrows -> Result {
    let (result, waiting) = try state.withLock { state in
      let result = try body(&state)
      let waiting = Array(state.waiting.values)
      state.waiting = [:]
      return (result, waiting)
    }
    for continuation in waiting { continuation.resume() }
    return result
  }

  /// Returns when the newest revision is another one than this, or the task is cancelled.
  func changed(since revision: Int) async {
    let ticket = state.withLock { state in
      state.waitingNext += 1
      return state.waitingNext
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.events.count != revision || Task.isCancelled { return true }
          state.waiting[ticket] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
    }
  }

  func submit(
    _ specs: [API.TaskSpec], pool: String, requestID: String
  ) throws -> [String] {
    try change { state in
      state.requestIDs.append(requestID)
      if let refusal = state.refusal { throw refusal }
      if let known = state.requests[requestID] { return known }
      guard state.pools[pool] != nil else { throw FakeNode.notFound(pool: pool) }
      let ids = specs.map { spec in state.submit(spec, pool: pool, outcome: handler(spec)) }
      if !requestID.isEmpty { state.requests[requestID] = ids }
      return ids
    }
  }

  var cursor: String { state.withLock { "r\($0.events.count)" } }
}

extension FakeNode.State {
  mutating func append(_ event: API.Event) {
    var event = event
    event.revision = UInt64(events.count + 1)
    event.time = WellKnown.Timestamp(seconds: 1_700_000_000, nanos: Int32(events.count) * 1_000)
    events.append(event)
  }

  mutating func append(_ type: API.EventType, of task: API.Task, result: API.TaskResult? = nil) {
    append(
      API.Event(
        type: type, pool: task.pool, taskId: task.id, kind: task.spec?.kind ?? "",
        labels: task.spec?.labels ?? [:], state: task.state, attempt: task.attempt,
        failure: task.failure, result: result))
    tasks[task.id]?.revision = UInt64(events.count)
  }

  mutating func submit(
    _ spec: API.TaskSpec, pool: String, outcome: FakeNode.Outcome
  ) -> String {
    let number = String(tasks.count + 1, radix: 32)
    let id = String(repeating: "0", count: 13 - number.count) + number
    var task = API.Task(id: id, pool: pool, spec: spec, state: .pending)
    task.createTime = WellKnown.Timestamp(seconds: 1_700_000_000)
    tasks[id] = task
    append(.taskSubmitted, of: task)
    task.state = .running
    task.attempt = 1
    task.startTime = WellKnown.Timestamp(seconds: 1_700_000_001)
    tasks[id] = task
    append(.taskStarted, of: task)
    end(id, outcome)
    return id
  }

  mutating func end(_ id: String, _ outcome: FakeNode.Outcome) {
    guard var task = tasks[id] else { return }
    switch outcome {
    case .hang: return
    case .succeed(let data):
      task.state = .succeeded
      task.result = API.TaskResult(data: data, contentType: "application/json")
    case .fail(let failure):
      task.state = .failed
      task.failure = failure
    }
    task.finishTime = WellKnown.Timestamp(seconds: 1_700_000_002, nanos: 500_000_000)
    tasks[id] = task
    append(task.state == .failed ? .taskFailed : .taskSucceeded, of: task, result: task.result)
  }
}

/// SplitMix64: the same seed gives the same numbers.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
