internal import ArgumentParser
internal import MartletWorker

struct WorkerRun: MartletCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run tasks with any program.",
    discussion: """
      Takes tasks of the kinds named and runs COMMAND for each: the payload on its standard input, \
      the result from its standard output (at most 1 MiB). Exit code 0 is success. Any other fails \
      the attempt with the code EXIT_n, a signal with SIGNAL_name; the last lines of the standard \
      error say why.

      On cancel, time-out, pause or loss of the task the program and all that it has started get \
      SIGTERM, and SIGKILL after --grace. What it leaves behind when it ends is killed. A program \
      that stops because it was told to must not exit with 0 unless it is done.

      ENVIRONMENT OF THE PROGRAM
        MARTLET_TASK_ID, MARTLET_KIND, MARTLET_POOL, MARTLET_ATTEMPT, MARTLET_CONTENT_TYPE
        MARTLET_CHECKPOINT_FILE  holds the last checkpoint, if there is one. Replace it (write \
      another file and rename it), then write `checkpoint` to the progress descriptor: saved; also \
      when the program fails or is stopped
        MARTLET_PROGRESS_FD      a descriptor that takes lines: `42 text` or `42% text`, \
      `checkpoint`, `log text`, `content-type TYPE` (of the result); should it fail: \
      `failure-class network`, `retry-delay 30s`, `no-retry`, or `snooze 10m` (again after so long, \
      and this attempt does not count)

      SIGTERM or SIGINT ends the worker: it takes nothing more, and gives back what still runs \
      after --drain. A second one stops the programs at once.

      EXAMPLES
        martlet worker run --kind shout -- tr a-z A-Z
        martlet worker run --kind video.encode --slots 2 --label gpu=yes -- ./encode.sh --fast
      """)

  @Option(name: [.long, .customShort("k")], help: .init("A kind to serve; may be repeated."))
  var kind: [String]

  @Option(help: .init("How many programs run at once, 1 to 10,000.", valueName: "n"))
  var slots: Int = 4

  @Option(
    name: [.long, .customShort("l")],
    help: .init("What tasks may select workers by; may be repeated.", valueName: "key=value"))
  var label: [LabelArgument] = []

  @Option(
    help: .init("A pool to take tasks of; may be repeated. All by default.", valueName: "pool"),
    completion: Completions.pools)
  var pool: [String] = []

  @Option(help: .init("The worker's name, for people; the command's by default."))
  var name: String?

  @Option(help: .init("Time between SIGTERM and SIGKILL for a program.", valueName: "duration"))
  var grace = DurationArgument(duration: .seconds(5))

  @Option(
    help: .init(
      "How long programs may run on when the worker is stopped.", valueName: "duration"))
  var drain = DurationArgument(duration: .seconds(20))

  @Argument(parsing: .postTerminator, help: "The program and its arguments, after `--`.")
  var command: [String] = []

  @OptionGroup(title: "Global options") var global: GlobalOptions

  func validate() throws {
    guard (1...10_000).contains(slots) else {
      throw ValidationError("--slots has to be 1 to 10,000")
    }
    guard !kind.isEmpty else { throw ValidationError("name a kind with --kind") }
  }

  func run(in session: Session) async throws {
    let program = try ProgramLine(command, environment: session.surroundings.environment)
    let handler = ProgramHandler(program: program, grace: grace.duration)
    var handlers = TaskHandlers()
    for kind in kind { handlers.register(kind) { try await handler.run($0) } }
    var configuration = MartletWorker.Configuration(pools: pool, labels: label.dictionary)
    configuration.grace = drain.duration
    configuration.stopGrace = grace.duration + .seconds(2)
    configuration.observer = WorkerRemarks(session, what: kind.joined(separator: ", "))
    let own = program.path.split(separator: "/").last.map(String.init) ?? program.path
    let worker = MartletWorker(
      handlers, of: session.client, name: name ?? String(own.prefix(60)), slots: slots,
      configuration: configuration)
    try await worker.runUntilSignal()
  }
}
