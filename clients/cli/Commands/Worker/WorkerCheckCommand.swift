internal import ArgumentParser
internal import MartletWorkerCheck

struct WorkerCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Play the server to a worker, and report as TAP which rules it keeps.",
    discussion: """
      Starts the command several times with MARTLET_SERVER set to an address on this machine. The \
      worker connects there with at least 4 slots and serves the kinds check.echo, check.fail, \
      check.wait, check.stubborn, check.steps and check.log, which docs/workers.md describes.

      Exit code 0: it keeps all rules; 1: it breaks one, or never says hello.
      """)

  @Option(help: .init("Only scenarios whose name begins so. May be repeated.", valueName: "name"))
  var only: [String] = []

  @Flag(help: "List the scenarios and their rules, and run nothing.")
  var list = false

  @Option(
    help: .init(
      "Longest time for what a worker should do at once; default 5s.", valueName: "duration"))
  var timeout: DurationArgument?

  @Argument(
    parsing: .postTerminator,
    help: .init("What starts the worker, after --.", valueName: "command"))
  var command: [String] = []

  /// Those that were asked for.
  private var scenarios: [Scenario] {
    only.isEmpty
      ? Scenario.all
      : Scenario.all.filter { scenario in only.contains { scenario.name.hasPrefix($0) } }
  }

  func validate() throws {
    for name in only where !Scenario.all.contains(where: { $0.name.hasPrefix(name) }) {
      throw ValidationError("No scenario begins with '\(name)': see `martlet worker check --list`.")
    }
    guard list || !command.isEmpty else {
      throw ValidationError("Say what starts the worker, after --.")
    }
    if let timeout, timeout.duration < .seconds(1) {
      throw ValidationError("--timeout has to be 1s or more.")
    }
  }

  func run() async throws {
    let surroundings = Surroundings.current
    if list {
      for scenario in scenarios {
        surroundings.output.write("\(scenario.name): \(scenario.sentence)\n")
      }
      return
    }
    var timing = CheckTiming()
    if let timeout { timing.step = timeout.duration }
    let check = WorkerCheck(
      launcher: ProcessLauncher(command: command), scenarios: scenarios, timing: timing)
    let running = Task { await check.run { surroundings.output.write($0) } }
    let interruption = Interruption { running.cancel() }
    let summary = await running.value
    interruption.end()
    if let reason = summary.bailedOut { throw CommandFailure(.taskFailed, "\(reason).") }
    guard summary.isGood else {
      let count = summary.passed + summary.failed
      throw CommandFailure(
        .taskFailed, "the worker breaks \(summary.failed) of \(count) rules; see what was heard.")
    }
  }
}
