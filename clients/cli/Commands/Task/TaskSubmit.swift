internal import ArgumentParser
internal import MartletClient

struct TaskSubmit: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Submit a task; writes its id.",
    discussion: """
      When the id is written the task is durable. The payload is an argument, a file (--file) or \
      the standard input (`-`); JSON and text are recognized. With --wait the command ends when \
      the task has, and its exit code is 1 if the task did not succeed.

      EXAMPLES
        martlet task submit mails echo '{"to": "ada"}'
        martlet task submit mails sleep '{"seconds": 5}' --wait
        martlet task submit mails echo --file letter.json --label customer=42 --priority 9
        head -c 1000 /dev/urandom | martlet task submit mails echo - --wait --result
        martlet task submit mails echo --delay 10m --max-attempts 1
        martlet task submit mails report --depends-on @last --want-dependency-results
        martlet task submit mails report --unique-key report-7 --unique-window 1h
        martlet task submit mails reindex --unique-key docs --on-duplicate debounce --delay 30s
      """)

  @Argument(help: "The pool to submit it to.", completion: Completions.pools)
  var pool: String

  @Argument(help: "What to do, for example file.digest.", completion: Completions.kinds)
  var kind: String

  @Argument(help: "Input of the handler; - for the standard input.")
  var payload: String?

  @Option(
    help: .init("Take the payload from a file; - for the standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @Flag(help: "Wait until the task has ended, and show it.")
  var wait = false

  @Flag(help: "With --wait: write the bytes of its result and nothing else.")
  var result = false

  @Flag(help: "If the queue is full: wait for room.")
  var waitForRoom = false

  @Option(
    help: .init(
      "An id for this request: the same again within 24 h submits nothing new.",
      valueName: "id"))
  var requestID: String?

  @Flag(help: "Check everything, submit nothing.")
  var validateOnly = false

  @OptionGroup var options: TaskOptions
  @OptionGroup(title: "Unique tasks") var unique: UniqueOptions
  @OptionGroup(title: "Dependencies") var dependencies: DependencyOptions
  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    if payload != nil, file != nil {
      throw ValidationError("the payload cannot come from an argument and from --file")
    }
    if result, !wait { throw ValidationError("--result is only of use with --wait") }
  }

  func run(in session: Session) async throws {
    let source = PayloadSource(argument: payload, file: file)
    var spec = options.spec(
      kind: kind, payload: try source.read(in: session.surroundings),
      now: session.surroundings.now())
    spec.unique = unique.rule
    try dependencies.apply(to: &spec, in: session)
    let tasks = session.client.with { $0.waitsForRoom = waitForRoom }.tasks
    if validateOnly {
      try await tasks.validate([spec], for: pool)
      session.remark("The task is valid; nothing was submitted.")
      return
    }
    let task = try await tasks.submit(spec, to: pool, requestID: requestID)
    session.lastTask.remember(task.id)
    if !task.existing.isEmpty {
      session.remark("This task was there already; nothing was submitted.")
    }
    guard wait else {
      switch session.format {
      case .json: session.print(JSON(task.value))
      case .table: session.print(task.id)
      }
      return
    }
    let ended = try await TaskFollower(session: session).end(of: task.id)
    try session.showEnd(of: ended, resultOnly: result)
  }
}
