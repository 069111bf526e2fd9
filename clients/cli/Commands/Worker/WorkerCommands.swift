internal import ArgumentParser
internal import MartletClient

struct WorkerCommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run or check a worker; see, drain and disconnect those of a server.",
    subcommands: [
      WorkerRun.self, WorkerCheckCommand.self, WorkerList.self, WorkerGet.self,
      WorkerDrain.self, WorkerDisconnect.self, WorkerServeDigests.self,
    ])
}

/// The worker that a command is about.
struct WorkerArgument: ParsableArguments {
  @Argument(help: "The worker's id, as `martlet worker list` shows it.")
  var worker: String
}

extension Session {
  func show(_ worker: API.Worker) { show(json: JSON(worker), table: .worker(worker)) }
}
