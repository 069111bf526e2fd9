import MartletCore
import MartletServer
import MartletStore
import Testing

/// What recoveries must not forget again.
@Suite("Recovery")
struct RecoveryTests {
  private let log = MemoryEventLog()
  private let index = MemoryTaskIndex()
  private static let wall = WallTime(nanoseconds: 1_767_225_600_000_000_000)

  /// A node as far as these tests need one: each command is a commit.
  private struct Node {
    var pipeline: CommitPipeline
    var encoder = SegmentEncoder()
    var now: Instant

    init(_ recovery: Recovery, seconds: Int64) {
      pipeline = CommitPipeline(
        engine: Engine(
          durable: recovery.durable, session: SessionState(servedKinds: ["work"])))
      now = Instant(
        elapsed: Elapsed(nanoseconds: seconds * 1_000_000_000), wall: wall + .seconds(seconds))
    }

    mutating func run(_ command: Command, log: MemoryEventLog) throws -> Reply.Content? {
      pipeline.run(command, ticket: Ticket(rawValue: 1), at: now)
      if let segment = pipeline.seal() {
        try log.append(
          encoder.encode(segment, catalog: pipeline.engine.state.durable.catalog))
        pipeline.segmentDurable()
      }
      return pipeline.takeReplies().first?.content
    }
  }

  private func start(at seconds: Int64) throws -> Node {
    var node = Node(try Recovery(log: log, index: index), seconds: seconds)
    _ = try node.run(.recover, log: log)
    return node
  }

  private func submit(
    _ draft: TaskDraft, request: RequestStamp? = nil, in node: inout Node
  ) throws -> (tasks: [TaskID], repeated: Bool) {
    let history = request.map { request in
      RequestHistory(
        found: try? index.requests([request.key])[request.key],
        asOf: (try? index.appliedThrough()) ?? .zero)
    }
    let reply = try node.run(
      .submit(pool: "p", tasks: [draft], request: request, history: history, origin: .server),
      log: log)
    guard case .answer(.submitted(let tasks, let repeated)) = reply else { return ([], false) }
    return (tasks.map(\.task), repeated)
  }

  private func withPool() throws -> Node {
    var node = try start(at: 1)
    let spec = PoolSpec(slots: 1, queueCapacity: 9, retry: .default, runTimeout: .seconds(60))
    _ = try node.run(.createPool(name: "p", spec: spec, origin: .server), log: log)
    return node
  }

  @Test("a reopened task that waits in the index's snapshot has no deadline after the start")
  func reopened() throws {
    var node = try withPool()
    let deadline = Self.wall + .seconds(10)
    let task = try submit(TaskDraft(kind: "nobody", deadline: deadline), in: &node).tasks[0]
    _ = try node.run(.cancel(task, origin: .server), log: log)
    node = try start(at: 5)
    let row = try #require(try index.tasks([task], withContent: false).first)
    let status = try #require(TaskStatus(row.status))
    let history = TaskHistory(
      task: task, pool: row.submission.pool, kind: row.submission.kind, labels: .none,
      status: status,
      revival: TaskRevival(
        priority: 5, policy: TaskPolicy(retry: .default, runTimeout: .seconds(60)),
        createTime: row.submission.createTime, submitRevision: row.submission.submitRevision),
      asOf: try index.appliedThrough())
    _ = try node.run(.retry(history, origin: .server), log: log)
    // One start brings it into the index, the next one takes it from there.
    _ = try start(at: 20)
    node = try start(at: 30)
    #expect(node.pipeline.engine.state.durable.tasks[task]?.state == .pending)
    #expect(node.pipeline.engine.state.durable.tasks[task]?.deadline == .never)
  }

  @Test("a replay of more than a day keeps two uses of a request id apart")
  func requestUsedAgain() throws {
    let request = RequestStamp(id: "r", key: .init(high: 1, low: 1), fingerprint: 7)
    let hour: Int64 = 3_600
    var node = try withPool()
    let draft = TaskDraft(kind: "nobody")
    let first = try submit(draft, request: request, in: &node).tasks
    node.now.wall = Self.wall + .seconds(25 * hour)
    let second = try submit(draft, request: request, in: &node).tasks
    #expect(first != second)
    node = try start(at: 26 * hour)
    node = try start(at: 27 * hour)
    let again = try submit(draft, request: request, in: &node)
    #expect(again.repeated && again.tasks == second)
  }
}
