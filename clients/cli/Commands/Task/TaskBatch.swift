internal import ArgumentParser
internal import MartletClient

struct TaskBatch: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch", abstract: "Submit many tasks; writes their ids.",
    discussion: """
      Three ways to say which: JSON lines, one task a line (kind, payload, payload_base64, \
      content_type, labels, priority, delay, run_timeout, queue_timeout, heartbeat_timeout, \
      max_attempts, and of dependencies ref, depends_on, on_dependency_failure, \
      want_dependency_results; a ref names a line of the same batch); --kind with --lines, where \
      each line of the file is a payload; --kind with --count, so many alike. Each batch is \
      submitted whole or not at all. Options such as --label are for all tasks; a line's own win.

      EXAMPLES
        martlet task batch mails tasks.jsonl
        echo '{"kind": "echo", "payload": {"to": "ada"}}' | martlet task batch mails -
        find /usr/share/doc -type f | martlet task batch scans - --kind scan --lines --wait
        martlet task batch load --kind sleep --count 10000 --payload '{"milliseconds": 10}'
      """)

  @Argument(help: "The pool to submit them to.", completion: Completions.pools)
  var pool: String

  @Argument(
    help: "File of JSON lines or, with --lines, payloads; - for the standard input.",
    completion: .file())
  var file: String?

  @Option(
    help: .init("The kind of tasks that name none.", valueName: "kind"),
    completion: Completions.kinds)
  var kind: String?

  @Flag(help: "Each line of the file is the payload of one task.")
  var lines = false

  @Option(help: .init("So many tasks, all alike.", valueName: "n"))
  var count: Int?

  @Option(help: .init("With --count: their payload.", valueName: "payload"))
  var payload: String?

  @Option(help: .init("Tasks in a batch, 1 to 10,000.", valueName: "n"))
  var batchSize: Int = 500

  @Option(help: .init("Bytes of payload in a batch.", valueName: "size"))
  var batchBytes = ByteSizeArgument(bytes: 8 << 20)

  @Flag(help: "If the queue is full: wait for room.")
  var waitForRoom = false

  @Flag(help: "Wait until all of them have ended; exit code 1 if one did not succeed.")
  var wait = false

  @OptionGroup var options: TaskOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard (1...10_000).contains(batchSize) else {
      throw ValidationError("--batch-size has to be 1 to 10,000")
    }
    if (count == nil) == (file == nil) {
      throw ValidationError("give either a file of tasks (- for the standard input) or --count")
    }
    if count != nil || lines, kind == nil {
      throw ValidationError("--count and --lines need --kind")
    }
    if payload != nil, count == nil {
      throw ValidationError("--payload is only of use with --count")
    }
  }

  func run(in session: Session) async throws {
    let specs = try specs(in: session.surroundings)
    let tasks = session.client.with { $0.waitsForRoom = waitForRoom }.tasks
    let display = ProgressDisplay(session.surroundings)
    var ids: [String] = []
    for batch in BatchPlan(count: batchSize, bytes: batchBytes.bytes).batches(of: specs) {
      let reply = try await tasks.submitBatch(Array(batch), to: pool)
      ids += reply.value
      display.clear()
      show(reply, session)
      display.draw(
        ProgressLine(
          title: pool, share: Double(ids.count) / Double(specs.count),
          note: "\(ids.count) of \(specs.count) submitted"))
    }
    display.clear()
    if let last = ids.last { session.lastTask.remember(last) }
    if wait { try await waitForAll(ids, session) }
  }

  private func specs(in surroundings: Surroundings) throws -> [API.TaskSpec] {
    let now = surroundings.now()
    if let count, let kind {
      let spec = options.spec(kind: kind, payload: Array((payload ?? "").utf8), now: now)
      return Array(repeating: spec, count: max(0, count))
    }
    let bytes = try PayloadSource.bytes(ofFile: file ?? "-", in: surroundings)
    let rows = bytes.split(separator: UInt8(ascii: "\n"))
    if lines, let kind {
      return rows.map { options.spec(kind: kind, payload: Array($0), now: now) }
    }
    return try rows.enumerated().map { number, row in
      let template = options.spec(kind: kind ?? "", payload: [], now: now)
      return try BatchLine(Array(row), number: number + 1).applied(to: template)
    }
  }

  private func show(_ reply: Reply<[String]>, _ session: Session) {
    switch session.format {
    case .json:
      session.print(
        .object([
          JSON.Field("task_ids", .array(reply.value.map { .string($0) })),
          JSON.Field("cursor", .string(reply.cursor)),
        ]))
    case .table:
      session.print(reply.value.joined(separator: "\n"))
    }
  }

  private func waitForAll(_ ids: [String], _ session: Session) async throws {
    var unsuccessful = 0
    var follower = TasksFollower(session: session)
    follower.listsTasks = false
    for start in stride(from: 0, to: ids.count, by: 10_000) {
      let part = Array(ids[start..<min(ids.count, start + 10_000)])
      unsuccessful += try await follower.end(of: part, mode: .all).unsuccessful
    }
    session.remark("\(ids.count) tasks ended, \(unsuccessful) of them without success.")
    if unsuccessful > 0 { throw ExitStatus.taskFailed }
  }
}
